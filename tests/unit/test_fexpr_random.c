// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random field expressions over random memory, against what C makes of the same.
 *
 * An expression is made as a tree, which is both written as text, with no more parentheses than
 * needed (and some more), and evaluated here, in 128 bits and with the compiler's own idea of
 * where the fields are. FEXPR_SEED=N and FEXPR_COUNT=N in the environment choose other ones.
 */
#include "tests/unit/test_fexpr.h"

#include "tests/filter/rng.h"

#define COUNT	  120000
#define WORLDS	  3
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

static wide c_value(const struct sk_buff *skb, unsigned int field)
{
	unsigned int i = 0;

#define X(path, value, bits, sign, way, last, size) \
	if (field == i++)                           \
		return value;
	FIELDS(X)
#undef X
	abort();
}

static bool is_bool(unsigned int field)
{
	return !strcmp(fields[field].path, "skb->flag") ||
	       !strcmp(fields[field].path, "skb->bit_flag");
}

/* Whether bytes lie within the world. */
static bool readable(const struct world *w, uintptr_t addr, size_t size)
{
	uintptr_t start = (uintptr_t)w;

	return addr >= start && addr - start <= sizeof(*w) - size;
}

static enum seen follow(const struct world *w, const struct field *f)
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

static unsigned int below(struct rng *r, unsigned int n)
{
	return rng_below(r, n);
}

static wide power(unsigned int n)
{
	return (wide)1 << n;
}

static unsigned int value_bits(const struct value *v)
{
	return fields[v->field].bits;
}

static bool value_signed(const struct value *v)
{
	return fields[v->field].is_signed && !v->swap && !v->masked;
}

/* The bits of a number, as an unsigned one of as many bits. */
static wide pattern(wide n, unsigned int bits)
{
	return n & (power(bits) - 1);
}

static wide random_bits(struct rng *r, unsigned int bits)
{
	uint64_t n = rng_next(r);

	switch (below(r, 4)) {
	case 0:
		n = below(r, 4);
		break;
	case 1:
		n = -(uint64_t)below(r, 4);
		break;
	case 2:
		n = (1ULL << (bits - 1)) - below(r, 2);
		break;
	}
	return pattern((wide)n, bits);
}

static struct value random_value(struct rng *r)
{
	struct value v = {.field = below(r, FIELD_CNT)};
	unsigned int bits = value_bits(&v);

	v.swap = (bits == 16 || bits == 32) && below(r, 4) == 0;
	v.masked = below(r, 4) == 0;
	if (v.masked) {
		v.mask = (uint64_t)random_bits(r, bits);
		v.mask_first = below(r, 2);
		v.mask_negative = below(r, 4) == 0 && !is_bool(v.field) && v.mask >> (bits - 1);
	}
	return v;
}

/* What a value is; in the direct way what cannot be read at the end of the path is 0. */
static bool evaluate_value(const struct world *w, const struct value *v, enum filter_load load,
			   wide *ret)
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

static bool is_unsigned_64(const struct value *v)
{
	return value_bits(v) == 64 && !value_signed(v);
}

static bool compare_wide(enum cmp cmp, wide a, wide b)
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

static bool evaluate_term(const struct world *w, const struct node *n, enum filter_load load)
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

static bool evaluate(const struct world *w, const struct expr *e, unsigned int node,
		     enum filter_load load)
{
	const struct node *n = &e->nodes[node];

	switch (n->op) {
	case OP_TERM:
		return evaluate_term(w, n, load);
	case OP_NOT:
		return !evaluate(w, e, n->left, load);
	case OP_AND:
		return evaluate(w, e, n->left, load) && evaluate(w, e, n->right, load);
	default:
		return evaluate(w, e, n->left, load) || evaluate(w, e, n->right, load);
	}
}

/* A constant that may be compared with the value; near what it is now. */
static wide random_constant(struct rng *r, const struct node *n, const struct world *w)
{
	unsigned int bits = value_bits(&n->a);
	bool is_signed = value_signed(&n->a), ordered = n->cmp >= CMP_LT;
	wide k;

	if (is_bool(n->a.field))
		return below(r, 2);
	if (below(r, 2) || !evaluate_value(w, &n->a, FILTER_LOAD_PROBE, &k))
		k = random_bits(r, bits);
	k = pattern(k + (wide)below(r, 3) - 1, bits);
	/* In the other signedness too, where that is allowed. */
	if ((is_signed || (!ordered && below(r, 3) == 0)) && k >= power(bits - 1) &&
	    (ordered || below(r, 3)))
		k -= power(bits);
	return k;
}

