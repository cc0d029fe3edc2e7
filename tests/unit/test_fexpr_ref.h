/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_UNIT_TEST_FEXPR_REF_H
#define PWRU_CAP_TESTS_UNIT_TEST_FEXPR_REF_H
/*
 * Field expressions as trees, and what they are over a world: evaluated in 128 bits, with the
 * compiler's own idea of where the fields are.
 */
#include "tests/unit/test_fexpr_world.h"

#include "tests/filter/rng.h"

#define MAX_NODES 64
#define TEXT_SIZE 16384

typedef __int128 wide;

/* ---- fields */

enum seen {
	SEEN,
	NOT_SEEN,
	LAST_NOT_READABLE
};

#define AT(type, member) offsetof(struct type, member)
#define DEV		 AT(sk_buff, dev)
#define NET		 AT(device, nd_net.net)
#define UPPER		 AT(device, upper)

/* X(path, value in C, bits, signed, pointers on the way, offset of the last, its size) */
#define WAY(...)            \
	{                   \
		__VA_ARGS__ \
	}
#define PLAIN(X, member, bits, sign) X("skb->" #member, skb->member, bits, sign, WAY(0), 0, 0)
#define FIELDS(X)                                                                             \
	PLAIN(X, low, 32, 0)                                                                  \
	PLAIN(X, inner[1], 16, 1)                                                             \
	PLAIN(X, s8, 8, 1)                                                                    \
	PLAIN(X, u8, 8, 0)                                                                    \
	PLAIN(X, s16, 16, 1)                                                                  \
	PLAIN(X, u16, 16, 0)                                                                  \
	PLAIN(X, s32, 32, 1)                                                                  \
	PLAIN(X, mark, 32, 0)                                                                 \
	PLAIN(X, s64, 64, 1)                                                                  \
	PLAIN(X, u64, 64, 0)                                                                  \
	PLAIN(X, cb[3], 8, 1)                                                                 \
	PLAIN(X, grid[1][0], 16, 0)                                                           \
	PLAIN(X, flag, 1, 0)                                                                  \
	PLAIN(X, pkt_type, 3, 0)                                                              \
	PLAIN(X, ip_summed, 2, 0)                                                             \
	PLAIN(X, one, 1, 0)                                                                   \
	PLAIN(X, cloned, 1, 0)                                                                \
	PLAIN(X, sb1, 1, 1)                                                                   \
	PLAIN(X, sb5, 5, 1)                                                                   \
	PLAIN(X, sb17, 17, 1)                                                                 \
	PLAIN(X, ub31, 31, 0)                                                                 \
	PLAIN(X, ub1, 1, 0)                                                                   \
	PLAIN(X, wide40, 40, 0)                                                               \
	PLAIN(X, tail24, 24, 0)                                                               \
	PLAIN(X, swide33, 33, 1)                                                              \
	PLAIN(X, swide28, 28, 1)                                                              \
	PLAIN(X, scross24, 24, 1)                                                             \
	PLAIN(X, whole, 16, 0)                                                                \
	PLAIN(X, bit_flag, 1, 0)                                                              \
	PLAIN(X, pack.across, 62, 0)                                                          \
	PLAIN(X, last_byte, 8, 0)                                                             \
	X("skb->sign", (int)skb->sign, 32, 1, WAY(0), 0, 0)                                   \
	X("skb->color", (unsigned int)skb->color, 32, 0, WAY(0), 0, 0)                        \
	X("skb->dev", (uintptr_t)skb->dev, 64, 0, WAY(0), 0, 0)                               \
	X("skb->dev->ifindex", skb->dev->ifindex, 32, 1, WAY(DEV), AT(device, ifindex), 4)    \
	X("skb->dev->features", skb->dev->features, 64, 0, WAY(DEV), AT(device, features), 8) \
	X("skb->dev->name[2]", skb->dev->name[2], 8, 1, WAY(DEV), AT(device, name[2]), 1)     \
	X("skb->dev->nd_net.net", (uintptr_t)skb->dev->nd_net.net, 64, 0, WAY(DEV), NET, 8)   \
	X("skb->dev->nd_net.net->inum", skb->dev->nd_net.net->inum, 32, 0, WAY(DEV, NET),     \
	  AT(net, inum), 4)                                                                   \
	X("skb->dev->upper->ifindex", skb->dev->upper->ifindex, 32, 1, WAY(DEV, UPPER),       \
	  AT(device, ifindex), 4)                                                             \
	X("skb->dev->upper->nd_net.net->cookie", skb->dev->upper->nd_net.net->cookie, 64, 1,  \
	  WAY(DEV, UPPER, NET), AT(net, cookie), 8)                                           \
	X("skb->data[0]", skb->data[0], 8, 0, WAY(AT(sk_buff, data)), 0, 1)                   \
	X("skb->data[63]", skb->data[63], 8, 0, WAY(AT(sk_buff, data)), 63, 1)

/* Offset 0 ends the way: that of skb->next, which is not among them. */
static const struct field {
	const char *path;
	unsigned int bits;
	bool is_signed;
	size_t way[4], last, size;
} fields[] = {
#define X(path, value, bits, sign, way, last, size) {path, bits, sign, way, last, size},
	FIELDS(X)
#undef X
};
#define FIELD_CNT (sizeof(fields) / sizeof(fields[0]))

