/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_BPF_H
#define PWRU_CAP_FILTER_BPF_H
/*
 * The filters.  pwru_filter() is a stub: at load time user space replaces its body by the
 * translated tcpdump expression (src/load.c, filter/splice.c).  It is a global function of
 * scalars, so the verifier checks it once, apart from its callers.
 */
#include "frame.bpf.h"
#include "maps.bpf.h"

/*
 * The arguments are those of struct frame; returns 0 to reject.  The body only has to use all its
 * arguments and to be opaque to clang; as it stands, it accepts.
 */
__weak __noinline __u32 pwru_filter(__u64 base, __u32 linear, __u32 wire, __u64 l2, __u64 skb)
{
	__u32 ret = 1;

	asm volatile("%0 |= %1; %0 |= %2; %0 |= %3; %0 |= %4; %0 |= %5"
		     : "+r"(ret)
		     : "r"(base), "r"((__u64)linear), "r"((__u64)wire), "r"(l2), "r"(skb));
	return ret;
}

/* -i: true if the skb's device has the name asked for. */
static __always_inline bool ifname_matches(const bool direct, struct sk_buff *skb)
{
	struct net_device *dev;
	__u64 name[EV_IFNAME_LEN / 8] = {};
	const volatile __u64 *want = (const volatile __u64 *)cfg_ifname;

	if (!cfg_ifname[0])
		return true;
	dev = FIELD(direct, skb, dev);
	if (!dev || bpf_probe_read_kernel_str(name, sizeof(name), dev->name) < 0)
		return false;
	return name[0] == want[0] && name[1] == want[1];
}

static __always_inline bool frame_matches(const bool direct, struct sk_buff *skb,
					  const struct frame *f)
{
	if (!pwru_filter(f->base, f->linear, f->wire, f->l2, f->skb))
		return false;
	return ifname_matches(direct, skb);
}

#endif
