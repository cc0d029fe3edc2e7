// SPDX-License-Identifier: GPL-2.0-only
/* Each block, byte by byte. What the readers make of a file is in test_pcapng_readers.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/pcapng.h"

/* The bytes of a number as the host has them. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define U16(x) ((x)&0xff), (((x) >> 8) & 0xff)
#define U32(x) U16((x)&0xffff), U16((x) >> 16)
#define U64(x) U32((x)&0xffffffff), U32((uint64_t)(x) >> 32)
#else
#define U16(x) (((x) >> 8) & 0xff), ((x)&0xff)
#define U32(x) U16((x) >> 16), U16((x)&0xffff)
#define U64(x) U32((uint64_t)(x) >> 32), U32((x)&0xffffffff)
#endif
#define END_OF_OPTIONS U16(0), U16(0)

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

#define assert_bytes(b, want)                                         \
	do {                                                          \
		assert_int_equal((b)->len, sizeof(want));             \
		assert_memory_equal((b)->data, (want), sizeof(want)); \
	} while (0)

static void test_shb(void **state)
{
	static const char *const comments[] = {"one", NULL, "", "two!"};
	/* One field or option a line. */
	/* clang-format off */
	static const uint8_t bare[] = {
		U32(0x0a0d0d0a), U32(28), U32(0x1a2b3c4d), U16(1), U16(0),
		U32(0xffffffff), U32(0xffffffff), U32(28),
	};
	static const uint8_t full[] = {
		U32(0x0a0d0d0a), U32(76), U32(0x1a2b3c4d), U16(1), U16(0),
		U32(0xffffffff), U32(0xffffffff),
		U16(2), U16(3), 'x', '8', '6', 0,
		U16(3), U16(5), 'L', 'i', 'n', 'u', 'x', 0, 0, 0,
		U16(4), U16(4), 'p', 'w', 'r', 'u',
		U16(1), U16(3), 'o', 'n', 'e', 0,
		U16(1), U16(4), 't', 'w', 'o', '!',
		END_OF_OPTIONS, U32(76),
	};
	/* clang-format on */
	struct buf b = {0};

	(void)state;
	assert_int_equal(pcapng_append_shb(&b, &(struct pcapng_shb){.os = ""}), 0);
	assert_bytes(&b, bare);

	buf_reset(&b);
	assert_int_equal(pcapng_append_shb(&b,
					   &(struct pcapng_shb){
						   .hardware = "x86",
						   .os = "Linux",
						   .userappl = "pwru",
						   .comments = comments,
						   .n_comments = COUNT(comments),
					   }),
			 0);
	assert_bytes(&b, full);
	buf_free(&b);
}

static void test_idb(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	static const char *const comments[] = {"c"};
	/* One field or option a line. */
	/* clang-format off */
	static const uint8_t bare[] = {
		U32(1), U32(32), U16(1), U16(0), U32(262144),
		U16(9), U16(1), 9, 0, 0, 0,
		END_OF_OPTIONS, U32(32),
	};
	static const uint8_t full[] = {
		U32(1), U32(96), U16(1), U16(0), U32(96),
		U16(2), U16(4), 'e', 't', 'h', '0',
		U16(3), U16(2), 'n', 's', 0, 0,
		U16(6), U16(6), 2, 0, 0, 0, 0, 9, 0, 0,
		U16(8), U16(8), U64(10000000000),
		U16(9), U16(1), 9, 0, 0, 0,
		U16(11), U16(3), 0, 'i', 'p', 0,
		U16(12), U16(1), 'L', 0, 0, 0,
		U16(1), U16(1), 'c', 0, 0, 0,
		END_OF_OPTIONS, U32(96),
	};
	/* clang-format on */
	struct buf b = {0};

	(void)state;
	assert_int_equal(
		pcapng_append_idb(
			&b, &(struct pcapng_idb){.linktype = 1, .snaplen = 262144, .filter = ""}),
		0);
	assert_bytes(&b, bare);

	buf_reset(&b);
	assert_int_equal(pcapng_append_idb(&b,
					   &(struct pcapng_idb){
						   .linktype = 1,
						   .snaplen = 96,
						   .name = "eth0",
						   .description = "ns",
						   .filter = "ip",
						   .os = "L",
						   .macaddr = mac,
						   .speed = 10000000000,
						   .comments = comments,
						   .n_comments = 1,
					   }),
			 0);
	assert_bytes(&b, full);
	buf_free(&b);
}

