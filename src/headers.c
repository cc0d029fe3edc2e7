// SPDX-License-Identifier: GPL-2.0-only
/*
 * IEEE 802.3 and 802.1Q, RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 768 (UDP), 792 and 4443 (ICMP).
 */
#include "src/headers.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "src/util.h"

static const struct header_field macs[] = {{"dst-mac", 0, 48}, {"src-mac", 48, 48}};
static const struct header_field vlan[] = {
	{"vlan-tpid", 0, 16}, {"vlan-prio", 16, 4}, {"vlan-id", 20, 12}};
static const struct header_field type[] = {{"ethertype", 0, 16}};
static const struct header_field ipv4[] = {
	{"ip-version", 0, 4}, {"ihl", 4, 4},	   {"tos", 8, 8},	 {"ip-len", 16, 16},
	{"ip-id", 32, 16},    {"ip-flags", 48, 3}, {"frag-off", 51, 13}, {"ttl", 64, 8},
	{"proto", 72, 8},     {"csum", 80, 16},	   {"src", 96, 32},	 {"dst", 128, 32}};
static const struct header_field ipv6[] = {
	{"ip-version", 0, 4}, {"class", 4, 8},	    {"flow", 12, 20}, {"ip-len", 32, 16},
	{"next-hdr", 48, 8},  {"hop-limit", 56, 8}, {"src", 64, 128}, {"dst", 192, 128}};
static const struct header_field tcp[] = {
	{"sport", 0, 16},    {"dport", 16, 16},	    {"seq", 32, 32},
	{"ack", 64, 32},     {"tcp-offset", 96, 4}, {"tcp-flags", 100, 12},
	{"window", 112, 16}, {"tcp-csum", 128, 16}, {"urg", 144, 16}};
static const struct header_field udp[] = {
	{"sport", 0, 16}, {"dport", 16, 16}, {"udp-len", 32, 16}, {"udp-csum", 48, 16}};
/* The second half is that of an echo; other types have other things there. */
static const struct header_field icmp[] = {{"icmp-type", 0, 8},
					   {"icmp-code", 8, 8},
					   {"icmp-csum", 16, 16},
					   {"icmp-id", 32, 16},
					   {"icmp-seq", 48, 16}};

#define LAYOUT(fields, bytes, options)                     \
	{                                                  \
		fields, ARRAY_SIZE(fields), bytes, options \
	}

static const struct header_layout layouts[] = {
	[HEADER_MACS] = LAYOUT(macs, 12, NULL),
	[HEADER_VLAN] = LAYOUT(vlan, 4, NULL),
	[HEADER_TYPE] = LAYOUT(type, 2, NULL),
	[HEADER_IPV4] = LAYOUT(ipv4, 20, "ip-options"),
	[HEADER_IPV6] = LAYOUT(ipv6, 40, NULL),
	[HEADER_TCP] = LAYOUT(tcp, 20, "tcp-options"),
	[HEADER_UDP] = LAYOUT(udp, 8, NULL),
	[HEADER_ICMP] = LAYOUT(icmp, 8, NULL),
	[HEADER_REST] = {0},
};

const struct header_layout *header_layout(enum header_kind kind)
{
	return &layouts[kind];
}

/* The frame, as far as it has been parsed. */
struct cursor {
	const uint8_t *frame;
	uint32_t len;
	uint32_t at;
	struct headers *out;
};

static uint32_t left(const struct cursor *c)
{
	return c->len - c->at;
}

static uint16_t be16(const struct cursor *c, uint32_t offset)
{
	uint16_t value;

	memcpy(&value, c->frame + c->at + offset, sizeof(value));
	return ntohs(value);
}

static void add(struct cursor *c, enum header_kind kind, uint32_t len)
{
	if (len > left(c))
		len = left(c);
	c->out->v[c->out->n++] = (struct header){.kind = kind, .at = c->at, .len = len};
	c->at += len;
}

static bool has(const struct cursor *c, enum header_kind kind)
{
	return left(c) >= layouts[kind].len;
}

static bool is_tag(uint16_t ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD || ethertype == ETH_P_QINQ1;
}

/* Returns the Ethernet type, 0 if there is none. */
static uint16_t parse_ether(struct cursor *c)
{
	uint16_t ethertype = 0;

	if (!has(c, HEADER_MACS))
		return 0;
	add(c, HEADER_MACS, layouts[HEADER_MACS].len);
	for (int i = 0; i < HEADERS_MAX_TAGS && left(c) >= 4 && is_tag(be16(c, 0)); i++)
		add(c, HEADER_VLAN, layouts[HEADER_VLAN].len);
	if (has(c, HEADER_TYPE)) {
		ethertype = be16(c, 0);
		add(c, HEADER_TYPE, layouts[HEADER_TYPE].len);
	}
	return ethertype;
}

/* Returns what IP carries, -1 if that cannot be told. */
static int parse_ip(struct cursor *c, uint16_t ethertype)
{
	const uint8_t *ip = c->frame + c->at;

	if (ethertype == ETH_P_IP && has(c, HEADER_IPV4) && (*ip & 0xf) >= 5) {
		int proto = be16(c, 6) & 0x1fff ? -1 : ip[9];

		add(c, HEADER_IPV4, (*ip & 0xf) * 4);
		return proto;
	}
	if (ethertype == ETH_P_IPV6 && has(c, HEADER_IPV6)) {
		add(c, HEADER_IPV6, layouts[HEADER_IPV6].len);
		return ip[6];
	}
	return -1;
}

static void parse_transport(struct cursor *c, int proto)
{
	if (proto == IPPROTO_TCP && has(c, HEADER_TCP)) {
		uint32_t len = (c->frame[c->at + 12] >> 4) * 4;

		if (len >= layouts[HEADER_TCP].len)
			add(c, HEADER_TCP, len);
	} else if (proto == IPPROTO_UDP && has(c, HEADER_UDP)) {
		add(c, HEADER_UDP, layouts[HEADER_UDP].len);
	} else if ((proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) && has(c, HEADER_ICMP)) {
		add(c, HEADER_ICMP, layouts[HEADER_ICMP].len);
	}
}

void headers_parse(const uint8_t *frame, uint32_t len, struct headers *ret_headers)
{
	struct cursor c = {.frame = frame, .len = len, .out = ret_headers};
	uint16_t ethertype;

	ret_headers->n = 0;
	ethertype = parse_ether(&c);
	ret_headers->l3 = ret_headers->n;
	parse_transport(&c, parse_ip(&c, ethertype));
	add(&c, HEADER_REST, left(&c));
}
