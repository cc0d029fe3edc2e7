// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/attach_progress.h"

static void says(double seconds, size_t done, size_t of, const char *expected)
{
	char text[128];

	attach_progress_text("attaching", seconds, done, of, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_text(void **state)
{
	(void)state;
	says(2, 100, 400, "attaching: 100 of 400 functions, 50 a second, 6 s left ...");
	says(2, 400, 400, "attaching: 400 of 400 functions, 200 a second, 0 s left ...");
	/* No rate can be told yet. */
	says(2, 0, 400, "attaching: 0 of 400 functions ...");
	says(0, 10, 400, "attaching: 10 of 400 functions ...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_text)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
