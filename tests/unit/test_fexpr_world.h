/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_UNIT_TEST_FEXPR_WORLD_H
#define PWRU_CAP_TESTS_UNIT_TEST_FEXPR_WORLD_H
/*
 * A small world for tests of field expressions: an skb and what it points to, as C structs of this
 * program, and the BTF that says how they are laid out.
 */
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

#include <cmocka.h>

#include "filter/ebpf.h"
#include "filter/fexpr.h"
#include "src/field.h"
#include "src/field_type.h"

#define UNUSED __attribute__((unused))

/* ---- what is in memory */

enum sign {
	SIGN_MINUS = -3,
	SIGN_ZERO,
	SIGN_PLUS = 70000
};
enum color {
	RED = 1,
	GREEN = 2,
	BLUE = 0x7fffffff,
	SHARED = 7
};
enum other {
	SHARED_NOT = 7,
	TWICE = 3
};
enum another {
	TWICE_TOO = 4
};

struct net {
	unsigned int inum;
	int64_t cookie;
};

struct device {
	uint64_t features;
	int ifindex;
	char name[16];
	struct {
		struct net *net;
	} nd_net;
	struct device *upper;
};

/* The kernel's name; what is in it has nothing to do with the kernel's. */
struct sk_buff {
	union {
		struct {
			struct sk_buff *next, *prev;
		};
		struct {
			uint32_t low;
			int16_t inner[2];
		};
	};
	struct device *dev;
	int8_t s8;
	uint8_t u8;
	int16_t s16;
	uint16_t u16;
	int32_t s32;
	uint32_t mark;
	int64_t s64;
	uint64_t u64;
	char cb[48];
	uint16_t grid[2][3];
	bool flag;
	uint8_t pkt_type : 3, ip_summed : 2, one : 1, : 1, cloned : 1;
	int32_t sb1 : 1, sb5 : 5, sb17 : 17;
	uint32_t ub31 : 31, ub1 : 1;
	uint64_t wide40 : 40, tail24 : 24;
	int64_t swide33 : 33, : 2, swide28 : 28;
	int64_t : 20, scross24 : 24;
	enum sign sign;
	enum color color;
	uint32_t len;
	unsigned char *data;
	uint8_t last_byte;
	bool bit_flag : 1;
	uint16_t whole : 16;
	float real;
	struct {
		uint8_t before;
		uint64_t across : 62;
	} __attribute__((packed)) pack;
	void *opaque;
	struct unknown *hidden;
	struct sk_buff **list;
	int (*call)(int);
	uint8_t tail[0];
};

struct world {
	struct sk_buff skb;
	struct device dev, upper;
	struct net net, upper_net;
	unsigned char data[64];
};

/* ---- BTF of it */

enum {
	T_CHAR = 1,
	T_U8,
	T_S8,
	T_S16,
	T_U16,
	T_INT,
	T_UINT,
	T_S64,
	T_U64,
	T_BOOL,
	T_FLOAT,
	T_U8_DEF,
	T_CNT
};

/* First bit and number of bits of a bit-field, seen by setting it. */
#define BITS_OF(type, member)                                        \
	({                                                           \
		struct type probe_;                                  \
		memset(&probe_, 0, sizeof(probe_));                  \
		probe_.member = -1;                                  \
		find_bits((const uint8_t *)&probe_, sizeof(probe_)); \
	})

struct bits {
	uint32_t first, cnt;
};

static inline struct bits find_bits(const uint8_t *bytes, size_t size)
{
	struct bits b = {0};

	for (uint32_t i = 0; i < 8 * size; i++) {
		if (!(bytes[i / 8] >> i % 8 & 1))
			continue;
		if (!b.cnt)
			b.first = i;
		b.cnt++;
	}
	return b;
}

static inline void add_member(struct btf *btf, const char *name, int type, size_t off)
{
	assert_false(btf__add_field(btf, name, type, (__u32)off * 8, 0));
}

