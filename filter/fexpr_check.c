// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes to terms: which are conditions and which are values, what the fields are, and whether the
 * constants fit them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "filter/fexpr_ast.h"

/* A node's text, for %.*s; long ones are cut off. */
#define QUOTE_MAX 60
#define QUOTE(e, n)                                                               \
	(int)((n)->end - (n)->pos > QUOTE_MAX ? QUOTE_MAX : (n)->end - (n)->pos), \
		(e)->text + (n)->pos

struct checker {
	struct fexpr *e;
	const struct fexpr_types *types;
};

static bool is_condition(enum fexpr_op op)
{
	return op <= FEXPR_TERM;
}

static bool is_ordering(enum fexpr_op op)
{
	return op >= FEXPR_LT && op <= FEXPR_GE;
}

static uint64_t low_bits(unsigned int bits)
{
	return bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;
}

/* ---- constants */

static int does_not_fit(const struct checker *c, const struct fexpr_node *n,
			const struct fexpr_value *v, bool is_signed, uint64_t max)
{
	char range[64];

	if (is_signed)
		snprintf(range, sizeof(range), "%" PRId64 " to %" PRId64, -(int64_t)max - 1,
			 (int64_t)max);
	else
		snprintf(range, sizeof(range), "0 to %" PRIu64 " (0x%" PRIx64 ")", max, max);
	return fexpr_fail(c->e, -EINVAL, n->pos,
			  "%.*s is out of range: what it is compared with holds %s", QUOTE(c->e, n),
			  v->field.kind == FEXPR_BOOL ? "0 or 1" : range);
}

/* The constant @node for a value, @ordered by < and the like or not; see fexpr.h. */
static int fit(const struct checker *c, uint32_t node, const struct fexpr_value *v, bool ordered,
	       uint64_t *ret)
{
	const struct fexpr_node *n = &c->e->nodes[node];
	uint64_t unsigned_max = v->field.kind == FEXPR_BOOL ? 1 : low_bits(v->bits);
	uint64_t signed_max = low_bits(v->bits - 1U);
	bool is_signed = v->is_signed;
	struct fexpr_const k;
	bool fits;
	int rc = fexpr_fold(c->e, c->types, v->field.type_id, node, &k);

	if (rc)
		return rc;
	if (k.is_negative)
		fits = (is_signed || !ordered) && v->field.kind != FEXPR_BOOL &&
		       ~k.bits <= signed_max;
	else
		fits = k.bits <= (is_signed && ordered ? signed_max : unsigned_max);
	if (!fits)
		return does_not_fit(c, n, v, is_signed, is_signed ? signed_max : unsigned_max);
	*ret = ordered && is_signed ? k.bits : k.bits & low_bits(v->bits);
	return 0;
}

/* ---- values */

static int resolve(const struct checker *c, const struct fexpr_node *n, struct fexpr_value *v)
{
	const struct fexpr *e = c->e;
	struct fexpr_field *f = &v->field;
	int rc = c->types->resolve(c->types, e->parts + n->part, n->part_cnt, f, e->err, e->errsz);

	if (rc)
		return rc;
	if (f->kind == FEXPR_ARRAY)
		return fexpr_fail(e, -EINVAL, n->pos,
				  "%.*s is an array; name one of its elements: %.*s[0]",
				  QUOTE(e, n), QUOTE(e, n));
	if (f->kind == FEXPR_STRUCT)
		return fexpr_fail(e, -EINVAL, n->pos, "%.*s is a struct or union; name a member",
				  QUOTE(e, n));
	if (f->kind == FEXPR_OTHER)
		return fexpr_fail(e, -EINVAL, n->pos, "%.*s is of a type that cannot be compared",
				  QUOTE(e, n));
	v->bits = f->bit_size ? f->bit_size : (uint8_t)(8 * f->size);
	v->is_signed = f->is_signed;
	return 0;
}

