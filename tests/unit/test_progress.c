// SPDX-License-Identifier: GPL-2.0-only
/* What stands on standard error while a capture runs: no terminal, as in a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/log.h"
#include "src/progress.h"

static char text[256];

static void show(enum log_level level, struct progress *p, uint64_t now_ns, uint64_t got,
		 uint64_t dropped, unsigned int peak)
{
	int saved = dup(STDERR_FILENO);
	FILE *f = tmpfile();

	assert_true(saved >= 0 && f);
	dup2(fileno(f), STDERR_FILENO);
	log_set_level(level);
	progress_show(p, now_ns, got, dropped, peak);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
}

static void test_show(void **state)
{
	struct progress p = {.since_ns = 1000000000};

	(void)state;
	assert_true(progress_due(&p, 0));
	show(LOG_VERBOSE, &p, 2000000000, 0, 0, 0);
	assert_string_equal(text, "Got 0 (0/s), dropped 0, buffer 0%\r");
	assert_false(progress_due(&p, 0));
	assert_true(progress_due(&p, 1));
	/* It was full, whatever was found. */
	show(LOG_VERBOSE, &p, 4000000000, 1001, 7, 12);
	assert_string_equal(text, "Got 1001 (500/s), dropped 7, buffer 100%\r");
	show(LOG_VERBOSE, &p, 4000000000, 1001, 7, 13);
	assert_string_equal(text, "Got 1001 (0/s), dropped 7, buffer 13%\r");
	/* A rate is of the time since the last line, also if some seconds had nothing to say. */
	show(LOG_VERBOSE, &p, 14000000000, 2001, 18446744073709551615u, 100);
	assert_string_equal(text, "Got 2001 (100/s), dropped 18446744073709551615, buffer 100%\r");
	show(LOG_VERBOSE, &p, 14000000000, 2002, 0, 0);
	assert_string_equal(text, "Got 2002 (1/s), dropped 0, buffer 0%\r");
}

/* Without -v only a terminal gets it. */
static void test_quiet(void **state)
{
	struct progress p = {0};

	(void)state;
	show(LOG_NORMAL, &p, 2000000000, 5, 0, 0);
	assert_string_equal(text, "");
	show(LOG_QUIET, &p, 3000000000, 6, 0, 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
