// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "filter/expr.h"
#include "src/terms.h"
#include "src/util.h"

#define FRAME_MAX 128

/* What stderr got during the latest quietly(). */
static char said[1024];

static FILE *divert(int *ret_saved)
{
	FILE *file = tmpfile();

	*ret_saved = dup(STDERR_FILENO);
	assert_true(file && *ret_saved >= 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	return file;
}

static void restore(FILE *file, int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	fclose(file);
}

static int set(struct terms *terms, enum term term, const char *value)
{
	int saved, err;
	FILE *file = divert(&saved);

	err = terms_set(terms, term, value);
	restore(file, saved);
	return err;
}

/* ---- frames, made by hand */

/* One frame: what differs between them. */
struct packet {
	const char *src, *dst; /* addresses; with a colon, IPv6 */
	uint8_t proto;
	uint16_t sport, dport; /* 0: whatever is above IP has no ports */
	uint16_t vlan;	       /* 0: none */
};

static size_t put16(uint8_t *frame, size_t at, uint16_t value)
{
	frame[at] = value >> 8;
	frame[at + 1] = value;
	return at + 2;
}

static size_t put_ipv4(uint8_t *frame, size_t at, const struct packet *p)
{
	at = put16(frame, at, 0x0800);
	frame[at] = 0x45;
	put16(frame, at + 2, 20 + 8);
	frame[at + 8] = 64;
	frame[at + 9] = p->proto;
	assert_int_equal(inet_pton(AF_INET, p->src, frame + at + 12), 1);
	assert_int_equal(inet_pton(AF_INET, p->dst, frame + at + 16), 1);
	return at + 20;
}

static size_t put_ipv6(uint8_t *frame, size_t at, const struct packet *p)
{
	at = put16(frame, at, 0x86dd);
	frame[at] = 0x60;
	put16(frame, at + 4, 8);
	frame[at + 6] = p->proto;
	frame[at + 7] = 64;
	assert_int_equal(inet_pton(AF_INET6, p->src, frame + at + 8), 1);
	assert_int_equal(inet_pton(AF_INET6, p->dst, frame + at + 24), 1);
	return at + 40;
}

/* Returns the frame's length. */
static size_t put_frame(const struct packet *p, uint8_t *frame)
{
	size_t at = 12;

	memset(frame, 0, FRAME_MAX);
	if (p->vlan) {
		at = put16(frame, at, 0x8100);
		at = put16(frame, at, p->vlan);
	}
	at = strchr(p->src, ':') ? put_ipv6(frame, at, p) : put_ipv4(frame, at, p);
	put16(frame, at, p->sport);
	put16(frame, at + 2, p->dport);
	return at + 20;
}

static bool matches(const char *expression, const struct packet *p)
{
	uint8_t frame[FRAME_MAX];
	size_t len = put_frame(p, frame);
	struct cbpf_prog prog = {0};
	char why[256];
	bool matched;

	if (expr_compile(expression, 65535, &prog, why, sizeof(why)))
		fail_msg("%s: %s", expression, why);
	matched = expr_run(&prog, frame, len, len);
	cbpf_prog_free(&prog);
	return matched;
}

static const struct packet tcp4 = {"10.0.0.1", "10.0.1.2", 6, 40000, 443, 0};
static const struct packet udp4 = {"10.0.1.2", "10.0.0.1", 17, 53, 40000, 0};
static const struct packet icmp4 = {"192.168.1.1", "10.0.0.1", 1, 0, 0, 0};
static const struct packet gre4 = {"10.0.0.1", "10.0.1.2", 47, 0, 0, 0};
static const struct packet tcp6 = {"2001:db8::1", "2001:db8:1::2", 6, 443, 40000, 0};
static const struct packet icmp6 = {"fe80::1", "ff02::1", 58, 0, 0, 0};
static const struct packet sctp6 = {"2001:db8::1", "fe80::1", 132, 7, 9, 0};
static const struct packet tagged = {"10.0.0.1", "10.0.1.2", 6, 40000, 443, 100};

static const struct {
	const char *name;
	const struct packet *packet;
} packets[] = {
	{"tcp4", &tcp4}, {"udp4", &udp4},   {"icmp4", &icmp4}, {"gre4", &gre4},
	{"tcp6", &tcp6}, {"icmp6", &icmp6}, {"sctp6", &sctp6}, {"tagged", &tagged},
};

/* Which packets the expression matches is to be this list of names. */
static void only(const char *expression, const char *names)
{
	char found[128] = "";

	for (size_t i = 0; i < ARRAY_SIZE(packets); i++)
		if (matches(expression, packets[i].packet)) {
			strcat(found, *found ? " " : "");
			strcat(found, packets[i].name);
		}
	if (strcmp(found, names))
		fail_msg("'%s' matches %s, not %s", expression, found, names);
}

/* ---- tests */

static void test_terms(void **state)
{
	static const struct {
		enum term term;
		const char *value, *text, *names;
	} rows[] = {
		{TERM_FAMILY, "inet", "ip", "tcp4 udp4 icmp4 gre4"},
		{TERM_FAMILY, "inet6", "ip6", "tcp6 icmp6 sctp6"},
		{TERM_PROTO, "tcp", "tcp", "tcp4 tcp6"},
		{TERM_PROTO, "udp", "udp", "udp4"},
		{TERM_PROTO, "icmp", "icmp", "icmp4"},
		{TERM_PROTO, "icmp6", "icmp6", "icmp6"},
		{TERM_PROTO, "sctp", "sctp", "sctp6"},
		{TERM_PROTO, "igmp", "igmp", ""},
		{TERM_PROTO, "pim", "pim", ""},
		{TERM_PROTO, "ah", "ah", ""},
		{TERM_PROTO, "esp", "esp", ""},
		{TERM_PROTO, "vrrp", "vrrp", ""},
		{TERM_PROTO, "gre", "(ip proto 47 or ip6 proto 47)", "gre4"},
		{TERM_PROTO, "ipip", "(ip proto 4 or ip6 proto 4)", ""},
		{TERM_PROTO, "6", "(ip proto 6 or ip6 proto 6)", "tcp4 tcp6"},
		{TERM_PROTO, "0x3a", "(ip proto 58 or ip6 proto 58)", "icmp6"},
		{TERM_PROTO, "0", "(ip proto 0 or ip6 proto 0)", ""},
		{TERM_PROTO, "255", "(ip proto 255 or ip6 proto 255)", ""},
		{TERM_SRC_IP, "10.0.0.1", "src host 10.0.0.1", "tcp4 gre4"},
		{TERM_SRC_IP, "10.0.0.1/32", "src host 10.0.0.1", "tcp4 gre4"},
		{TERM_SRC_IP, "10.0.0.9/24", "src net 10.0.0.0/24", "tcp4 gre4"},
		{TERM_SRC_IP, "10.0.0.9/15", "src net 10.0.0.0/15", "tcp4 udp4 gre4"},
		{TERM_SRC_IP, "255.255.255.255/1", "src net 128.0.0.0/1", "icmp4"},
		{TERM_SRC_IP, "1.2.3.4/0", "src net 0.0.0.0/0", "tcp4 udp4 icmp4 gre4"},
		{TERM_SRC_IP, "2001:db8::1", "src host 2001:db8::1", "tcp6 sctp6"},
		{TERM_SRC_IP, "2001:DB8:0::1/128", "src host 2001:db8::1", "tcp6 sctp6"},
		{TERM_SRC_IP, "2001:db8::7/64", "src net 2001:db8::/64", "tcp6 sctp6"},
		{TERM_SRC_IP, "fe80::9/10", "src net fe80::/10", "icmp6"},
		{TERM_SRC_IP, "::/0", "src net ::/0", "tcp6 icmp6 sctp6"},
		{TERM_DST_IP, "10.0.0.1", "dst host 10.0.0.1", "udp4 icmp4"},
		{TERM_DST_IP, "10.0.1.0/24", "dst net 10.0.1.0/24", "tcp4 gre4"},
		{TERM_DST_IP, "2001:db8:1::/48", "dst net 2001:db8:1::/48", "tcp6"},
		{TERM_DST_IP, "ff02::1", "dst host ff02::1", "icmp6"},
		{TERM_PORT, "443", "port 443", "tcp4 tcp6"},
		{TERM_PORT, "7", "port 7", "sctp6"},
		{TERM_PORT, "65535", "port 65535", ""},
		{TERM_SRC_PORT, "443", "src port 443", "tcp6"},
		{TERM_DST_PORT, "443", "dst port 443", "tcp4"},
		{TERM_DST_PORT, "0x9c40", "dst port 40000", "udp4 tcp6"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct terms terms = {0};
		char *joined;

		if (set(&terms, rows[i].term, rows[i].value))
			fail_msg("%s: %s", rows[i].value, said);
		assert_string_equal(said, "");
		assert_int_equal(terms_join(&terms, NULL, &joined), 0);
		assert_string_equal(joined, rows[i].text);
		only(joined, rows[i].names);
		free(joined);
	}
}

/* The longest address leaves room. */
static void test_longest(void **state)
{
	static const char address[] = "1111:2222:3333:4444:5555:6666:7777:8888/127";
	struct terms terms = {0};

	(void)state;
	assert_int_equal(set(&terms, TERM_SRC_IP, address), 0);
	assert_string_equal(terms.text[TERM_SRC_IP], "src net "
						     "1111:2222:3333:4444:5555:6666:7777:8888/127");
	assert_int_equal(set(&terms, TERM_SRC_IP, "::ffff:255.255.255.255/127"), 0);
	assert_string_equal(terms.text[TERM_SRC_IP], "src net ::ffff:255.255.255.254/127");
}

static void test_joined(void **state)
{
	static const struct {
		const char *expression;
		const char *proto, *src, *dport; /* NULL: not set */
		const char *joined, *names;
	} rows[] = {
		{NULL, "tcp", NULL, "443", "tcp and dst port 443", "tcp4"},
		{"", "tcp", NULL, "443", "tcp and dst port 443", "tcp4"},
		{" \n", "tcp", NULL, "443", "tcp and dst port 443", "tcp4"},
		{"dst port 443", "tcp", NULL, NULL, "(dst port 443) and tcp", "tcp4"},
		/* Parentheses matter: "and" binds no tighter than "or" for libpcap. */
		{"udp or tcp", NULL, "10.0.0.1", NULL, "(udp or tcp) and src host 10.0.0.1",
		 "tcp4"},
		{"(udp) or (icmp or tcp)", "udp", NULL, NULL, "((udp) or (icmp or tcp)) and udp",
		 "udp4"},
		/* What comes behind "vlan" looks into the tagged frame. */
		{"vlan 100", "tcp", "10.0.0.1", "443",
		 "(vlan 100) and tcp and src host 10.0.0.1 and dst port 443", "tagged"},
		{"vlan 101", "tcp", NULL, NULL, "(vlan 101) and tcp", ""},
		{"not port 443", "tcp", NULL, NULL, "(not port 443) and tcp", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct terms terms = {0};
		char *joined = NULL;

		if (rows[i].proto)
			assert_int_equal(set(&terms, TERM_PROTO, rows[i].proto), 0);
		if (rows[i].src)
			assert_int_equal(set(&terms, TERM_SRC_IP, rows[i].src), 0);
		if (rows[i].dport)
			assert_int_equal(set(&terms, TERM_DST_PORT, rows[i].dport), 0);
		assert_int_equal(terms_join(&terms, rows[i].expression, &joined), 0);
		assert_string_equal(joined, rows[i].joined);
		only(joined, rows[i].names);
		free(joined);
	}
}

/* Without terms nothing is touched, right or wrong. */
static void test_no_terms(void **state)
{
	static const char *const expressions[] = {"", " ", "tcp port 443", "tcp) or (udp"};
	struct terms terms = {0};
	char *joined = (char *)"untouched";

	(void)state;
	assert_int_equal(terms_join(&terms, NULL, &joined), 0);
	assert_null(joined);
	for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
		assert_int_equal(terms_join(&terms, expressions[i], &joined), 0);
		assert_string_equal(joined, expressions[i]);
		free(joined);
	}
	assert_int_equal(set(&terms, TERM_PORT, "1"), 0);
	terms_clear(&terms, TERM_PORT);
	assert_int_equal(terms_join(&terms, "icmp", &joined), 0);
	assert_string_equal(joined, "icmp");
	free(joined);
}

/* The last of several counts. */
static void test_repeated(void **state)
{
	struct terms terms = {0};
	char *joined;

	(void)state;
	assert_int_equal(set(&terms, TERM_SRC_IP, "2001:db8::1"), 0);
	assert_int_equal(set(&terms, TERM_SRC_IP, "10.0.0.1"), 0);
	assert_int_equal(terms_join(&terms, NULL, &joined), 0);
	assert_string_equal(joined, "src host 10.0.0.1");
	free(joined);
}

static void test_parentheses(void **state)
{
	static const char *const expressions[] = {"icmp) or (tcp", "(icmp", "icmp)", ")("};
	struct terms terms = {0};

	(void)state;
	assert_int_equal(set(&terms, TERM_PORT, "1"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
		char *joined = NULL;
		int saved, err;
		FILE *file = divert(&saved);

		err = terms_join(&terms, expressions[i], &joined);
		restore(file, saved);
		assert_int_equal(err, -EINVAL);
		assert_null(joined);
		assert_non_null(strstr(said, expressions[i]));
		assert_non_null(strstr(said, "its parentheses do not pair up"));
	}
}

/* Refused, in words that name the flag, the value and what is allowed; nothing is changed. */
static void test_wrong(void **state)
{
	static const struct {
		enum term term;
		const char *value, *message;
	} rows[] = {
		{TERM_FAMILY, "unix", "--family unix: not one of inet, inet6"},
		{TERM_PROTO, "tpc", "--proto tpc: not one of tcp, udp, icmp, icmp6, sctp, "},
		{TERM_PROTO, "", "--proto : not one of tcp"},
		{TERM_PROTO, "256", ", nor a number from 0 to 255"},
		{TERM_SRC_IP, "", "--src-ip : not an IPv4 or IPv6 address"},
		{TERM_SRC_IP, "localhost", "--src-ip localhost: not an IPv4 or IPv6 address"},
		{TERM_SRC_IP, "10.0.0", "--src-ip 10.0.0: not an IPv4"},
		{TERM_SRC_IP, "10.0.0.256", "--src-ip 10.0.0.256: not an IPv4"},
		{TERM_SRC_IP, "10.0.0.1/", "--src-ip 10.0.0.1/: not an IPv4"},
		{TERM_SRC_IP, "10.0.0.1/33", "ADDRESS/BITS with at most 32 or 128 bits"},
		{TERM_SRC_IP, "10.0.0.1/24/24", "--src-ip 10.0.0.1/24/24: not an IPv4"},
		{TERM_SRC_IP, "10.0.0.1 or tcp", "--src-ip 10.0.0.1 or tcp: not an IPv4"},
		{TERM_DST_IP, "::1/129", "--dst-ip ::1/129: not an IPv4"},
		{TERM_DST_IP, "fe80::1%eth0", "--dst-ip fe80::1%eth0: not an IPv4"},
		{TERM_DST_IP, "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa",
		 "not an IPv4 or IPv6"},
		{TERM_PORT, "0", "--port 0: not a port number from 1 to 65535"},
		{TERM_PORT, "65536", "--port 65536: not a port number"},
		{TERM_PORT, "http", "--port http: not a port number"},
		{TERM_SRC_PORT, "", "--sport : not a port number"},
		{TERM_DST_PORT, "-1", "--dport -1: not a port number"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct terms terms, before;

		memset(&terms, 'x', sizeof(terms));
		before = terms;
		assert_int_equal(set(&terms, rows[i].term, rows[i].value), -EINVAL);
		assert_memory_equal(&terms, &before, sizeof(terms));
		assert_memory_equal(said, "pwru-cap: ", 10);
		if (!strstr(said, rows[i].message))
			fail_msg("no '%s' in: %s", rows[i].message, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terms),	    cmocka_unit_test(test_longest),
		cmocka_unit_test(test_joined),	    cmocka_unit_test(test_no_terms),
		cmocka_unit_test(test_repeated),    cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_parentheses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
