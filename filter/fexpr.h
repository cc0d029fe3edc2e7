/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FEXPR_H
#define PWRU_CAP_FILTER_FEXPR_H

#include "filter/insn.h"
#include "filter/translate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Field expressions (--filter-expr): conditions on what the skb and all that it points to hold.
 *
 *	skb->mark == 0x100 && (skb->len > 1000 || skb->dev->name[0] == 'e')
 *
 *	condition  = condition "||" condition | condition "&&" condition | "!" condition
 *		   | "(" condition ")" | value compare value | value
 *	compare    = "==" | "!=" | "<" | "<=" | ">" | ">="
 *	value	   = constant | path | swap "(" path ")" | value "&" constant | "(" value ")"
 *	swap	   = "ntohs" | "ntohl" | "htons" | "htonl"
 *	path	   = "skb" { "->" name | "." name | "[" constant "]" }
 *	constant   = number | 'c' | enumerator | "NULL" | "true" | "false" | swap "(" constant ")"
 *		   | "-" constant | "~" constant | constant "<<" constant | constant "&" constant
 *		   | constant "|" constant | "(" constant ")"
 *
 * Precedence is C's. Where C's is a trap, as in skb->mark & 0xff == 0x10 and !skb->mark == 0, the
 * expression is refused, and the message says where parentheses belong.
 *
 * - A value alone is true if it is not 0. So skb->mark & 0xff is true if any of these bits is set.
 * - Signed fields compare signed, others (bool and pointers too) unsigned. Two fields compare by
 *   their values, whatever their types; only a signed one and an unsigned one of 64 bits compare as
 *   two unsigned ones. What is left of a field by & is unsigned.
 * - A constant has to fit the field. For ==, != and & it may also be written in the other
 *   signedness: skb->mark == -1 is 0xffffffff, and -1 of a signed char may be written 0xff.
 * - Fields are as in memory: skb->protocol == htons(0x0800), or ntohs(skb->protocol) == 0x0800.
 * - A comparison is false if a pointer on the way to a field is NULL or cannot be followed, and
 *   that decides nothing else: skb->dev->ifindex != 3 is false for an skb without a device, and so
 *   !(skb->dev->ifindex == 3) is true for it. (tcpdump has it that way for tcp[13] != 2 and for
 *   not tcp[13] = 2 of a packet that is not TCP.) Where the last address of all cannot be read,
 *   direct loads cannot tell, and take the field for 0.
 */

#define FEXPR_MAX_TEXT	 32768
#define FEXPR_MAX_TERMS	 256 /* comparisons and values alone */
#define FEXPR_MAX_DEPTH	 64  /* parentheses, ! - ~ within each other */
#define FEXPR_MAX_PARTS	 24  /* of a path, "skb" not counted */
#define FEXPR_MAX_DEREFS 8   /* pointers to follow in a path, the skb itself not counted */
#define FEXPR_MAX_NAME	 64  /* with the end */
#define FEXPR_MAX_OFFSET (1U << 28)

/* Bytes of stack that the code uses. */
#define FEXPR_STACK 24

/* One part of a path: "->name", ".name" or "[index]". */
enum fexpr_part_kind {
	FEXPR_ARROW,
	FEXPR_DOT,
	FEXPR_INDEX,
};

struct fexpr_part {
	enum fexpr_part_kind kind;
	char name[FEXPR_MAX_NAME];
	uint32_t index;
};

enum fexpr_kind {
	FEXPR_INT, /* char too */
	FEXPR_BOOL,
	FEXPR_ENUM,
	FEXPR_PTR,
	/* These cannot be compared: */
	FEXPR_ARRAY,
	FEXPR_STRUCT, /* union too */
	FEXPR_OTHER,  /* floats, integers of 16 bytes, ... */
};

/**
 * struct fexpr_field - Where a field is
 * @kind:	Kind
 * @type_id:	BTF id of its type, as it is declared (may be a typedef or const)
 * @deref_cnt:	Pointers to follow
 * @deref:	Offset of each of them in what the one before it (first: the skb) points to
 * @offset:	Offset of the field in what the last one points to, in bytes
 * @size:	Bytes: 1, 2, 4 or 8 for what can be compared. Of a bit-field those of the integer to
 *		load, which need not be the one that it is declared with
 * @is_signed:	Signed integer or enum
 * @bit_size:	Bits of a bit-field, 0 if it is none
 * @bit_shift:	By how much to shift its integer right, once it is loaded
 */
struct fexpr_field {
	enum fexpr_kind kind;
	uint32_t type_id;
	unsigned int deref_cnt;
	uint32_t deref[FEXPR_MAX_DEREFS];
	uint32_t offset;
	uint32_t size;
	bool is_signed;
	uint8_t bit_size;
	uint8_t bit_shift;
};

/* A constant, from -2^63 to 2^64 - 1. */
struct fexpr_const {
	uint64_t bits;
	bool is_negative; /* bits are those of an int64_t below 0 */
};

/**
 * struct fexpr_types - Who knows the types (src/field.h)
 * @resolve:	Find the field at the end of a path from the skb. Returns 0; or -errno with a
 *message in @err, which names the part that is wrong
 * @enumerator:	Find an enumerator by name, first in the enum @type_id (0, or any other type, to
 *		leave that out), then in all. Returns 0; or -errno with a message in @err
 * @ctx:	For them
 */
struct fexpr_types {
	int (*resolve)(const struct fexpr_types *types, const struct fexpr_part *parts, size_t cnt,
		       struct fexpr_field *ret_field, char *err, size_t errsz);
	int (*enumerator)(const struct fexpr_types *types, const char *name, uint32_t type_id,
			  struct fexpr_const *ret_value, char *err, size_t errsz);
	const void *ctx;
};

/**
 * fexpr_compile() - Compile an expression to the body of `u32 pwru_expr(u64 skb)`
 * @text:	Expression
 * @types:	Types
 * @opts:	How to load: FILTER_LOAD_DIRECT, with what belongs to it, or else with a probe read
 *a field; .skb is not used
 * @ret_out:	Output, unchanged on error; free with insn_buf_free(). The line of each instruction
 *		is the position in @text of the comparison that it belongs to
 * @err:	Buffer for a message of one line, set on error
 * @errsz:	Its size
 *
 * The code takes the address of the skb in r1, returns 1 or 0, and 0 whenever the address is 0. It
 * needs no instruction that is newer than 5.10, but for the call of bpf_rdonly_cast().
 *
 * Return: 0; -EINVAL the expression is wrong, or @opts are; -ENOENT no such member or enumerator;
 * -E2BIG it is too long or too deep; -ENOMEM.
 */
int fexpr_compile(const char *text, const struct fexpr_types *types,
		  const struct translate_opts *opts, struct insn_buf *ret_out, char *err,
		  size_t errsz);

/**
 * fexpr_parse_path() - Take a path apart
 * @text:	Path and nothing else: skb->dev->name[0]
 * @parts:	Output, FEXPR_MAX_PARTS elements
 * @ret_cnt:	Output: how many are used, at least 1; unchanged on error
 * @err:	Buffer for a message, set on error
 * @errsz:	Its size
 *
 * Return: 0; -EINVAL; -E2BIG too long; -ENOMEM.
 */
int fexpr_parse_path(const char *text, struct fexpr_part *parts, size_t *ret_cnt, char *err,
		     size_t errsz);

#endif
