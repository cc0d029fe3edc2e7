/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_UNIT_H
#define PWRU_CAP_TESTS_FILTER_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Needs those above. */
#include <cmocka.h>

/* Run a table of cmocka tests, and count them on the last line, as all test programs here do. */
#define UNIT_MAIN(tests)                                                           \
	int main(void)                                                             \
	{                                                                          \
		int failed = cmocka_run_group_tests(tests, NULL, NULL);            \
		int cnt = (int)(sizeof(tests) / sizeof((tests)[0]));               \
                                                                                   \
		printf("%d passed, %d failed, 0 skipped\n", cnt - failed, failed); \
		return failed != 0;                                                \
	}

#endif
