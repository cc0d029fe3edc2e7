// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames are compared with the table of filter/frame_abi.h, read a second time here: byte k of the
 * frame, for each k. The captured bytes are always a beginning of that frame.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/frame.h"
#include "src/util.h"

/* As the kernel side makes it: each field is what a load of the two bytes gives. */
static uint64_t make_l2(uint64_t flags, uint16_t type, uint16_t tpid, uint16_t tci)
{
	return flags | (uint64_t)htons(type) << FRAME_L2_TYPE_SHIFT |
	       (uint64_t)htons(tpid) << FRAME_L2_TPID_SHIFT |
	       (uint64_t)htons(tci) << FRAME_L2_TCI_SHIFT;
}

#define SYNTH	   make_l2(FRAME_L2_SYNTH, 0x0800, 0, 0)
#define VLAN	   make_l2(FRAME_L2_VLAN, 0, 0x8100, 0x6123)
#define SYNTH_VLAN make_l2(FRAME_L2_SYNTH | FRAME_L2_VLAN, 0x86dd, 0x88a8, 0xe456)

/* The bytes of a frame one behind the other; checks what holds for all frames. */
static size_t flatten(const struct frame *f, uint8_t *out)
{
	size_t len = 0;

	assert_in_range(f->n_pieces, 0, PCAPNG_MAX_PIECES);
	for (size_t i = 0; i < f->n_pieces; i++) {
		assert_true(f->pieces[i].len > 0);
		memcpy(out + len, f->pieces[i].data, f->pieces[i].len);
		len += f->pieces[i].len;
	}
	assert_int_equal(len, f->caplen);
	return len;
}

static const uint8_t raw[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0x64, 'p', 'q'};

/* clang-format off */
static const struct {
	const char *name;
	uint64_t flags;
	size_t len;
	uint8_t bytes[40];
} golden[] = {
	{"in memory", 0, 16,
	 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0x64, 'p', 'q'}},
	{"synth", FRAME_L2_SYNTH, 30,
	 {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00,
	  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0x64, 'p', 'q'}},
	{"vlan", FRAME_L2_VLAN, 20,
	 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0x00, 0x61, 0x23, 0x88, 0x64, 'p', 'q'}},
	{"synth, vlan", FRAME_L2_SYNTH | FRAME_L2_VLAN, 34,
	 {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0x00, 0x61, 0x23, 0x08, 0x00,
	  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0x64, 'p', 'q'}},
};
/* clang-format on */

static void test_golden(void **state)
{
	uint8_t bytes[64];
	struct frame f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		/* Fields without their flag mean nothing. */
		frame_build(make_l2(golden[i].flags, 0x0800, 0x8100, 0x6123), raw, sizeof(raw),
			    262144, &f);
		assert_int_equal(flatten(&f, bytes), golden[i].len);
		assert_memory_equal(bytes, golden[i].bytes, golden[i].len);
	}
}

/*
 * The frame by the table: byte k, or -1 if it is not known. Behind the head, and in a MAC header
 * that is in memory, bytes come from memory.
 */
static int frame_byte(uint64_t l2, const uint8_t *mem, uint32_t mem_len, uint32_t k)
{
	const uint16_t words[] = {FRAME_L2_TPID(l2), FRAME_L2_TCI(l2), FRAME_L2_TYPE(l2)};
	uint32_t head, macs, at;

	switch (l2 >> FRAME_L2_FLAG_SHIFT) {
	case 0:
		return k < mem_len ? mem[k] : -1;
	case FRAME_L2_FLAG_SYNTH:
		if (k < 12)
			return 0;
		if (k < FRAME_HEAD_SYNTH)
			return ((const uint8_t *)&words[2])[k - 12];
		head = FRAME_HEAD_SYNTH, macs = 0;
		break;
	case FRAME_L2_FLAG_VLAN:
		if (k < 12)
			return k < mem_len ? mem[k] : -1;
		if (k < FRAME_HEAD_VLAN)
			return ((const uint8_t *)words)[k - 12];
		head = FRAME_HEAD_VLAN, macs = 12;
		break;
	default:
		if (k < 12)
			return 0;
		if (k < FRAME_HEAD_SYNTH_VLAN)
			return ((const uint8_t *)words)[k - 12];
		head = FRAME_HEAD_SYNTH_VLAN, macs = 0;
	}
	at = k - head + macs;
	return at < mem_len ? mem[at] : -1;
}

