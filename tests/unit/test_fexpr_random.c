// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random field expressions over random memory, against what C makes of the same.
 *
 * An expression is made as a tree, which is both written as text, with no more parentheses than
 * needed (and some more), and evaluated here, in 128 bits and with the compiler's own idea of
 * where the fields are. FEXPR_SEED=N and FEXPR_COUNT=N in the environment choose other ones.
 */
#include "tests/unit/test_fexpr_run.h"

#include "tests/unit/test_fexpr_ref.h"

#define COUNT  120000
#define WORLDS 3

static unsigned int below(struct rng *r, unsigned int n)
{
	return rng_below(r, n);
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
			bool expected = evaluate_tree(&worlds[i], e, 0, loads[l]);

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
