// SPDX-License-Identifier: GPL-2.0-only
#include "src/attach_progs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/load_progs.h"
#include "src/log.h"

/* A copy of the watching program, and its link to the program that it watches. */
struct watch {
	int prog_fd;
	int link_fd; /* -1: not attached */
};

struct attached_progs {
	struct watch *v;
	size_t n;
};

/* Returns the link, or -errno. BPF_LINK_CREATE takes fentry programs only from 5.19 on. */
static int attach_copy(int prog_fd)
{
	int fd = bpf_raw_tracepoint_open(NULL, prog_fd);

	return fd < 0 ? -errno : fd;
}

static int watch_one(const struct prog_template *t, const struct prog *prog, struct watch *ret,
		     char *why, size_t why_size)
{
	int target_fd = bpf_prog_get_fd_by_id(prog->id);
	int prog_fd, link_fd;

	*why = '\0';
	if (target_fd < 0)
		return -errno;
	prog_fd = prog_template_copy(t, prog, target_fd, why, why_size);
	close(target_fd);
	if (prog_fd < 0)
		return prog_fd;
	link_fd = attach_copy(prog_fd);
	if (link_fd < 0) {
		close(prog_fd);
		return link_fd;
	}
	*ret = (struct watch){.prog_fd = prog_fd, .link_fd = link_fd};
	return 0;
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
	struct prog_template *t;
	char why[256];
	int err = prog_template_load(opts, loaded, kind, &t);

	if (err)
		return err;
	log_status("attaching to %zu %s programs ...", count(progs, kind), prog_kind_name(kind));
	for (size_t i = 0; i < progs->n; i++) {
		const struct prog *prog = &progs->v[i];

		if (prog->kind != kind)
			continue;
		err = watch_one(t, prog, &a->v[a->n], why, sizeof(why));
		if (!err)
			a->n++;
		else
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
	a->v = calloc(progs->n + 1, sizeof(*a->v));
	if (!a->v)
		err = -ENOMEM;
	for (int kind = 0; !err && kind < PROG_KINDS; kind++) {
		size_t before = a->n;

		if (!progs->wanted[kind])
			continue;
		if (count(progs, kind))
			err = attach_kind_of(opts, loaded, progs, kind, a);
		if (!err)
			report(opts, progs, kind, a->n - before);
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
	return a ? a->n : 0;
}

void attached_progs_detach(struct attached_progs *a)
{
	for (size_t i = 0; a && i < a->n; i++) {
		if (a->v[i].link_fd >= 0)
			close(a->v[i].link_fd);
		a->v[i].link_fd = -1;
	}
}

uint64_t attached_progs_missed(const struct attached_progs *a)
{
	uint64_t missed = 0;

	for (size_t i = 0; a && i < a->n; i++) {
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);

		/* Kernels before 5.12 do not count them, and leave the 0. */
		if (!bpf_obj_get_info_by_fd(a->v[i].prog_fd, &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}

void attached_progs_free(struct attached_progs *a)
{
	if (!a)
		return;
	attached_progs_detach(a);
	for (size_t i = 0; i < a->n; i++)
		close(a->v[i].prog_fd);
	free(a->v);
	free(a);
}
