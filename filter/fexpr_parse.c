// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text to nodes, by recursive descent with C's precedence. Types are not looked at, so that
 * skb->mark & 0xff == 0x10 gets the tree that it has in C, and fexpr_check() can say what is wrong
 * with it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "filter/fexpr_ast.h"
#include "filter/fexpr_lex.h"

struct parser {
	struct fexpr *e;
	struct fexpr_token tok; /* the next one */
	unsigned int depth;
};

/* Binary operators, by how tightly they bind. */
static const struct {
	enum fexpr_token_kind tok;
	int precedence;
	enum fexpr_op op;
} binaries[] = {
	{TOK_OROR, 1, FEXPR_OR},    {TOK_ANDAND, 2, FEXPR_AND}, {TOK_OR, 3, FEXPR_BITOR},
	{TOK_AND, 4, FEXPR_BITAND}, {TOK_EQ, 5, FEXPR_EQ},	{TOK_NE, 5, FEXPR_NE},
	{TOK_LT, 6, FEXPR_LT},	    {TOK_LE, 6, FEXPR_LE},	{TOK_GT, 6, FEXPR_GT},
	{TOK_GE, 6, FEXPR_GE},	    {TOK_SHL, 7, FEXPR_SHL},
};

static int parse_binary(struct parser *p, int min, uint32_t *ret);

static int next(struct parser *p)
{
	return fexpr_lex(p->e, p->tok.end, &p->tok);
}

static int expected(const struct parser *p, const char *what)
{
	const struct fexpr_token *tok = &p->tok;

	if (tok->kind == TOK_END)
		return fexpr_fail(p->e, -EINVAL, tok->pos, "expected %s, but it ends here", what);
	if (tok->kind == TOK_OTHER)
		return fexpr_fail(p->e, -EINVAL, tok->pos,
				  "there is no operator '%.*s' here, only comparisons, &, &&, || "
				  "and ! (and | << ~ - in constants)",
				  (int)(tok->end - tok->pos), p->e->text + tok->pos);
	return fexpr_fail(p->e, -EINVAL, tok->pos, "expected %s, found '%.*s'", what,
			  (int)(tok->end - tok->pos), p->e->text + tok->pos);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->tok.kind == TOK_NAME && strlen(word) == p->tok.end - p->tok.pos &&
	       !strncmp(p->e->text + p->tok.pos, word, strlen(word));
}

static int new_node(struct parser *p, struct fexpr_node node, uint32_t *ret)
{
	struct fexpr *e = p->e;
	int rc;

	if (e->node_cnt == FEXPR_MAX_NODES)
		return fexpr_fail(e, -E2BIG, node.pos,
				  "the expression has more than %d operators and operands",
				  FEXPR_MAX_NODES - 1);
	rc = fexpr_grow(e, (void **)&e->nodes, e->node_cnt, &e->node_cap, sizeof(*e->nodes));
	if (rc)
		return rc;
	*ret = (uint32_t)e->node_cnt;
	e->nodes[e->node_cnt++] = node;
	return 0;
}

/* Add a part; the name is the next token. */
static int new_part(struct parser *p, enum fexpr_part_kind kind, uint32_t index)
{
	struct fexpr *e = p->e;
	size_t len = p->tok.end - p->tok.pos;
	struct fexpr_part *part;
	int rc;

	if (kind != FEXPR_INDEX && len >= FEXPR_MAX_NAME)
		return fexpr_fail(e, -E2BIG, p->tok.pos, "the name is longer than %d characters",
				  FEXPR_MAX_NAME - 1);
	rc = fexpr_grow(e, (void **)&e->parts, e->part_cnt, &e->part_cap, sizeof(*e->parts));
	if (rc)
		return rc;
	part = &e->parts[e->part_cnt++];
	*part = (struct fexpr_part){.kind = kind, .index = index};
	if (kind != FEXPR_INDEX)
		memcpy(part->name, e->text + p->tok.pos, len);
	return 0;
}

