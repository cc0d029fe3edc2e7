// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP programs for tests/live/progs: they drop UDP to port 7777, over IPv4 and IPv6, with up to one
 * VLAN tag, and let all else pass.  IPv4 without options.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORT 7777

char LICENSE[] SEC("license") = "GPL";

static __always_inline int decide(struct xdp_md *ctx)
{
	void *at = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__be16 type;
	__u8 proto;

	if (at + ETH_HLEN > end)
		return XDP_PASS;
	type = ((struct ethhdr *)at)->h_proto;
	at += ETH_HLEN;
	if (type == bpf_htons(ETH_P_8021Q)) {
		if (at + 4 > end)
			return XDP_PASS;
		type = *(__be16 *)(at + 2);
		at += 4;
	}
	if (type == bpf_htons(ETH_P_IP) && at + sizeof(struct iphdr) <= end) {
		proto = ((struct iphdr *)at)->protocol;
		at += sizeof(struct iphdr);
	} else if (type == bpf_htons(ETH_P_IPV6) && at + sizeof(struct ipv6hdr) <= end) {
		proto = ((struct ipv6hdr *)at)->nexthdr;
		at += sizeof(struct ipv6hdr);
	} else {
		return XDP_PASS;
	}
	if (proto != IPPROTO_UDP || at + sizeof(struct udphdr) > end)
		return XDP_PASS;
	return ((struct udphdr *)at)->dest == bpf_htons(PORT) ? XDP_DROP : XDP_PASS;
}

#ifdef FRAGS
SEC("xdp.frags")
int xdp_with_fragments(struct xdp_md *ctx)
#else
/* A name that is longer than what the kernel keeps of it (15 bytes). */
SEC("xdp")
int xdp_drops_udp_to_port_7777(struct xdp_md *ctx)
#endif
{
	return decide(ctx);
}
