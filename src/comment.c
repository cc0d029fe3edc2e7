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

/* " key=", in one piece: there are a dozen in each packet. */
static void put_key(const struct line *line, const char *key)
{
	size_t len = strlen(key), blank = line->out->len > line->start;
	uint8_t *text = buf_extend(line->out, blank + len + 1);

	if (!text)
		return;
	if (blank)
		*text++ = ' ';
	memcpy(text, key, len);
	text[len] = '=';
}

static void put_fact(void *ctx, const struct fact *fact)
{
	const struct line *line = ctx;
	struct buf *out = line->out;

	put_key(line, fact->key);
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