static inline wide c_value(const struct sk_buff *skb, unsigned int field)
{
	unsigned int i = 0;

#define X(path, value, bits, sign, way, last, size) \
	if (field == i++)                           \
		return value;
	FIELDS(X)
#undef X
	abort();
}

static inline bool is_bool(unsigned int field)
{
	return !strcmp(fields[field].path, "skb->flag") ||
	       !strcmp(fields[field].path, "skb->bit_flag");
}

/* Whether bytes lie within the world. */
static inline bool readable(const struct world *w, uintptr_t addr, size_t size)
{
	uintptr_t start = (uintptr_t)w;

	return addr >= start && addr - start <= sizeof(*w) - size;
}

static inline enum seen follow(const struct world *w, const struct field *f)
{
	uintptr_t at = (uintptr_t)&w->skb;

	for (int i = 0; f->way[i]; i++) {
		if (!readable(w, at + f->way[i], sizeof(at)))
			return NOT_SEEN;
		memcpy(&at, (const void *)(at + f->way[i]), sizeof(at));
		if (!at)
			return NOT_SEEN;
	}
	return !f->size || readable(w, at + f->last, f->size) ? SEEN : LAST_NOT_READABLE;
}

/* ---- expressions */

struct value {
	unsigned int field;
	bool swap, masked;
	uint64_t mask;
	bool mask_first, mask_negative;
};

enum op {
	OP_TERM,
	OP_NOT,
	OP_AND,
	OP_OR
};
enum cmp {
	CMP_NONE,
	CMP_EQ,
	CMP_NE,
	CMP_LT,
	CMP_LE,
	CMP_GT,
	CMP_GE,
	CMP_CNT
};

struct node {
	enum op op;
	unsigned int left, right;
	enum cmp cmp;
	struct value a, b;
	bool b_is_field, mirror;
	wide constant;
};

struct expr {
	struct node nodes[MAX_NODES];
	unsigned int cnt;
	char text[TEXT_SIZE];
	size_t len;
	struct rng *rng;
};

static inline wide power(unsigned int n)
{
	return (wide)1 << n;
}

static inline unsigned int value_bits(const struct value *v)
{
	return fields[v->field].bits;
}

static inline bool value_signed(const struct value *v)
{
	return fields[v->field].is_signed && !v->swap && !v->masked;
}

/* The bits of a number, as an unsigned one of as many bits. */
static inline wide pattern(wide n, unsigned int bits)
{
	return n & (power(bits) - 1);
}

/* What a value is; in the direct way what cannot be read at the end of the path is 0. */
static inline bool evaluate_value(const struct world *w, const struct value *v,
				  enum filter_load load, wide *ret)
{
	enum seen seen = follow(w, &fields[v->field]);
	unsigned int bits = value_bits(v);
	wide n = 0;

	if (seen == NOT_SEEN || (seen == LAST_NOT_READABLE && load != FILTER_LOAD_DIRECT))
		return false;
	if (seen == SEEN)
		n = c_value(&w->skb, v->field);
	if (v->swap && bits == 16)
		n = __builtin_bswap16((uint16_t)n);
	else if (v->swap)
		n = __builtin_bswap32((uint32_t)n);
	if (v->masked)
		n = pattern(n, bits) & v->mask;
	*ret = n;
	return true;
}

static inline bool is_unsigned_64(const struct value *v)
{
	return value_bits(v) == 64 && !value_signed(v);
}

static inline bool compare_wide(enum cmp cmp, wide a, wide b)
{
	switch (cmp) {
	case CMP_EQ:
		return a == b;
	case CMP_NE:
		return a != b;
	case CMP_LT:
		return a < b;
	case CMP_LE:
		return a <= b;
	case CMP_GT:
		return a > b;
	default:
		return a >= b;
	}
}

static inline bool evaluate_term(const struct world *w, const struct node *n, enum filter_load load)
{
	bool ordered = n->cmp >= CMP_LT;
	wide a, b = n->constant;

	if (!evaluate_value(w, &n->a, load, &a))
		return false;
	if (n->cmp == CMP_NONE)
		return a != 0;
	if (!n->b_is_field) {
		unsigned int bits = value_bits(&n->a);

		return ordered ? compare_wide(n->cmp, a, b)
			       : compare_wide(n->cmp, pattern(a, bits), pattern(b, bits));
	}
	if (!evaluate_value(w, &n->b, load, &b))
		return false;
	if (is_unsigned_64(&n->a) || is_unsigned_64(&n->b)) {
		a = pattern(a, 64);
		b = pattern(b, 64);
	}
	return compare_wide(n->cmp, a, b);
}

static inline bool evaluate_tree(const struct world *w, const struct expr *e, unsigned int node,
				 enum filter_load load)
{
	const struct node *n = &e->nodes[node];

	switch (n->op) {
	case OP_TERM:
		return evaluate_term(w, n, load);
	case OP_NOT:
		return !evaluate_tree(w, e, n->left, load);
	case OP_AND:
		return evaluate_tree(w, e, n->left, load) && evaluate_tree(w, e, n->right, load);
	default:
		return evaluate_tree(w, e, n->left, load) || evaluate_tree(w, e, n->right, load);
	}
}

#endif
