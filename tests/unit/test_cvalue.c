// SPDX-License-Identifier: GPL-2.0-only
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

#include "src/cvalue.h"
#include "src/util.h"

struct fixture {
	struct btf *btf;
	int u8, u32, s32, chr;
	struct buf out;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){.btf = btf__new_empty()};
	assert_non_null(f->btf);
	f->u8 = btf__add_int(f->btf, "u8", 1, 0);
	f->u32 = btf__add_int(f->btf, "u32", 4, 0);
	f->s32 = btf__add_int(f->btf, "int", 4, BTF_INT_SIGNED);
	f->chr = btf__add_int(f->btf, "char", 1, BTF_INT_CHAR);
}

static void end(struct fixture *f)
{
	btf__free(f->btf);
	buf_free(&f->out);
}

static void member(struct fixture *f, const char *name, int type, uint32_t offset)
{
	assert_int_equal(btf__add_field(f->btf, name, type, offset * 8, 0), 0);
}

/* In memory of its own, so that ASan sees a read behind it. */
static int put(struct fixture *f, int id, const void *bytes, size_t size, int indent)
{
	struct cvalue *c;
	void *data = malloc(size ? size : 1);
	int err;

	assert_non_null(data);
	if (size)
		memcpy(data, bytes, size);
	buf_reset(&f->out);
	buf_puts(&f->out, "=");
	assert_int_equal(cvalue_new(f->btf, &c), 0);
	err = cvalue_put(c, id, data, size, indent, &f->out);
	cvalue_free(c);
	free(data);
	return err;
}

#define CHECK(f, id, bytes, text)                                              \
	do {                                                                   \
		assert_int_equal(put(f, id, bytes, sizeof(bytes) - 1, -1), 0); \
		assert_string_equal(buf_str(&(f)->out), "=" text);             \
	} while (0)

/* A struct that begins with zero is not zero: what libbpf's dumper leaves out. */
static void test_inner(void **state)
{
	struct fixture f;
	int inner, type, outer;

	(void)state;
	begin(&f);
	inner = btf__add_struct(f.btf, NULL, 8);
	member(&f, "a", f.u32, 0);
	member(&f, "b", f.u32, 4);
	type = btf__add_typedef(f.btf, "pair_t", inner);
	outer = btf__add_struct(f.btf, "outer", 20);
	member(&f, "first", f.u32, 0);
	member(&f, NULL, inner, 4);
	member(&f, "pair", type, 12);
	CHECK(&f, outer,
	      "\0\0\0\0"
	      "\0\0\0\0"
	      "\2\0\0\0"
	      "\0\0\0\0"
	      "\3\0\0\0",
	      "(struct outer){(struct){.b = (u32)2,},.pair = (pair_t){.b = (u32)3,},}");
	CHECK(&f, outer, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "(struct outer){}");
	assert_int_equal(put(&f, outer,
			     "\1\0\0\0"
			     "\0\0\0\0\0\0\0\0"
			     "\4\0\0\0"
			     "\0\0\0",
			     20, 0),
			 0);
	assert_string_equal(buf_str(&f.out), "=(struct outer){\n"
					     "    .first = (u32)1,\n"
					     "    .pair = (pair_t){\n"
					     "        .a = (u32)4,\n"
					     "    },\n"
					     "}");
	end(&f);
}

static void test_bytes(void **state)
{
	struct fixture f;
	int chars, bytes;

	(void)state;
	begin(&f);
	chars = btf__add_array(f.btf, f.u32, f.chr, 6);
	bytes = btf__add_array(f.btf, f.u32, f.u8, 6);
	CHECK(&f, chars, "eth0\0\0", "(char[6])\"eth0\"");
	CHECK(&f, bytes, "eth0\0\0", "(u8[6])\"eth0\"");
	/* Not text: without an end, too short, with an escape, with more behind the end. */
	CHECK(&f, chars, "eth0.1", "(char[6]){0x65,0x74,0x68,0x30,0x2e,0x31}");
	CHECK(&f, chars, "a\0\0\0\0\0", "(char[6]){0x61}");
	CHECK(&f, chars, "a\"b\0\0\0", "(char[6]){0x61,0x22,0x62}");
	CHECK(&f, chars, "ab\xff\0\0\0", "(char[6]){0x61,0x62,0xff}");
	CHECK(&f, chars, "ab\0\1\0\0", "(char[6]){0x61,0x62,0x00,0x01}");
	CHECK(&f, bytes, "\0\0\2\0\1\0", "(u8[6]){0x00,0x00,0x02,0x00,0x01}");
	end(&f);
}

