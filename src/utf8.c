// SPDX-License-Identifier: GPL-2.0-only
#include "src/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * Length in bytes of the character at s, or 0 if it is not valid. RFC 3629, section 4, "Syntax of
 * UTF-8 Byte Sequences": what is overlong, a surrogate or too large shows in the first two bytes.
 */
static size_t char_len(const uint8_t *s, size_t len)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;

	if (len < n || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++) {
		if (!is_tail(s[i]))
			return 0;
	}
	return n;
}

/* Is the valid character at s one that goes out as it is? */
static bool is_plain(const uint8_t *s)
{
	if (s[0] < 0x20 || s[0] == 0x7f || s[0] == '\\')
		return false;
	/* U+0080 to U+009F, the second set of control characters */
	return !(s[0] == 0xc2 && s[1] < 0xa0);
}

size_t utf8_sanitize(char *dst, size_t size, const char *src, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *s = (const uint8_t *)src;
	size_t i = 0, out = 0, n;

	if (!size)
		return 0;
	while (i < len) {
		n = char_len(s + i, len - i);
		if (n && is_plain(s + i)) {
			if (n >= size - out)
				break;
			memcpy(dst + out, s + i, n);
			out += n;
			i += n;
		} else {
			if (4 >= size - out)
				break;
			dst[out++] = '\\';
			dst[out++] = 'x';
			dst[out++] = hex[s[i] >> 4];
			dst[out++] = hex[s[i] & 0xf];
			i++;
		}
	}
	dst[out] = '\0';
	return out;
}

size_t utf8_truncate(const char *s, size_t len, size_t max)
{
	const uint8_t *bytes = (const uint8_t *)s;
	size_t start = max;

	if (len <= max)
		return len;
	while (start > 0 && max - start < 3 && is_tail(bytes[start]))
		start--;
	/* Only a valid character that reaches over the limit is worth giving up bytes for. */
	return char_len(bytes + start, len - start) > max - start ? start : max;
}
