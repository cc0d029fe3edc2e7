/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_NETNS_BPF_H
#define PWRU_CAP_NETNS_BPF_H
/*
 * The network namespace of an skb, as its inode number.
 */
#include "compat.bpf.h"
#include "kernel.h"

/*
 * skb->dev shares its place with other things: a socket's queue keeps a tree node or a packed
 * number there.  It is a device if its namespace is one: those have inode numbers from the
 * kernel's dynamic range, which starts at 0xf0000000 with a few fixed numbers below.
 */
#define NETNS_INUM_MIN 0xefffff00u

static __always_inline __u32 netns_of_dev(const bool direct, struct net_device *dev)
{
	struct net *net;
	__u32 inum;

	if (!dev)
		return 0;
	net = FIELD(direct, dev, nd_net.net);
	if (!net)
		return 0;
	inum = FIELD(direct, net, ns.inum);
	return inum >= NETNS_INUM_MIN ? inum : 0;
}

static __always_inline __u32 netns_of_sock(const bool direct, struct sk_buff *skb)
{
	struct sock *sk = FIELD(direct, skb, sk);
	struct net *net;
	__u32 inum;

	if (!sk)
		return 0;
	net = FIELD(direct, sk, __sk_common.skc_net.net);
	if (!net)
		return 0;
	inum = FIELD(direct, net, ns.inum);
	return inum >= NETNS_INUM_MIN ? inum : 0;
}

#endif