static int make_swapped(const struct checker *c, const struct fexpr_node *n, struct fexpr_value *v)
{
	const struct fexpr_node *path = &c->e->nodes[n->left];
	unsigned int size = n->op == FEXPR_SWAP16 ? 2 : 4;
	int rc;

	if (path->op != FEXPR_PATH)
		return fexpr_fail(c->e, -EINVAL, path->pos,
				  "expected skb->... or a constant, found '%.*s'",
				  QUOTE(c->e, path));
	rc = resolve(c, path, v);
	if (rc)
		return rc;
	if (v->bits != 8 * size || v->field.bit_size)
		return fexpr_fail(c->e, -EINVAL, n->pos,
				  "%.*s has %u bits, not the %u that are swapped",
				  QUOTE(c->e, path), v->bits, 8 * size);
	v->swap = true;
	v->is_signed = false;
	return 0;
}

static int no_value(const struct checker *c, const struct fexpr_node *n)
{
	const struct fexpr *e = c->e;

	if (n->op == FEXPR_NOT)
		return fexpr_fail(e, -EINVAL, n->pos,
				  "%.*s is a condition, not a value; write !(... == ...) if the "
				  "whole comparison is meant",
				  QUOTE(e, n));
	if (is_condition(n->op))
		return fexpr_fail(e, -EINVAL, n->pos,
				  "%.*s is a condition, not a value; where parentheses are left "
				  "out, comparisons bind tighter than &, and & tighter than &&",
				  QUOTE(e, n));
	return fexpr_fail(e, -EINVAL, n->pos, "in %.*s an operator for constants meets a field",
			  QUOTE(e, n));
}

/* a & b == c, which is a & (b == c) in C. */
static int trap(const struct checker *c, const struct fexpr_node *and)
{
	const struct fexpr *e = c->e;
	const struct fexpr_node *cmp = &e->nodes[ and->right];
	const struct fexpr_node masked = {.pos = and->pos, .end = e->nodes[cmp->left].end};
	const struct fexpr_node rest = {.pos = masked.end, .end = cmp->end};

	if (e->text[cmp->pos] == '(' || cmp->op < FEXPR_EQ)
		return no_value(c, cmp);
	return fexpr_fail(e, -EINVAL, cmp->pos,
			  "comparisons bind tighter than &, as in C; write (%.*s)%.*s",
			  QUOTE(e, &masked), QUOTE(e, &rest));
}

static int make_value(const struct checker *c, uint32_t node, struct fexpr_value *v);

static int make_masked(const struct checker *c, const struct fexpr_node *n, struct fexpr_value *v)
{
	bool left_is_const = fexpr_is_const(c->e, n->left);
	uint32_t field = left_is_const ? n->right : n->left;
	uint32_t constant = left_is_const ? n->left : n->right;
	uint64_t mask;
	int rc;

	if (is_condition(c->e->nodes[n->right].op))
		return trap(c, n);
	if (!left_is_const && !fexpr_is_const(c->e, n->right))
		return fexpr_fail(c->e, -EINVAL, n->pos,
				  "in %.*s one side of & has to be a constant", QUOTE(c->e, n));
	rc = make_value(c, field, v);
	if (!rc)
		rc = fit(c, constant, v, false, &mask);
	if (rc)
		return rc;
	v->mask = v->has_mask ? v->mask & mask : mask;
	v->has_mask = true;
	v->is_signed = false;
	return 0;
}

/* A node that is not constant. */
static int make_value(const struct checker *c, uint32_t node, struct fexpr_value *v)
{
	const struct fexpr_node *n = &c->e->nodes[node];

	switch (n->op) {
	case FEXPR_PATH:
		return resolve(c, n, v);
	case FEXPR_SWAP16:
	case FEXPR_SWAP32:
		return make_swapped(c, n, v);
	case FEXPR_BITAND:
		return make_masked(c, n, v);
	default:
		return no_value(c, n);
	}
}

/* ---- conditions */

