// SPDX-License-Identifier: GPL-2.0-only
/* Fields, by made-up type information; test_field_real.c has the kernel's. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/field.h"
#include "src/field_type.h"

static struct fexpr_field resolve_ok(const struct btf *btf, const char *path)
{
	struct fexpr_field f = {0};
	char err[512] = "";

	if (field_resolve(btf, FIELD_SKB, path, &f, err, sizeof(err)))
		fail_msg("%s: %s", path, err);
	return f;
}

static void check_bits(const struct btf *btf, const char *path, uint32_t offset, uint32_t size,
		       uint8_t shift, uint8_t bits)
{
	struct fexpr_field f = resolve_ok(btf, path);

	if (f.offset != offset || f.size != size || f.bit_shift != shift || f.bit_size != bits)
		fail_msg("%s: offset %u, size %u, shift %u, bits %u", path, f.offset, f.size,
			 f.bit_shift, f.bit_size);
}

/* An integer type of fewer bits than its bytes have, as BTF had it before the kind_flag. */
static int add_narrow_int(struct btf *btf, int size, __u32 bits, __u32 bit_off, __u32 encoding)
{
	int id = btf__add_int(btf, "narrow", size, encoding);
	struct btf_type *t = (struct btf_type *)btf__type_by_id(btf, id);

	*(__u32 *)(t + 1) = encoding << 24 | bit_off << 16 | bits;
	return id;
}

/* A member without kind_flag whose offset need not be that of a byte. */
static void add_old_member(struct btf *btf, int struct_id, const char *name, int type, __u32 bits)
{
	struct btf_type *t;
	struct btf_member *m;

	assert_false(btf__add_field(btf, name, type, 0, 0));
	t = (struct btf_type *)btf__type_by_id(btf, struct_id);
	m = btf_members(t) + btf_vlen(t) - 1;
	m->offset = bits;
}

static void test_old_bitfields(void **state)
{
	struct btf *btf = btf__new_empty();
	int bit3, bit2, bit17, whole, signed5, off4, id;

	(void)state;
	assert_false(libbpf_get_error(btf));
	bit3 = add_narrow_int(btf, 1, 3, 0, 0);
	bit2 = add_narrow_int(btf, 1, 2, 0, 0);
	bit17 = add_narrow_int(btf, 4, 17, 0, 0);
	whole = add_narrow_int(btf, 4, 8, 0, 0);
	signed5 = add_narrow_int(btf, 4, 5, 0, BTF_INT_SIGNED);
	off4 = add_narrow_int(btf, 4, 4, 6, 0);
	id = btf__add_struct(btf, "sk_buff", 32);
	add_old_member(btf, id, "pkt_type", bit3, 128);
	add_old_member(btf, id, "ip_summed", bit2, 133);
	add_old_member(btf, id, "two_bytes", bit2, 135);
	add_old_member(btf, id, "long17", bit17, 137);
	add_old_member(btf, id, "a_byte", whole, 160);
	add_old_member(btf, id, "sign", signed5, 168);
	add_old_member(btf, id, "in_type", off4, 192);
	check_bits(btf, "skb->pkt_type", 16, 1, 0, 3);
	check_bits(btf, "skb->ip_summed", 16, 1, 5, 2);
	check_bits(btf, "skb->two_bytes", 16, 2, 7, 2);
	check_bits(btf, "skb->long17", 16, 4, 9, 17);
	check_bits(btf, "skb->a_byte", 20, 1, 0, 0);
	check_bits(btf, "skb->sign", 21, 1, 0, 5);
	check_bits(btf, "skb->in_type", 24, 2, 6, 4);
	assert_true(resolve_ok(btf, "skb->sign").is_signed);
	assert_false(resolve_ok(btf, "skb->long17").is_signed);
	btf__free(btf);
}

