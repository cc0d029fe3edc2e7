// SPDX-License-Identifier: GPL-2.0-only
#include "src/clock.h"

#include <time.h>

/* Beyond this the clock was set, or the machine was suspended. */
#define STEP_NS 50000000LL

static int64_t read_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

/* Of several readings, the one that was interrupted least. */
static int64_t measure(void)
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < 16; i++) {
		int64_t before = read_ns(CLOCK_MONOTONIC);
		int64_t wall = read_ns(CLOCK_REALTIME);
		int64_t after = read_ns(CLOCK_MONOTONIC);

		if (after - before < best) {
			best = after - before;
			offset = wall - (before + best / 2);
		}
	}
	return offset;
}

void clock_sync(struct wall_clock *clock)
{
	int64_t offset = measure(), change = offset - clock->offset_ns;

	if (change > STEP_NS || change < -STEP_NS)
		clock->offset_ns = offset;
}
