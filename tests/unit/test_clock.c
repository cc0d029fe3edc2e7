// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "src/clock.h"

#define MS 1000000LL

static int64_t read_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void test_now(void **state)
{
	uint64_t before = read_ns(CLOCK_MONOTONIC), now = clock_now_ns();

	(void)state;
	assert_in_range(now, before, (uint64_t)read_ns(CLOCK_MONOTONIC));
}

static void test_wall(void **state)
{
	struct wall_clock clock = {.offset_ns = 1700000000123456789};

	(void)state;
	assert_int_equal(clock_wall_ns(&clock, 0), 1700000000123456789);
	assert_int_equal(clock_wall_ns(&clock, 11), 1700000000123456800);
	/* A clock that was set to before the time the machine runs. */
	clock.offset_ns = -5;
	assert_int_equal(clock_wall_ns(&clock, 11), 6);
}

static void test_sync(void **state)
{
	struct wall_clock clock = {0};
	int64_t now, wall;

	(void)state;
	clock_sync(&clock);
	now = clock_now_ns();
	wall = read_ns(CLOCK_REALTIME);
	assert_in_range((uint64_t)(wall - (int64_t)clock_wall_ns(&clock, now) + 20 * MS), 0,
			40 * MS);
}

/* What NTP does is left alone, a step is followed, in both directions. */
static void test_sync_again(void **state)
{
	static const struct {
		int64_t off;
		int followed;
	} rows[] = {
		{0, 0},		 {10 * MS, 0},	    {-10 * MS, 0},	{30 * MS, 0},
		{-30 * MS, 0},	 {70 * MS, 1},	    {-70 * MS, 1},	{1000 * MS, 1},
		{-5000 * MS, 1}, {3600000 * MS, 1}, {-3600000 * MS, 1},
	};
	struct wall_clock right = {0}, clock;

	(void)state;
	clock_sync(&right);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clock.offset_ns = right.offset_ns + rows[i].off;
		clock_sync(&clock);
		if (!rows[i].followed)
			assert_true(clock.offset_ns == right.offset_ns + rows[i].off);
		else
			assert_in_range((uint64_t)(clock.offset_ns - right.offset_ns + 20 * MS), 0,
					40 * MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_wall),
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_sync_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