static unsigned int random_node(struct expr *e, const struct world *w, unsigned int depth)
{
	struct rng *r = e->rng;
	unsigned int at = e->cnt++;
	struct node *n = &e->nodes[at];

	*n = (struct node){.op = OP_TERM};
	if (depth > 0 && below(r, 5)) {
		n->op = 1 + below(r, 3);
		n->left = random_node(e, w, depth - 1);
		if (n->op != OP_NOT)
			n->right = random_node(e, w, depth - 1);
		return at;
	}
	n->a = random_value(r);
	n->cmp = below(r, CMP_CNT);
	n->b_is_field = n->cmp != CMP_NONE && below(r, 5) == 0;
	n->mirror = below(r, 4) == 0;
	if (n->b_is_field)
		n->b = random_value(r);
	else if (n->cmp != CMP_NONE)
		n->constant = random_constant(r, n, w);
	return at;
}

/* ---- as text */

static void put(struct expr *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct expr *e, const char *fmt, ...)
{
	va_list ap;

	if (below(e->rng, 8) == 0 && e->len && e->text[e->len - 1] != '-')
		e->text[e->len++] = ' ';
	va_start(ap, fmt);
	e->len += (size_t)vsnprintf(e->text + e->len, TEXT_SIZE - e->len, fmt, ap);
	va_end(ap);
	assert_true(e->len < TEXT_SIZE);
}

static void put_constant(struct expr *e, wide k)
{
	unsigned long long n = (unsigned long long)(k < 0 ? -k : k);
	bool is_negative = k < 0;

	switch (below(e->rng, 8)) {
	case 0:
		put(e, is_negative ? "-0x%llx" : "0x%llX", n);
		return;
	case 1:
		put(e, is_negative ? "-0%llo" : "0%llo", n);
		return;
	case 2:
		if (is_negative)
			put(e, "~%lluu", n - 1);
		else
			put(e, "(0x%llx|%llu)", n & 0xff00ff, n & ~0xff00ffULL);
		return;
	case 3:
		if (!is_negative && n < 256) {
			put(e, "'\\x%02llx'", n);
			return;
		}
		break;
	case 4:
		if (!is_negative && n <= UINT16_MAX) {
			put(e, "htons(%u)", __builtin_bswap16((uint16_t)n));
			return;
		}
		if (!is_negative && n <= UINT32_MAX) {
			put(e, "ntohl(0x%x)", __builtin_bswap32((uint32_t)n));
			return;
		}
		break;
	case 5:
		if (!is_negative && n) {
			put(e, "(%lluL<<%u)", n >> __builtin_ctzll(n), __builtin_ctzll(n));
			return;
		}
		break;
	}
	put(e, is_negative ? "-%llu" : "%llu", n);
}

static void put_path(struct expr *e, const struct value *v)
{
	static const char *const swaps[] = {"ntohs", "htons", "ntohl", "htonl"};
	const struct field *f = &fields[v->field];

	if (v->swap)
		put(e, "%s(%s)", swaps[(f->bits == 32) * 2 + below(e->rng, 2)], f->path);
	else if (below(e->rng, 8) == 0)
		put(e, "((%s))", f->path);
	else
		put(e, "%s", f->path);
}

static void put_value(struct expr *e, const struct value *v, bool parens)
{
	wide mask = v->mask;

	if (!v->masked) {
		put_path(e, v);
		return;
	}
	if (v->mask_negative)
		mask -= power(value_bits(v));
	if (parens)
		put(e, "(");
	if (v->mask_first) {
		put_constant(e, mask);
		put(e, "&");
		put_path(e, v);
	} else {
		put_path(e, v);
		put(e, "&");
		put_constant(e, mask);
	}
	if (parens)
		put(e, ")");
}

