// SPDX-License-Identifier: GPL-2.0-only
#include "src/attach_progs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/copies.h"
#include "src/log.h"

struct attached_progs {
	struct copies copies;
};

static int watch_one(const struct prog_template *t, const struct prog *prog, struct copies *copies,
		     char *why, size_t why_size)
{
	struct copy_target target = {
		.prog_fd = bpf_prog_get_fd_by_id(prog->id),
		.id = prog->entry_id,
		.ip = prog->func_ip,
	};
	int err;

	*why = '\0';
	if (target.prog_fd < 0)
		return -errno;
	err = copies_attach(copies, t, &target, why, why_size);
	close(target.prog_fd);
	return err;
}

static size_t count(const struct progs *progs, enum prog_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < progs->n; i++)
		n += progs->v[i].kind == kind;
	return n;
}

/* What a user who asked for programs would wonder about. */
static void report(const struct load_opts *opts, const struct progs *progs, enum prog_kind kind,
		   size_t watched)
{
	const struct filters *f = opts->filters;
	size_t loaded = count(progs, kind) + progs->skipped[kind];
	const char *name = prog_kind_name(kind);

	if (!loaded)
		log_info("--filter-trace-%s: no %s program is loaded", name, name);
	else if (watched < loaded)
		log_info("--filter-trace-%s: %zu of %zu programs can be watched%s", name, watched,
			 loaded, log_shows(LOG_VERBOSE) ? "" : "; -v says why not the others");
	if (kind == PROG_XDP &&
	    (f->expr.cnt || f->meta.on & (META_ON(META_MARK) | META_ON(META_FAMILY))))
		log_info("--filter-trace-xdp: in XDP there is no skb yet, so --filter-expr, "
			 "--filter-mark and --family match nothing there");
}

/* One kind; those that the kernel refuses are left out. */
static int attach_kind_of(const struct load_opts *opts, const struct loaded *loaded,
			  const struct progs *progs, enum prog_kind kind, struct attached_progs *a)
{
	static const enum prog_template_kind templates[PROG_KINDS] = {
		[PROG_TC] = TEMPLATE_TC,
		[PROG_XDP] = TEMPLATE_XDP,
	};
	struct prog_template *t;
	char why[256];
	int err = prog_template_load(opts, loaded, templates[kind], &t);

	if (err)
		return err;
	log_status("attaching to %zu %s programs ...", count(progs, kind), prog_kind_name(kind));
	for (size_t i = 0; i < progs->n; i++) {
		const struct prog *prog = &progs->v[i];

		if (prog->kind != kind)
			continue;
		err = watch_one(t, prog, &a->copies, why, sizeof(why));
		if (err)
			log_verbose("%s program %u (%s) is left out: the kernel refuses to attach "
				    "to it (%s%s%s)",
				    prog_kind_name(kind), prog->id, prog->name, strerror(-err),
				    *why ? ": " : "", why);
	}
	prog_template_free(t);
	return 0;
}

int attach_progs(const struct load_opts *opts, const struct loaded *loaded,
		 const struct progs *progs, struct attached_progs **ret_attached)
{
	struct attached_progs *a = calloc(1, sizeof(*a));
	int err = 0;

	if (!a)
		return -ENOMEM;
	for (int kind = 0; !err && kind < PROG_KINDS; kind++) {
		size_t before = a->copies.links.n;

		if (!progs->wanted[kind])
			continue;
		if (count(progs, kind))
			err = attach_kind_of(opts, loaded, progs, kind, a);
		if (!err)
			report(opts, progs, kind, a->copies.links.n - before);
	}
	if (err) {
		attached_progs_free(a);
		return err;
	}
	*ret_attached = a;
	return 0;
}

size_t attached_progs_count(const struct attached_progs *a)
{
	return a ? a->copies.progs.n : 0;
}

void attached_progs_detach(struct attached_progs *a)
{
	if (a)
		links_free(&a->copies.links);
}

uint64_t attached_progs_missed(const struct attached_progs *a)
{
	return a ? copies_missed(&a->copies) : 0;
}

void attached_progs_free(struct attached_progs *a)
{
	if (!a)
		return;
	copies_free(&a->copies);
	free(a);
}
