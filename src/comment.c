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
	size_t start; /* bytes that were there before, behind which no blank is needed */
	bool in_list;
	bool first; /* of the list */
};

static void put_value(struct buf *out, const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_INT:
		if ((int64_t)fact->number < 0)
			buf_putc(out, '-');
		buf_u64(out, (int64_t)fact->number < 0 ? -fact->number : fact->number);
		break;
	case FACT_HEX:
	case FACT_ADDR:
		buf_puts(out, "0x");
		buf_hex(out, fact->number, fact->digits);
		break;
	case FACT_BOOL:
		buf_puts(out, fact->number ? "true" : "false");
		break;
	case FACT_TEXT:
		put_text(out, fact->text);
		break;
	case FACT_NONE:
		buf_putc(out, '(');
		buf_puts(out, fact->text);
		buf_putc(out, ')');
		break;
	default:
		buf_u64(out, fact->number);
	}
}

/* " key=", in one piece: there are a dozen in each packet. */
static void put_key_and_sign(struct line *line, const char *key)
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

static void put_key(struct line *line, const char *key)
{
	if (!line->in_list) {
		put_key_and_sign(line, key);
		return;
	}
	if (!line->first)
		buf_putc(line->out, ',');
	line->first = false;
}

static void put_fact(void *ctx, const struct fact *fact)
{
	struct line *line = ctx;

	switch (fact->kind) {
	case FACT_GROUP:
		break;
	case FACT_END:
		if (line->in_list)
			buf_putc(line->out, ']');
		line->in_list = false;
		break;
	case FACT_LIST:
		put_key(line, fact->key);
		buf_putc(line->out, '[');
		line->in_list = true;
		line->first = true;
		break;
	default:
		put_key(line, fact->key);
		put_value(line->out, fact);
	}
}

void comment_line(struct buf *out, const struct view *view)
{
	struct line line = {.out = out, .start = out->len};

	facts_tell(view, put_fact, &line);
}

void comment_fields(struct buf *out, const struct view *view)
{
	struct line line = {.out = out};

	facts_tell_fields(view, put_fact, &line);
}