static void put_term(struct expr *e, const struct node *n)
{
	static const char *const straight[] = {"", "==", "!=", "<", "<=", ">", ">="};
	static const char *const mirrored[] = {"", "==", "!=", ">", ">=", "<", "<="};

	if (n->cmp == CMP_NONE) {
		put_value(e, &n->a, false);
		return;
	}
	if (!n->mirror)
		put_value(e, &n->a, true);
	else if (n->b_is_field)
		put_value(e, &n->b, true);
	else
		put_constant(e, n->constant);
	put(e, "%s", (n->mirror ? mirrored : straight)[n->cmp]);
	if (n->mirror)
		put_value(e, &n->a, true);
	else if (n->b_is_field)
		put_value(e, &n->b, true);
	else
		put_constant(e, n->constant);
}

/* @min: what the operators around it need: 1 ||, 2 &&, 3 !. */
static void put_node(struct expr *e, unsigned int node, int min)
{
	const struct node *n = &e->nodes[node];
	bool is_path = n->op == OP_TERM && n->cmp == CMP_NONE && !n->a.masked;
	int binds = n->op == OP_OR ? 1 : n->op == OP_AND ? 2 : n->op == OP_NOT || is_path ? 4 : 2;
	bool parens = binds < min || below(e->rng, 8) == 0;

	if (parens)
		put(e, "(");
	switch (n->op) {
	case OP_TERM:
		put_term(e, n);
		break;
	case OP_NOT:
		put(e, "!");
		put_node(e, n->left, 3);
		break;
	default:
		put_node(e, n->left, binds);
		put(e, n->op == OP_AND ? "&&" : "||");
		put_node(e, n->right, binds);
	}
	if (parens)
		put(e, ")");
}

/* ---- memory */

static void *random_pointer(struct rng *r, void *good)
{
	static const uintptr_t bad[] = {1, 0x1000, 0xffffffffffff0000, 0x7fffffffffffffff};

	switch (below(r, 6)) {
	case 0:
		return NULL;
	case 1:
		return (void *)bad[below(r, 4)];
	default:
		return good;
	}
}

static void random_bytes(struct rng *r, void *bytes, size_t size)
{
	uint8_t *p = bytes;

	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(below(r, 3) ? rng_next(r) : below(r, 2) ? 0 : 0xff);
}

static void random_world(struct rng *r, struct world *w)
{
	random_bytes(r, w, sizeof(*w));
	w->skb.flag = below(r, 2);
	w->skb.dev = random_pointer(r, &w->dev);
	w->skb.data = random_pointer(r, w->data);
	w->dev.nd_net.net = random_pointer(r, &w->net);
	w->dev.upper = random_pointer(r, &w->upper);
	w->upper.nd_net.net = random_pointer(r, &w->upper_net);
}

/* ---- all together */

static void run_expr(const struct expr *e, const struct world *worlds,
		     const struct fexpr_types *types, unsigned int *trues)
{
	for (size_t l = 0; l < LOADS; l++) {
		const struct translate_opts opts = load_opts(loads[l]);
		struct insn_buf code = {0};
		char err[512];

		if (fexpr_compile(e->text, types, &opts, &code, err, sizeof(err)))
			fail_msg("%s\n  %s", e->text, err);
		for (int i = 0; i < WORLDS; i++) {
			bool expected = evaluate(&worlds[i], e, 0, loads[l]);

			if (run_world(&code, &worlds[i], e->text) != expected)
				fail_msg("%s\n  is not %d, load %zu, world %d", e->text, expected,
					 l, i);
			*trues += expected;
		}
		insn_buf_free(&code);
	}
}

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static void test_random(void **state)
{
	unsigned long count = from_environment("FEXPR_COUNT", COUNT);
	struct rng r = {from_environment("FEXPR_SEED", 20240607)};
	struct btf *btf = make_btf();
	const struct fexpr_types types = field_types(btf);
	static struct world worlds[WORLDS];
	static struct expr e;
	unsigned int trues = 0;

	(void)state;
	printf("seed %lu\n", (unsigned long)r.state);
	for (unsigned long n = 0; n < count; n++) {
		for (int i = 0; i < WORLDS && n % 4 == 0; i++)
			random_world(&r, &worlds[i]);
		e.cnt = 0;
		e.len = 0;
		e.rng = &r;
		random_node(&e, &worlds[0], below(&r, 5));
		put_node(&e, 0, 1);
		run_expr(&e, worlds, &types, &trues);
	}
	printf("%lu expressions, %lu runs, %u true\n", count, count * WORLDS * LOADS, trues);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
