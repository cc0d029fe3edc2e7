// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the way of attaching costs by itself: a program that does nothing, on the functions that
 * pwru-cap would attach to.  Without kprobe-multi it says so, with exit status 1.
 *
 * Used by tests/bench/run; says "listening on" when it is attached, and ends on SIGINT or SIGTERM.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/funcs.h"
#include "src/kbtf.h"
#include "src/util.h"

static int load(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", insns, ARRAY_SIZE(insns), &opts);
}

/* The link ends with the process.  Returns its descriptor, or -errno. */
static int attach(int prog_fd, const struct funcs *funcs)
{
	unsigned long *addrs = calloc(funcs->n, sizeof(*addrs));
	LIBBPF_OPTS(bpf_link_create_opts, opts, .kprobe_multi.cnt = funcs->n,
		    .kprobe_multi.addrs = addrs);
	int fd;

	if (!addrs)
		return -ENOMEM;
	for (size_t i = 0; i < funcs->n; i++)
		addrs[i] = funcs->v[i].addr;
	fd = bpf_link_create(prog_fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
	free(addrs);
	return fd;
}

int main(void)
{
	struct inventory inventory;
	struct funcs funcs;
	struct kbtf *btf = NULL;
	sigset_t ends;
	int fd, sig;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if (kbtf_open(NULL, &btf) || inventory_discover(btf, &inventory) ||
	    funcs_select(&inventory, NULL, &funcs))
		return 1;
	fd = load();
	if (fd >= 0)
		fd = attach(fd, &funcs);
	if (fd < 0) {
		fprintf(stderr, "empty: cannot attach: %s\n", strerror(-fd));
		return 1;
	}
	fprintf(stderr, "empty: listening on %zu functions\n", funcs.n);
	sigwait(&ends, &sig);
	return 0;
}
