/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_META_BPF_H
#define PWRU_CAP_META_BPF_H
/*
 * The meta filters: fields of the skb, its device, its socket, and the current task.
 *
 * They run before the frame is looked for, on every sighting.  The settings are read-only data:
 * the verifier knows cfg_meta.on and drops what is off, so that with no filter on one load is left
 * of all this.
 */
#include <linux/if_packet.h>

#include "compat.bpf.h"
#include "kernel.h"
#include "meta.h"
#include "netns.bpf.h"

const volatile struct meta_cfg cfg_meta;

static __always_inline bool mark_matches(const bool direct, struct sk_buff *skb)
{
	return (FIELD(direct, skb, mark) & cfg_meta.mark_mask) == cfg_meta.mark;
}

/* As libpcap's pcap_setdirection(): what is not outgoing is coming in. */
static __always_inline bool direction_matches(const bool direct, struct sk_buff *skb)
{
	return (BIT_FIELD(direct, skb, pkt_type) == PACKET_OUTGOING) == cfg_meta.outgoing;
}

static __always_inline bool family_matches(const bool direct, struct sk_buff *skb)
{
	struct sock *sk = FIELD(direct, skb, sk);

	return is_kernel_address(direct, sk) &&
	       FIELD(direct, sk, __sk_common.skc_family) == cfg_meta.family;
}

static __always_inline bool netns_matches(const bool direct, struct sk_buff *skb)
{
	struct net_device *dev = FIELD(direct, skb, dev);
	__u32 inum = netns_of_dev(direct, dev);

	if (!inum)
		inum = netns_of_sock(direct, skb);
	return inum == cfg_meta.netns;
}

/* Behind the NUL of a device's name the rest of an older, longer one may stand: hence the mask. */
static __always_inline bool ifname_matches(const bool direct, struct net_device *dev)
{
	__u64 name[META_NAME_WORDS];

	if (!is_kernel_address(direct, dev))
		return false;
	if (direct) {
		name[0] = ((const __u64 *)dev->name)[0];
		name[1] = ((const __u64 *)dev->name)[1];
	} else if (bpf_probe_read_kernel(name, sizeof(name), dev->name)) {
		return false;
	}
	return (name[0] & cfg_meta.ifname_mask[0]) == cfg_meta.ifname[0] &&
	       (name[1] & cfg_meta.ifname_mask[1]) == cfg_meta.ifname[1];
}

/* The helper pads with NULs. */
static __always_inline bool comm_matches(void)
{
	__u64 comm[META_NAME_WORDS];

	if (bpf_get_current_comm(comm, sizeof(comm)))
		return false;
	return comm[0] == cfg_meta.comm[0] && comm[1] == cfg_meta.comm[1];
}

/* The numbers of the task; its name costs more, and comes last. */
static __always_inline bool task_matches(const __u32 on)
{
	if (on & META_ON(META_PID) && bpf_get_current_pid_tgid() >> 32 != cfg_meta.pid)
		return false;
	return !(on & META_ON(META_UID)) || (__u32)bpf_get_current_uid_gid() == cfg_meta.uid;
}

/*
 * True if the skb and the current task pass all filters that are on.  The cheapest come first:
 * one field of the skb, a number of the task, then what lies behind pointers, then names.
 * @on: cfg_meta.on
 * @addr: the sk_buff
 */
static __always_inline bool meta_matches(const bool direct, const __u32 on, __u64 addr)
{
	struct sk_buff *skb;

	if (!on)
		return true;
	skb = TYPED(direct, struct sk_buff, addr);
	if (on & META_ON(META_MARK) && !mark_matches(direct, skb))
		return false;
	if (on & META_ON(META_DIRECTION) && !direction_matches(direct, skb))
		return false;
	if (!task_matches(on))
		return false;
	if (on & META_ON(META_FAMILY) && !family_matches(direct, skb))
		return false;
	if (on & META_ON(META_NETNS) && !netns_matches(direct, skb))
		return false;
	if (on & META_ON(META_IFNAME) && !ifname_matches(direct, FIELD(direct, skb, dev)))
		return false;
	return !(on & META_ON(META_COMM)) || comm_matches();
}

#endif
