// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/buf.h"

static void test_append(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_append(&b, NULL, 0);
	buf_zero(&b, 0);
	buf_drop_front(&b, 0);
	assert_null(b.data);

	buf_append(&b, "a\0b", 3);
	buf_puts(&b, "cd");
	buf_zero(&b, 2);
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data, "a\0bcd\0\0", 7);
	assert_int_equal(buf_error(&b), 0);
	buf_free(&b);
	assert_null(b.data);
	buf_free(NULL);
}

static void test_align4(void **state)
{
	static const size_t padded[] = {0, 4, 4, 4, 4, 8};
	struct buf b = {0};
	size_t n, i;

	(void)state;
	for (n = 0; n < sizeof(padded) / sizeof(padded[0]); n++) {
		buf_reset(&b);
		buf_append(&b, "xxxxx", n);
		buf_align4(&b);
		assert_int_equal(b.len, padded[n]);
		for (i = n; i < b.len; i++)
			assert_int_equal(b.data[i], 0);
	}
	buf_free(&b);
}

static void test_many_small_appends(void **state)
{
	struct buf b = {0};
	uint32_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_append(&b, &i, sizeof(i));
	assert_int_equal(buf_error(&b), 0);
	assert_int_equal(b.len, 400000);
	for (i = 0; i < 100000; i++)
		assert_memory_equal(b.data + 4 * i, &i, sizeof(i));
	buf_free(&b);
}

/* Every length around the first allocation, where the text just fits, or just does not. */
static void test_printf(void **state)
{
	char text[600];
	size_t n;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (n = 0; n < sizeof(text); n++) {
		struct buf b = {0};

		buf_puts(&b, "<");
		buf_printf(&b, "%.*s|%d", (int)n, text, 42);
		assert_int_equal(b.len, n + 4);
		assert_memory_equal(b.data + 1, text, n);
		assert_memory_equal(b.data + 1 + n, "|42", 3);
		buf_free(&b);
	}
}

static void test_str(void **state)
{
	struct buf b = {0};
	size_t n;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	for (n = 1; n <= 300; n++) {
		buf_puts(&b, "y");
		assert_int_equal(strlen(buf_str(&b)), n);
		assert_int_equal(b.len, n);
	}
	buf_free(&b);
}

static void test_cut_and_drop(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_puts(&b, "0123456789");
	buf_cut(&b, 8);
	buf_drop_front(&b, 3);
	assert_string_equal(buf_str(&b), "34567");
	buf_drop_front(&b, 5);
	assert_int_equal(b.len, 0);
	buf_puts(&b, "again");
	assert_string_equal(buf_str(&b), "again");
	buf_free(&b);
}

static void test_error_sticks(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_puts(&b, "kept");
	assert_null(buf_extend(&b, PTRDIFF_MAX));
	buf_puts(&b, "x");
	buf_zero(&b, 1);
	buf_printf(&b, "%d", 1);
	assert_null(buf_extend(&b, 1));
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(b.len, 4);
	assert_int_equal(buf_error(&b), -ENOMEM);

	buf_drop_front(&b, 1);
	assert_int_equal(buf_error(&b), -ENOMEM);
	buf_cut(&b, 2);
	assert_int_equal(buf_error(&b), 0);
	assert_string_equal(buf_str(&b), "ep");

	assert_null(buf_extend(&b, SIZE_MAX));
	buf_reset(&b);
	assert_int_equal(buf_error(&b), 0);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_align4),
		cmocka_unit_test(test_many_small_appends),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_cut_and_drop),
		cmocka_unit_test(test_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
