// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/framediff.h"
#include "tests/unit/packets.h"

static void assert_diff(const struct frame_bytes *a, const struct frame_bytes *b, const char *want)
{
	struct buf out = {0};

	framediff(a, b, &out);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static struct frame_bytes whole(const struct packet_bytes *p)
{
	return (struct frame_bytes){.bytes = p->bytes, .len = p->len, .wire = p->len};
}

/* A byte of a packet is changed, and no other. */
struct change {
	uint32_t at;
	uint8_t flip;
	const char *name;
};

static void check_changes(const struct packet_bytes *p, const struct change *rows, size_t n)
{
	struct frame_bytes a = whole(p);

	assert_diff(&a, &a, "");
	for (size_t i = 0; i < n; i++) {
		struct packet_bytes other = *p;
		struct frame_bytes b = whole(&other);

		other.bytes[rows[i].at] ^= rows[i].flip;
		assert_diff(&a, &b, rows[i].name);
		assert_diff(&b, &a, rows[i].name);
	}
}

static void test_tcp(void **state)
{
	static const struct change rows[] = {
		{0, 1, "dst-mac"},	{5, 0x80, "dst-mac"},
		{6, 1, "src-mac"},	{11, 1, "src-mac"},
		{15, 0x10, "tos"},	{15, 1, "tos"},
		{16, 1, "ip-len"},	{17, 1, "ip-len"},
		{18, 1, "ip-id"},	{20, 0x20, "ip-flags"},
		{20, 0x80, "ip-flags"}, {22, 1, "ttl"},
		{24, 1, "csum"},	{25, 0xff, "csum"},
		{26, 1, "src"},		{29, 1, "src"},
		{30, 1, "dst"},		{33, 1, "dst"},
		{34, 1, "sport"},	{37, 1, "dport"},
		{38, 1, "seq"},		{41, 1, "seq"},
		{42, 1, "ack"},		{47, 2, "tcp-flags"},
		{46, 1, "tcp-flags"},	{48, 1, "window"},
		{50, 1, "tcp-csum"},	{53, 1, "urg"},
		{54, 1, "tcp-options"}, {57, 1, "tcp-options"},
		{58, 1, "bytes=58-58"}, {89, 0xff, "bytes=89-89"},
	};
	struct packet_bytes p = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD);

	(void)state;
	assert_int_equal(p.len, 90);
	check_changes(&p, rows, ARRAY_SIZE(rows));
}

static void test_udp6(void **state)
{
	static const struct change rows[] = {
		{14, 0x01, "class"}, {15, 0x10, "class"}, {15, 0x01, "flow"},
		{17, 0x80, "flow"},  {19, 1, "ip-len"},	  {21, 1, "hop-limit"},
		{22, 1, "src"},	     {37, 1, "src"},	  {38, 1, "dst"},
		{53, 1, "dst"},	     {54, 1, "sport"},	  {56, 1, "dport"},
		{59, 1, "udp-len"},  {61, 1, "udp-csum"}, {62, 1, "bytes=62-62"},
	};
	struct packet_bytes p = PACKET(ETHER "\x86\xdd" IPV6("\x11") UDP PAYLOAD);

	(void)state;
	check_changes(&p, rows, ARRAY_SIZE(rows));
}

static void test_icmp_and_tag(void **state)
{
	static const struct change rows[] = {
		{14, 0x20, "vlan-prio"}, {14, 0x10, "vlan-prio"}, {14, 1, "vlan-id"},
		{15, 1, "vlan-id"},	 {26, 1, "ttl"},	  {38, 1, "icmp-type"},
		{39, 1, "icmp-code"},	 {40, 1, "icmp-csum"},	  {42, 1, "icmp-id"},
		{45, 1, "icmp-seq"},	 {46, 1, "bytes=46-46"},
	};
	struct packet_bytes p = PACKET(ETHER TAG_100 TYPE_IP IPV4("\x01") ICMP PAYLOAD);

	(void)state;
	check_changes(&p, rows, ARRAY_SIZE(rows));
}

/* No names where a field cannot be told. */
static void test_offsets(void **state)
{
	/* ARP, a fragment, an unknown protocol, IPv4 with less than its header. */
	static const struct change arp[] = {{14, 1, "bytes=14-14"}, {41, 1, "bytes=41-41"}};
	static const struct change fragment[] = {{34, 1, "bytes=34-34"}, {22, 1, "ttl"}};
	static const struct change sctp[] = {{34, 1, "bytes=34-34"}, {30, 1, "dst"}};
	struct packet_bytes a = PACKET(ETHER "\x08\x06" PAYLOAD);
	struct packet_bytes f = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct packet_bytes s = PACKET(ETHER TYPE_IP IPV4("\x84") PAYLOAD);
	struct packet_bytes cut = PACKET(ETHER TYPE_IP "\x45\x00\x00\x3c");
	static const struct change few[] = {{17, 1, "bytes=17-17"}, {3, 1, "dst-mac"}};

	(void)state;
	f.bytes[21] = 1;
	check_changes(&a, arp, ARRAY_SIZE(arp));
	check_changes(&f, fragment, ARRAY_SIZE(fragment));
	check_changes(&s, sctp, ARRAY_SIZE(sctp));
	check_changes(&cut, few, ARRAY_SIZE(few));
}