static void test_arrays(void **state)
{
	struct fixture f;
	int row, rows, s, structs, none, outer;

	(void)state;
	begin(&f);
	row = btf__add_array(f.btf, f.u32, f.u32, 2);
	rows = btf__add_array(f.btf, f.u32, row, 2);
	s = btf__add_struct(f.btf, "s", 2);
	member(&f, "a", f.u8, 0);
	member(&f, "b", f.u8, 1);
	structs = btf__add_array(f.btf, f.u32, s, 3);
	CHECK(&f, rows, "\0\0\0\0\0\0\0\0\0\0\0\0\7\0\0\0",
	      "(u32[2][2]){[1] = (u32[2]){[1] = (u32)7,},}");
	CHECK(&f, structs, "\0\0\0\1\2\0",
	      "(struct s[3]){[1] = (struct s){.b = (u8)1,},[2] = (struct s){.a = (u8)2,},}");
	/* Without elements, as at the end of a struct. */
	none = btf__add_array(f.btf, f.u32, s, 0);
	outer = btf__add_struct(f.btf, "outer", 1);
	member(&f, "a", f.u8, 0);
	member(&f, "rest", none, 1);
	CHECK(&f, outer, "\1", "(struct outer){.a = (u8)1,}");
	end(&f);
}

/* Numbers, pointers, enumerations, and what is within a byte. */
static void test_scalars(void **state)
{
	struct fixture f;
	int fwd, ptr, color, old, s;

	(void)state;
	begin(&f);
	fwd = btf__add_fwd(f.btf, "hidden", BTF_FWD_STRUCT);
	ptr = btf__add_ptr(f.btf, fwd);
	color = btf__add_enum(f.btf, "color", 4);
	btf__add_enum_value(f.btf, "RED", 2);
	old = btf__add_int(f.btf, "old", 1, 0);
	/* Of two bits, the second and the third. */
	*(uint32_t *)((struct btf_type *)btf__type_by_id(f.btf, old) + 1) = 1 << 16 | 2;
	s = btf__add_struct(f.btf, "s", 18);
	member(&f, "p", ptr, 0);
	member(&f, "e", color, 8);
	assert_int_equal(btf__add_field(f.btf, "sign", f.s32, 96, 3), 0);
	assert_int_equal(btf__add_field(f.btf, "zero", f.u32, 99, 5), 0);
	assert_int_equal(btf__add_field(f.btf, "over", f.u32, 104, 10), 0);
	member(&f, "v", f.s32, 14);
	CHECK(&f, s,
	      "\1\0\0\0\0\0\0\xff"
	      "\2\0\0\0"
	      "\7"
	      "\1\2"
	      "\xff\xff\xff",
	      "(struct s){.p = (struct hidden *)0xff00000000000001,.e = (enum color)RED,"
	      ".sign = (int)-1,.over = (u32)513,.v = (int)-254,}");
	s = btf__add_struct(f.btf, "t", 1);
	member(&f, "a", old, 0);
	CHECK(&f, s, "\x0d", "(struct t){.a = (old)2,}");
	end(&f);
}

