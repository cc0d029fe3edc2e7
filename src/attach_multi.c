// SPDX-License-Identifier: GPL-2.0-only
/*
 * kprobe-multi: a link for each argument position, which holds the addresses of all functions with
 * the skb there; rare positions share one.  It needs CONFIG_FPROBE, which not all distributions
 * switch on.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/attach_multi.h"
#include "src/backend.h"
#include "src/util.h"

/* @cookies: one a function; NULL: none */
static int link_addresses(int prog_fd, const unsigned long *addrs, const __u64 *cookies, size_t n)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .kprobe_multi.cnt = n, .kprobe_multi.addrs = addrs,
		    .kprobe_multi.cookies = cookies);

	return bpf_link_create(prog_fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
}

/* What is to be linked, as the kernel wants it. */
struct targets {
	unsigned long *addrs;
	__u64 *cookies;
};

static int link_range(const struct links_job *job, size_t from, size_t n)
{
	const struct targets *targets = job->data;

	return link_addresses(job->prog_fd, targets->addrs + from,
			      targets->cookies ? targets->cookies + from : NULL, n);
}

static int link_nothing(int prog_fd)
{
	return link_addresses(prog_fd, LINKS_NO_ADDRESS, NULL, 1);
}

static int multi_check(const struct funcs *funcs)
{
	(void)funcs;
	return links_try(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, link_nothing);
}

/*
 * The first positions, where nearly all functions have their skb, have a program of their own each.
 * The others share one, which is told the position by a cookie: the verifier takes some hundredths
 * of a second for a program, a cookie a tenth of a microsecond for a sighting.
 */
#define OWN_PROGRAMS 3

/*
 * A cookie is found by the function's address, which is rounded to where functions begin: at blocks
 * of 16 bytes, on x86 since 6.2.  Before 6.1 the address was another where they begin with ENDBR.
 */
static bool cookies_are_found(void)
{
#ifdef __x86_64__
	static const struct requirement since = {.major = 6, .minor = 2};
	static enum {
		NOT_KNOWN,
		NO,
		YES
	} known;
	char lack[256];

	if (known == NOT_KNOWN)
		known = requirement_lack_here(&since, lack, sizeof(lack)) ? NO : YES;
	return known == YES;
#else
	return false;
#endif
}

static bool has_own_program(const struct func *f)
{
	return f->pos <= OWN_PROGRAMS || f->pos == FUNC_BY_STACK || !cookies_are_found();
}

static enum load_kind multi_kind(const struct func *f)
{
	return has_own_program(f) ? LOAD_MULTI : LOAD_MULTI_ANY;
}

/* The cookie says it. */
#define EACH_ITS_OWN (-1)

/* As attach_funcs() is told it. */
static int position(const struct func *f)
{
	return has_own_program(f) ? f->pos : EACH_ITS_OWN;
}

/* @pos: where all have their skb; FUNC_BY_STACK, LOAD_END; or EACH_ITS_OWN */
static int attach_funcs(const struct loaded *loaded, const struct func *funcs, size_t n, int pos,
			struct links *links, size_t *ret_refused)
{
	struct targets targets = {.addrs = calloc(n, sizeof(*targets.addrs))};
	struct links_job job = {
		.funcs = funcs,
		.n = n,
		.link = link_range,
		.prog_fd = bpf_program__fd(pos == EACH_ITS_OWN
						   ? loaded_program(loaded, LOAD_MULTI_ANY, 1)
						   : loaded_program(loaded, LOAD_MULTI, pos)),
		.data = &targets,
	};
	int err = -ENOMEM;

	if (pos == EACH_ITS_OWN)
		targets.cookies = calloc(n, sizeof(*targets.cookies));
	if (targets.addrs && (pos >= 0 || targets.cookies)) {
		for (size_t i = 0; i < n; i++) {
			targets.addrs[i] = funcs[i].addr;
			if (!targets.cookies)
				continue;
			/* Cookies are found again by the address that bpf_get_func_ip() gives. */
			targets.addrs[i] = EV_ENTRY_BLOCK(funcs[i].addr);
			targets.cookies[i] = funcs[i].pos;
		}
		err = links_attach(links, &job, ret_refused);
	}
	free(targets.addrs);
	free(targets.cookies);
	return err;
}

int multi_attach_any(const struct loaded *loaded, const struct func *funcs, size_t n,
		     struct links *links, size_t *ret_refused)
{
	return n ? attach_funcs(loaded, funcs, n, EACH_ITS_OWN, links, ret_refused) : 0;
}

int multi_attach_by_stack(const struct loaded *loaded, const struct func *funcs, size_t n,
			  struct links *links, size_t *ret_refused)
{
	return n ? attach_funcs(loaded, funcs, n, FUNC_BY_STACK, links, ret_refused) : 0;
}

int multi_attach_ends(const struct loaded *loaded, const struct func_roles *roles,
		      struct links *links)
{
	struct func ends[ENDS_MAX];
	size_t n = 0, refused = 0;

	for (size_t i = 0; i < ENDS_MAX; i++)
		if (roles->end[i].addr)
			ends[n++] = (struct func){.name = end_name(i), .addr = roles->end[i].addr};
	return n ? attach_funcs(loaded, ends, n, LOAD_END, links, &refused) : 0;
}

static int multi_attach(const struct attach_opts *opts, size_t *ret_refused, void **ret_state)
{
	const struct loaded *loaded = opts->loaded;
	const struct funcs *funcs = opts->funcs;
	struct links *links = calloc(1, sizeof(*links));
	size_t refused = 0;
	int err;

	if (!links)
		return -ENOMEM;
	/* First the ends, and last when detaching: an id must not outlive its skb. */
	err = multi_attach_ends(loaded, &funcs->roles, links);
	for (size_t i = 0, next; !err && i < funcs->n; i = next) {
		int pos = position(&funcs->v[i]);

		for (next = i; next < funcs->n && position(&funcs->v[next]) == pos;)
			next++;
		err = attach_funcs(loaded, funcs->v + i, next - i, pos, links, &refused);
	}
	if (err) {
		links_detach(links, true, NULL);
		return err;
	}
	*ret_refused = refused;
	*ret_state = links;
	return 0;
}

int multi_attach_module(const struct attach_opts *opts, size_t *ret_refused, void **ret_state)
{
	struct links *links = calloc(1, sizeof(*links));
	size_t refused = 0;
	int err;

	if (!links)
		return -ENOMEM;
	err = multi_attach_any(opts->loaded, opts->funcs->v, opts->funcs->n, links, &refused);
	if (err) {
		links_detach(links, true, NULL);
		return err;
	}
	*ret_refused = refused;
	*ret_state = links;
	return 0;
}

const struct backend backend_multi = {
	.name = "kprobe-multi",
	.end_kind = LOAD_MULTI,
	.requirement = {5, 18, "CONFIG_FPROBE", "register_fprobe"},
	.check = multi_check,
	.kind_of = multi_kind,
	.attach = multi_attach,
	.module_kind = LOAD_MULTI_ANY,
	.holds_modules = true,
	.attach_module = multi_attach_module,
	.merge = links_merge,
	.detach = links_detach,
};