/* Several at once are named in the order of the frame; a range is one as long as it goes on. */
static void test_several(void **state)
{
	struct packet_bytes p = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD), q = p;
	struct frame_bytes a = whole(&p), b = whole(&q);

	(void)state;
	/* A router that changes the source. */
	q.bytes[0] = 4;
	q.bytes[22]--;
	q.bytes[24] ^= 5;
	q.bytes[26] = 192;
	q.bytes[27] = 168;
	q.bytes[51]++;
	assert_diff(&a, &b, "dst-mac,ttl,csum,src,tcp-csum");
	q = p;
	memset(q.bytes + 60, 0, 4);
	q.bytes[70] = 0;
	assert_diff(&a, &b, "bytes=60-63,bytes=70-70");
	/* The fourth range is the rest. */
	for (uint32_t at = 72; at < 90; at += 4)
		q.bytes[at] = 0;
	assert_diff(&a, &b, "bytes=60-63,bytes=70-70,bytes=72-72,bytes=76-88");
}

static void test_tag_pushed(void **state)
{
	struct packet_bytes p = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct packet_bytes q = PACKET(ETHER TAG_100 TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct packet_bytes r = PACKET(ETHER "\x88\xa8\x00\x02" TAG_100 TYPE_IP IPV4("\x06")
					       TCP PAYLOAD);
	struct frame_bytes a = whole(&p), b = whole(&q), c = whole(&r);

	(void)state;
	assert_diff(&a, &b, "len,vlan");
	assert_diff(&b, &a, "len,vlan");
	assert_diff(&a, &c, "len,vlan,vlan");
	assert_diff(&b, &c, "len,vlan-tpid,vlan-prio,vlan-id,vlan");
	q.bytes[26]--; /* TTL */
	assert_diff(&a, &b, "len,vlan,ttl");
}

/* A made up Ethernet header says nothing, on either side. */
static void test_synthetic(void **state)
{
	struct packet_bytes real = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct packet_bytes tagged = PACKET(ETHER TAG_100 TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct packet_bytes synth = real;
	struct frame_bytes a = whole(&real), t = whole(&tagged), s = whole(&synth);

	(void)state;
	memset(synth.bytes, 0, 12);
	s.synth = true;
	assert_diff(&a, &s, "");
	assert_diff(&s, &a, "");
	assert_diff(&t, &s, "");
	assert_diff(&s, &t, "");
	synth.bytes[22]--;
	assert_diff(&t, &s, "ttl");
	s.wire--;
	assert_diff(&a, &s, "len,ttl");
	/* On both sides it is compared. */
	a = s;
	a.bytes = real.bytes;
	assert_diff(&a, &s, "dst-mac,src-mac,ttl");
}

/* Only what is known of both is compared. */
static void test_known(void **state)
{
	struct packet_bytes p = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD), q = p;
	struct frame_bytes a = whole(&p), b = whole(&q);

	(void)state;
	q.bytes[89]++;
	b.len = 89;
	assert_diff(&a, &b, "");
	b.len = 90;
	assert_diff(&a, &b, "bytes=89-89");
	q = p;
	q.bytes[57]++; /* the last byte of the options */
	b.len = 57;
	assert_diff(&a, &b, "");
	b.len = 58;
	assert_diff(&a, &b, "tcp-options");
	b.len = 0;
	assert_diff(&a, &b, "");
	assert_diff(&b, &a, "");
}

/* An outer header in front: it is compared as far as it is of the same kind. */
static void test_encapsulated(void **state)
{
	struct packet_bytes p = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct packet_bytes q = PACKET(ETHER TYPE_IP IPV4("\x04") IPV4("\x06") TCP PAYLOAD);
	struct frame_bytes a = whole(&p), b = whole(&q);
	struct buf out = {0};

	(void)state;
	framediff(&a, &b, &out);
	assert_ptr_equal(strstr(buf_str(&out), "len,proto,bytes=34-"), buf_str(&out));
	buf_free(&out);
}

/* Whatever the bytes, and wherever they end: no read beyond them (sanitizers), no end. */
static void test_random(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct packet_bytes p = PACKET(ETHER TAG_100 TYPE_IP IPV4("\x06") TCP PAYLOAD);
		uint8_t *a, *b;
		struct frame_bytes x, y;
		struct buf out = {0};

		seed = seed * 1664525 + 1013904223;
		x = (struct frame_bytes){.len = (seed >> 8) % (p.len + 1), .wire = 90};
		y = (struct frame_bytes){.len = (seed >> 16) % (p.len + 1), .wire = 90};
		a = malloc(x.len + 1);
		b = malloc(y.len + 1);
		memcpy(a, p.bytes, x.len);
		p.bytes[(seed >> 5) % 48] = seed >> 24;
		memcpy(b, p.bytes, y.len);
		/* The blocks end where the bytes do. */
		x.bytes = realloc(a, x.len ?: 1);
		y.bytes = realloc(b, y.len ?: 1);
		y.synth = seed & 1;
		framediff(&x, &y, &out);
		assert_int_equal(buf_error(&out), 0);
		buf_free(&out);
		free((void *)x.bytes);
		free((void *)y.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),	     cmocka_unit_test(test_udp6),
		cmocka_unit_test(test_icmp_and_tag), cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_several),	     cmocka_unit_test(test_tag_pushed),
		cmocka_unit_test(test_synthetic),    cmocka_unit_test(test_known),
		cmocka_unit_test(test_encapsulated), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
