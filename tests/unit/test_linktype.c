// SPDX-License-Identifier: GPL-2.0-only
/* The packets of --linktype, byte by byte. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/linktype.h"
#include "src/util.h"

/* clang-format off */
static const uint8_t ether[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 'a', 'b', 'c',
};
static const uint8_t bare[] = {0x45, 'a', 'b', 'c'};
static const uint8_t llc[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 3, 0x42, 0x42, 3,
};
static const uint8_t novell[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 4, 0xff, 0xff, 'i', 'x',
};
/* clang-format on */

static uint64_t make_l2(uint64_t flags, uint16_t type, uint16_t tci)
{
	return flags | (uint64_t)htons(type) << FRAME_L2_TYPE_SHIFT |
	       (uint64_t)htons(0x8100) << FRAME_L2_TPID_SHIFT |
	       (uint64_t)htons(tci) << FRAME_L2_TCI_SHIFT;
}

#define RAW(bytes) .raw = (bytes), .raw_len = sizeof(bytes)
#define SLL2(proto_hi, proto_lo, ...)                                      \
	{                                                                  \
		proto_hi, proto_lo, 0, 0, 0, 0, 1, 2, 0, 1, 4, __VA_ARGS__ \
	}
#define ADDR	6, 7, 8, 9, 10, 11, 12, 0, 0
#define NO_ADDR 0, 0, 0, 0, 0, 0, 0, 0, 0

/* clang-format off */
static const struct {
	const char *name;
	enum linktype_mode mode;
	uint64_t flags;
	uint16_t type;
	uint32_t ev_flags;
	const uint8_t *raw;
	uint32_t raw_len;
	uint32_t wire, snaplen; /* 0: as many as there are, no limit */
	uint16_t linktype;
	uint32_t origlen;
	uint32_t caplen;
	uint8_t bytes[40];
} rows[] = {
	{"ethernet", LINKTYPES_ETHERNET, 0, 0, 0, RAW(ether), 0, 0, LINKTYPE_ETHERNET, 18, 18,
	 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 'a', 'b', 'c'}},
	{"ethernet, cut", LINKTYPES_ETHERNET, 0, 0, 0, RAW(ether), 100, 5, LINKTYPE_ETHERNET, 100, 5,
	 {1, 2, 3, 4, 5}},
	{"ethernet, big TCP", LINKTYPES_ETHERNET, 0, 0, 0, RAW(ether), 500000, 0, LINKTYPE_ETHERNET,
	 262144, 18, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 'a', 'b', 'c'}},
	{"ethernet, more bytes than length", LINKTYPES_ETHERNET, 0, 0, 0, RAW(ether), 3, 0,
	 LINKTYPE_ETHERNET, 18, 18,
	 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 'a', 'b', 'c'}},
	{"sll2", LINKTYPES_SLL2, 0, 0, 0, RAW(ether), 0, 0, LINKTYPE_LINUX_SLL2, 24, 24,
	 SLL2(8, 0, ADDR, 0x45, 'a', 'b', 'c')},
	{"sll2, cut", LINKTYPES_SLL2, 0, 0, 0, RAW(ether), 114, 22, LINKTYPE_LINUX_SLL2, 120, 22,
	 SLL2(8, 0, ADDR, 0x45, 'a')},
	{"sll2, cut in its header", LINKTYPES_SLL2, 0, 0, 0, RAW(ether), 0, 4, LINKTYPE_LINUX_SLL2, 24,
	 4, {0x86, 0xdd}},
	{"sll2, no Ethernet header", LINKTYPES_SLL2, FRAME_L2_SYNTH, 0x0800, 0, RAW(bare), 0, 0,
	 LINKTYPE_LINUX_SLL2, 24, 24, SLL2(8, 0, NO_ADDR, 0x45, 'a', 'b', 'c')},
	{"sll2, from the socket", LINKTYPES_SLL2, 0, 0, EV_F_SOCK, RAW(ether), 0, 0,
	 LINKTYPE_LINUX_SLL2, 24, 24, SLL2(8, 0, NO_ADDR, 0x45, 'a', 'b', 'c')},
	{"sll2, VLAN", LINKTYPES_SLL2, FRAME_L2_VLAN, 0, 0, RAW(ether), 0, 0, LINKTYPE_LINUX_SLL2, 28,
	 28, SLL2(0x81, 0, ADDR, 0, 100, 8, 0, 0x45, 'a', 'b', 'c')},
	{"sll2, no header at all", LINKTYPES_SLL2, FRAME_L2_SYNTH, 0x88b5, EV_F_OPAQUE, RAW(bare), 0,
	 0, LINKTYPE_LINUX_SLL2, 24, 24, SLL2(0x88, 0xb5, NO_ADDR, 0x45, 'a', 'b', 'c')},
	{"sll2, 802.2", LINKTYPES_SLL2, 0, 0, 0, RAW(llc), 0, 0, LINKTYPE_LINUX_SLL2, 23, 23,
	 SLL2(0, 4, ADDR, 0x42, 0x42, 3)},
	{"sll2, 802.3", LINKTYPES_SLL2, 0, 0, 0, RAW(novell), 0, 0, LINKTYPE_LINUX_SLL2, 24, 24,
	 SLL2(0, 1, ADDR, 0xff, 0xff, 'i', 'x')},
	{"native, Ethernet", LINKTYPES_NATIVE, 0, 0, 0, RAW(ether), 0, 0, LINKTYPE_ETHERNET, 18, 18,
	 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45, 'a', 'b', 'c'}},
	{"native, IP", LINKTYPES_NATIVE, FRAME_L2_SYNTH, 0x0800, 0, RAW(bare), 0, 0, LINKTYPE_RAW, 4, 4,
	 {0x45, 'a', 'b', 'c'}},
	{"native, IPv6, cut", LINKTYPES_NATIVE, FRAME_L2_SYNTH, 0x86dd, 0, RAW(bare), 1014, 16,
	 LINKTYPE_RAW, 1000, 2, {0x45, 'a'}},
	{"native, from the socket", LINKTYPES_NATIVE, 0, 0, EV_F_SOCK, RAW(ether), 0, 0, LINKTYPE_RAW, 4,
	 4, {0x45, 'a', 'b', 'c'}},
	{"native, MPLS", LINKTYPES_NATIVE, FRAME_L2_SYNTH, 0x8847, 0, RAW(bare), 0, 0,
	 LINKTYPE_ETHERNET, 18, 18, {[12] = 0x88, 0x47, 0x45, 'a', 'b', 'c'}},
	{"native, IP with a tag", LINKTYPES_NATIVE, FRAME_L2_SYNTH | FRAME_L2_VLAN, 0x0800, 0, RAW(bare),
	 0, 0, LINKTYPE_ETHERNET, 22, 22, {[12] = 0x81, 0, 0, 100, 8, 0, 0x45, 'a', 'b', 'c'}},
	{"native, no header at all", LINKTYPES_NATIVE, FRAME_L2_SYNTH, 0x88b5, EV_F_OPAQUE, RAW(bare),
	 0, 0, LINKTYPE_ETHERNET, 18, 18, {[12] = 0x88, 0xb5, 0x45, 'a', 'b', 'c'}},
};
/* clang-format on */