static void test_epb(void **state)
{
	static const char *const comments[] = {"ip_rcv", "pid 1"};
	static const struct pcapng_bytes pieces[] = {{"ab", 2}, {NULL, 0}, {"c", 1}, {"de", 2}};
	/* One field or option a line. */
	/* clang-format off */
	static const uint8_t bare[] = {
		U32(6), U32(32), U32(0), U32(0), U32(0), U32(0), U32(0), U32(32),
	};
	static const uint8_t full[] = {
		U32(6), U32(108), U32(7), U32(0x01020304), U32(0x05060708), U32(5), U32(1514),
		'a', 'b', 'c', 'd', 'e', 0, 0, 0,
		U16(2), U16(4), U32(5),
		U16(4), U16(8), U64(3),
		U16(5), U16(8), U64(0x1122334455667788),
		U16(6), U16(4), U32(0),
		U16(1), U16(6), 'i', 'p', '_', 'r', 'c', 'v', 0, 0,
		U16(1), U16(5), 'p', 'i', 'd', ' ', '1', 0, 0, 0,
		END_OF_OPTIONS, U32(108),
	};
	/* clang-format on */
	struct buf b = {0};

	(void)state;
	assert_int_equal(pcapng_append_epb(&b, &(struct pcapng_epb){0}), 0);
	assert_bytes(&b, bare);

	buf_reset(&b);
	assert_int_equal(pcapng_append_epb(&b,
					   &(struct pcapng_epb){
						   .ifid = 7,
						   .origlen = 1514,
						   .ts_ns = 0x0102030405060708,
						   .pieces = pieces,
						   .n_pieces = COUNT(pieces),
						   .flags = pcapng_epb_flags(PACKET_HOST),
						   .has_queue = true,
						   .dropcount = 3,
						   .packetid = 0x1122334455667788,
						   .comments = comments,
						   .n_comments = COUNT(comments),
					   }),
			 0);
	assert_bytes(&b, full);
	buf_free(&b);
}

static void test_isb(void **state)
{
	/* One field or option a line. */
	/* clang-format off */
	static const uint8_t bare[] = {
		U32(5), U32(24), U32(1), U32(0), U32(9), U32(24),
	};
	static const uint8_t full[] = {
		U32(5), U32(108), U32(2), U32(1), U32(2),
		U16(2), U16(8), U32(3), U32(4),
		U16(3), U16(8), U32(5), U32(6),
		U16(4), U16(8), U64(70),
		U16(6), U16(8), U64(0),
		U16(7), U16(8), U64(0x100000000),
		U16(8), U16(8), U64(60),
		U16(1), U16(2), 'o', 'k', 0, 0,
		END_OF_OPTIONS, U32(108),
	};
	/* clang-format on */
	const struct pcapng_isb unknown = {
		.ifid = 1,
		.ts_ns = 9,
		.ifrecv = PCAPNG_UNKNOWN,
		.ifdrop = PCAPNG_UNKNOWN,
		.filteraccept = PCAPNG_UNKNOWN,
		.osdrop = PCAPNG_UNKNOWN,
		.usrdeliv = PCAPNG_UNKNOWN,
	};
	struct buf b = {0};

	(void)state;
	assert_int_equal(pcapng_append_isb(&b, &unknown), 0);
	assert_bytes(&b, bare);

	buf_reset(&b);
	assert_int_equal(pcapng_append_isb(&b,
					   &(struct pcapng_isb){
						   .ifid = 2,
						   .ts_ns = 0x100000002,
						   .starttime_ns = 0x300000004,
						   .endtime_ns = 0x500000006,
						   .ifrecv = 70,
						   .ifdrop = PCAPNG_UNKNOWN,
						   .filteraccept = 0,
						   .osdrop = 0x100000000,
						   .usrdeliv = 60,
						   .comment = "ok",
					   }),
			 0);
	assert_bytes(&b, full);
	buf_free(&b);
}

