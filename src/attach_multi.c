// SPDX-License-Identifier: GPL-2.0-only
/*
 * kprobe-multi: one link for each argument position, which holds the addresses of all functions
 * with the skb there.  It needs CONFIG_FPROBE, which not all distributions switch on.
 *
 * One bad address fails the whole link, and the kernel does not say which.  So a list that fails
 * is halved until the bad ones are alone; a list without bad ones is one link.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/backend.h"
#include "src/log.h"
#include "src/util.h"

struct links {
	struct bpf_link **v;
	size_t n, cap;
};

/* A list of addresses on its way to be attached. */
struct job {
	struct links *links;
	const struct bpf_program *prog;
	const struct func *funcs; /* for messages; NULL: not for people */
	const unsigned long *addrs;
	size_t refused;
};

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

static int multi_check(const struct funcs *funcs)
{
	/* Several functions, in case the first is a bad one. */
	size_t tries = funcs->n < 3 ? funcs->n : 3;
	int prog_fd = load_empty_program();
	int err = prog_fd < 0 ? prog_fd : -ENOENT;

	for (size_t i = 0; prog_fd >= 0 && err && i < tries; i++)
		err = try_link(prog_fd, funcs->v[i].addr);
	if (prog_fd >= 0)
		close(prog_fd);
	return err;
}

static int keep_link(struct links *links, struct bpf_link *link)
{
	struct bpf_link **v = grow(links->v, links->n, &links->cap, sizeof(*v));

	if (!v) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	links->v = v;
	v[links->n++] = link;
	return 0;
}

/* The words of the kernel for "not this address", as opposed to "not at all". */
static bool is_bad_address(int err)
{
	return err == -EINVAL || err == -ENOENT || err == -ESRCH || err == -EBUSY;
}

/* Attaches to addrs[from..from+n), halving where the kernel refuses. */
static int attach_range(struct job *job, size_t from, size_t n)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .addrs = job->addrs + from, .cnt = n);
	struct bpf_link *link = bpf_program__attach_kprobe_multi_opts(job->prog, NULL, &opts);
	int err;

	if (link)
		return keep_link(job->links, link);
	err = -errno;
	if (!is_bad_address(err))
		return err;
	if (n > 1) {
		err = attach_range(job, from, n / 2);
		return err ? err : attach_range(job, from + n / 2, n - n / 2);
	}
	job->refused++;
	if (job->funcs)
		log_verbose("%s is left out: the kernel refuses to attach to it (%s)",
			    job->funcs[from].name, strerror(-err));
	return 0;
}

static int attach_position(const struct loaded *loaded, const struct func *funcs, size_t n,
			   struct links *links, size_t *refused)
{
	unsigned long *addrs = calloc(n, sizeof(*addrs));
	struct job job = {
		.links = links,
		.prog = loaded_program(loaded, funcs[0].pos),
		.funcs = funcs,
		.addrs = addrs,
	};
	int err;

	if (!addrs)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		addrs[i] = funcs[i].addr;
	err = attach_range(&job, 0, n);
	free(addrs);
	*refused += job.refused;
	return err;
}

static int attach_ends(const struct loaded *loaded, const struct func_roles *roles,
		       struct links *links)
{
	unsigned long addrs[ARRAY_SIZE(roles->end)];
	struct job job = {.links = links, .prog = loaded_end_program(loaded), .addrs = addrs};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roles->end); i++)
		if (roles->end[i])
			addrs[n++] = roles->end[i];
	return n ? attach_range(&job, 0, n) : 0;
}

/* Fast enough to be waited for in any case. */
static int multi_detach(void *state, bool wait, const volatile sig_atomic_t *stop)
{
	struct links *links = state;

	/* The ends of ids, attached first, go last. */
	while (links->n)
		bpf_link__destroy(links->v[--links->n]);
	free(links->v);
	free(links);
	return 0;
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
	/* First the ends: an id must not outlive its skb. */
	err = attach_ends(loaded, &funcs->roles, links);
	for (size_t i = 0, next; !err && i < funcs->n; i = next) {
		for (next = i; next < funcs->n && funcs->v[next].pos == funcs->v[i].pos;)
			next++;
		err = attach_position(loaded, funcs->v + i, next - i, links, &refused);
	}
	if (err) {
		multi_detach(links, true, NULL);
		return err;
	}
	*ret_refused = refused;
	*ret_state = links;
	return 0;
}

const struct backend backend_multi = {
	.name = "kprobe-multi",
	.kind = LOAD_MULTI,
	.requirement = "Linux 5.18 with CONFIG_FPROBE=y",
	.check = multi_check,
	.attach = multi_attach,
	.detach = multi_detach,
};
