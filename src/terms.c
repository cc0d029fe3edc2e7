// SPDX-License-Identifier: GPL-2.0-only
#include "src/terms.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "src/buf.h"
#include "src/log.h"
#include "src/util.h"

/* ---- addresses */

/* The bits behind the network's are to be 0: libpcap refuses others. */
static void mask_address(uint8_t *address, size_t len, unsigned int bits)
{
	for (size_t i = 0; i < len; i++) {
		unsigned int keep = bits > i * 8 ? bits - i * 8 : 0;

		if (keep < 8)
			address[i] &= 0xff00 >> keep;
	}
}

static int bad_address(const char *flag, const char *value)
{
	log_error(
		"%s %s: not an IPv4 or IPv6 address, nor ADDRESS/BITS with at most 32 or 128 bits",
		flag, value);
	return -EINVAL;
}

static int put_address(const char *flag, const char *side, const char *value, char *ret_text)
{
	char text[INET6_ADDRSTRLEN] = "";
	uint8_t address[sizeof(struct in6_addr)];
	size_t n = strcspn(value, "/");
	uint64_t bits, max = 128;
	int family = AF_INET6;

	if (n >= sizeof(text))
		return bad_address(flag, value);
	memcpy(text, value, n);
	if (!strchr(text, ':')) {
		family = AF_INET;
		max = 32;
	}
	if (inet_pton(family, text, address) != 1)
		return bad_address(flag, value);
	bits = max;
	if (value[n] && parse_u64(value + n + 1, max, &bits))
		return bad_address(flag, value);
	mask_address(address, max / 8, bits);
	inet_ntop(family, address, text, sizeof(text));
	if (bits == max)
		snprintf(ret_text, TERM_LEN, "%s host %s", side, text);
	else
		snprintf(ret_text, TERM_LEN, "%s net %s/%u", side, text, (unsigned int)bits);
	return 0;
}

static int put_src_ip(const char *flag, const char *value, char *ret_text)
{
	return put_address(flag, "src", value, ret_text);
}

static int put_dst_ip(const char *flag, const char *value, char *ret_text)
{
	return put_address(flag, "dst", value, ret_text);
}

/* ---- ports */

static int put_port(const char *flag, const char *side, const char *value, char *ret_text)
{
	uint64_t port;

	if (parse_u64(value, UINT16_MAX, &port) || !port) {
		log_error("%s %s: not a port number from 1 to %d", flag, value, UINT16_MAX);
		return -EINVAL;
	}
	snprintf(ret_text, TERM_LEN, "%sport %u", side, (unsigned int)port);
	return 0;
}

static int put_any_port(const char *flag, const char *value, char *ret_text)
{
	return put_port(flag, "", value, ret_text);
}

static int put_src_port(const char *flag, const char *value, char *ret_text)
{
	return put_port(flag, "src ", value, ret_text);
}

static int put_dst_port(const char *flag, const char *value, char *ret_text)
{
	return put_port(flag, "dst ", value, ret_text);
}

/* ---- protocols */

/* Those without a number are libpcap's own words; it knows which IP version they belong to. */
static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{"tcp", 0},  {"udp", 0},  {"icmp", 0},	{"icmp6", 0}, {"sctp", 0},
	{"igmp", 0}, {"pim", 0},  {"ah", 0},	{"esp", 0},   {"vrrp", 0},
	{"gre", 47}, {"ipip", 4}, {"ospf", 89}, {"dccp", 33}, {"udplite", 136},
};

static int bad_protocol(const char *flag, const char *value)
{
	struct buf names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		buf_printf(&names, "%s, ", protocols[i].name);
	log_error("%s %s: not one of %snor a number from 0 to 255", flag, value, buf_str(&names));
	buf_free(&names);
	return -EINVAL;
}

static int put_proto(const char *flag, const char *value, char *ret_text)
{
	uint64_t number = 0;

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (strcmp(value, protocols[i].name))
			continue;
		number = protocols[i].number;
		if (!number) {
			snprintf(ret_text, TERM_LEN, "%s", value);
			return 0;
		}
		break;
	}
	if (!number && parse_u64(value, UINT8_MAX, &number))
		return bad_protocol(flag, value);
	snprintf(ret_text, TERM_LEN, "(ip proto %u or ip6 proto %u)", (unsigned int)number,
		 (unsigned int)number);
	return 0;
}

static int put_family(const char *flag, const char *value, char *ret_text)
{
	if (strcmp(value, "inet") && strcmp(value, "inet6")) {
		log_error("%s %s: not one of inet, inet6", flag, value);
		return -EINVAL;
	}
	snprintf(ret_text, TERM_LEN, "%s", strcmp(value, "inet") ? "ip6" : "ip");
	return 0;
}

/* ---- all of them */

static const struct {
	const char *flag;
	int (*put)(const char *flag, const char *value, char *ret_text);
} kinds[TERMS] = {
	[TERM_FAMILY] = {"--family", put_family},    [TERM_PROTO] = {"--proto", put_proto},
	[TERM_SRC_IP] = {"--src-ip", put_src_ip},    [TERM_DST_IP] = {"--dst-ip", put_dst_ip},
	[TERM_PORT] = {"--port", put_any_port},	     [TERM_SRC_PORT] = {"--sport", put_src_port},
	[TERM_DST_PORT] = {"--dport", put_dst_port},
};

int terms_set(struct terms *terms, enum term term, const char *value)
{
	return kinds[term].put(kinds[term].flag, value, terms->text[term]);
}

void terms_clear(struct terms *terms, enum term term)
{
	terms->text[term][0] = '\0';
}

/* "a) or (b" would be right in parentheses, and get out of them. */
static int check_parentheses(const char *expression)
{
	int depth = 0;

	for (const char *p = expression; *p; p++) {
		if (*p == '(')
			depth++;
		if (*p == ')' && --depth < 0)
			break;
	}
	if (depth) {
		log_error("cannot compile the expression '%s': its parentheses do not pair up",
			  expression);
		return -EINVAL;
	}
	return 0;
}

static bool is_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n")];
}

/* NULL when memory ran out. */
static char *join(const struct terms *terms, const char *expression)
{
	struct buf joined = {0};
	char *text = NULL;

	/* The expression comes first: its "vlan" moves what terms behind it look at. */
	if (!is_blank(expression))
		buf_printf(&joined, "(%s)", expression);
	for (size_t i = 0; i < TERMS; i++)
		if (*terms->text[i])
			buf_printf(&joined, "%s%s", joined.len ? " and " : "", terms->text[i]);
	if (!buf_error(&joined))
		text = strdup(buf_str(&joined));
	buf_free(&joined);
	return text;
}

int terms_join(const struct terms *terms, const char *expression, char **ret_joined)
{
	bool any = false;
	char *text;
	int err;

	for (size_t i = 0; i < TERMS; i++)
		any |= *terms->text[i] != '\0';
	if (!any && !expression) {
		*ret_joined = NULL;
		return 0;
	}
	err = any && expression ? check_parentheses(expression) : 0;
	if (err)
		return err;
	text = any ? join(terms, expression) : strdup(expression);
	if (!text)
		return -ENOMEM;
	*ret_joined = text;
	return 0;
}
