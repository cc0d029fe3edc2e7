// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs that watch BPF programs: TC programs (with an skb) and XDP programs.
 *
 * They are attached to the entry of a BPF program (fentry), which needs a copy of them for each.
 * User space loads each of these once as what its section says, a raw tracepoint program: that
 * needs no program to watch.  The result, relocated and with the filter spliced in, is then loaded
 * for each program as a tracing program (src/load_progs.c).  To both kinds, the context is the
 * array of arguments.
 *
 * An argument is read as a number, by a probe read: the verifier would give it a type, and refuse
 * it to functions that take numbers.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "emit.bpf.h"
#include "prog.h"
#include "sight.bpf.h"
#include "xdp.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define STRING(x) #x
#define VALUE(x)  STRING(x)

/* One instruction, which user space finds and changes. */
static __always_inline __u64 prog_func_ip(void)
{
	__u64 value;

	asm volatile("%0 = " VALUE(PROG_FUNC_IP) " ll" : "=r"(value));
	return value;
}

static __always_inline __u64 first_argument(const void *ctx)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx);
	return value;
}

static __always_inline void write_tc(const bool direct, void *ctx, const struct frame *f)
{
	struct site site = {.ctx = ctx, .func_ip = prog_func_ip()};

	if (!wants_pages(f, site.func_ip) || !emit_paged_skb(direct, &site, f))
		emit_skb(direct, &site, f);
}

#define WRITE_DIRECT(ctx, f) write_tc(true, ctx, f)
#define WRITE_PROBED(ctx, f) write_tc(false, ctx, f)

/* User space finds the programs by these names. */
SEC("?prog")
int tc_direct(void *ctx)
{
	return SIGHT(true, WRITE_DIRECT, ctx, first_argument(ctx));
}

SEC("?prog")
int tc_probed(void *ctx)
{
	return SIGHT(false, WRITE_PROBED, ctx, first_argument(ctx));
}

SEC("?prog")
int xdp_probed(void *ctx)
{
	struct xdp_buff *xdp = (void *)first_argument(ctx);
	struct net_device *dev = BPF_CORE_READ(xdp, rxq, dev);
	struct frame f;

	/* --filter-expr is about an skb. */
	if (cfg_beyond & CFG_EXPR || !xdp_meta_matches(dev) || frame_of_xdp(xdp, &f))
		return 0;
	if (frame_matches(&f)) {
		struct site site = {.ctx = ctx, .func_ip = prog_func_ip()};

		emit_xdp(&site, xdp, dev, &f);
	}
	return 0;
}