/* The values of facts.md, spelled out; a type of the kernel's own use gives nothing. */
static void test_epb_flags(void **state)
{
	(void)state;
	assert_int_equal(pcapng_epb_flags(PACKET_HOST), 1 | 1 << 2);
	assert_int_equal(pcapng_epb_flags(PACKET_MULTICAST), 1 | 2 << 2);
	assert_int_equal(pcapng_epb_flags(PACKET_BROADCAST), 1 | 3 << 2);
	assert_int_equal(pcapng_epb_flags(PACKET_OTHERHOST), 1 | 4 << 2);
	assert_int_equal(pcapng_epb_flags(PACKET_OUTGOING), 2);
	assert_int_equal(pcapng_epb_flags(PACKET_LOOPBACK), 0);
	assert_int_equal(pcapng_epb_flags(255), 0);
}

/* Padding: all combinations of packet and comment lengths modulo 4, found again where they belong.
 */
static void test_epb_padding(void **state)
{
	static const char text[] = "0123456789";
	struct buf b = {0};
	size_t caplen, len, at;
	uint32_t total;

	(void)state;
	for (caplen = 0; caplen < 9; caplen++) {
		for (len = 1; len < 6; len++) {
			const struct pcapng_bytes piece = {text, caplen};
			const char *comment = text + sizeof(text) - 1 - len;
			const struct pcapng_epb epb = {.origlen = 9,
						       .pieces = &piece,
						       .n_pieces = 1,
						       .comments = &comment,
						       .n_comments = 1};

			at = b.len;
			assert_int_equal(pcapng_append_epb(&b, &epb), 0);
			total = (uint32_t)(28 + (caplen + 3) / 4 * 4 + 4 + (len + 3) / 4 * 4 + 8);
			assert_int_equal(b.len, at + total);
			assert_memory_equal(b.data + at + 4, &total, 4);
			assert_memory_equal(b.data + b.len - 4, &total, 4);
			assert_memory_equal(b.data + at + 28, text, caplen);
			at += 28 + (caplen + 3) / 4 * 4;
			assert_memory_equal(b.data + at + 4, comment, len);
		}
	}
	buf_free(&b);
}

/* One comment or filter that is too long by the last byte of its last character, an é. */
static void test_long_values(void **state)
{
	static const uint8_t comment_end[] = {'a', 'a', 0, 0, END_OF_OPTIONS};
	static const uint8_t filter_header[] = {U16(11), U16(65534), 0, 'a'};
	char *text = malloc(65537);
	const char *comment = text;
	const struct pcapng_idb idb = {.filter = text + 1};
	struct buf b = {0};

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 65534);
	memcpy(text + 65534, "\xc3\xa9", 3);

	assert_int_equal(
		pcapng_append_epb(&b, &(struct pcapng_epb){.comments = &comment, .n_comments = 1}),
		0);
	assert_int_equal(b.len, 28 + 4 + 65536 + 4 + 4);
	assert_memory_equal(b.data + 28, ((uint8_t[]){U16(1), U16(65534)}), 4);
	assert_memory_equal(b.data + 28 + 4 + 65532, comment_end, sizeof(comment_end));

	buf_reset(&b);
	assert_int_equal(pcapng_append_idb(&b, &idb), 0);
	assert_memory_equal(b.data + 24, filter_header, sizeof(filter_header));
	assert_int_equal(b.len, 24 + 4 + 65536 + 4 + 4);

	/* One byte less, and all of it is there. */
	buf_reset(&b);
	comment = text + 1;
	assert_int_equal(
		pcapng_append_epb(&b, &(struct pcapng_epb){.comments = &comment, .n_comments = 1}),
		0);
	assert_memory_equal(b.data + 28, ((uint8_t[]){U16(1), U16(65535)}), 4);
	buf_free(&b);
	free(text);
}

