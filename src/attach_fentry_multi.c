// SPDX-License-Identifier: GPL-2.0-only
/*
 * fentry-multi: a link that holds many functions, by the ids of their types.  Of all ways this one
 * costs a function the least.
 *
 * The kernel finds a function by its type's name, and trampolines do not suit every function.  So
 * functions of modules, those whose name is not theirs alone, and those that return a struct or
 * take a variable number of arguments are left to kprobe-multi, which takes addresses; so are those
 * without an skb, whose program wants the registers.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/attach_multi.h"
#include "src/backend.h"
#include "src/log.h"
#include "src/util.h"

/*
 * union bpf_attr, as BPF_LINK_CREATE takes it since 7.3 (include/uapi/linux/bpf.h there): libbpf
 * knows it from 1.8 on.
 */
struct link_create_multi {
	__u32 prog_fd;
	__u32 target_fd;
	__u32 attach_type;
	__u32 flags;
	__u64 ids;     /* address of __u32s, sorted */
	__u64 cookies; /* address of __u64s */
	__u32 cnt;
	__u32 pad;
};

/* The cookie of a function that ends an skb's life: no function has as many arguments. */
#define END_COOKIE 255

/* What is to be linked, by id. */
struct target {
	__u32 id;
	__u64 cookie; /* which argument the skb is, from 0; or END_COOKIE */
	struct func func;
};

/* The same, as the kernel wants it. */
struct targets {
	__u32 *ids;
	__u64 *cookies;
};

static int link_ids(int prog_fd, const __u32 *ids, const __u64 *cookies, size_t n)
{
	struct link_create_multi attr = {
		.prog_fd = prog_fd,
		.attach_type = LOAD_ATTACH_FENTRY_MULTI,
		.ids = (__u64)ids,
		.cookies = (__u64)cookies,
		.cnt = n,
	};
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

static int link_range(const struct links_job *job, size_t from, size_t n)
{
	const struct targets *targets = job->data;

	return link_ids(job->prog_fd, targets->ids + from, targets->cookies + from, n);
}

/* Not those of modules: the link takes ids of vmlinux only. */
static bool has_id(const struct func *f)
{
	return f->btf_id && !f->module;
}

/* Other kernels refuse the program already. */
static int fentry_multi_check(const struct funcs *funcs)
{
	size_t with_id = 0;

	for (size_t i = 0; i < funcs->n; i++)
		with_id += has_id(&funcs->v[i]);
	if (!with_id)
		return -ENODATA;
	return links_try(BPF_PROG_TYPE_TRACING, (enum bpf_attach_type)LOAD_ATTACH_FENTRY_MULTI,
			 NULL);
}

static enum load_kind fentry_multi_kind(const struct func *f)
{
	if (f->pos == FUNC_BY_STACK)
		return LOAD_MULTI;
	if (!has_id(f))
		return LOAD_MULTI_ANY;
	return LOAD_FENTRY_MULTI;
}

static int by_id(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* All that have an id, sorted by that. @targets has room for all. */
static size_t collect(const struct funcs *funcs, struct target *targets)
{
	size_t n = 0;

	for (size_t i = 0; i < ENDS_MAX; i++) {
		const struct func_end *end = &funcs->roles.end[i];

		if (end->btf_id)
			targets[n++] = (struct target){
				.id = end->btf_id,
				.cookie = END_COOKIE,
				.func.name = end_name(i),
			};
	}
	for (size_t i = 0; i < funcs->n; i++) {
		const struct func *f = &funcs->v[i];

		if (fentry_multi_kind(f) == LOAD_FENTRY_MULTI)
			targets[n++] = (struct target){
				.id = f->btf_id,
				.cookie = f->pos - 1,
				.func = *f,
			};
	}
	qsort(targets, n, sizeof(*targets), by_id);
	return n;
}

static int attach_ids(const struct attach_opts *opts, struct links *links, size_t *ret_refused)
{
	size_t room = opts->funcs->n + ENDS_MAX;
	struct target *v = calloc(room, sizeof(*v));
	struct func *sorted = calloc(room, sizeof(*sorted));
	struct targets targets = {
		.ids = calloc(room, sizeof(*targets.ids)),
		.cookies = calloc(room, sizeof(*targets.cookies)),
	};
	struct links_job job = {.funcs = sorted, .link = link_range, .data = &targets};
	int err = -ENOMEM;

	if (v && sorted && targets.ids && targets.cookies) {
		err = 0;
		job.n = collect(opts->funcs, v);
		for (size_t i = 0; i < job.n; i++) {
			targets.ids[i] = v[i].id;
			targets.cookies[i] = v[i].cookie;
			sorted[i] = v[i].func;
		}
	}
	if (!err && job.n) {
		/* One program for all positions. */
		job.prog_fd = bpf_program__fd(
			loaded_program(opts->loaded, LOAD_FENTRY_MULTI, LOAD_END));
		err = links_attach(links, &job, ret_refused);
	}
	free(v);
	free(sorted);
	free(targets.ids);
	free(targets.cookies);
	return err;
}

/* Those that have no id, and those without an skb, by kprobe-multi. */
static int attach_rest(const struct loaded *loaded, const struct funcs *funcs, struct links *links,
		       size_t *ret_refused)
{
	struct func *rest = calloc(funcs->n + 1, sizeof(*rest));
	size_t with_skb = funcs->n - funcs->by_stack, n = 0;
	int err;

	if (!rest)
		return -ENOMEM;
	for (size_t i = 0; i < with_skb; i++)
		if (!has_id(&funcs->v[i]))
			rest[n++] = funcs->v[i];
	err = multi_attach_any(loaded, rest, n, links, ret_refused);
	free(rest);
	return err ? err
		   : multi_attach_by_stack(loaded, funcs->v + with_skb, funcs->by_stack, links,
					   ret_refused);
}

static int fentry_multi_attach(const struct attach_opts *opts, size_t *ret_refused,
			       void **ret_state)
{
	const struct loaded *loaded = opts->loaded;
	const struct funcs *funcs = opts->funcs;
	struct links *links = calloc(1, sizeof(*links));
	size_t refused = 0;
	int err;

	if (!links)
		return -ENOMEM;
	err = attach_ids(opts, links, &refused);
	if (!err)
		err = attach_rest(loaded, funcs, links, &refused);
	if (err) {
		links_detach(links, true, NULL);
		return err;
	}
	*ret_refused = refused;
	*ret_state = links;
	return 0;
}

const struct backend backend_fentry_multi = {
	.name = "fentry-multi",
	.end_kind = LOAD_FENTRY_MULTI,
	.requirement = {.major = 7, .minor = 3},
	.check = fentry_multi_check,
	.kind_of = fentry_multi_kind,
	.attach = fentry_multi_attach,
	.module_kind = LOAD_MULTI_ANY,
	.holds_modules = true,
	.attach_module = multi_attach_module,
	.merge = links_merge,
	.detach = links_detach,
};
