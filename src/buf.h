/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_BUF_H
#define PWRU_CAP_BUF_H

/*
 * A byte buffer that grows. An empty one is all zero bytes (`struct buf b = {0};`).
 *
 * Errors stick: when memory runs out, that append and all later ones do nothing, and buf_error()
 * says so. A long chain of appends therefore needs one check, at its end.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* NULL until the first append */
	size_t len;    /* bytes in use */
	size_t cap;    /* bytes allocated */
	int err;       /* 0 or -ENOMEM; read it with buf_error() */
};

/* buf_error() - 0, or -ENOMEM when an append since the last reset or cut did not fit in memory */
static inline int buf_error(const struct buf *b)
{
	return b->err;
}

/**
 * buf_extend() - make room for @n more bytes and count them as used
 *
 * Return: the first of the @n bytes, whose values are undefined and for the caller to fill, valid
 * until the next append; NULL when memory ran out, now or earlier.
 */
uint8_t *buf_extend(struct buf *b, size_t n);

/* buf_append() - append @n bytes at @data; @data may be NULL if @n is 0, and not part of @b */
void buf_append(struct buf *b, const void *data, size_t n);

/* buf_puts() - append the string @s without its terminating NUL */
void buf_puts(struct buf *b, const char *s);

/* buf_putc() - append one byte */
void buf_putc(struct buf *b, char c);

/* buf_fill() - append @n bytes of the value @c */
void buf_fill(struct buf *b, char c, size_t n);

/* buf_u64() - append a number in decimal; many times as fast as buf_printf() */
void buf_u64(struct buf *b, uint64_t value);

/* buf_hex() - append a number in hexadecimal, lower case, with at least @digits digits, up to 16 */
void buf_hex(struct buf *b, uint64_t value, unsigned int digits);

/* buf_dec() - append a number in decimal with at least @digits digits, up to 20 */
void buf_dec(struct buf *b, uint64_t value, unsigned int digits);

/* buf_zero() - append @n zero bytes */
void buf_zero(struct buf *b, size_t n);

/* buf_align4() - append 0 to 3 zero bytes, so that the length is a multiple of 4 */
void buf_align4(struct buf *b);

/*
 * buf_printf() - append formatted text, without a terminating NUL
 *
 * A format that the C library refuses (only a result over INT_MAX, or a wide character that has no
 * encoding) counts as memory that ran out.
 */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/**
 * buf_str() - the content as a C string
 *
 * Return: the content with a NUL behind it that buf.len does not count, valid until the next
 * append; "" when memory ran out, now or earlier.
 */
const char *buf_str(struct buf *b);

/*
 * buf_cut() - go back to a length of @len, which is at most the present one, and forget an error:
 * the append that failed belonged to what is cut off
 */
void buf_cut(struct buf *b, size_t len);

/* buf_drop_front() - remove the first @n bytes, at most buf.len; an error stays */
void buf_drop_front(struct buf *b, size_t n);

/* buf_reset() - empty the buffer and forget an error; the memory is kept for the next use */
void buf_reset(struct buf *b);

/* buf_free() - free the memory and leave an empty buffer; @b may be NULL */
void buf_free(struct buf *b);

#endif
