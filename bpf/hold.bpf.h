/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_HOLD_BPF_H
#define PWRU_CAP_HOLD_BPF_H
/*
 * Pieces of scratch memory, which one program at a time may hold.  Programs nest (a task, a
 * softirq, an interrupt, an NMI), and where the kernel is preemptible two tasks on a CPU take
 * turns.  There is no atomic exchange on kernels before 5.12; but they add.  Of two who reach for a
 * piece at a time none may get it, but never both.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* @held: by how many; the piece belongs to who finds a 1 there, until he lets go of it */
static __always_inline int hold(__u32 *held)
{
	__sync_fetch_and_add(held, 1);
	if (*(volatile __u32 *)held == 1)
		return 1;
	__sync_fetch_and_add(held, -1);
	return 0;
}

static __always_inline void let_go(__u32 *held)
{
	__sync_fetch_and_add(held, -1);
}

#endif
