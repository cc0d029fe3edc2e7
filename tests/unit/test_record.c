// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filter/frame_abi.h"
#include "src/record.h"
#include "src/util.h"

#define HDR sizeof(struct ev_hdr)

/* Entries as bytes; errors stay what they are. */
static int stack_bytes(int stack_len)
{
	if (stack_len < 0)
		return stack_len;
	return stack_len > INT16_MAX / 8 ? INT16_MAX : stack_len * 8;
}

/* A record of exactly size bytes, so that ASan sees a read behind it; to be freed. */
static void *make_record(size_t size, unsigned int room, int stack_len, uint32_t raw_len)
{
	struct ev_hdr hdr = {.stack_room = room,
			     .stack_bytes = stack_bytes(stack_len),
			     .raw_len = raw_len,
			     .wire_len = raw_len};
	uint8_t *data = calloc(1, size ? size : 1);

	assert_non_null(data);
	for (size_t i = 0; i < size; i++)
		data[i] = i;
	memcpy(data, &hdr, size < HDR ? size : HDR);
	return data;
}

/* Parses; what comes out must lie within the bytes that went in. */
static int parse(size_t size, unsigned int room, int stack_len, uint32_t raw_len)
{
	uint8_t *data = make_record(size, room, stack_len, raw_len);
	const struct record untouched = {.stack_len = 12345};
	struct record rec = untouched;
	int err = record_parse(data, size, &rec);

	if (err) {
		assert_memory_equal(&rec, &untouched, sizeof(rec));
	} else {
		assert_ptr_equal(rec.hdr, data);
		assert_ptr_equal(rec.stack, data + HDR);
		assert_ptr_equal(rec.raw, data + HDR + room * 8);
		assert_int_equal(rec.stack_len, stack_len > 0 ? stack_len : 0);
		assert_true(rec.raw + rec.hdr->raw_len <= data + size);
		assert_true((const uint8_t *)(rec.stack + rec.stack_len) <= rec.raw);
	}
	free(data);
	return err;
}

static const struct {
	const char *name;
	size_t size;
	unsigned int room;
	int stack_len;
	uint32_t raw_len;
	int err;
} rows[] = {
	{"nothing", 0, 0, 0, 0, -EBADMSG},
	{"one byte", 1, 0, 0, 0, -EBADMSG},
	{"header cut", HDR - 1, 0, 0, 0, -EBADMSG},
	{"header alone", HDR, 0, 0, 0, 0},
	{"header alone, packet promised", HDR, 0, 0, 1, -EBADMSG},
	{"header alone, stack promised", HDR, 1, 0, 0, -EBADMSG},
	{"stack cut", HDR + 15, 2, 0, 0, -EBADMSG},
	{"stack just fits", HDR + 16, 2, 2, 0, 0},
	{"packet just fits", HDR + 16 + 5, 2, 2, 5, 0},
	{"packet cut", HDR + 16 + 4, 2, 2, 5, -EBADMSG},
	{"rest of the class", 512, 2, 1, 5, 0},
	{"stack half filled", HDR + 80, 10, 5, 0, 0},
	{"stack larger than room", HDR + 800, 10, 11, 0, -EBADMSG},
	{"stack without room", HDR + 800, 0, 1, 0, -EBADMSG},
	{"stack could not be read", HDR + 80, 10, -EFAULT, 0, 0},
	{"stack, the smallest number", HDR + 80, 10, INT16_MIN, 0, 0},
	{"stack, the largest number", HDR + 80, 10, INT16_MAX, 0, -EBADMSG},
	{"deepest stack", HDR + EV_STACK_MAX * 8, EV_STACK_MAX, EV_STACK_MAX, 0, 0},
	{"room too large", 2048, EV_STACK_MAX + 1, 1, 0, -EBADMSG},
	{"room, the largest number", 1 << 20, UINT16_MAX, 1, 0, -EBADMSG},
	{"largest packet", HDR + EV_SNAPLEN_MAX, 0, 0, EV_SNAPLEN_MAX, 0},
	{"packet too large", HDR + EV_SNAPLEN_MAX + 1, 0, 0, EV_SNAPLEN_MAX + 1, -EBADMSG},
	{"packet, the largest number", 276480, 0, 0, UINT32_MAX, -EBADMSG},
	{"packet, sum overflows", HDR + 8, 1, 0, UINT32_MAX - HDR, -EBADMSG},
	{"full record", 276480, EV_STACK_MAX, EV_STACK_MAX, EV_SNAPLEN_MAX, 0},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err = parse(rows[i].size, rows[i].room, rows[i].stack_len, rows[i].raw_len);

		if (err != rows[i].err)
			fail_msg("%s: %d", rows[i].name, err);
	}
}

