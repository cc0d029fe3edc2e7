/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_NF_BPF_H
#define PWRU_CAP_NF_BPF_H
/*
 * Netfilter: the packet is at a hook of a family of tables, as nf_hook_slow() is told by its second
 * argument, a struct nf_hook_state.
 */
#include "compat.bpf.h"
#include "event.h"
#include "kernel.h"

/* As EV_ENTRY_BLOCK(); 0: not watched. */
const volatile __u64 cfg_nf_hook_ip;

static __always_inline bool is_nf_hook(__u64 func_ip)
{
	return cfg_nf_hook_ip && EV_ENTRY_BLOCK(func_ip) == cfg_nf_hook_ip;
}

/* What to say of it, as the functions of drop.bpf.h do: a flag, and EV_NF(). */
static __always_inline __u64 nf_state(__u64 addr)
{
	struct nf_hook_state *state = (void *)addr;
	__u32 hook = (__u8)BPF_CORE_READ(state, hook), family = (__u8)BPF_CORE_READ(state, pf);

	return (__u64)EV_F_NF << 32 | EV_NF(family, hook);
}

#endif