static uint32_t head_bytes(uint64_t flags)
{
	return (flags & FRAME_L2_SYNTH ? FRAME_ETH_LEN : 0) +
	       (flags & FRAME_L2_VLAN ? FRAME_TAG_LEN : 0);
}

static void check(size_t i)
{
	struct ev_hdr hdr = {
		.l2 = make_l2(rows[i].flags, rows[i].type, 100),
		.wire_len = rows[i].wire ? rows[i].wire
					 : rows[i].raw_len + head_bytes(rows[i].flags),
		.raw_len = rows[i].raw_len,
		.flags = rows[i].ev_flags,
		.ifindex = 0x102,
		.hatype = 1,
		.pkt_type = 4,
		/* Not what the frame says, but where it says nothing. */
		.protocol = htons(0x86dd),
	};
	uint32_t snaplen = rows[i].snaplen ? rows[i].snaplen : 262144;
	struct record rec = {.hdr = &hdr, .raw = rows[i].raw};
	struct view view = {.rec = &rec};
	struct link_packet p;
	uint8_t bytes[64];
	size_t len = 0;

	frame_build(hdr.l2, rec.raw, hdr.raw_len, snaplen, &view.frame);
	linktype_packet(rows[i].mode, &view, snaplen, &p);
	assert_int_equal(p.linktype, rows[i].linktype);
	assert_int_equal(p.origlen, rows[i].origlen);
	assert_int_equal(p.caplen, rows[i].caplen);
	assert_in_range(p.n_pieces, 1, PCAPNG_MAX_PIECES);
	for (size_t k = 0; k < p.n_pieces; k++) {
		memcpy(bytes + len, p.pieces[k].data, p.pieces[k].len);
		len += p.pieces[k].len;
	}
	assert_int_equal(len, p.caplen);
	assert_memory_equal(bytes, rows[i].bytes, len);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("%s\n", rows[i].name);
		check(i);
	}
}

/* On no device the hardware is unknown; 0 would be a NET/ROM device. */
static void test_no_device(void **state)
{
	struct ev_hdr hdr = {.wire_len = sizeof(ether), .raw_len = sizeof(ether)};
	struct record rec = {.hdr = &hdr, .raw = ether};
	struct view view = {.rec = &rec};
	struct link_packet p;

	(void)state;
	frame_build(0, ether, sizeof(ether), 262144, &view.frame);
	linktype_packet(LINKTYPES_SLL2, &view, 262144, &p);
	assert_memory_equal(p.pieces[0].data, ((uint8_t[]){8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}),
			    10);
}

/* Every packet of a file has its link type, but for native. */
static void test_first(void **state)
{
	(void)state;
	assert_int_equal(linktype_first(LINKTYPES_ETHERNET), LINKTYPE_ETHERNET);
	assert_int_equal(linktype_first(LINKTYPES_NATIVE), LINKTYPE_ETHERNET);
	assert_int_equal(linktype_first(LINKTYPES_SLL2), LINKTYPE_LINUX_SLL2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
