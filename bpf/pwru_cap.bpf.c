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

/* The ways to be attached, as far as programs differ by them. */
enum kind {
	KIND_MULTI,  /* kprobe.multi links */
	KIND_KPROBE, /* kprobes behind a perf event */
};

/* The address of the function that the program is attached to. */
static __always_inline __u64 entry_of(const enum kind kind, struct pt_regs *ctx)
{
	/* bpf_get_func_ip() is not there for kprobes before 5.15; a breakpoint has one byte. */
	return kind == KIND_MULTI ? bpf_get_func_ip(ctx) : PT_REGS_IP(ctx) - 1;
}

/* One sighting: addr is the function's skb argument. */
static __always_inline int sight(const enum kind kind, const bool direct, struct pt_regs *ctx,
				 __u64 addr)
{
	struct sk_buff *skb = TYPED(direct, struct sk_buff, addr);
	struct frame f = {.skb = addr};

	if (!meta_matches(direct, skb) || frame_of_skb(direct, skb, &f))
		return 0;
	if (frame_matches(&f)) {
		struct site site = {.ctx = ctx, .func_ip = entry_of(kind, ctx)};

		emit(direct, &site, skb, &f);
	}
	return 0;
}

/* User space finds the programs by these names (src/load.c). */
#define SIGHT(section, kind, prefix, n)                               \
	SEC(section)                                                  \
	int prefix##_direct_##n(struct pt_regs *ctx)                  \
	{                                                             \
		return sight(kind, true, ctx, PT_REGS_PARM##n(ctx));  \
	}                                                             \
	SEC(section)                                                  \
	int prefix##_probed_##n(struct pt_regs *ctx)                  \
	{                                                             \
		return sight(kind, false, ctx, PT_REGS_PARM##n(ctx)); \
	}

#define END(section, prefix)                  \
	SEC(section)                          \
	int prefix##_end(struct pt_regs *ctx) \
	{                                     \
		skb_end(PT_REGS_PARM1(ctx));  \
		return 0;                     \
	}

#define PROGRAMS(section, kind, prefix) \
	SIGHT(section, kind, prefix, 1) \
	SIGHT(section, kind, prefix, 2) \
	SIGHT(section, kind, prefix, 3) \
	SIGHT(section, kind, prefix, 4) \
	SIGHT(section, kind, prefix, 5) \
	END(section, prefix)

PROGRAMS("?kprobe.multi", KIND_MULTI, multi)
PROGRAMS("?kprobe", KIND_KPROBE, kprobe)
