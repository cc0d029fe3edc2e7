// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/columns.h"
#include "src/util.h"

struct fixture {
	struct columns columns;
	struct buf out;
};

static void line(struct fixture *f, const char *a, const char *b, const char *c)
{
	const char *cells[] = {a, b, c};

	buf_reset(&f->out);
	columns_begin(&f->columns, &f->out);
	for (size_t i = 0; i < f->columns.n; i++) {
		buf_puts(&f->out, cells[i]);
		columns_cell(&f->columns, &f->out);
	}
}

static void test_columns(void **state)
{
	struct fixture f = {0};

	(void)state;
	columns_add(&f.columns, "A", 4, 6);
	columns_add(&f.columns, "LONG", 2, 4);
	columns_add(&f.columns, "LAST", 9, 9);
	columns_header(&f.columns, &f.out);
	/* A title is never cut; nothing follows the last cell. */
	assert_string_equal(buf_str(&f.out), "A    LONG LAST\n");
	line(&f, "x", "", "end");
	assert_string_equal(buf_str(&f.out), "x         end");
	/* Wider than the column, within its limit: it stays that wide. */
	line(&f, "123456", "y", "end");
	assert_string_equal(buf_str(&f.out), "123456 y    end");
	line(&f, "x", "y", "end");
	assert_string_equal(buf_str(&f.out), "x      y    end");
	/* Beyond the limit: one blank, and no more than this line is moved. */
	line(&f, "1234567", "y", "end");
	assert_string_equal(buf_str(&f.out), "1234567 y    end");
	line(&f, "x", "y", "end");
	assert_string_equal(buf_str(&f.out), "x      y    end");
	/* Characters count, not bytes. */
	line(&f, "\xc3\xa9\xe2\x82\xac", "\xf0\x9f\x90\xa7", "end");
	assert_string_equal(buf_str(&f.out), "\xc3\xa9\xe2\x82\xac     \xf0\x9f\x90\xa7    end");
	buf_free(&f.out);
}

static void test_one(void **state)
{
	struct fixture f = {0};

	(void)state;
	columns_add(&f.columns, "ONLY", 20, 20);
	columns_header(&f.columns, &f.out);
	assert_string_equal(buf_str(&f.out), "ONLY\n");
	buf_free(&f.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
