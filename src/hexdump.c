// SPDX-License-Identifier: GPL-2.0-only
#include "src/hexdump.h"

#define PER_LINE 16

/* The bytes of a frame, one after the other. */
struct reader {
	const struct frame *frame;
	size_t piece, at; /* the next one */
	size_t left;
};

static uint8_t next_byte(struct reader *r)
{
	while (r->at == r->frame->pieces[r->piece].len) {
		r->piece++;
		r->at = 0;
	}
	r->left--;
	return ((const uint8_t *)r->frame->pieces[r->piece].data)[r->at++];
}

static bool is_graph(uint8_t c)
{
	return c > ' ' && c < 0x7f;
}

/* Up to 16 bytes in hexadecimal, two by two; as ASCII into text. */
static size_t put_hex(struct buf *out, struct reader *r, char *text)
{
	size_t n = 0;

	for (; n < PER_LINE && r->left; n++) {
		uint8_t c = next_byte(r);

		if (n % 2 == 0)
			buf_putc(out, ' ');
		buf_hex(out, c, 2);
		text[n] = is_graph(c) ? c : '.';
	}
	return n;
}

static void put_lines(struct buf *out, struct reader *r, bool ascii)
{
	for (size_t offset = 0; r->left; offset += PER_LINE) {
		char text[PER_LINE];
		size_t n, start;

		buf_puts(out, "\t0x");
		buf_hex(out, offset, 4);
		buf_puts(out, ": ");
		start = out->len;
		n = put_hex(out, r, text);
		if (ascii && !buf_error(out)) {
			/* 16 bytes take 40 columns. */
			buf_fill(out, ' ', 40 - (out->len - start) + 2);
			buf_append(out, text, n);
		}
		buf_putc(out, '\n');
	}
}

/* Text as it is; a carriage return is left out at the end of a line, and is a dot elsewhere. */
static void put_ascii(struct buf *out, struct reader *r)
{
	uint8_t c = 0, before;

	while (r->left) {
		before = c;
		c = next_byte(r);
		if (before == '\r' && c != '\n')
			buf_putc(out, '.');
		if (c == '\t' || c == '\n' || c == ' ' || is_graph(c))
			buf_putc(out, c);
		else if (c != '\r')
			buf_putc(out, '.');
	}
	buf_putc(out, '\n');
}

void hexdump_put(struct buf *out, const struct hexdump *h, const struct frame *frame,
		 size_t link_len)
{
	int style = h->both ? h->both : h->hex ? h->hex : h->ascii;
	struct reader r = {.frame = frame, .left = frame->caplen};

	if (style < 2) {
		if (link_len >= frame->caplen)
			return;
		for (size_t i = 0; i < link_len; i++)
			next_byte(&r);
	}
	if (h->both || h->hex)
		put_lines(out, &r, h->both);
	else
		put_ascii(out, &r);
}