static int parse_index(struct parser *p)
{
	int rc = next(p);

	if (rc)
		return rc;
	if (p->tok.kind != TOK_NUMBER)
		return expected(p, "a number as index");
	if (p->tok.number > FEXPR_MAX_OFFSET)
		return fexpr_fail(p->e, -EINVAL, p->tok.pos, "the index is too big");
	rc = new_part(p, FEXPR_INDEX, (uint32_t)p->tok.number);
	if (!rc)
		rc = next(p);
	if (!rc && p->tok.kind != TOK_RBRACKET)
		rc = expected(p, "']'");
	return rc;
}

static int parse_part(struct parser *p)
{
	enum fexpr_part_kind kind = p->tok.kind == TOK_ARROW ? FEXPR_ARROW : FEXPR_DOT;
	int rc;

	if (p->tok.kind == TOK_LBRACKET)
		return parse_index(p);
	rc = next(p);
	if (rc)
		return rc;
	if (p->tok.kind != TOK_NAME)
		return expected(p, "the name of a member");
	return new_part(p, kind, 0);
}

/* What follows "skb". */
static int parse_path(struct parser *p, struct fexpr_node *node)
{
	struct fexpr *e = p->e;
	int rc;

	node->op = FEXPR_PATH;
	node->part = (uint32_t)e->part_cnt;
	node->end = p->tok.end;
	rc = next(p);
	while (!rc && (p->tok.kind == TOK_ARROW || p->tok.kind == TOK_DOT ||
		       p->tok.kind == TOK_LBRACKET)) {
		if (e->part_cnt - node->part == FEXPR_MAX_PARTS)
			return fexpr_fail(e, -E2BIG, p->tok.pos, "the path has more than %d parts",
					  FEXPR_MAX_PARTS);
		rc = parse_part(p);
		if (rc)
			return rc;
		node->end = p->tok.end;
		rc = next(p);
	}
	node->part_cnt = (uint32_t)e->part_cnt - node->part;
	if (!rc && !node->part_cnt)
		rc = fexpr_fail(e, -EINVAL, node->pos,
				"name what of the skb is meant: skb->len, skb->mark, ...");
	return rc;
}

static int parse_parens(struct parser *p, uint32_t *ret)
{
	uint32_t pos = p->tok.pos;
	int rc;

	if (p->tok.kind != TOK_LPAREN)
		return expected(p, "'('");
	rc = next(p);
	if (!rc)
		rc = parse_binary(p, 1, ret);
	if (rc)
		return rc;
	if (p->tok.kind != TOK_RPAREN)
		return expected(p, "an operator or ')'");
	p->e->nodes[*ret].pos = pos;
	p->e->nodes[*ret].end = p->tok.end;
	return next(p);
}

/* ntohs(...) and the like, which all do one of two things. */
static int parse_swap(struct parser *p, enum fexpr_op op, uint32_t *ret)
{
	struct fexpr_node node = {.op = op, .pos = p->tok.pos};
	int rc = next(p);

	if (!rc)
		rc = parse_parens(p, &node.left);
	if (rc)
		return rc;
	node.end = p->e->nodes[node.left].end;
	return new_node(p, node, ret);
}

static int parse_name(struct parser *p, uint32_t *ret)
{
	struct fexpr_node node = {.op = FEXPR_CONST, .pos = p->tok.pos, .end = p->tok.end};
	int rc = 0;

	if (is_word(p, "ntohs") || is_word(p, "htons"))
		return parse_swap(p, FEXPR_SWAP16, ret);
	if (is_word(p, "ntohl") || is_word(p, "htonl"))
		return parse_swap(p, FEXPR_SWAP32, ret);
	if (is_word(p, "skb")) {
		rc = parse_path(p, &node);
		return rc ? rc : new_node(p, node, ret);
	}
	if (is_word(p, "true")) {
		node.value.bits = 1;
	} else if (!is_word(p, "false") && !is_word(p, "NULL")) {
		node.op = FEXPR_NAME;
		node.part = (uint32_t)p->e->part_cnt;
		rc = new_part(p, FEXPR_DOT, 0);
	}
	if (!rc)
		rc = next(p);
	return rc ? rc : new_node(p, node, ret);
}

static int parse_prefix(struct parser *p, enum fexpr_op op, uint32_t *ret);