static void check_frame(uint64_t l2, uint32_t mem_len, uint32_t snaplen)
{
	/* Of the exact size, so that ASan sees a read behind it. */
	uint8_t *mem = malloc(mem_len ? mem_len : 1), bytes[128];
	struct frame f;
	uint32_t want;
	size_t len;

	assert_non_null(mem);
	for (uint32_t i = 0; i < mem_len; i++)
		mem[i] = 0xa0 + i;
	memset(&f, 0xff, sizeof(f));
	frame_build(l2, mem, mem_len, snaplen, &f);
	len = flatten(&f, bytes);
	/* Up to the first byte that is not known. */
	for (want = 0; want < snaplen && frame_byte(l2, mem, mem_len, want) >= 0; want++) {
		if (want < len && bytes[want] != frame_byte(l2, mem, mem_len, want))
			fail_msg("l2 %#llx, %u bytes, snaplen %u: byte %u is %#x",
				 (unsigned long long)l2, mem_len, snaplen, want, bytes[want]);
	}
	if (len != want)
		fail_msg("l2 %#llx, %u bytes, snaplen %u: %zu bytes captured, not %u",
			 (unsigned long long)l2, mem_len, snaplen, len, want);
	free(mem);
}

static void check_lengths(uint64_t l2, uint32_t shortest)
{
	for (uint32_t mem_len = shortest; mem_len <= 40; mem_len++) {
		for (uint32_t snaplen = 0; snaplen <= 64; snaplen++)
			check_frame(l2, mem_len, snaplen);
		check_frame(l2, mem_len, 262144);
	}
}

/* Every snaplen: within the MAC addresses, within the head, within the data. */
static void test_in_memory(void **state)
{
	(void)state;
	check_lengths(0, 0);
}

static void test_synth(void **state)
{
	(void)state;
	check_lengths(SYNTH, 0);
}

static void test_vlan(void **state)
{
	(void)state;
	check_lengths(VLAN, FRAME_MAC_LEN);
}

/*
 * emit.bpf.h cuts the packet section at snaplen - 4, so `-s 14` makes one of 10 bytes: then the
 * frame ends within the MAC addresses, and the tag must not stand in their place.
 */
static void test_vlan_short_of_macs(void **state)
{
	(void)state;
	for (uint32_t mem_len = 0; mem_len < FRAME_MAC_LEN; mem_len++) {
		for (uint32_t snaplen = 0; snaplen <= mem_len + 4; snaplen++)
			check_frame(VLAN, mem_len, snaplen);
	}
}

static void test_synth_vlan(void **state)
{
	(void)state;
	check_lengths(SYNTH_VLAN, 0);
}

/* The packet's bytes are not copied. */
static void test_points_into_record(void **state)
{
	struct frame f;

	(void)state;
	frame_build(VLAN, raw, sizeof(raw), 262144, &f);
	assert_int_equal(f.n_pieces, 3);
	assert_ptr_equal(f.pieces[0].data, raw);
	assert_ptr_equal(f.pieces[1].data, f.head);
	assert_ptr_equal(f.pieces[2].data, raw + 12);
	assert_int_equal(f.caplen, sizeof(raw) + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_in_memory),
		cmocka_unit_test(test_synth),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_vlan_short_of_macs),
		cmocka_unit_test(test_synth_vlan),
		cmocka_unit_test(test_points_into_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
