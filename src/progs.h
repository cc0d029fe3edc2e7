/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PROGS_H
#define PWRU_CAP_PROGS_H
/*
 * The BPF programs that packets pass and that are loaded in the kernel: TC and XDP programs,
 * whoever loaded them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum prog_kind {
	PROG_TC,  /* BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT: sees an skb */
	PROG_XDP, /* BPF_PROG_TYPE_XDP: sees an xdp_buff */
	PROG_KINDS,
};

struct prog {
	uint32_t id; /* as bpftool(8) shows it */
	enum prog_kind kind;
	char *name;	   /* of its entry function, from its type information */
	uint32_t entry_id; /* that function, in its type information */
	uint64_t addr;	   /* of its code; 0: hidden (kernel.kptr_restrict) */
	uint32_t len;	   /* bytes of the entry function's code; 0: not known */
	uint64_t func_ip;  /* tells it from all other programs and functions in records */
};

struct progs {
	bool wanted[PROG_KINDS];
	struct prog *v;
	size_t n;
	size_t skipped[PROG_KINDS]; /* are loaded, but cannot be attached to */
};

/* prog_kind_name() - "tc" or "xdp" */
const char *prog_kind_name(enum prog_kind kind);

/**
 * progs_discover() - find the programs to attach to
 * @wanted: which kinds; with none, the kernel is not asked
 * @ret_progs: filled on success; free with progs_free()
 *
 * Says on stderr what is wrong, and with -v which programs are left out and why.
 *
 * Return: 0; -EPERM if the process may not list programs; -ENOMEM; what the kernel says.
 */
int progs_discover(const bool wanted[PROG_KINDS], struct progs *ret_progs);

/* progs_find() - the program of a record, by its func_ip, or NULL */
const struct prog *progs_find(const struct progs *progs, uint64_t func_ip);

/*
 * prog_stack_start() - how many of the innermost entries of a stack are not the program's, but of
 * what watches it; 0 if the program is not found in the stack
 */
size_t prog_stack_start(const struct prog *prog, const uint64_t *addrs, size_t n);

/* progs_free() - @progs may be zero-filled */
void progs_free(struct progs *progs);

#endif