static void test_epb_refused(void **state)
{
	static const uint8_t zeros[PCAPNG_MAX_CAPLEN];
	struct pcapng_bytes pieces[5] = {{zeros, 14}, {zeros, PCAPNG_MAX_CAPLEN - 14}};
	struct pcapng_epb epb = {.origlen = UINT32_MAX, .pieces = pieces, .n_pieces = 4};
	struct buf b = {0};

	(void)state;
	buf_puts(&b, "left");
	pieces[2].len = 1;
	assert_int_equal(pcapng_append_epb(&b, &epb), -EINVAL);
	pieces[2].len = SIZE_MAX;
	assert_int_equal(pcapng_append_epb(&b, &epb), -EINVAL);
	pieces[2].len = 0;
	epb.n_pieces = 5;
	assert_int_equal(pcapng_append_epb(&b, &epb), -EINVAL);
	epb.n_pieces = 4;
	epb.origlen = PCAPNG_MAX_CAPLEN - 1;
	assert_int_equal(pcapng_append_epb(&b, &epb), -EINVAL);
	assert_string_equal(buf_str(&b), "left");

	epb.origlen = PCAPNG_MAX_CAPLEN;
	assert_int_equal(pcapng_append_epb(&b, &epb), 0);
	assert_int_equal(b.len, 4 + 28 + PCAPNG_MAX_CAPLEN + 4);
	buf_free(&b);
}

/* What cannot be appended whole leaves the buffer as it was. */
static void test_refused_blocks(void **state)
{
	static char text[65536];
	const char *comments[300];
	struct pcapng_shb shb = {.comments = comments, .n_comments = 16};
	struct pcapng_idb idb = {.comments = comments, .n_comments = 256};
	struct buf b = {0};
	size_t i;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	for (i = 0; i < COUNT(comments); i++)
		comments[i] = text;

	buf_puts(&b, "left");
	assert_int_equal(pcapng_append_shb(&b, &shb), -E2BIG);
	assert_int_equal(pcapng_append_idb(&b, &idb), -E2BIG);
	assert_string_equal(buf_str(&b), "left");
	/* 24 bytes, 15 whole comments, this one, 8 bytes: the limit, or 4 bytes over it. */
	comments[15] = text + 65535 - 65441;
	assert_int_equal(pcapng_append_shb(&b, &shb), -E2BIG);
	comments[15] = text + 65535 - 65440;
	assert_int_equal(pcapng_append_shb(&b, &shb), 0);
	assert_int_equal(b.len, 4 + PCAPNG_MAX_SHB);
	idb.n_comments = 255;
	assert_int_equal(pcapng_append_idb(&b, &idb), 0);

	buf_cut(&b, 3);
	assert_int_equal(pcapng_append_shb(&b, &shb), -EINVAL);
	assert_int_equal(b.len, 3);
	buf_cut(&b, 0);
	assert_null(buf_extend(&b, PTRDIFF_MAX));
	assert_int_equal(pcapng_append_epb(&b, &(struct pcapng_epb){0}), -ENOMEM);
	assert_int_equal(pcapng_append_isb(&b, &(struct pcapng_isb){0}), -ENOMEM);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_error(&b), -ENOMEM);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shb),
		cmocka_unit_test(test_idb),
		cmocka_unit_test(test_epb),
		cmocka_unit_test(test_isb),
		cmocka_unit_test(test_epb_flags),
		cmocka_unit_test(test_epb_padding),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_epb_refused),
		cmocka_unit_test(test_refused_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
