// SPDX-License-Identifier: GPL-2.0-only
#include "src/columns.h"

#include <string.h>

void columns_add(struct columns *c, const char *title, size_t width, size_t limit)
{
	if (c->n == COLUMNS_MAX)
		return;
	if (width < strlen(title))
		width = strlen(title);
	c->v[c->n++] = (struct column){.title = title, .width = width, .limit = limit};
}

/* Characters of UTF-8: all bytes that do not continue one. */
static size_t count_chars(const uint8_t *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += (text[i] & 0xc0) != 0x80;
	return n;
}

void columns_begin(struct columns *c, struct buf *out)
{
	c->at = 0;
	c->start = out->len;
}

void columns_cell(struct columns *c, struct buf *out)
{
	struct column *column = &c->v[c->at++];
	size_t chars;

	/* Nothing behind the last one. */
	if (c->at >= c->n || buf_error(out))
		return;
	chars = count_chars(out->data + c->start, out->len - c->start);
	if (chars > column->width && chars <= column->limit)
		column->width = chars;
	buf_fill(out, ' ', chars < column->width ? column->width - chars + 1 : 1);
	c->start = out->len;
}

void columns_header(struct columns *c, struct buf *out)
{
	columns_begin(c, out);
	for (size_t i = 0; i < c->n; i++) {
		buf_puts(out, c->v[i].title);
		columns_cell(c, out);
	}
	buf_putc(out, '\n');
}
