// SPDX-License-Identifier: GPL-2.0-only
#include "src/tuple.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "src/util.h"

const char *tuple_proto_name(uint8_t proto)
{
	static const char *const names[] = {
		[IPPROTO_HOPOPTS] = "hopopts",	 [IPPROTO_ICMP] = "icmp",
		[IPPROTO_IGMP] = "igmp",	 [IPPROTO_IPIP] = "ipip",
		[IPPROTO_TCP] = "tcp",		 [IPPROTO_EGP] = "egp",
		[IPPROTO_UDP] = "udp",		 [IPPROTO_DCCP] = "dccp",
		[IPPROTO_IPV6] = "ipv6",	 [IPPROTO_ROUTING] = "routing",
		[IPPROTO_FRAGMENT] = "fragment", [IPPROTO_GRE] = "gre",
		[IPPROTO_ESP] = "esp",		 [IPPROTO_AH] = "ah",
		[IPPROTO_ICMPV6] = "icmp6",	 [IPPROTO_NONE] = "none",
		[IPPROTO_DSTOPTS] = "dstopts",	 [89] = "ospf",
		[IPPROTO_PIM] = "pim",		 [112] = "vrrp",
		[IPPROTO_SCTP] = "sctp",	 [IPPROTO_UDPLITE] = "udplite",
	};

	return proto < ARRAY_SIZE(names) ? names[proto] : NULL;
}

struct icmp_name {
	uint8_t proto, type;
	int16_t code; /* -1: any other */
	const char *name;
};

/* RFC 792, 1122, 1812, 4443, 4861, 2710, 3810.  The first that matches counts. */
static const struct icmp_name icmp_names[] = {
	{IPPROTO_ICMP, 8, -1, "echo-request"},
	{IPPROTO_ICMP, 0, -1, "echo-reply"},
	{IPPROTO_ICMP, 3, 0, "unreachable-net"},
	{IPPROTO_ICMP, 3, 1, "unreachable-host"},
	{IPPROTO_ICMP, 3, 2, "unreachable-protocol"},
	{IPPROTO_ICMP, 3, 3, "unreachable-port"},
	{IPPROTO_ICMP, 3, 4, "unreachable-need-to-frag"},
	{IPPROTO_ICMP, 3, 13, "unreachable-prohibited"},
	{IPPROTO_ICMP, 5, -1, "redirect"},
	{IPPROTO_ICMP, 11, 0, "time-exceeded"},
	{IPPROTO_ICMP, 11, 1, "time-exceeded-reassembly"},
	{IPPROTO_ICMP, 12, -1, "parameter-problem"},
	{IPPROTO_ICMP, 13, -1, "timestamp-request"},
	{IPPROTO_ICMP, 14, -1, "timestamp-reply"},
	{IPPROTO_ICMPV6, 128, -1, "echo-request"},
	{IPPROTO_ICMPV6, 129, -1, "echo-reply"},
	{IPPROTO_ICMPV6, 1, 0, "unreachable-route"},
	{IPPROTO_ICMPV6, 1, 1, "unreachable-prohibited"},
	{IPPROTO_ICMPV6, 1, 3, "unreachable-address"},
	{IPPROTO_ICMPV6, 1, 4, "unreachable-port"},
	{IPPROTO_ICMPV6, 2, -1, "packet-too-big"},
	{IPPROTO_ICMPV6, 3, 0, "time-exceeded"},
	{IPPROTO_ICMPV6, 3, 1, "time-exceeded-reassembly"},
	{IPPROTO_ICMPV6, 4, -1, "parameter-problem"},
	{IPPROTO_ICMPV6, 130, -1, "mld-query"},
	{IPPROTO_ICMPV6, 131, -1, "mld-report"},
	{IPPROTO_ICMPV6, 132, -1, "mld-done"},
	{IPPROTO_ICMPV6, 133, -1, "router-solicitation"},
	{IPPROTO_ICMPV6, 134, -1, "router-advertisement"},
	{IPPROTO_ICMPV6, 135, -1, "neighbor-solicitation"},
	{IPPROTO_ICMPV6, 136, -1, "neighbor-advertisement"},
	{IPPROTO_ICMPV6, 137, -1, "redirect"},
	{IPPROTO_ICMPV6, 143, -1, "mld2-report"},
};

const char *tuple_icmp_name(const struct headers *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(icmp_names); i++) {
		const struct icmp_name *n = &icmp_names[i];

		if (n->proto == h->proto && n->type == h->icmp_type &&
		    (n->code < 0 || n->code == h->icmp_code))
			return n->name;
	}
	return NULL;
}

const char *tuple_arp_name(uint16_t op)
{
	static const char *const names[] = {NULL, "request", "reply", "rarp-request", "rarp-reply"};

	return op < ARRAY_SIZE(names) ? names[op] : NULL;
}

const char *tuple_tunnel_name(uint8_t kind)
{
	static const char *const names[TUNNEL_KINDS] = {NULL, "vxlan", "geneve", "gre", "ipip"};

	return kind < TUNNEL_KINDS ? names[kind] : NULL;
}

