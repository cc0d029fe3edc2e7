/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TUNNEL_BPF_H
#define PWRU_CAP_TUNNEL_BPF_H
/*
 * Filters on what is inside a tunnel: --filter-tunnel-pcap-l2 on the inner Ethernet frame (VXLAN,
 * Geneve, GRE), --filter-tunnel-pcap-l3 on the inner IP packet (of these, and of IP in IP).
 *
 * The inner packet is found by walking the headers of the outer one, not by skb->inner_*: the
 * kernel sets those on the way out only.  The inner packet then is a frame like any other, from
 * the same address on, and the expressions are stubs like pwru_filter().  An L3 packet gets a
 * synthetic Ethernet header, so that one kind of program serves both.
 *
 * All of this runs only if one of the options was given, and after the outer filter matched.
 */
#include "frame.bpf.h"
#include "stub.bpf.h"

#define PORT_VXLAN 4789
#define PORT_VXLAN_LINUX                                                         \
	8472 /* what Linux used before the number was assigned, and flannel does \
	      */
#define PORT_GENEVE  6081
#define ETH_P_TEB    0x6558 /* Ethernet in something */
#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88a8
#define ETH_P_IP     0x0800
#define ETH_P_IPV6   0x86dd

#define PROTO_IPIP   4
#define PROTO_UDP    17
#define PROTO_IPV6   41
#define PROTO_GRE    47

#define GRE_CSUM     0x8000
#define GRE_KEY	     0x2000
#define GRE_SEQ	     0x1000

/* A place in the frame, while its headers are walked. */
struct walk {
	const struct frame *f;
	__u32 at;
	__u16 type; /* of what is at that place, as an Ethernet type in host order; 0: lost */
};

static __always_inline __u8 byte_at(const struct walk *w, __u32 offset)
{
	__u8 value = 0;

	if (w->at + offset < w->f->linear)
		bpf_probe_read_kernel(&value, 1, (void *)(w->f->base + w->at + offset));
	return value;
}

static __always_inline __u16 u16_at(const struct walk *w, __u32 offset)
{
	return (__u16)byte_at(w, offset) << 8 | byte_at(w, offset + 1);
}

/* From an Ethernet type, over tags that are in the data, to the header behind. */
static __always_inline void skip_tags(struct walk *w)
{
#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (w->type != ETH_P_8021Q && w->type != ETH_P_8021AD)
			return;
		w->type = u16_at(w, 2);
		w->at += VLAN_LEN;
	}
}

/* To the network header of a frame; base counts only behind a synthetic head. */
static __always_inline void walk_to_l3(struct walk *w)
{
	__u64 l2 = w->f->l2;

	w->at = ETH_LEN + (l2 & FRAME_L2_VLAN ? VLAN_LEN : 0);
	if (l2 & FRAME_L2_SYNTH) {
		w->type = __builtin_bswap16(FRAME_L2_TYPE(l2));
	} else {
		w->at -= 2;
		w->type = u16_at(w, 0);
		w->at += 2;
	}
	skip_tags(w);
}

/* From a network header to what it carries; returns the IP protocol, 0 if there is none. */
static __always_inline __u8 walk_ip(struct walk *w)
{
	__u8 proto = 0;

	if (w->type == ETH_P_IP && !(u16_at(w, 6) & 0x1fff)) {
		proto = byte_at(w, 9);
		w->at += (byte_at(w, 0) & 0xf) * 4;
	} else if (w->type == ETH_P_IPV6) {
		proto = byte_at(w, 6);
		w->at += 40;
	}
	w->type = 0;
	return proto;
}

static __always_inline void walk_udp(struct walk *w)
{
	__u16 port = u16_at(w, 2);

	w->at += 8;
	if (port == PORT_VXLAN || port == PORT_VXLAN_LINUX) {
		w->type = ETH_P_TEB;
		w->at += 8;
	} else if (port == PORT_GENEVE) {
		w->type = u16_at(w, 2);
		w->at += 8 + (byte_at(w, 0) & 0x3f) * 4;
	}
}

static __always_inline void walk_gre(struct walk *w)
{
	__u16 flags = u16_at(w, 0);

	w->type = u16_at(w, 2);
	w->at += 4 + (flags & GRE_CSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) +
		 (flags & GRE_SEQ ? 4 : 0);
}

/* Walks to the inner packet: its type says whether it is Ethernet (TEB), IP, or not there (0). */
static __always_inline void walk_tunnel(struct walk *w)
{
	walk_to_l3(w);
	switch (walk_ip(w)) {
	case PROTO_IPIP:
		w->type = ETH_P_IP;
		break;
	case PROTO_IPV6:
		w->type = ETH_P_IPV6;
		break;
	case PROTO_UDP:
		walk_udp(w);
		break;
	case PROTO_GRE:
		walk_gre(w);
		break;
	}
}

static __always_inline bool inner_l2_matches(const struct walk *w)
{
	const struct frame *f = w->f;

	if (w->type != ETH_P_TEB)
		return false;
	return pwru_tunnel_l2(f->base + w->at, f->linear - w->at, f->wire - w->at, 0, f->skb);
}

static __always_inline bool inner_l3_matches(struct walk *w)
{
	const struct frame *f = w->f;
	__u32 shift;

	if (w->type == ETH_P_TEB) {
		w->type = u16_at(w, FRAME_MAC_LEN);
		w->at += ETH_LEN;
		skip_tags(w);
	}
	if ((w->type != ETH_P_IP && w->type != ETH_P_IPV6) || w->at > f->linear)
		return false;
	shift = w->at - ETH_LEN;
	return pwru_tunnel_l3(f->base + shift, f->linear - shift, f->wire - shift,
			      FRAME_L2_SYNTH | __builtin_bswap16(w->type), f->skb);
}

/* @l2, @l3: which of the filters are on */
static __always_inline bool tunnel_matches(const struct frame *f, bool l2, bool l3)
{
	struct walk w = {.f = f};

	walk_tunnel(&w);
	if (!w.type || w.at > f->linear)
		return false;
	if (l2 && !inner_l2_matches(&w))
		return false;
	return !l3 || inner_l3_matches(&w);
}

#endif
