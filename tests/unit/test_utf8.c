// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/utf8.h"

/* A string with its length, NULs within included. */
#define S(s) s, sizeof(s) - 1

static const struct {
	const char *name;
	const char *in;
	size_t len;
	const char *out;
} rows[] = {
	{"empty", S(""), ""},
	{"plain", S("kworker/0:1 ~"), "kworker/0:1 ~"},
	{"newline, tab", S("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d"},
	{"NUL", S("a\0b"), "a\\x00b"},
	{"escape sequence", S("\033[2J\177"), "\\x1b[2J\\x7f"},
	{"backslash", S("\\x41"), "\\x5cx41"},
	{"2, 3, 4 bytes", S("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d"),
	 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d"},
	{"first and last of each length",
	 S("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	 "\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
	{"around the surrogates", S("\xed\x9f\xbf\xee\x80\x80"), "\xed\x9f\xbf\xee\x80\x80"},
	{"U+0080, U+009F", S("\xc2\x80\xc2\x9f"), "\\xc2\\x80\\xc2\\x9f"},
	{"tail alone", S("a\x80\xbf"), "a\\x80\\xbf"},
	{"cut short at the end", S("\xe2\x82"), "\\xe2\\x82"},
	{"cut short within", S("\xe2\x82z"), "\\xe2\\x82z"},
	{"cut short by another", S("\xe2\xc3\xa9"), "\\xe2\xc3\xa9"},
	{"overlong", S("\xc0\xaf\xc1\xbf"), "\\xc0\\xaf\\xc1\\xbf"},
	{"overlong, 3 bytes", S("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf"},
	{"overlong, 4 bytes", S("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf"},
	{"surrogate", S("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
	{"above U+10FFFF", S("\xf4\x90\x80\x80\xf5\xff"), "\\xf4\\x90\\x80\\x80\\xf5\\xff"},
};

static void test_sanitize(void **state)
{
	char out[100];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = utf8_sanitize(out, sizeof(out), rows[i].in, rows[i].len);
		if (strcmp(out, rows[i].out) != 0)
			print_error("row: %s\n", rows[i].name);
		assert_string_equal(out, rows[i].out);
		assert_int_equal(n, strlen(rows[i].out));
	}
}

/* Whatever the room, what comes out is a beginning of the whole that ends between two units. */
static void test_sanitize_short_of_room(void **state)
{
	/* Where the units of the output end: a, é, \x0a, €, \xff, b. */
	static const size_t ends[] = {0, 1, 3, 7, 10, 14, 15};
	static const char in[] = "a\xc3\xa9\n\xe2\x82\xac\xff"
				 "b";
	static const char whole[] = "a\xc3\xa9\\x0a\xe2\x82\xac\\xffb";
	size_t size, n, want, i;

	(void)state;
	assert_int_equal(utf8_sanitize(NULL, 0, in, sizeof(in) - 1), 0);
	for (size = 1; size <= sizeof(whole) + 2; size++) {
		/* Of the exact size, so that ASan sees a write behind it. */
		char *out = malloc(size);

		assert_non_null(out);
		for (want = 0, i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			if (ends[i] < size)
				want = ends[i];
		}
		n = utf8_sanitize(out, size, in, sizeof(in) - 1);
		assert_int_equal(n, want);
		assert_memory_equal(out, whole, n);
		assert_int_equal(out[n], 0);
		free(out);
	}
}

/* Any two bytes: no control character, everything valid, and never more than was promised. */
static void test_sanitize_all_pairs(void **state)
{
	char in[2], out[UTF8_SANITIZED_SIZE(2)], again[UTF8_SANITIZED_SIZE(8)];
	unsigned int v;
	size_t n, i;

	(void)state;
	for (v = 0; v <= 0xffff; v++) {
		in[0] = (char)(v >> 8);
		in[1] = (char)v;
		n = utf8_sanitize(out, sizeof(out), in, 2);
		assert_in_range(n, 2, 8);
		for (i = 0; i < n; i++)
			assert_in_range((uint8_t)out[i], 0x20, 0xfe);
		/* Valid and printable: a second time, only the backslashes change. */
		for (i = 0; i < n; i++) {
			if (out[i] == '\\')
				out[i] = '/';
		}
		utf8_sanitize(again, sizeof(again), out, n);
		assert_string_equal(again, out);
	}
}

static void test_truncate(void **state)
{
	static const char s[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9dz"; /* a é € 🐝 z */
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
	size_t max;

	(void)state;
	for (max = 0; max < sizeof(want) / sizeof(want[0]); max++)
		assert_int_equal(utf8_truncate(s, sizeof(s) - 1, max), want[max]);
	assert_int_equal(utf8_truncate("", 0, 0), 0);
}

/* What is not a character has no middle: no bytes are given up for it. */
static void test_truncate_invalid(void **state)
{
	(void)state;
	assert_int_equal(utf8_truncate("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
	assert_int_equal(utf8_truncate("\xf0\x9fzz", 4, 2), 2);
	assert_int_equal(utf8_truncate("ab\xe2\x82", 4, 3), 3);
	assert_int_equal(utf8_truncate("\xff\xff\xff", 3, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sanitize),
		cmocka_unit_test(test_sanitize_short_of_room),
		cmocka_unit_test(test_sanitize_all_pairs),
		cmocka_unit_test(test_truncate),
		cmocka_unit_test(test_truncate_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
