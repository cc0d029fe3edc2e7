/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CLOCK_H
#define PWRU_CAP_CLOCK_H
/*
 * The programs stamp records with CLOCK_MONOTONIC, the only clock that all kernels offer them;
 * files want the time of day.  The difference between the two is measured here.
 */
#include <stdint.h>

struct wall_clock {
	int64_t offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
};

/*
 * clock_sync() - measure the difference.  Small corrections (NTP slews by up to 0.5 ms a second)
 * are left alone, so that time does not run backwards within a capture; a step of the clock, or a
 * suspend, is followed.
 */
void clock_sync(struct wall_clock *clock);

/* clock_wall_ns() - nanoseconds since 1970-01-01 UTC */
static inline uint64_t clock_wall_ns(const struct wall_clock *clock, uint64_t monotonic_ns)
{
	return monotonic_ns + clock->offset_ns;
}

/* clock_now_ns() - CLOCK_MONOTONIC, as bpf_ktime_get_ns(); signal handlers may call it */
uint64_t clock_now_ns(void);

#endif
