// SPDX-License-Identifier: GPL-2.0-only
/* Values of nodes that have no field in them. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "filter/fexpr_ast.h"

bool fexpr_is_const(const struct fexpr *e, uint32_t node)
{
	const struct fexpr_node *n = &e->nodes[node];

	if (n->op == FEXPR_PATH)
		return false;
	return (!n->left || fexpr_is_const(e, n->left)) &&
	       (!n->right || fexpr_is_const(e, n->right));
}

static int too_big(const struct fexpr *e, const struct fexpr_node *n)
{
	return fexpr_fail(e, -EINVAL, n->pos, "the constant does not fit in 64 bits");
}

static int negate(const struct fexpr *e, const struct fexpr_node *n, struct fexpr_const a,
		  struct fexpr_const *ret)
{
	if (!a.is_negative && a.bits > 1ULL << 63)
		return too_big(e, n);
	ret->bits = -a.bits;
	ret->is_negative = !a.is_negative && a.bits != 0;
	return 0;
}

/* As of a 64-bit integer: signed, unless it is too big for that. */
static struct fexpr_const invert(struct fexpr_const a)
{
	return (struct fexpr_const){.bits = ~a.bits,
				    .is_negative = !a.is_negative && a.bits >> 63 == 0};
}

static int shift(const struct fexpr *e, const struct fexpr_node *n, struct fexpr_const a,
		 struct fexpr_const b, struct fexpr_const *ret)
{
	if (b.is_negative || b.bits > 63)
		return fexpr_fail(e, -EINVAL, n->pos, "<< takes numbers from 0 to 63");
	if (a.is_negative)
		return fexpr_fail(e, -EINVAL, n->pos, "<< of a negative number");
	ret->bits = a.bits << b.bits;
	return ret->bits >> b.bits == a.bits ? 0 : too_big(e, n);
}

static int swap(const struct fexpr *e, const struct fexpr_node *n, struct fexpr_const a,
		struct fexpr_const *ret)
{
	bool is_short = n->op == FEXPR_SWAP16;

	if (a.is_negative || a.bits > (is_short ? UINT16_MAX : UINT32_MAX))
		return fexpr_fail(e, -EINVAL, n->pos, "%.5s() takes numbers from 0 to 0x%x",
				  e->text + n->pos + strspn(e->text + n->pos, "( \t\r\n"),
				  is_short ? UINT16_MAX : UINT32_MAX);
	ret->bits = is_short ? htons((uint16_t)a.bits) : htonl((uint32_t)a.bits);
	return 0;
}

static int lookup(const struct fexpr *e, const struct fexpr_types *types, uint32_t type_id,
		  const struct fexpr_node *n, struct fexpr_const *ret)
{
	const char *name = e->parts[n->part].name;
	struct fexpr_part member = {.kind = FEXPR_ARROW};
	struct fexpr_field field;
	char ignored[512];
	int rc = types->enumerator(types, name, type_id, ret, e->err, e->errsz);

	if (rc != -ENOENT)
		return rc;
	memcpy(member.name, name, sizeof(member.name));
	if (types->resolve(types, &member, 1, &field, ignored, sizeof(ignored)))
		return rc;
	return fexpr_fail(e, rc, n->pos, "'%s' is no constant; is skb->%s meant?", name, name);
}

/* Of one or two folded operands. */
static int compute(const struct fexpr *e, const struct fexpr_node *n, struct fexpr_const a,
		   struct fexpr_const b, struct fexpr_const *ret)
{
	switch (n->op) {
	case FEXPR_NEG:
		return negate(e, n, a, ret);
	case FEXPR_INV:
		*ret = invert(a);
		return 0;
	case FEXPR_SWAP16:
	case FEXPR_SWAP32:
		return swap(e, n, a, ret);
	case FEXPR_SHL:
		return shift(e, n, a, b, ret);
	case FEXPR_BITAND:
		ret->bits = a.bits & b.bits;
		ret->is_negative = a.is_negative && b.is_negative;
		return 0;
	case FEXPR_BITOR:
		ret->bits = a.bits | b.bits;
		ret->is_negative = a.is_negative || b.is_negative;
		return 0;
	default:
		return fexpr_fail(e, -EINVAL, n->pos, "this is a condition, not a value");
	}
}

int fexpr_fold(const struct fexpr *e, const struct fexpr_types *types, uint32_t type_id,
	       uint32_t node, struct fexpr_const *ret)
{
	const struct fexpr_node *n = &e->nodes[node];
	struct fexpr_const a = {0}, b = {0};
	int rc = 0;

	*ret = (struct fexpr_const){0};
	if (n->op == FEXPR_CONST) {
		*ret = n->value;
		return 0;
	}
	if (n->op == FEXPR_NAME)
		return lookup(e, types, type_id, n, ret);
	if (n->left)
		rc = fexpr_fold(e, types, type_id, n->left, &a);
	if (!rc && n->right)
		rc = fexpr_fold(e, types, type_id, n->right, &b);
	return rc ? rc : compute(e, n, a, b, ret);
}