#define MEMBER(type, name, id) add_member(btf, #name, id, offsetof(struct type, name))
#define BITFIELD(type, name, id)                                                \
	do {                                                                    \
		struct bits b_ = BITS_OF(type, name);                           \
		assert_false(btf__add_field(btf, #name, id, b_.first, b_.cnt)); \
	} while (0)

static inline void add_scalars(struct btf *btf)
{
	assert_int_equal(btf__add_int(btf, "char", 1, BTF_INT_SIGNED), T_CHAR);
	assert_int_equal(btf__add_int(btf, "unsigned char", 1, 0), T_U8);
	assert_int_equal(btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED), T_S8);
	assert_int_equal(btf__add_int(btf, "short", 2, BTF_INT_SIGNED), T_S16);
	assert_int_equal(btf__add_int(btf, "unsigned short", 2, 0), T_U16);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), T_INT);
	assert_int_equal(btf__add_int(btf, "unsigned int", 4, 0), T_UINT);
	assert_int_equal(btf__add_int(btf, "long", 8, BTF_INT_SIGNED), T_S64);
	assert_int_equal(btf__add_int(btf, "unsigned long", 8, 0), T_U64);
	assert_int_equal(btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL), T_BOOL);
	assert_int_equal(btf__add_float(btf, "float", 4), T_FLOAT);
	assert_int_equal(btf__add_typedef(btf, "__u8", T_U8), T_U8_DEF);
}

static inline int add_net(struct btf *btf)
{
	int id = btf__add_struct(btf, "net", sizeof(struct net));

	MEMBER(net, inum, T_UINT);
	MEMBER(net, cookie, T_S64);
	return id;
}

static inline int add_device(struct btf *btf)
{
	int net_ptr = btf__add_ptr(btf, add_net(btf));
	int name = btf__add_array(btf, T_INT, T_CHAR, 16);
	int possible = btf__add_struct(btf, NULL, sizeof(struct net *));
	int id;

	add_member(btf, "net", net_ptr, 0);
	id = btf__add_struct(btf, "device", sizeof(struct device));
	MEMBER(device, features, T_U64);
	MEMBER(device, ifindex, T_INT);
	MEMBER(device, name, name);
	MEMBER(device, nd_net, possible);
	/* The pointer to itself comes next but one. */
	add_member(btf, "upper", id + 2, offsetof(struct device, upper));
	btf__add_const(btf, id);
	assert_int_equal(btf__add_ptr(btf, id + 1), id + 2);
	return id;
}

static inline int add_unnamed(struct btf *btf, int skb_ptr)
{
	int inner = btf__add_array(btf, T_INT, T_S16, 2);
	int first = btf__add_struct(btf, NULL, 16), second, id;

	add_member(btf, "next", skb_ptr, 0);
	add_member(btf, "prev", skb_ptr, 8);
	second = btf__add_struct(btf, NULL, 8);
	add_member(btf, "low", T_UINT, 0);
	add_member(btf, "inner", inner, 4);
	id = btf__add_union(btf, NULL, 16);
	add_member(btf, NULL, first, 0);
	add_member(btf, NULL, second, 0);
	return id;
}

static inline void add_bitfields(struct btf *btf, int sign, int color)
{
	BITFIELD(sk_buff, pkt_type, T_U8_DEF);
	BITFIELD(sk_buff, ip_summed, T_U8_DEF);
	BITFIELD(sk_buff, one, T_U8_DEF);
	BITFIELD(sk_buff, cloned, T_U8_DEF);
	BITFIELD(sk_buff, sb1, T_INT);
	BITFIELD(sk_buff, sb5, T_INT);
	BITFIELD(sk_buff, sb17, T_INT);
	BITFIELD(sk_buff, ub31, T_UINT);
	BITFIELD(sk_buff, ub1, T_UINT);
	BITFIELD(sk_buff, wide40, T_U64);
	BITFIELD(sk_buff, tail24, T_U64);
	BITFIELD(sk_buff, swide33, T_S64);
	BITFIELD(sk_buff, swide28, T_S64);
	BITFIELD(sk_buff, scross24, T_S64);
	MEMBER(sk_buff, sign, sign);
	MEMBER(sk_buff, color, color);
	BITFIELD(sk_buff, bit_flag, T_BOOL);
	BITFIELD(sk_buff, whole, T_U16);
}

