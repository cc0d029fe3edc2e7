/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_UTF8_H
#define PWRU_CAP_UTF8_H

/*
 * UTF-8 for text that comes from outside. A process may name itself with any bytes, but an option
 * of a pcapng file must be valid UTF-8 without NUL, and a line on a terminal must stay one line.
 */

#include <stddef.h>

/* Room that utf8_sanitize() needs for @n bytes of any input: \xNN for each, and the NUL. */
#define UTF8_SANITIZED_SIZE(n) (4 * (n) + 1)

/**
 * utf8_sanitize() - make printable, valid UTF-8 of a byte string
 * @dst: receives the text, always with a NUL at its end when @size is not 0
 * @size: bytes at @dst; UTF8_SANITIZED_SIZE(@len) is enough for every input
 * @src: @len bytes of anything; cut a NUL-padded field such as comm with strnlen() first, because
 *	a NUL within @len is escaped like any other control character
 * @len: bytes at @src
 *
 * Control characters (U+0000 to U+001F, U+007F to U+009F), bytes that are not part of valid UTF-8
 * (RFC 3629: also overlong forms, surrogates, and values above U+10FFFF), and the backslash come
 * out as \xNN for each byte, in lower case. Since the backslash is escaped too, the original bytes
 * can be had back.
 * What does not fit is left off; neither a character nor an escape is ever cut in two.
 *
 * Return: bytes written to @dst, without the NUL.
 */
size_t utf8_sanitize(char *dst, size_t size, const char *src, size_t len);

/**
 * utf8_truncate() - the longest length up to a limit that does not cut a character in two
 * @s: @len bytes; where they are not valid UTF-8, the cut is made at @max itself
 * @len: bytes at @s
 * @max: limit, in bytes
 *
 * Return: @len if that is at most @max, otherwise a value from @max - 3 to @max.
 */
size_t utf8_truncate(const char *s, size_t len, size_t max);

#endif
