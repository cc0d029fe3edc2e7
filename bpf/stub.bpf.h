/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_STUB_BPF_H
#define PWRU_CAP_STUB_BPF_H
/*
 * The stubs: functions whose bodies user space replaces at load time (src/splicer.c,
 * filter/splice.c).  They are global functions of scalars, so the verifier checks each once, apart
 * from its callers.  As they stand, they accept; the bodies only have to use all their arguments
 * and to be opaque to clang.
 */

/* A tcpdump expression, on the frame that the arguments describe (filter/frame_abi.h). */
#define FRAME_STUB(name)                                                                        \
	__weak __noinline __u32 name(__u64 base, __u32 linear, __u32 wire, __u64 l2, __u64 skb) \
	{                                                                                       \
		__u32 ret = 1;                                                                  \
                                                                                                \
		asm volatile("%0 |= %1; %0 |= %2; %0 |= %3; %0 |= %4; %0 |= %5"                 \
			     : "+r"(ret)                                                        \
			     : "r"(base), "r"((__u64)linear), "r"((__u64)wire), "r"(l2),        \
			       "r"(skb));                                                       \
		return ret;                                                                     \
	}

FRAME_STUB(pwru_filter)	   /* the expression */
FRAME_STUB(pwru_tunnel_l2) /* --filter-tunnel-pcap-l2, on the inner frame */
FRAME_STUB(pwru_tunnel_l3) /* --filter-tunnel-pcap-l3, on the inner packet */

/* --filter-expr, on the sk_buff at this address (filter/fexpr.h). */
__weak __noinline __u32 pwru_expr(__u64 skb)
{
	__u32 ret = 1;

	asm volatile("%0 |= %1" : "+r"(ret) : "r"(skb));
	return ret;
}

#endif
