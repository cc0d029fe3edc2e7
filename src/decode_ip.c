// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources: RFC 791 and 8200 (IP), 4302 (AH), 826 (ARP), 792, 950 and 4443 (ICMP), 9293 (TCP).
 */
#include "src/decode_ip.h"

#include <netinet/in.h>
#include <string.h>

/* More extension headers in a row do not occur but in attacks. */
#define EXTENSIONS_MAX 16

/* ---- transport */

static void decode_icmp(struct cursor *c)
{
	bool v6 = c->h->proto == IPPROTO_ICMPV6;
	const uint8_t *p = take(c, 4);
	struct headers *h = c->h;

	if (!p)
		return;
	h->transport = TRANSPORT_ICMP;
	h->icmp_type = p[0];
	h->icmp_code = p[1];
	/* Echo and its reply; of ICMPv4 also timestamp, information and address mask. */
	if (v6 ? p[0] != 128 && p[0] != 129 : p[0] != 0 && p[0] != 8 && (p[0] < 13 || p[0] > 18))
		return;
	p = take(c, 4);
	if (!p)
		return;
	h->flags |= HEADERS_ECHO;
	h->icmp_id = get16(p);
	h->icmp_seq = get16(p + 2);
}

static void decode_tcp(struct cursor *c)
{
	const uint8_t *p = take(c, 14);

	/* The ports may be there when the flags are not. */
	if (!p)
		return;
	c->h->transport = TRANSPORT_TCP;
	c->h->tcp_flags = p[13];
}

void decode_transport(struct cursor *c)
{
	const struct cursor start = *c;
	const uint8_t *p;

	switch (c->h->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		decode_icmp(c);
		return;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		break;
	default:
		return;
	}
	p = take(c, 4);
	if (!p)
		return;
	c->h->transport = TRANSPORT_PORTS;
	c->h->sport = get16(p);
	c->h->dport = get16(p + 2);
	if (c->h->proto != IPPROTO_TCP)
		return;
	*c = start;
	decode_tcp(c);
}

/* ---- network */

static void decode_arp(struct cursor *c)
{
	const uint8_t *p = take(c, 8);
	struct headers *h = c->h;

	if (!p)
		return;
	h->net = NET_ARP;
	h->arp_op = get16(p + 6);
	/* Of other hardware and protocols only the operation is told. */
	if (get16(p + 2) != TYPE_IPV4 || p[4] != 6 || p[5] != 4)
		return;
	p = take(c, 20);
	if (!p)
		return;
	memcpy(h->arp_mac, p, 6);
	memcpy(h->saddr, p + 6, 4);
	memcpy(h->daddr, p + 16, 4);
}

/* Leaves the cursor at the transport header; false: there is none. */
static bool decode_ipv4(struct cursor *c)
{
	const uint8_t *p = take(c, 20);
	struct headers *h = c->h;
	uint16_t frag;

	if (!p)
		return false;
	h->net = NET_IPV4;
	h->ttl = p[8];
	h->proto = p[9];
	memcpy(h->saddr, p + 12, 4);
	memcpy(h->daddr, p + 16, 4);
	frag = get16(p + 6);
	if (frag & 0x3fff) {
		h->flags |= HEADERS_FRAGMENT | (frag & 0x2000 ? HEADERS_MORE : 0);
		h->frag_offset = (frag & 0x1fff) * 8;
		h->frag_id = get16(p + 4);
	}
	if ((p[0] & 0xf) > 5 && !take(c, ((p[0] & 0xf) - 5) * 4))
		return false;
	return !h->frag_offset;
}

/* One extension header, of which next is the number; false: what follows is no header. */
static bool skip_extension(struct cursor *c, uint8_t *next)
{
	struct headers *h = c->h;
	const uint8_t *p = take(c, 8);

	if (!p)
		return false;
	if (*next == IPPROTO_FRAGMENT) {
		uint16_t frag = get16(p + 2);

		h->flags |= HEADERS_FRAGMENT | (frag & 1 ? HEADERS_MORE : 0);
		h->frag_offset = frag & 0xfff8;
		h->frag_id = get32(p + 4);
	} else {
		/* AH counts in words of 4 bytes and less 2, the others in words of 8 and less 1. */
		size_t more = *next == IPPROTO_AH ? (size_t)p[1] * 4 : (size_t)p[1] * 8;

		if (!take(c, more))
			return false;
	}
	*next = p[0];
	return !h->frag_offset;
}

static bool is_extension(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
	case IPPROTO_MH:
	case 139: /* HIP */
	case 140: /* shim6 */
		return true;
	default:
		return false;
	}
}

static bool decode_ipv6(struct cursor *c)
{
	const uint8_t *p = take(c, 40);
	struct headers *h = c->h;
	bool more = true;

	if (!p)
		return false;
	h->net = NET_IPV6;
	h->proto = p[6];
	h->ttl = p[7];
	memcpy(h->saddr, p + 8, 16);
	memcpy(h->daddr, p + 24, 16);
	for (int i = 0; more && i < EXTENSIONS_MAX && is_extension(h->proto); i++)
		more = skip_extension(c, &h->proto);
	return more;
}

bool decode_network(struct cursor *c, uint16_t type)
{
	bool more = false;

	if (type == TYPE_IPV4)
		more = decode_ipv4(c);
	else if (type == TYPE_IPV6)
		more = decode_ipv6(c);
	else if (type == TYPE_ARP)
		decode_arp(c);
	return more;
}