/* Taken if, and only if, the sections fit: each size around each end of a section. */
static void test_sizes(void **state)
{
	(void)state;
	for (unsigned int room = 0; room <= 6; room++) {
		for (int stack_len = -2; stack_len <= 8; stack_len++) {
			for (uint32_t raw_len = 0; raw_len <= 20; raw_len++) {
				size_t full = HDR + room * 8 + raw_len;

				for (size_t size = HDR - 2; size <= full + 2; size++) {
					bool fits = size >= full && stack_len <= (int)room;

					assert_int_equal(parse(size, room, stack_len, raw_len),
							 fits ? 0 : -EBADMSG);
				}
			}
		}
	}
}

/* Any bytes: nothing but a record that lies within them, or -EBADMSG. */
static void test_random(void **state)
{
	uint64_t seed = 88172645463325252ULL;
	unsigned int taken = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint32_t r;
		int err;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		r = seed >> 32;
		err = parse(r % 600, (uint16_t)(seed >> (seed & 12)) >> (r & 15),
			    (int16_t)(seed >> 8) >> (r >> 4 & 15), seed >> 3 >> (r >> 8 & 63));
		assert_true(err == 0 || err == -EBADMSG);
		taken += !err;
	}
	assert_in_range(taken, 1000, 199000);
}

/* What bpf/event.h promises: a record of any size leaves little of its class unused. */
static void test_classes(void **state)
{
	/* The smallest is for headers alone. */
	uint32_t before = sizeof(struct ev_hdr) + 8;

	(void)state;
#define CHECK(bytes)                                                   \
	assert_true((bytes) > before && (bytes) % 8 == 0);             \
	assert_true(((bytes)-before - 1) * ((bytes) <= 4608    ? 4     \
					    : (bytes) <= 69120 ? 3     \
							       : 2) <= \
		    (bytes));                                          \
	before = (bytes);
	EV_CLASSES(CHECK)
#undef CHECK
	assert_true(before >= EV_RECORD_MAX);
}

/* With skb->cb between stack and packet: all of it has to be there, and it is that long or absent.
 */
static void test_cb(void **state)
{
	const size_t full = HDR + 2 * 8 + EV_CB_LEN + 5;
	uint8_t *data = make_record(full, 2, 2, 5);
	struct ev_hdr *hdr = (void *)data;
	struct record rec;

	(void)state;
	hdr->cb_room = EV_CB_LEN;
	assert_int_equal(record_parse(data, full, &rec), 0);
	assert_ptr_equal(rec.cb, data + HDR + 16);
	assert_ptr_equal(rec.raw, data + HDR + 16 + EV_CB_LEN);
	assert_int_equal(record_parse(data, full - 1, &rec), -EBADMSG);
	for (int room = 1; room <= UINT8_MAX; room++) {
		hdr->cb_room = room;
		assert_int_equal(record_parse(data, full, &rec), room == EV_CB_LEN ? 0 : -EBADMSG);
	}
	hdr->cb_room = 0;
	assert_int_equal(record_parse(data, full, &rec), 0);
	assert_null(rec.cb);
	free(data);
}

/* Behind skb->cb; its length is a multiple of 8 and has a limit. */
static void test_fields(void **state)
{
	const size_t full = HDR + 8 + EV_CB_LEN + 4104 + 5;
	uint8_t *data = make_record(full, 1, 1, 5);
	struct ev_hdr *hdr = (void *)data;
	struct record rec;

	(void)state;
	hdr->cb_room = EV_CB_LEN;
	assert_int_equal(record_parse(data, full, &rec), 0);
	assert_null(rec.fields);
	for (int room = 1; room <= 4104; room++) {
		const size_t size = HDR + 8 + EV_CB_LEN + room + 5;

		hdr->fields_room = room;
		if (room % 8 || room > EV_FIELDS_MAX) {
			assert_int_equal(record_parse(data, full, &rec), -EBADMSG);
			continue;
		}
		assert_int_equal(record_parse(data, size, &rec), 0);
		assert_ptr_equal(rec.fields, data + HDR + 8 + EV_CB_LEN);
		assert_ptr_equal(rec.raw, rec.fields + room);
		assert_int_equal(record_parse(data, size - 1, &rec), -EBADMSG);
	}
	free(data);
}