static void test_new_bitfields(void **state)
{
	struct btf *btf = btf__new_empty();
	struct fexpr_field f;
	char err[256];
	int u8, u32, u64, color;

	(void)state;
	assert_false(libbpf_get_error(btf));
	u8 = btf__add_int(btf, "u8", 1, 0);
	u32 = btf__add_int(btf, "u32", 4, 0);
	u64 = btf__add_int(btf, "u64", 8, BTF_INT_SIGNED);
	color = btf__add_enum(btf, "color", 4);
	btf__add_enum_value(btf, "RED", 1);
	btf__add_struct(btf, "sk_buff", 64);
	btf__add_field(btf, "a", u8, 8, 3);
	btf__add_field(btf, "b", u8, 11, 2);
	btf__add_field(btf, "c", u32, 31, 2);
	btf__add_field(btf, "d", u32, 32, 32);
	btf__add_field(btf, "e", u64, 64, 60);
	btf__add_field(btf, "f", color, 129, 5);
	btf__add_field(btf, "packed", u64, 197, 62);
	btf__add_field(btf, "too_wide", u64, 263, 60);
	check_bits(btf, "skb->a", 1, 1, 0, 3);
	check_bits(btf, "skb->b", 1, 1, 3, 2);
	check_bits(btf, "skb->c", 0, 8, 31, 2);
	check_bits(btf, "skb->d", 4, 4, 0, 0);
	check_bits(btf, "skb->e", 8, 8, 0, 60);
	check_bits(btf, "skb->f", 16, 1, 1, 5);
	assert_int_equal(resolve_ok(btf, "skb->f").kind, FEXPR_ENUM);
	assert_int_equal(field_resolve(btf, FIELD_SKB, "skb->packed", &f, err, sizeof(err)),
			 -EINVAL);
	assert_string_equal(err, "skb->packed lies across 9 bytes and cannot be loaded");
	assert_int_equal(field_resolve(btf, FIELD_SKB, "skb->too_wide", &f, err, sizeof(err)),
			 -EINVAL);
	btf__free(btf);
}

