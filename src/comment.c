// SPDX-License-Identifier: GPL-2.0-only
#include "src/comment.h"

#include <string.h>

#include "src/facts.h"

/* Blanks within a value would end it. */
static void put_text(struct buf *out, const char *value)
{
	for (size_t n; *value; value += n) {
		n = strcspn(value, " ");
		if (n) {
			buf_append(out, value, n);
		} else {
			buf_puts(out, "\\x20");
			n = 1;
		}
	}
}

struct line {
	struct buf *out;
	size_t start; /* bytes that were there before */
};

static void put_fact(void *ctx, const struct fact *fact)
{
	const struct line *line = ctx;
	struct buf *out = line->out;

	if (out->len > line->start)
		buf_putc(out, ' ');
	buf_puts(out, fact->key);
	buf_putc(out, '=');
	switch (fact->kind) {
	case FACT_UINT:
	case FACT_FLAG:
		buf_u64(out, fact->number);
		break;
	case FACT_HEX:
	case FACT_ADDR:
		buf_puts(out, "0x");
		buf_hex(out, fact->number, fact->digits);
		break;
	case FACT_TEXT:
		put_text(out, fact->text);
		break;
	}
}

void comment_line(struct buf *out, const struct view *view)
{
	struct line line = {.out = out, .start = out->len};

	facts_tell(view, put_fact, &line);
}
