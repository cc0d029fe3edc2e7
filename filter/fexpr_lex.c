// SPDX-License-Identifier: GPL-2.0-only
#include "filter/fexpr_lex.h"

#include <errno.h>
#include <string.h>

/* Longest first: the first that fits is taken. */
static const struct {
	const char *text;
	enum fexpr_token_kind kind;
} operators[] = {
	{"<<=", TOK_OTHER}, {">>=", TOK_OTHER}, {"->", TOK_ARROW},   {"||", TOK_OROR},
	{"&&", TOK_ANDAND}, {"==", TOK_EQ},	{"!=", TOK_NE},	     {"<=", TOK_LE},
	{">=", TOK_GE},	    {"<<", TOK_SHL},	{">>", TOK_OTHER},   {"+=", TOK_OTHER},
	{"-=", TOK_OTHER},  {"++", TOK_OTHER},	{"--", TOK_OTHER},   {"&=", TOK_OTHER},
	{"|=", TOK_OTHER},  {".", TOK_DOT},	{"[", TOK_LBRACKET}, {"]", TOK_RBRACKET},
	{"(", TOK_LPAREN},  {")", TOK_RPAREN},	{"!", TOK_NOT},	     {"<", TOK_LT},
	{">", TOK_GT},	    {"|", TOK_OR},	{"&", TOK_AND},	     {"-", TOK_MINUS},
	{"~", TOK_INV},	    {"+", TOK_OTHER},	{"*", TOK_OTHER},    {"/", TOK_OTHER},
	{"%", TOK_OTHER},   {"^", TOK_OTHER},	{"?", TOK_OTHER},    {":", TOK_OTHER},
	{",", TOK_OTHER},
};

/* Not those of ctype.h, which depend on the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Value of a digit in any base, 99 if it is none. */
static unsigned int digit(char c)
{
	if (is_digit(c))
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 99;
}

/* u, l, ul, ull, ..., which change nothing here. */
static const char *skip_suffix(const char *s)
{
	unsigned int u = 0, l = 0;

	for (;; s++) {
		if ((*s == 'u' || *s == 'U') && !u)
			u++;
		else if ((*s == 'l' || *s == 'L') && l < 2)
			l++;
		else
			return s;
	}
}

static int lex_number(const struct fexpr *e, struct fexpr_token *tok)
{
	const char *start = e->text + tok->pos, *s = start, *digits;
	unsigned int base = 10;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	tok->kind = TOK_NUMBER;
	for (digits = s; digit(*s) < base; s++) {
		if (__builtin_mul_overflow(tok->number, (uint64_t)base, &tok->number) ||
		    __builtin_add_overflow(tok->number, (uint64_t)digit(*s), &tok->number))
			return fexpr_fail(e, -EINVAL, tok->pos, "the number has more than 64 bits");
	}
	if (s != digits)
		s = skip_suffix(s);
	if (s == digits || is_name(*s)) {
		while (is_name(*s))
			s++;
		return fexpr_fail(e, -EINVAL, tok->pos, "'%.*s' is no %s number", (int)(s - start),
				  start,
				  base == 16  ? "hexadecimal"
				  : base == 8 ? "octal"
					      : "decimal");
	}
	tok->end = (uint32_t)(s - e->text);
	return 0;
}

/* What follows a backslash; returns behind it, NULL if it is nothing. */
static const char *lex_escape(const char *s, uint64_t *ret)
{
	static const char escapes[] = "n\nt\tr\ra\ab\bf\fv\v\\\\''\"\"";

	if (*s == 'x') {
		if (digit(s[1]) > 15 || digit(s[2]) > 15)
			return NULL;
		*ret = digit(s[1]) * 16 + digit(s[2]);
		return s + 3;
	}
	if (digit(*s) < 8) {
		unsigned int cnt = 0;

		for (; cnt < 3 && digit(*s) < 8; cnt++, s++)
			*ret = *ret * 8 + digit(*s);
		return *ret < 256 ? s : NULL;
	}
	for (const char *p = escapes; *p; p += 2) {
		if (*p == *s) {
			*ret = (unsigned char)p[1];
			return s + 1;
		}
	}
	return NULL;
}

static int lex_char(const struct fexpr *e, struct fexpr_token *tok)
{
	const char *s = e->text + tok->pos + 1;

	tok->kind = TOK_NUMBER;
	if (*s == '\\')
		s = lex_escape(s + 1, &tok->number);
	else if (*s >= ' ' && *s < 0x7f && *s != '\'')
		tok->number = (unsigned char)*s++;
	else
		s = NULL;
	if (!s || *s != '\'')
		return fexpr_fail(e, -EINVAL, tok->pos,
				  "expected one character between ' and ', such as 'a', '\\0', "
				  "'\\x7f'");
	tok->end = (uint32_t)(s + 1 - e->text);
	return 0;
}

static int lex_operator(const struct fexpr *e, struct fexpr_token *tok)
{
	const char *s = e->text + tok->pos;

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].text);

		if (!strncmp(s, operators[i].text, len)) {
			tok->kind = operators[i].kind;
			tok->end = tok->pos + (uint32_t)len;
			return 0;
		}
	}
	if (*s == '=')
		return fexpr_fail(e, -EINVAL, tok->pos, "'=' assigns in C; to compare, write '=='");
	if (*s == '"')
		return fexpr_fail(e, -EINVAL, tok->pos,
				  "strings cannot be compared, characters can: "
				  "skb->dev->name[0] == 'e'");
	if (*s > ' ' && *s < 0x7f)
		return fexpr_fail(e, -EINVAL, tok->pos, "'%c' means nothing here", *s);
	return fexpr_fail(e, -EINVAL, tok->pos, "byte 0x%02x means nothing here",
			  (unsigned char)*s);
}

int fexpr_lex(const struct fexpr *e, size_t pos, struct fexpr_token *ret_token)
{
	struct fexpr_token *tok = ret_token;

	while (is_space(e->text[pos]))
		pos++;
	*tok = (struct fexpr_token){.pos = (uint32_t)pos, .end = (uint32_t)pos};
	if (!e->text[pos])
		return 0; /* TOK_END */
	if (is_digit(e->text[pos]))
		return lex_number(e, tok);
	if (e->text[pos] == '\'')
		return lex_char(e, tok);
	if (!is_name(e->text[pos]))
		return lex_operator(e, tok);
	tok->kind = TOK_NAME;
	while (is_name(e->text[tok->end]))
		tok->end++;
	return 0;
}
