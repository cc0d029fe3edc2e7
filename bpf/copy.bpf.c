// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs that are attached to the entry of one function each (fentry): of a BPF program, TC
 * (with an skb) or XDP, or of the kernel.  There has to be a copy for each function.
 *
 * User space loads each of these once as what its section says, a raw tracepoint program: that
 * needs nothing to watch.  The result, relocated and with the filter spliced in, is then loaded
 * for each function as a tracing program (src/prog_template.c).  To both kinds, the context is the
 * array of arguments.
 *
 * An argument is read as a number, by a probe read: the verifier would give it a type, and refuse
 * it to functions that take numbers.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "copy.h"
#include "gather.bpf.h"
#include "return.bpf.h"
#include "sight.bpf.h"
#include "xdp.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define STRING(x) #x
#define VALUE(x)  STRING(x)

/* One instruction, which user space finds and changes. */
#define COPY_CONSTANT(number)                                            \
	({                                                               \
		__u64 value;                                             \
                                                                         \
		asm volatile("%0 = " VALUE(number) " ll" : "=r"(value)); \
		value;                                                   \
	})

static __always_inline __u64 argument(const __u64 *ctx, __u64 number)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + number);
	return value;
}

static __always_inline void write_skb(const bool direct, void *ctx, struct site site,
				      const struct frame *f)
{
	site.ctx = ctx;
	site.func_ip = COPY_CONSTANT(COPY_FUNC_IP);

	if (!wants_gather(f, site.func_ip) || !emit_gathered_skb(direct, &site, f))
		emit_skb(direct, &site, f);
}

/* Of a BPF program, user space knows where its stack begins. */
#define PROG_SITE		((struct site){.kind = SITE_PROG})

#define WRITE_TC_DIRECT(ctx, f) write_skb(true, ctx, PROG_SITE, f)
#define WRITE_TC_PROBED(ctx, f) write_skb(false, ctx, PROG_SITE, f)

/* This program, and the trampoline. */
#define FUNC_FRAMES 2

#define FUNC_SITE   ((struct site){.kind = SITE_COPY, .skip = FUNC_FRAMES})

static __always_inline void write_func(const bool direct, __u64 *ctx, const struct frame *f)
{
	write_skb(direct, ctx, FUNC_SITE, f);
	if (cfg_ret && COPY_CONSTANT(COPY_POS) & COPY_RETURNS)
		note_entered(ctx, COPY_CONSTANT(COPY_FUNC_IP), f->skb, argument(ctx, 1));
}

#define WRITE_FUNC_DIRECT(ctx, f) write_func(true, ctx, f)
#define WRITE_FUNC_PROBED(ctx, f) write_func(false, ctx, f)

/* User space finds the programs by these names. */
SEC("?copy")
int tc_direct(__u64 *ctx)
{
	return SIGHT_ONCE(true, WRITE_TC_DIRECT, ctx, argument(ctx, 0));
}

SEC("?copy")
int tc_probed(__u64 *ctx)
{
	return SIGHT_ONCE(false, WRITE_TC_PROBED, ctx, argument(ctx, 0));
}

/* The verifier knows the position, and drops what is not for it. */
#define FUNC(variant, direct, write)                                                   \
	SEC("?copy")                                                                   \
	int func_##variant(__u64 *ctx)                                                 \
	{                                                                              \
		__u64 pos = COPY_CONSTANT(COPY_POS) & COPY_POS_MASK;                   \
                                                                                       \
		if (pos)                                                               \
			return SIGHT_ONCE(direct, write, ctx, argument(ctx, pos - 1)); \
		skb_end(argument(ctx, 0));                                             \
		return 0;                                                              \
	}

FUNC(direct, true, WRITE_FUNC_DIRECT)
FUNC(probed, false, WRITE_FUNC_PROBED)

/* The same functions' returns: what they return stands behind their arguments. */
SEC("?copy")
int func_return(__u64 *ctx)
{
	__u64 func_ip = COPY_CONSTANT(COPY_FUNC_IP), call = 0;
	__u64 pos = COPY_CONSTANT(COPY_POS) & COPY_POS_MASK;
	struct site site = {.ctx = ctx, .func_ip = func_ip, .kind = SITE_RETURN};

	if (pos && take_entered(ctx, func_ip, argument(ctx, pos - 1), &call))
		emit_return(&site, call, argument(ctx, COPY_CONSTANT(COPY_ARG_WORDS) & 15));
	return 0;
}

SEC("?copy")
int xdp_probed(__u64 *ctx)
{
	struct xdp_buff *xdp = (void *)argument(ctx, 0);
	struct net_device *dev = BPF_CORE_READ(xdp, rxq, dev);
	struct frame f;

	/* --filter-expr is about an skb. */
	if (cfg_beyond & CFG_EXPR || !xdp_meta_matches(dev) || frame_of_xdp(xdp, &f))
		return 0;
	if (frame_matches(&f)) {
		struct site site = {.ctx = ctx, .func_ip = COPY_CONSTANT(COPY_FUNC_IP)};

		emit_xdp(&site, xdp, dev, &f);
	}
	return 0;
}