/* There are only constants in @node, if that: it may be a member whose skb-> was left out. */
static int no_field(const struct checker *c, uint32_t node)
{
	const struct fexpr_node *n = &c->e->nodes[node];
	struct fexpr_const ignored;
	int rc;

	if (is_condition(n->op)) {
		rc = fexpr_fold(c->e, c->types, 0, n->left, &ignored);
		if (!rc)
			rc = fexpr_fold(c->e, c->types, 0, n->right, &ignored);
	} else {
		rc = fexpr_fold(c->e, c->types, 0, node, &ignored);
	}
	return rc ? rc
		  : fexpr_fail(c->e, -EINVAL, n->pos, "there is no field of the skb in %.*s",
			       QUOTE(c->e, n));
}

static enum fexpr_op mirrored(enum fexpr_op op)
{
	switch (op) {
	case FEXPR_LT:
		return FEXPR_GT;
	case FEXPR_LE:
		return FEXPR_GE;
	case FEXPR_GT:
		return FEXPR_LT;
	case FEXPR_GE:
		return FEXPR_LE;
	default:
		return op;
	}
}

/* How two fields compare: by value, as far as 64 bits hold both. */
static bool compares_signed(const struct fexpr_value *a, const struct fexpr_value *b)
{
	bool a_is_wide = a->bits == 64 && !a->is_signed, b_is_wide = b->bits == 64 && !b->is_signed;

	return (a->is_signed || b->is_signed) && !a_is_wide && !b_is_wide;
}

static int make_comparison(const struct checker *c, uint32_t node, struct fexpr_term *t)
{
	const struct fexpr_node *n = &c->e->nodes[node];
	uint32_t left = n->left, right = n->right;
	bool ordered = is_ordering(n->op);
	int rc;

	t->cmp = n->op;
	if (fexpr_is_const(c->e, left)) {
		if (fexpr_is_const(c->e, right))
			return no_field(c, node);
		left = n->right;
		right = n->left;
		t->cmp = mirrored(n->op);
	}
	rc = make_value(c, left, &t->left);
	if (rc)
		return rc;
	if (fexpr_is_const(c->e, right)) {
		t->is_signed = ordered && t->left.is_signed;
		return fit(c, right, &t->left, ordered, &t->constant);
	}
	t->right_is_field = true;
	rc = make_value(c, right, &t->right);
	t->is_signed = ordered && compares_signed(&t->left, &t->right);
	return rc;
}

static int make_term(const struct checker *c, uint32_t node)
{
	struct fexpr *e = c->e;
	struct fexpr_node *n = &e->nodes[node];
	struct fexpr_term t = {.pos = n->pos, .cmp = FEXPR_NE};
	int rc;

	if (e->term_cnt == FEXPR_MAX_TERMS)
		return fexpr_fail(e, -E2BIG, n->pos, "the expression has more than %d comparisons",
				  FEXPR_MAX_TERMS);
	if (n->op >= FEXPR_EQ && n->op <= FEXPR_GE)
		rc = make_comparison(c, node, &t);
	else if (fexpr_is_const(e, node))
		rc = no_field(c, node);
	else
		rc = make_value(c, node, &t.left);
	if (!rc)
		rc = fexpr_grow(e, (void **)&e->terms, e->term_cnt, &e->term_cap,
				sizeof(*e->terms));
	if (rc)
		return rc;
	n->op = FEXPR_TERM;
	n->left = (uint32_t)e->term_cnt;
	e->terms[e->term_cnt++] = t;
	return 0;
}

static int check(const struct checker *c, uint32_t node)
{
	const struct fexpr_node *n = &c->e->nodes[node];
	int rc;

	switch (n->op) {
	case FEXPR_OR:
	case FEXPR_AND:
		rc = check(c, n->left);
		return rc ? rc : check(c, n->right);
	case FEXPR_NOT:
		return check(c, n->left);
	default:
		return make_term(c, node);
	}
}

int fexpr_check(struct fexpr *e, const struct fexpr_types *types)
{
	const struct checker c = {.e = e, .types = types};

	return check(&c, e->root);
}