/* Parts of the dump section; what they hold does not matter here. */
static size_t put_dump(uint8_t *at, unsigned int kind, uint16_t len)
{
	const struct ev_dump dump = {.addr = 1, .kind = kind, .len = len};

	memcpy(at, &dump, sizeof(dump));
	return sizeof(dump) + len;
}

static void test_dump(void **state)
{
	const size_t part = sizeof(struct ev_dump), room = 2 * part + 24, full = HDR + 8 + room + 5;
	uint8_t *data = make_record(full, 1, 1, 5), *dump = data + HDR + 8;
	struct ev_hdr *hdr = (void *)data;
	struct record rec;

	(void)state;
	hdr->dump_room = room;
	put_dump(dump + put_dump(dump, EV_DUMP_SHINFO, 8), EV_DUMP_SK, 16);
	assert_int_equal(record_parse(data, full, &rec), 0);
	assert_ptr_equal(rec.dump, dump);
	assert_ptr_equal(rec.raw, dump + room);
	assert_ptr_equal(rec.dumps[EV_DUMP_SHINFO], dump);
	assert_ptr_equal(rec.dumps[EV_DUMP_SK], dump + part + 8);
	assert_null(rec.dumps[EV_DUMP_SKB]);
	assert_null(rec.dumps[EV_DUMP_DEV]);
	assert_int_equal(record_parse(data, full - 1, &rec), -EBADMSG);
	/* The section is too short for its parts, or too long; a part is odd, or of no kind. */
	for (hdr->dump_room = 0; hdr->dump_room < full - HDR; hdr->dump_room++) {
		bool fits = !hdr->dump_room || hdr->dump_room == part + 8 || hdr->dump_room == room;

		hdr->raw_len = 0;
		assert_int_equal(record_parse(data, full, &rec), fits ? 0 : -EBADMSG);
	}
	hdr->dump_room = room;
	put_dump(dump + part + 8, EV_DUMPS, 16);
	assert_int_equal(record_parse(data, full, &rec), -EBADMSG);
	hdr->dump_room = part + 4;
	put_dump(dump, EV_DUMP_SKB, 4);
	assert_int_equal(record_parse(data, full, &rec), -EBADMSG);
	free(data);
}

/* The parts of the frame, those that are missing too, are never more than the frame. */
static void test_frame_length(void **state)
{
	static const struct {
		uint64_t l2;
		uint32_t head;
	} heads[] = {
		{0, 0},
		{FRAME_L2_VLAN, 4},
		{FRAME_L2_SYNTH | 0x0008, 14},
		{FRAME_L2_SYNTH | FRAME_L2_VLAN | 0x81ULL << FRAME_L2_TPID_SHIFT, 18},
	};
	const size_t full = HDR + 5;
	uint8_t *data = make_record(full, 0, 0, 5);
	struct ev_hdr *hdr = (void *)data;
	struct record rec;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		hdr->l2 = heads[i].l2;
		hdr->nonlinear = 100;
		hdr->wire_len = heads[i].head + 5 + 100;
		assert_int_equal(record_parse(data, full, &rec), 0);
		/* The snapshot length cuts. */
		hdr->wire_len++;
		assert_int_equal(record_parse(data, full, &rec), 0);
		hdr->wire_len -= 2;
		assert_int_equal(record_parse(data, full, &rec), -EBADMSG);
		/* Sums do not overflow. */
		hdr->nonlinear = UINT32_MAX;
		assert_int_equal(record_parse(data, full, &rec), -EBADMSG);
	}
	free(data);
}

/* Whatever a record has in it, it goes into the longest class. */
static void test_longest_dump(void **state)
{
	const size_t full = HDR + EV_DUMP_MAX + 8;
	uint8_t *data = make_record(full, 0, 0, 0);
	struct ev_hdr *hdr = (void *)data;
	struct record rec;

	(void)state;
	hdr->dump_room = EV_DUMP_MAX;
	put_dump(data + HDR, EV_DUMP_DEV, EV_DUMP_MAX - sizeof(struct ev_dump));
	assert_int_equal(record_parse(data, full, &rec), 0);
	hdr->dump_room = EV_DUMP_MAX + 8;
	put_dump(data + HDR, EV_DUMP_DEV, EV_DUMP_MAX + 8 - sizeof(struct ev_dump));
	assert_int_equal(record_parse(data, full, &rec), -EBADMSG);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	     cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_random),	     cmocka_unit_test(test_classes),
		cmocka_unit_test(test_cb),	     cmocka_unit_test(test_fields),
		cmocka_unit_test(test_dump),	     cmocka_unit_test(test_longest_dump),
		cmocka_unit_test(test_frame_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