static inline int add_enums(struct btf *btf, int *color)
{
	int sign = btf__add_enum(btf, "sign", 4);

	btf__add_enum_value(btf, "SIGN_MINUS", SIGN_MINUS);
	btf__add_enum_value(btf, "SIGN_ZERO", SIGN_ZERO);
	btf__add_enum_value(btf, "SIGN_PLUS", SIGN_PLUS);
	*color = btf__add_enum(btf, "color", 4);
	btf__add_enum_value(btf, "RED", RED);
	btf__add_enum_value(btf, "GREEN", GREEN);
	btf__add_enum_value(btf, "BLUE", BLUE);
	btf__add_enum_value(btf, "SHARED", SHARED);
	btf__add_enum64(btf, "other", 8, false);
	btf__add_enum64_value(btf, "SHARED", 8);
	btf__add_enum64_value(btf, "TWICE", 3);
	btf__add_enum64_value(btf, "HUGE", 0xfedcba9876543210ULL);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "TWICE", 4);
	btf__add_enum_value(btf, "SAME", 5);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "SAME", 5);
	return sign;
}

/* Types that are reached through pointers only, or not at all. */
struct far_types {
	int skb_ptr, dev_ptr, data_ptr, void_ptr, unknown_ptr, list, call, cb, grid, pack, tail;
};

static inline void add_far_types(struct btf *btf, struct far_types *t)
{
	int skb = btf__add_fwd(btf, "sk_buff", BTF_FWD_STRUCT), dev;
	struct bits b = BITS_OF(sk_buff, pack.across);

	t->skb_ptr = btf__add_ptr(btf, skb);
	dev = add_device(btf);
	t->dev_ptr = btf__add_volatile(btf, btf__add_ptr(btf, dev));
	t->data_ptr = btf__add_ptr(btf, T_U8);
	t->void_ptr = btf__add_ptr(btf, 0);
	t->unknown_ptr = btf__add_ptr(btf, btf__add_fwd(btf, "unknown", BTF_FWD_STRUCT));
	t->list = btf__add_ptr(btf, t->skb_ptr);
	t->call = btf__add_func_proto(btf, T_INT);
	t->call = btf__add_ptr(btf, t->call);
	t->cb = btf__add_array(btf, T_INT, T_CHAR, 48);
	t->grid = btf__add_array(btf, T_INT, btf__add_array(btf, T_INT, T_U16, 3), 2);
	t->tail = btf__add_array(btf, T_INT, T_U8, 0);
	t->pack = btf__add_struct(btf, NULL, sizeof(((struct sk_buff *)NULL)->pack));
	add_member(btf, "before", T_U8, 0);
	btf__add_field(btf, "across", T_U64, b.first - 8 * offsetof(struct sk_buff, pack), b.cnt);
}

static inline struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();
	struct far_types t;
	int unnamed, sign, color;

	assert_false(libbpf_get_error(btf));
	add_scalars(btf);
	add_far_types(btf, &t);
	unnamed = add_unnamed(btf, t.skb_ptr);
	sign = add_enums(btf, &color);
	btf__add_struct(btf, "sk_buff", sizeof(struct sk_buff));
	add_member(btf, NULL, unnamed, 0);
	MEMBER(sk_buff, dev, t.dev_ptr);
	MEMBER(sk_buff, s8, T_S8);
	MEMBER(sk_buff, u8, T_U8_DEF);
	MEMBER(sk_buff, s16, T_S16);
	MEMBER(sk_buff, u16, T_U16);
	MEMBER(sk_buff, s32, T_INT);
	MEMBER(sk_buff, mark, T_UINT);
	MEMBER(sk_buff, s64, T_S64);
	MEMBER(sk_buff, u64, T_U64);
	MEMBER(sk_buff, cb, t.cb);
	MEMBER(sk_buff, grid, t.grid);
	MEMBER(sk_buff, flag, T_BOOL);
	add_bitfields(btf, sign, color);
	MEMBER(sk_buff, len, T_UINT);
	MEMBER(sk_buff, data, t.data_ptr);
	MEMBER(sk_buff, last_byte, T_U8);
	MEMBER(sk_buff, real, T_FLOAT);
	MEMBER(sk_buff, pack, t.pack);
	MEMBER(sk_buff, opaque, t.void_ptr);
	MEMBER(sk_buff, hidden, t.unknown_ptr);
	MEMBER(sk_buff, list, t.list);
	MEMBER(sk_buff, call, t.call);
	MEMBER(sk_buff, tail, t.tail);
	return btf;
}

#endif
