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

	if (!is_kernel_address(direct, dev))
		return 0;
	net = FIELD(direct, dev, nd_net.net);
	if (!is_kernel_address(direct, net))
		return 0;
	inum = FIELD(direct, net, ns.inum);
	return inum >= NETNS_INUM_MIN ? inum : 0;
}

static __always_inline __u32 netns_of_sock(const bool direct, struct sk_buff *skb)
{
	struct sock *sk = FIELD(direct, skb, sk);
	struct net *net;
	__u32 inum;

	if (!is_kernel_address(direct, sk))
		return 0;
	net = FIELD(direct, sk, __sk_common.skc_net.net);
	if (!is_kernel_address(direct, net))
		return 0;
	inum = FIELD(direct, net, ns.inum);
	return inum >= NETNS_INUM_MIN ? inum : 0;
}

/* What the functions below return: an inode number, and whether it is that of the device. */
#define NETNS_OF_DEV (1ULL << 32)

/*
 * The namespace of the skb's device, or else of its socket; 0: neither is known.  For records, in
 * global functions: what follows is then verified once, not once for each way through these (see
 * emit.bpf.h).
 */
#define NETNS_FUNCTION(name, direct)                                            \
	__weak __noinline __u64 netns_of_##name(__u64 addr)                     \
	{                                                                       \
		struct sk_buff *skb = TYPED(direct, struct sk_buff, addr);      \
		__u32 inum = netns_of_dev(direct, FIELD(direct, skb, dev));     \
                                                                                \
		return inum ? NETNS_OF_DEV | inum : netns_of_sock(direct, skb); \
	}

NETNS_FUNCTION(direct, true)
NETNS_FUNCTION(probed, false)

/*
 * The address in skb->dev, whatever that is.  A typed pointer is no number to the verifier, so it
 * is loaded as what follows some bytes.
 */
static __always_inline __u64 dev_number(const bool direct, __u64 addr)
{
	__u64 at = addr + bpf_core_field_offset(struct sk_buff, dev), dev = 0;
	struct __kernel_sockaddr_storage *bytes;
	const __u64 *word;

	if (!direct) {
		bpf_probe_read_kernel(&dev, sizeof(dev), (void *)at);
		return dev;
	}
	bytes = TYPED(true, struct __kernel_sockaddr_storage,
		      at - bpf_core_field_offset(struct __kernel_sockaddr_storage, __data));
	/* A variable of its own, for bytes are less aligned. */
	word = (const void *)&bytes->__data;
	return *word;
}

#endif
