// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kprobe-multi backend: one link for each argument position, which holds the addresses of all
 * functions with the skb there.  It needs CONFIG_FPROBE, which not all distributions switch on.
 *
 * One bad address fails the whole link, and the kernel does not say which.  So a list that fails
 * is halved until the bad ones are alone; a list without bad ones is one link.
 */
#include "src/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/caps.h"
#include "src/log.h"
#include "src/util.h"

struct attached {
	struct bpf_link **links;
	size_t n, cap;
};

struct job {
	struct attached *a;
	const struct bpf_program *prog;
	const struct func *funcs; /* for messages; NULL: not for people */
	size_t refused;
};

static struct bpf_link *link_addrs(const struct bpf_program *prog, const unsigned long *addrs,
				   size_t n)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .addrs = addrs, .cnt = n);

	return bpf_program__attach_kprobe_multi_opts(prog, NULL, &opts);
}

static int keep_link(struct attached *a, struct bpf_link *link)
{
	struct bpf_link **links = grow(a->links, a->n, &a->cap, sizeof(*links));

	if (!links) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	a->links = links;
	links[a->n++] = link;
	return 0;
}

/* The words of the kernel for "not this address", as opposed to "not at all". */
static bool is_bad_address(int err)
{
	return err == -EINVAL || err == -ENOENT || err == -ESRCH || err == -EBUSY;
}

/* Attaches to addrs[from..from+n), halving where the kernel refuses. */
static int attach_range(struct job *job, const unsigned long *addrs, size_t from, size_t n)
{
	struct bpf_link *link = link_addrs(job->prog, addrs + from, n);
	int err;

	if (link)
		return keep_link(job->a, link);
	err = -errno;
	if (!is_bad_address(err))
		return err;
	if (n > 1) {
		err = attach_range(job, addrs, from, n / 2);
		return err ? err : attach_range(job, addrs, from + n / 2, n - n / 2);
	}
	job->refused++;
	if (job->funcs)
		log_verbose("%s is left out: the kernel refuses to attach to it (%s)",
			    job->funcs[from].name, strerror(-err));
	return 0;
}

/* A program that does nothing, to see whether it can be linked. */
static int load_empty_program(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", insns, ARRAY_SIZE(insns), &opts);
}

static int try_link(int prog_fd, unsigned long addr)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .kprobe_multi.cnt = 1, .kprobe_multi.addrs = &addr);
	int fd = bpf_link_create(prog_fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int attach_check(const struct funcs *funcs)
{
	/* Several functions, in case the first is a bad one. */
	size_t tries = funcs->n < 3 ? funcs->n : 3;
	int prog_fd = load_empty_program();
	int err = prog_fd < 0 ? prog_fd : -ENOENT;

	for (size_t i = 0; prog_fd >= 0 && err && i < tries; i++)
		err = try_link(prog_fd, funcs->v[i].addr);
	if (prog_fd >= 0)
		close(prog_fd);
	if (err)
		log_error("this kernel cannot attach to many functions at once (kprobe-multi: %s): it "
			  "needs Linux 5.18 with CONFIG_FPROBE=y%s",
			  strerror(-err), caps_explain_refusal());
	return err;
}

static int attach_position(const struct loaded *loaded, const struct func *funcs, size_t n,
			   struct attached *a, size_t *ret_refused)
{
	struct job job = {.a = a, .prog = loaded_program(loaded, funcs[0].pos), .funcs = funcs};
	unsigned long *addrs = calloc(n, sizeof(*addrs));
	int err;

	if (!addrs)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		addrs[i] = funcs[i].addr;
	err = attach_range(&job, addrs, 0, n);
	free(addrs);
	*ret_refused += job.refused;
	return err;
}

static int attach_ends(const struct loaded *loaded, const struct func_roles *roles,
		       struct attached *a)
{
	struct job job = {.a = a, .prog = loaded_end_program(loaded)};
	unsigned long addrs[ARRAY_SIZE(roles->end)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roles->end); i++)
		if (roles->end[i])
			addrs[n++] = roles->end[i];
	return n ? attach_range(&job, addrs, 0, n) : 0;
}

static int attach_funcs(const struct loaded *loaded, const struct funcs *funcs, struct attached *a,
			struct attach_result *result)
{
	/* First the ends: an id must not outlive its skb. */
	int err = attach_ends(loaded, &funcs->roles, a);

	for (size_t i = 0, next; !err && i < funcs->n; i = next) {
		for (next = i; next < funcs->n && funcs->v[next].pos == funcs->v[i].pos;)
			next++;
		err = attach_position(loaded, funcs->v + i, next - i, a, &result->refused);
	}
	result->attached = funcs->n - result->refused;
	if (!err && !result->attached)
		err = -EOPNOTSUPP;
	return err;
}

int attach_all(const struct loaded *loaded, const struct funcs *funcs,
	       struct attached **ret_attached, struct attach_result *ret_result)
{
	struct attach_result result = {.backend = "kprobe-multi"};
	struct attached *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	err = attach_funcs(loaded, funcs, a, &result);
	if (err) {
		log_error("attaching failed: %s", strerror(-err));
		attach_free(a);
		return err;
	}
	*ret_attached = a;
	*ret_result = result;
	return 0;
}

void attach_free(struct attached *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		bpf_link__destroy(a->links[i]);
	free(a->links);
	free(a);
}