void tuple_put_mac(struct buf *out, const uint8_t *mac)
{
	for (int i = 0; i < 6; i++) {
		if (i)
			buf_putc(out, ':');
		buf_hex(out, mac[i], 2);
	}
}

void tuple_put_addr(struct buf *out, const struct headers *h, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (h->net == NET_IPV6) {
		inet_ntop(AF_INET6, addr, text, sizeof(text));
		buf_puts(out, text);
		return;
	}
	/* inet_ntop() would go by way of printf(), and this is most of all addresses. */
	for (int i = 0; i < 4; i++) {
		if (i)
			buf_putc(out, '.');
		buf_u64(out, addr[i]);
	}
}

void tuple_put_tcp_flags(struct buf *out, uint8_t flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & 1 << i))
			continue;
		if (out->len > start)
			buf_putc(out, '|');
		buf_puts(out, names[i]);
	}
}

static void put_number(struct buf *out, const char *key, uint64_t number)
{
	buf_puts(out, key);
	buf_u64(out, number);
}

static void put_end(struct buf *out, const struct headers *h, const uint8_t *addr, uint16_t port)
{
	bool ports = h->transport == TRANSPORT_PORTS || h->transport == TRANSPORT_TCP;

	/* Where a port may follow, as in a URL. */
	if (h->net == NET_IPV6)
		buf_putc(out, '[');
	tuple_put_addr(out, h, addr);
	if (h->net == NET_IPV6)
		buf_putc(out, ']');
	if (ports)
		put_number(out, ":", port);
}

static void put_icmp(struct buf *out, const struct headers *h)
{
	const char *name = tuple_icmp_name(h);

	if (name) {
		buf_putc(out, ':');
		buf_puts(out, name);
	} else {
		put_number(out, ":type=", h->icmp_type);
		put_number(out, ",code=", h->icmp_code);
	}
	if (h->flags & HEADERS_ECHO) {
		put_number(out, ",id=", h->icmp_id);
		put_number(out, ",seq=", h->icmp_seq);
	}
}

static void put_arp(struct buf *out, const struct headers *h)
{
	const char *name = tuple_arp_name(h->arp_op);

	if (name) {
		buf_puts(out, "arp:");
		buf_puts(out, name);
	} else {
		put_number(out, "arp:op=", h->arp_op);
	}
	/* Who asks does so from the address that the frame comes from; the answer is what counts.
	 */
	if (h->arp_op == 2) {
		buf_putc(out, ',');
		tuple_put_mac(out, h->arp_mac);
	}
}

static void put_ip(struct buf *out, const struct headers *h, bool tcp_flags)
{
	const char *name = tuple_proto_name(h->proto);

	if (name)
		buf_puts(out, name);
	else
		put_number(out, "proto=", h->proto);
	if (h->transport == TRANSPORT_ICMP)
		put_icmp(out, h);
	if (h->transport == TRANSPORT_TCP && tcp_flags && h->tcp_flags) {
		buf_putc(out, ':');
		tuple_put_tcp_flags(out, h->tcp_flags);
	}
	if (h->flags & HEADERS_FRAGMENT) {
		put_number(out, ",frag=", h->frag_offset);
		if (h->flags & HEADERS_MORE)
			buf_putc(out, '+');
	}
}

static void put_headers(struct buf *out, const struct headers *h, bool tcp_flags)
{
	put_end(out, h, h->saddr, h->sport);
	buf_puts(out, "->");
	put_end(out, h, h->daddr, h->dport);
	buf_putc(out, '(');
	if (h->net == NET_ARP)
		put_arp(out, h);
	else
		put_ip(out, h, tcp_flags);
	buf_puts(out, h->flags & HEADERS_SHORT ? ",short)" : ")");
}

/* No network header: what the link layer says. */
static void put_link(struct buf *out, const struct packet *packet)
{
	if (packet->macs) {
		tuple_put_mac(out, packet->macs + 6);
		buf_puts(out, "->");
		tuple_put_mac(out, packet->macs);
	}
	buf_puts(out, "(0x");
	buf_hex(out, packet->type, 4);
	buf_puts(out, packet->outer.flags & HEADERS_SHORT ? ",short)" : ")");
}

void tuple_put_packet(struct buf *out, const struct packet *packet, bool tcp_flags)
{
	if (packet->outer.net == NET_NONE)
		put_link(out, packet);
	else
		put_headers(out, &packet->outer, tcp_flags);
}

void tuple_put_tunnel(struct buf *out, const struct packet *packet, bool tcp_flags)
{
	const char *name = tuple_tunnel_name(packet->tunnel);

	if (!name) {
		buf_putc(out, '-');
		return;
	}
	buf_puts(out, name);
	if (packet->has_vni)
		put_number(out, ":", packet->vni);
	buf_putc(out, '/');
	if (packet->inner.net != NET_NONE)
		put_headers(out, &packet->inner, tcp_flags);
	else
		buf_puts(out, packet->inner.flags & HEADERS_SHORT ? "short" : "-");
}
