// SPDX-License-Identifier: GPL-2.0-only
#include "src/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256

/* The size doubles, so that many small appends cost O(1) each. */
static bool enlarge(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : FIRST_SIZE;
	uint8_t *data;

	if (b->err)
		return false;
	/* No object is over PTRDIFF_MAX bytes; half of it leaves room for the doubling. */
	if (n > PTRDIFF_MAX / 2 - b->len)
		goto no_memory;
	while (cap - b->len < n)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		goto no_memory;
	b->data = data;
	b->cap = cap;
	return true;

no_memory:
	b->err = -ENOMEM;
	return false;
}

/* Makes room for n more bytes; nearly always it is there. */
static inline bool grow(struct buf *b, size_t n)
{
	if (b->data && !b->err && n <= b->cap - b->len)
		return true;
	return enlarge(b, n);
}

uint8_t *buf_extend(struct buf *b, size_t n)
{
	uint8_t *start;

	if (!grow(b, n))
		return NULL;
	start = b->data + b->len;
	b->len += n;
	return start;
}

void buf_append(struct buf *b, const void *data, size_t n)
{
	uint8_t *start;

	if (!n)
		return;
	start = buf_extend(b, n);
	if (start)
		memcpy(start, data, n);
}

void buf_puts(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	if (b->len < b->cap && !b->err)
		b->data[b->len++] = (uint8_t)c;
	else
		buf_append(b, &c, 1);
}

/* Digits from the last to the first, in base 10 or 16. */
static inline void put_digits(struct buf *b, uint64_t value, unsigned int base, unsigned int digits)
{
	char text[20];
	size_t at = sizeof(text), least = at > digits ? at - digits : 0;

	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (at && (value || at > least));
	buf_append(b, text + at, sizeof(text) - at);
}

void buf_u64(struct buf *b, uint64_t value)
{
	put_digits(b, value, 10, 1);
}

void buf_hex(struct buf *b, uint64_t value, unsigned int digits)
{
	put_digits(b, value, 16, digits);
}

void buf_dec(struct buf *b, uint64_t value, unsigned int digits)
{
	put_digits(b, value, 10, digits);
}

void buf_fill(struct buf *b, char c, size_t n)
{
	uint8_t *start;

	if (!n)
		return;
	start = buf_extend(b, n);
	if (start)
		memset(start, c, n);
}

void buf_zero(struct buf *b, size_t n)
{
	buf_fill(b, 0, n);
}

void buf_align4(struct buf *b)
{
	buf_zero(b, -b->len & 3);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	if (!grow(b, 1))
		return;
	room = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf((char *)b->data + b->len, room, fmt, ap);
	if (n < 0) {
		b->err = -ENOMEM;
		goto out;
	}
	/* vsnprintf() also needs a byte for the NUL. */
	if ((size_t)n >= room) {
		if (!grow(b, (size_t)n + 1))
			goto out;
		vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, again);
	}
	b->len += (size_t)n;
out:
	va_end(again);
}

const char *buf_str(struct buf *b)
{
	if (!grow(b, 1))
		return "";
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

void buf_cut(struct buf *b, size_t len)
{
	b->len = len;
	b->err = 0;
}

void buf_drop_front(struct buf *b, size_t n)
{
	if (!n)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len);
}

void buf_reset(struct buf *b)
{
	buf_cut(b, 0);
}

void buf_free(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct buf){0};
}
