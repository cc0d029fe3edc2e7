// SPDX-License-Identifier: GPL-2.0-only
#include "filter/fexpr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/fail.h"
#include "filter/fexpr_ast.h"

int fexpr_fail(const struct fexpr *e, int rc, size_t pos, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	/* It quotes the text, which may have several lines. */
	for (char *c = message; *c; c++) {
		if (*c > 0 && *c < ' ')
			*c = ' ';
	}
	return filter_fail(rc, e->err, e->errsz, "at character %zu: %s", pos + 1, message);
}

int fexpr_grow(const struct fexpr *e, void **array, size_t cnt, size_t *cap, size_t size)
{
	size_t new_cap = *cap ? *cap * 2 : 16;
	void *bigger;

	if (cnt < *cap)
		return 0;
	bigger = realloc(*array, new_cap * size);
	if (!bigger)
		return filter_fail(-ENOMEM, e->err, e->errsz, "out of memory");
	*array = bigger;
	*cap = new_cap;
	return 0;
}

void fexpr_free(struct fexpr *e)
{
	free(e->nodes);
	free(e->parts);
	free(e->terms);
	e->nodes = NULL;
	e->parts = NULL;
	e->terms = NULL;
}

static int check_opts(const struct translate_opts *opts, char *err, size_t errsz)
{
	if (opts->load != FILTER_LOAD_DIRECT)
		return 0;
	if (opts->cast_func_id && opts->bytes_type_id && opts->bytes_len >= 8 &&
	    opts->bytes_off + opts->bytes_len <= INT16_MAX)
		return 0;
	return filter_fail(-EINVAL, err, errsz, "direct loads without a type to load through");
}

static int check_depth(const struct insn_buf *out, char *err, size_t errsz)
{
	int32_t pos;
	long depth = insn_buf_jump_depth(out, &pos);

	if (depth < 0)
		return filter_fail((int)depth, err, errsz, "out of memory");
	if (depth <= INSN_MAX_JUMP_DEPTH)
		return 0;
	return filter_fail(
		-E2BIG, err, errsz,
		"the expression makes up to %ld conditional jumps in a row, the kernel's "
		"verifier takes %d",
		depth, INSN_MAX_JUMP_DEPTH);
}

int fexpr_compile(const char *text, const struct fexpr_types *types,
		  const struct translate_opts *opts, struct insn_buf *ret_out, char *err,
		  size_t errsz)
{
	struct fexpr e = {.text = text, .err = err, .errsz = errsz};
	struct insn_buf out = {0};
	int rc = check_opts(opts, err, errsz);

	if (!rc)
		rc = fexpr_parse(&e);
	if (!rc)
		rc = fexpr_check(&e, types);
	if (!rc) {
		rc = fexpr_gen(&e, opts, &out);
		if (rc)
			filter_fail(rc, err, errsz, "%s",
				    rc == -ENOMEM ? "out of memory" : "the expression is too long");
		else
			rc = check_depth(&out, err, errsz);
	}
	fexpr_free(&e);
	if (rc) {
		insn_buf_free(&out);
		return rc;
	}
	*ret_out = out;
	return 0;
}
