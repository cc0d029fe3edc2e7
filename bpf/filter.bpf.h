/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_BPF_H
#define PWRU_CAP_FILTER_BPF_H
/*
 * All filters, in the order of their cost: fields of the skb and of the task (meta.bpf.h), the
 * expression on the frame, an expression on the skb's fields, the inside of a tunnel.
 */
#include "frame.bpf.h"
#include "maps.bpf.h"
#include "meta.bpf.h"
#include "stub.bpf.h"
#include "tunnel.bpf.h"

/* What the filter consists of beyond the expression: CFG_*. */
const volatile __u32 cfg_beyond;

/* Global, so that its code is there once, however many ways lead to it. */
__weak __noinline __u32 matches_beyond(__u64 base, __u32 linear, __u32 wire, __u64 l2, __u64 skb)
{
	struct frame f = {.skb = skb, .base = base, .l2 = l2, .wire = wire, .linear = linear};

	if (cfg_beyond & CFG_EXPR && !pwru_expr(skb))
		return 0;
	return !(cfg_beyond & (CFG_TUNNEL_L2 | CFG_TUNNEL_L3)) ||
	       tunnel_matches(&f, cfg_beyond & CFG_TUNNEL_L2, cfg_beyond & CFG_TUNNEL_L3);
}

static __always_inline bool frame_matches(const struct frame *f)
{
	return pwru_filter(f->base, f->linear, f->wire, f->l2, f->skb) && frame_adds_up(f) &&
	       (!cfg_beyond || matches_beyond(f->base, f->linear, f->wire, f->l2, f->skb));
}

#endif