static int parse_unary_at_depth(struct parser *p, uint32_t *ret)
{
	struct fexpr_node node = {.op = FEXPR_CONST, .pos = p->tok.pos, .end = p->tok.end};
	int rc;

	switch (p->tok.kind) {
	case TOK_NOT:
		return parse_prefix(p, FEXPR_NOT, ret);
	case TOK_MINUS:
		return parse_prefix(p, FEXPR_NEG, ret);
	case TOK_INV:
		return parse_prefix(p, FEXPR_INV, ret);
	case TOK_LPAREN:
		return parse_parens(p, ret);
	case TOK_NAME:
		return parse_name(p, ret);
	case TOK_NUMBER:
		node.value.bits = p->tok.number;
		rc = next(p);
		return rc ? rc : new_node(p, node, ret);
	default:
		return expected(p, "skb->..., a constant, '!' or '('");
	}
}

static int parse_unary(struct parser *p, uint32_t *ret)
{
	int rc;

	if (p->depth == FEXPR_MAX_DEPTH)
		return fexpr_fail(p->e, -E2BIG, p->tok.pos,
				  "more than %d operators or parentheses within each other",
				  FEXPR_MAX_DEPTH);
	p->depth++;
	rc = parse_unary_at_depth(p, ret);
	p->depth--;
	return rc;
}

static int parse_prefix(struct parser *p, enum fexpr_op op, uint32_t *ret)
{
	struct fexpr_node node = {.op = op, .pos = p->tok.pos};
	int rc = next(p);

	if (!rc)
		rc = parse_unary(p, &node.left);
	if (rc)
		return rc;
	node.end = p->e->nodes[node.left].end;
	return new_node(p, node, ret);
}

/* Operators that bind at least as tightly as @min. */
static int parse_binary(struct parser *p, int min, uint32_t *ret)
{
	int rc = parse_unary(p, ret);

	while (!rc) {
		struct fexpr_node node = {.left = *ret};
		size_t i = 0, cnt = sizeof(binaries) / sizeof(binaries[0]);

		while (i < cnt && binaries[i].tok != p->tok.kind)
			i++;
		if (i == cnt || binaries[i].precedence < min)
			return 0;
		node.op = binaries[i].op;
		rc = next(p);
		if (!rc)
			rc = parse_binary(p, binaries[i].precedence + 1, &node.right);
		if (rc)
			return rc;
		node.pos = p->e->nodes[node.left].pos;
		node.end = p->e->nodes[node.right].end;
		rc = new_node(p, node, ret);
	}
	return rc;
}

static int start(struct parser *p)
{
	uint32_t none;

	if (strlen(p->e->text) > FEXPR_MAX_TEXT) {
		snprintf(p->e->err, p->e->errsz, "the expression is longer than %d characters",
			 FEXPR_MAX_TEXT);
		return -E2BIG;
	}
	/* Node 0, so that 0 is no node. */
	return new_node(p, (struct fexpr_node){0}, &none) ?: next(p);
}

int fexpr_parse(struct fexpr *e)
{
	struct parser p = {.e = e};
	int rc = start(&p);

	if (!rc)
		rc = parse_binary(&p, 1, &e->root);
	if (!rc && p.tok.kind != TOK_END)
		return expected(&p, "an operator");
	return rc;
}

int fexpr_parse_path(const char *text, struct fexpr_part *parts, size_t *ret_cnt, char *err,
		     size_t errsz)
{
	struct fexpr e = {.text = text, .err = err, .errsz = errsz};
	struct parser p = {.e = &e};
	struct fexpr_node node = {0};
	int rc = start(&p);

	if (!rc && !is_word(&p, "skb"))
		rc = expected(&p, "skb->...");
	if (!rc)
		rc = parse_path(&p, &node);
	if (!rc && p.tok.kind != TOK_END)
		rc = expected(&p, "'->', '.' or '['");
	if (!rc) {
		memcpy(parts, e.parts, e.part_cnt * sizeof(*parts));
		*ret_cnt = e.part_cnt;
	}
	fexpr_free(&e);
	return rc;
}
