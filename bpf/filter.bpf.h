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

const volatile bool cfg_expr;

static __always_inline bool frame_matches(const struct frame *f)
{
	if (!pwru_filter(f->base, f->linear, f->wire, f->l2, f->skb))
		return false;
	if (cfg_expr && !pwru_expr(f->skb))
		return false;
	return tunnel_matches(f);
}

#endif
