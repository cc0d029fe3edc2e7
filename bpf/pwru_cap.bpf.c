// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry points: one program for each position that an skb can have among a function's
 * arguments, each way to attach, and each variant (direct or probed, see compat.bpf.h).  User
 * space loads only those that it is going to attach.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "emit.bpf.h"
#include "filter.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* One sighting: addr is the function's skb argument. */
static __always_inline int sight(const bool direct, void *ctx, __u64 addr)
{
	struct sk_buff *skb = TYPED(direct, struct sk_buff, addr);
	struct frame f = {.skb = addr};

	if (frame_of_skb(direct, skb, &f))
		return 0;
	if (frame_matches(direct, skb, &f)) {
		struct site site = {.ctx = ctx, .func_ip = bpf_get_func_ip(ctx)};

		emit(direct, &site, skb, &f);
	}
	return 0;
}

#define KPROBE_MULTI(n)                                                                            \
	SEC("?kprobe.multi")                                                                       \
	int multi_direct_##n(struct pt_regs *ctx)                                                  \
	{                                                                                          \
		return sight(true, ctx, PT_REGS_PARM##n(ctx));                                     \
	}                                                                                          \
	SEC("?kprobe.multi")                                                                       \
	int multi_probed_##n(struct pt_regs *ctx)                                                  \
	{                                                                                          \
		return sight(false, ctx, PT_REGS_PARM##n(ctx));                                    \
	}

KPROBE_MULTI(1)
KPROBE_MULTI(2)
KPROBE_MULTI(3)
KPROBE_MULTI(4)
KPROBE_MULTI(5)

SEC("?kprobe.multi")
int multi_end(struct pt_regs *ctx)
{
	skb_end(PT_REGS_PARM1(ctx));
	return 0;
}
