// SPDX-License-Identifier: GPL-2.0-only
/* Names of functions; symbols are those of the machine, or none if it hides them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/names.h"
#include "src/util.h"

static const struct ksym first[] = {
	{.addr = 0xffffffffc0000200, .name = "old_xmit", .module = "old"},
	{.addr = 0xffffffffc0000100, .name = "stays", .module = "other"},
};
/* One has been unloaded, and another is where it was. */
static const struct ksym second[] = {
	{.addr = 0xffffffffc0000100, .name = "stays", .module = "other"},
	{.addr = 0xffffffffc0000200, .name = "new_xmit", .module = "new"},
	{.addr = 0xffffffffc0000300, .name = "new_rcv", .module = "new"},
};

static void test_known(void **state)
{
	struct names *names = names_new();

	(void)state;
	assert_non_null(names);
	assert_int_equal(names_know(names, first, ARRAY_SIZE(first)), 0);
	assert_string_equal(names_func(names, 0xffffffffc0000200)->name, "old_xmit");
	assert_int_equal(names_know(names, second, ARRAY_SIZE(second)), 0);
	assert_string_equal(names_func(names, 0xffffffffc0000200)->name, "new_xmit");
	assert_string_equal(names_func(names, 0xffffffffc0000300)->module, "new");
	assert_string_equal(names_func(names, 0xffffffffc0000100)->name, "stays");
	names_free(names);
}

/* Before they were read, while they are, and afterwards. */
static void test_read_again(void **state)
{
	struct names *names = names_new();
	const struct ksyms *syms;
	bool had;

	(void)state;
	assert_non_null(names);
	names_read_again(names);
	names_read_ahead(names);
	for (int i = 0; i < 3; i++)
		names_read_again(names);
	syms = names_symbols(names);
	had = syms;
	names_read_again(names);
	syms = names_symbols(names);
	assert_int_equal(had, !!syms);
	if (syms) {
		size_t n;

		ksyms_all(syms, &n);
		assert_true(n > 1000);
	}
	names_read_again(names);
	names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
