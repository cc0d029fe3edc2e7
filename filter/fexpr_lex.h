/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FEXPR_LEX_H
#define PWRU_CAP_FILTER_FEXPR_LEX_H

#include "filter/fexpr_ast.h"

/* Tokens of a field expression. */
enum fexpr_token_kind {
	TOK_END,
	TOK_NAME,
	TOK_NUMBER, /* or a character */
	TOK_ARROW,
	TOK_DOT,
	TOK_LBRACKET,
	TOK_RBRACKET,
	TOK_LPAREN,
	TOK_RPAREN,
	TOK_OROR,
	TOK_ANDAND,
	TOK_NOT,
	TOK_EQ,
	TOK_NE,
	TOK_LT,
	TOK_LE,
	TOK_GT,
	TOK_GE,
	TOK_OR,
	TOK_AND,
	TOK_SHL,
	TOK_MINUS,
	TOK_INV,
	TOK_OTHER, /* an operator of C that is none here */
};

struct fexpr_token {
	enum fexpr_token_kind kind;
	uint32_t pos, end; /* in the text */
	uint64_t number;
};

/**
 * fexpr_lex() - Read the next token
 * @e:		Expression
 * @pos:	Where to go on in its text
 * @ret_token:	Output
 *
 * Return: 0; -EINVAL what is there is no token.
 */
int fexpr_lex(const struct fexpr *e, size_t pos, struct fexpr_token *ret_token);

#endif