/* Types that make no sense, or are larger than the bytes: nothing is read beside these. */
static void test_damaged(void **state)
{
	struct fixture f;
	int s, self, far, huge;
	const uint8_t bytes[16] = {1, 1, 1, 1, 1, 1, 1, 1};

	(void)state;
	begin(&f);
	s = btf__add_struct(f.btf, "s", 8);
	member(&f, "a", f.u32, 6);
	assert_int_equal(put(&f, s, bytes, 8, -1), -E2BIG);
	assert_string_equal(buf_str(&f.out), "=");
	assert_int_equal(put(&f, s, bytes, 7, -1), -E2BIG);
	assert_int_equal(put(&f, 1000, bytes, 8, -1), -EINVAL);
	far = btf__add_struct(f.btf, "far", 8);
	assert_int_equal(btf__add_field(f.btf, "bits", f.u32, 62, 4), 0);
	assert_int_equal(put(&f, far, bytes, 8, -1), -E2BIG);
	far = btf__add_struct(f.btf, "wide", 16);
	assert_int_equal(btf__add_field(f.btf, "bits", f.u32, 1, 70), 0);
	assert_int_equal(put(&f, far, bytes, 16, -1), -EINVAL);
	self = btf__add_struct(f.btf, "self", 8);
	member(&f, "self", self, 0);
	assert_int_equal(put(&f, self, bytes, 8, -1), -EINVAL);
	assert_string_equal(buf_str(&f.out), "=");
	huge = btf__add_array(f.btf, f.u32, f.u32, UINT32_MAX);
	assert_int_equal(put(&f, huge, bytes, 16, -1), -EINVAL);
	huge = btf__add_array(f.btf, f.u32, f.u32, 1000);
	assert_int_equal(put(&f, huge, bytes, 16, -1), -E2BIG);
	end(&f);
}

/* ---- the running kernel's types */

/* Which bits belong to a member, found in another way. */
static void mark(const struct btf *btf, uint32_t id, size_t at, uint8_t *marks)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, id));

	if (btf_is_composite(t)) {
		for (int i = 0; i < btf_vlen(t); i++) {
			uint32_t bit = btf_member_bit_offset(t, i),
				 bits = btf_member_bitfield_size(t, i);

			if (!bits)
				mark(btf, btf_members(t)[i].type, at + bit / 8, marks);
			for (; bits; bits--, bit++)
				marks[at + bit / 8] |= 1 << bit % 8;
		}
	} else if (btf_is_array(t)) {
		size_t len = btf__resolve_size(btf, btf_array(t)->type);

		for (uint32_t i = 0; i < btf_array(t)->nelems; i++)
			mark(btf, btf_array(t)->type, at + i * len, marks);
	} else {
		memset(marks + at, 0xff, btf__resolve_size(btf, id));
	}
}

/* Every bit of every member shows, and no other. */
static void check_bits(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	size_t size = btf__type_by_id(btf, id)->size, shown = 0;
	uint8_t *data = calloc(1, size), *marks = calloc(1, size);
	struct buf out = {0};
	struct cvalue *c;

	assert_true(data && marks);
	mark(btf, id, 0, marks);
	assert_int_equal(cvalue_new(btf, &c), 0);
	for (size_t bit = 0; bit < size * 8; bit++) {
		bool is_member = marks[bit / 8] & 1 << bit % 8;

		data[bit / 8] = 1 << bit % 8;
		buf_reset(&out);
		assert_int_equal(cvalue_put(c, id, data, size, -1, &out), 0);
		if (!strstr(buf_str(&out), "{}") != is_member)
			fail_msg("struct %s, bit %zu: %s", name, bit, buf_str(&out));
		shown += is_member;
		data[bit / 8] = 0;
	}
	printf("struct %s: %zu of %zu bits are members', and shown\n", name, shown, size * 8);
	assert_true(shown > size * 6);
	cvalue_free(c);
	buf_free(&out);
	free(marks);
	free(data);
}

static void test_kernel(void **state)
{
	static const char *const names[] = {"sk_buff", "skb_shared_info", "sock", "net_device"};
	struct btf *btf;

	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		puts("SKIP: this kernel has no type information");
		skip();
	}
	btf = btf__load_vmlinux_btf();
	assert_non_null(btf);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_bits(btf, names[i]);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inner),	cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_arrays),	cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
