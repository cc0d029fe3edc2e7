// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link layer, what follows it by way of src/decode_ip.c, and tunnels.
 *
 * Sources: IEEE 802.3, 802.2, 802.1Q, RFC 7348 (VXLAN), 8926 (Geneve), 2784, 2890 and 2637 (GRE),
 * 2003, 2473 and 4213 (IP in IP).
 */
#include "src/decode.h"

#include <netinet/in.h>
#include <string.h>

#include "filter/frame_abi.h"
#include "src/decode_ip.h"

#define TYPE_TEB 0x6558 /* Ethernet within something */
/* Below this, the field is a length. */
#define TYPE_MIN	 0x0600

#define PORT_VXLAN	 4789
#define PORT_VXLAN_LINUX 8472 /* Linux before the number was assigned, and flannel */
#define PORT_GENEVE	 6081

static bool is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

/* From behind the type on, over tags, to the network header; returns the last type. */
static uint16_t skip_tags(struct cursor *c, uint16_t type, struct packet *packet)
{
	while (is_tag(type)) {
		const uint8_t *p = take(c, 4);

		if (!p)
			return 0;
		if (packet && packet->n_tags < PACKET_TAGS)
			packet->tags[packet->n_tags++] = get16(p);
		type = get16(p + 2);
	}
	return type;
}

/* 802.2 LLC behind a length, and SNAP within it. */
static void skip_llc(struct cursor *c)
{
	const uint8_t *p = take(c, 3);

	if (!p)
		return;
	if (p[0] == 0xaa && p[1] == 0xaa && p[2] == 3)
		take(c, 5);
	else if ((p[2] & 3) != 3)
		take(c, 1);
}

/* ---- tunnels */

/* The IP packet that the cursor stands at, or that is within the Ethernet frame there. */
static void decode_inner(struct cursor *c, uint16_t type, struct packet *packet)
{
	struct cursor inner = {.p = c->p, .left = c->left, .h = &packet->inner};

	if (type == TYPE_TEB) {
		const uint8_t *p = take(&inner, FRAME_ETH_LEN);

		type = p ? skip_tags(&inner, get16(p + FRAME_MAC_LEN), NULL) : 0;
	}
	if (decode_network(&inner, type))
		decode_transport(&inner);
}

static void decode_vxlan(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 8);

	/* Without the I flag the number does not count, and it may be no VXLAN at all. */
	if (!p || !(p[0] & 0x08))
		return;
	packet->tunnel = TUNNEL_VXLAN;
	packet->has_vni = true;
	packet->vni = get32(p + 4) >> 8;
	decode_inner(c, TYPE_TEB, packet);
}

static void decode_geneve(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 8);

	/* Version 0 is the only one. */
	if (!p || p[0] >> 6)
		return;
	packet->tunnel = TUNNEL_GENEVE;
	packet->has_vni = true;
	packet->vni = get32(p + 4) >> 8;
	if (take(c, (p[0] & 0x3f) * 4))
		decode_inner(c, get16(p + 2), packet);
}

static void decode_gre(struct cursor *c, struct packet *packet)
{
	const uint8_t *p = take(c, 4);
	uint16_t flags;

	/* Version 1 is PPTP's, which has PPP inside. */
	if (!p || get16(p) & 7)
		return;
	flags = get16(p);
	packet->tunnel = TUNNEL_GRE;
	if (flags & 0x8000 && !take(c, 4))
		return;
	if (flags & 0x2000) {
		const uint8_t *key = take(c, 4);

		if (!key)
			return;
		packet->has_vni = true;
		packet->vni = get32(key);
	}
	if (flags & 0x1000 && !take(c, 4))
		return;
	decode_inner(c, get16(p + 2), packet);
}

/* At the transport header of the outer packet. */
static void decode_tunnel(struct cursor *c, struct packet *packet)
{
	uint16_t port = packet->outer.dport;

	/* What is cut off within a tunnel is not missing outside. */
	c->h = &packet->inner;
	switch (packet->outer.proto) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		packet->tunnel = TUNNEL_IPIP;
		decode_inner(c, packet->outer.proto == IPPROTO_IPIP ? TYPE_IPV4 : TYPE_IPV6,
			     packet);
		break;
	case IPPROTO_GRE:
		decode_gre(c, packet);
		break;
	case IPPROTO_UDP:
		if (packet->outer.transport != TRANSPORT_PORTS || !take(c, 8))
			break;
		if (port == PORT_VXLAN || port == PORT_VXLAN_LINUX)
			decode_vxlan(c, packet);
		else if (port == PORT_GENEVE)
			decode_geneve(c, packet);
		break;
	}
}

/* ---- the whole */

/* A field of l2 is the two bytes as they stand in the frame, loaded natively. */
static uint16_t field16(uint64_t field)
{
	return ntohs((uint16_t)field);
}

/* The link layer: leaves the cursor at the network header, and returns its type. */
static uint16_t decode_link(struct cursor *c, uint64_t l2, struct packet *packet)
{
	uint16_t type;

	if (l2 & FRAME_L2_VLAN)
		packet->tags[packet->n_tags++] = field16(FRAME_L2_TCI(l2));
	if (l2 & FRAME_L2_SYNTH) {
		type = field16(FRAME_L2_TYPE(l2));
	} else {
		const uint8_t *p = take(c, FRAME_ETH_LEN);

		if (!p)
			return 0;
		packet->macs = p;
		type = get16(p + FRAME_MAC_LEN);
	}
	return skip_tags(c, type, packet);
}

void decode_packet(const struct decode_input *in, struct packet *ret_packet)
{
	struct packet *packet = ret_packet;
	struct cursor c = {.p = in->raw, .left = in->raw_len, .h = &packet->outer};
	struct cursor transport;
	size_t link;

	memset(packet, 0, sizeof(*packet));
	packet->type = decode_link(&c, in->l2, packet);
	if (packet->type && packet->type < TYPE_MIN)
		skip_llc(&c);
	link = in->raw_len - c.left + (in->l2 & FRAME_L2_SYNTH ? FRAME_ETH_LEN : 0) +
	       (in->l2 & FRAME_L2_VLAN ? FRAME_TAG_LEN : 0);
	packet->link_len = link < UINT8_MAX ? link : UINT8_MAX;
	if (!decode_network(&c, packet->type))
		return;
	transport = c;
	decode_transport(&c);
	decode_tunnel(&transport, packet);
}