/* A path may leave the skb out. */
static void test_paths(void **state)
{
	struct btf *btf = btf__new_empty();
	struct fexpr_field f = {.offset = 4711};
	char err[256];
	int u32, dev;

	(void)state;
	assert_false(libbpf_get_error(btf));
	u32 = btf__add_int(btf, "u32", 4, 0);
	btf__add_struct(btf, "net_device", 64);
	btf__add_field(btf, "ifindex", u32, 8 * 32, 0);
	dev = btf__add_ptr(btf, 2);
	btf__add_struct(btf, "sk_buff", 64);
	btf__add_field(btf, "mark", u32, 8 * 8, 0);
	btf__add_field(btf, "skb_iif", u32, 8 * 12, 0);
	btf__add_field(btf, "dev", dev, 8 * 16, 0);
	assert_int_equal(resolve_ok(btf, "skb->mark").offset, 8);
	assert_int_equal(resolve_ok(btf, "mark").offset, 8);
	assert_int_equal(resolve_ok(btf, "skb_iif").offset, 12);
	assert_int_equal(resolve_ok(btf, "dev->ifindex").offset, 32);
	assert_int_equal(resolve_ok(btf, "dev->ifindex").deref_cnt, 1);
	assert_int_equal(resolve_ok(btf, "dev->ifindex").deref[0], 16);
	assert_int_equal(resolve_ok(btf, "skb->dev->ifindex").type_id, u32);
	assert_int_equal(field_resolve(btf, FIELD_SKB, "marc", &f, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "struct sk_buff has no member 'marc'; near: mark");
	assert_int_equal(field_resolve(btf, FIELD_SKB, "", &f, err, sizeof(err)), -EINVAL);
	assert_int_equal(field_resolve(btf, FIELD_SKB, "skb", &f, err, sizeof(err)), -EINVAL);
	assert_int_equal(f.offset, 4711);
	btf__free(btf);
	btf = btf__new_empty();
	assert_int_equal(field_resolve(btf, FIELD_SKB, "mark", &f, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "the kernel's type information has no struct sk_buff");
	btf__free(btf);
}

/* Types that say nothing, or go in circles, end in an error. */
static void test_broken_types(void **state)
{
	struct btf *btf = btf__new_empty();
	struct fexpr_field f;
	char err[256], name[64];
	int u32;

	(void)state;
	assert_false(libbpf_get_error(btf));
	u32 = btf__add_int(btf, "u32", 4, 0);
	btf__add_typedef(btf, "circle", 3);
	btf__add_const(btf, 2);
	btf__add_struct(btf, "sk_buff", 64);
	btf__add_field(btf, "circle", 2, 0, 0);
	btf__add_field(btf, "nothing", 1000, 64, 0);
	btf__add_field(btf, "odd", u32, 72, 0);
	((struct btf_member *)btf_members(btf__type_by_id(btf, 4)))[2].offset = 75;
	assert_int_equal(field_resolve(btf, FIELD_SKB, "circle", &f, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "the kernel's type information for skb->circle is broken");
	assert_int_equal(field_resolve(btf, FIELD_SKB, "nothing", &f, err, sizeof(err)), -EINVAL);
	assert_int_equal(field_resolve(btf, FIELD_SKB, "circle->x", &f, err, sizeof(err)), -EINVAL);
	assert_int_equal(field_resolve(btf, FIELD_SKB, "nothing[1]", &f, err, sizeof(err)),
			 -EINVAL);
	assert_int_equal(field_resolve(btf, FIELD_SKB, "odd", &f, err, sizeof(err)), -EINVAL);
	field_type_name(btf, 1000, name, sizeof(name));
	assert_string_equal(name, "?");
	field_type_name(btf, 3, name, sizeof(name));
	btf__free(btf);
}

static void check_name(const struct btf *btf, int id, const char *expect)
{
	char name[64];

	field_type_name(btf, (__u32)id, name, sizeof(name));
	assert_string_equal(name, expect);
	/* Cut off, but never past the end. */
	field_type_name(btf, (__u32)id, name, 4);
	assert_true(strlen(name) < 4);
	assert_false(strncmp(name, expect, strlen(name)));
}

static void test_type_names(void **state)
{
	struct btf *btf = btf__new_empty();
	int u32, dev, dev_ptr, inner, fn;

	(void)state;
	assert_false(libbpf_get_error(btf));
	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	dev = btf__add_struct(btf, "net_device", 64);
	dev_ptr = btf__add_ptr(btf, dev);
	check_name(btf, 0, "void");
	check_name(btf, u32, "unsigned int");
	check_name(btf, dev, "struct net_device");
	check_name(btf, dev_ptr, "struct net_device *");
	check_name(btf, btf__add_ptr(btf, dev_ptr), "struct net_device **");
	check_name(btf, btf__add_ptr(btf, 0), "void *");
	check_name(btf, btf__add_const(btf, u32), "const unsigned int");
	check_name(btf, btf__add_volatile(btf, dev_ptr), "struct net_device *volatile");
	check_name(btf, btf__add_ptr(btf, btf__add_const(btf, dev)), "const struct net_device *");
	check_name(btf, btf__add_type_tag(btf, "rcu", dev), "struct net_device");
	check_name(btf, btf__add_typedef(btf, "__u32", u32), "__u32");
	check_name(btf, btf__add_fwd(btf, "x", BTF_FWD_UNION), "union x");
	check_name(btf, btf__add_union(btf, NULL, 8), "union {...}");
	check_name(btf, btf__add_enum(btf, "color", 4), "enum color");
	check_name(btf, btf__add_enum64(btf, NULL, 8, false), "enum {...}");
	inner = btf__add_array(btf, u32, u32, 3);
	check_name(btf, inner, "unsigned int[3]");
	check_name(btf, btf__add_array(btf, u32, inner, 2), "unsigned int[2][3]");
	check_name(btf, btf__add_array(btf, u32, dev_ptr, 4), "struct net_device *[4]");
	fn = btf__add_func_proto(btf, u32);
	check_name(btf, btf__add_ptr(btf, fn), "function *");
	btf__free(btf);
}

static void test_enum_signs(void **state)
{
	struct btf *btf = btf__new_empty();
	int color, wide;

	(void)state;
	assert_false(libbpf_get_error(btf));
	color = btf__add_enum(btf, "color", 4);
	btf__add_enum_value(btf, "RED", 1);
	btf__add_enum_value(btf, "NONE", -1);
	wide = btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "HUGE", 1ULL << 63);
	assert_true(field_enum_is_signed(btf__type_by_id(btf, (__u32)color)));
	assert_false(field_enum_is_signed(btf__type_by_id(btf, (__u32)wide)));
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_bitfields), cmocka_unit_test(test_new_bitfields),
		cmocka_unit_test(test_paths),	      cmocka_unit_test(test_broken_types),
		cmocka_unit_test(test_type_names),    cmocka_unit_test(test_enum_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
