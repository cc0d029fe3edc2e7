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

/*
 * Run a table of cmocka tests, and count them on the last line, as all test programs here do. TAP
 * because cmocka's other formats print a count that tests/check would add, too.
 */
#define UNIT_MAIN(tests)                                                           \
	int main(void)                                                             \
	{                                                                          \
		int failed, cnt = (int)(sizeof(tests) / sizeof((tests)[0]));       \
                                                                                   \
		cmocka_set_message_output(CM_OUTPUT_TAP);                          \
		failed = cmocka_run_group_tests(tests, NULL, NULL);                \
		printf("%d passed, %d failed, 0 skipped\n", cnt - failed, failed); \
		return failed != 0;                                                \
	}

#endif
