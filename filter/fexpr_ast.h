/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FEXPR_AST_H
#define PWRU_CAP_FILTER_FEXPR_AST_H

#include "filter/fexpr.h"

/*
 * A field expression on its way to code; internal to fexpr*.c.
 *
 * fexpr_parse() makes nodes of the text, without a thought for types. fexpr_check() resolves the
 * fields, folds the constants and turns each comparison, and each value that stands alone, into a
 * term; then only OR, AND, NOT and TERM are left. fexpr_gen() makes code of these.
 */

/* All of an expression's nodes. Chains of && make trees as deep as they are long, so it bounds
 * recursion too. */
#define FEXPR_MAX_NODES 4096

enum fexpr_op {
	/* conditions */
	FEXPR_OR,
	FEXPR_AND,
	FEXPR_NOT,
	FEXPR_EQ,
	FEXPR_NE,
	FEXPR_LT,
	FEXPR_LE,
	FEXPR_GT,
	FEXPR_GE,
	FEXPR_TERM, /* left: index into terms */
	/* values */
	FEXPR_BITAND,
	FEXPR_BITOR,
	FEXPR_SHL,
	FEXPR_NEG,
	FEXPR_INV,
	FEXPR_SWAP16,
	FEXPR_SWAP32,
	FEXPR_CONST,
	FEXPR_NAME, /* enumerator: part */
	FEXPR_PATH, /* part, part_cnt */
};

/**
 * struct fexpr_node - Node of the tree
 * @op:		What it is
 * @pos:	Where in the text it begins
 * @end:	And ends
 * @left:	Operand, as index
 * @right:	Second operand
 * @part:	First of its parts
 * @part_cnt:	How many
 * @value:	Of a constant
 */
struct fexpr_node {
	enum fexpr_op op;
	uint32_t pos, end;
	uint32_t left, right;
	uint32_t part, part_cnt;
	struct fexpr_const value;
};

/**
 * struct fexpr_value - A field, and what is done to it
 * @field:	Field
 * @swap:	Swap its bytes (2 or 4)
 * @has_mask:	Keep only the bits of @mask
 * @mask:	Mask, none of it beyond @bits
 * @bits:	How many bits the value has
 * @is_signed:	Whether the highest of them is the sign
 */
struct fexpr_value {
	struct fexpr_field field;
	bool swap;
	bool has_mask;
	uint64_t mask;
	uint8_t bits;
	bool is_signed;
};

/**
 * struct fexpr_term - A comparison
 * @pos:	Where in the text
 * @cmp:	FEXPR_EQ to FEXPR_GE
 * @is_signed:	Compare as signed numbers (FEXPR_LT to FEXPR_GE)
 * @left:	First value
 * @right_is_field: Second is @right, else @constant
 * @right:	Second value
 * @constant:	Sign-extended to 64 bits if @is_signed, otherwise none of it beyond left.bits
 */
struct fexpr_term {
	uint32_t pos;
	enum fexpr_op cmp;
	bool is_signed;
	struct fexpr_value left;
	bool right_is_field;
	struct fexpr_value right;
	uint64_t constant;
};

/**
 * struct fexpr - An expression
 * @text:	Its text
 * @err:	Where messages go
 * @errsz:	Room there
 * @nodes:	Nodes; node 0 is not used
 * @root:	The topmost one
 * @parts:	Parts of paths, and names
 * @terms:	Terms
 */
struct fexpr {
	const char *text;
	char *err;
	size_t errsz;
	struct fexpr_node *nodes;
	size_t node_cnt, node_cap;
	uint32_t root;
	struct fexpr_part *parts;
	size_t part_cnt, part_cap;
	struct fexpr_term *terms;
	size_t term_cnt, term_cap;
};

/** fexpr_fail() - Set a message that begins with a position in the text. Return: @rc */
int fexpr_fail(const struct fexpr *e, int rc, size_t pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** fexpr_grow() - Make room for one more element. Return: 0 or -ENOMEM, with a message */
int fexpr_grow(const struct fexpr *e, void **array, size_t cnt, size_t *cap, size_t size);

/** fexpr_free() - Free what it consists of */
void fexpr_free(struct fexpr *e);

/** fexpr_parse() - Make nodes of the text. Return: 0, -EINVAL, -E2BIG, -ENOMEM */
int fexpr_parse(struct fexpr *e);

/** fexpr_check() - Make terms. Return: 0, -EINVAL, -E2BIG, -ENOMEM, or what @types returned */
int fexpr_check(struct fexpr *e, const struct fexpr_types *types);

/** fexpr_is_const() - Whether a node has no field in it */
bool fexpr_is_const(const struct fexpr *e, uint32_t node);

/**
 * fexpr_fold() - Value of a node without fields
 * @e:		Expression
 * @types:	For enumerators
 * @type_id:	Type of what it is compared with, or 0
 * @node:	Node
 * @ret:	Output
 *
 * Return: 0, -EINVAL, or what @types returned.
 */
int fexpr_fold(const struct fexpr *e, const struct fexpr_types *types, uint32_t type_id,
	       uint32_t node, struct fexpr_const *ret);

/** fexpr_gen() - Append code for checked nodes to @out. Return: 0, -E2BIG, -ENOMEM */
int fexpr_gen(const struct fexpr *e, const struct translate_opts *opts, struct insn_buf *out);

#endif
