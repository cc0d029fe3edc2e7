/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PROGRESS_H
#define PWRU_CAP_PROGRESS_H
/*
 * How a capture goes, said each second.
 */
#include <stdbool.h>
#include <stdint.h>

/* What was said last; zero-filled at first, but for since_ns. */
struct progress {
	bool shown;
	uint64_t got; /* packets */
	uint64_t dropped;
	uint64_t since_ns; /* clock_now_ns() of that, or of the start */
};

/* progress_due() - has anything come that was not said? At first, also that nothing has. */
bool progress_due(const struct progress *p, uint64_t got);

/**
 * progress_show() - "Got 120 (60/s), dropped 3, buffer 12%"
 * @now_ns: clock_now_ns()
 * @got: packets so far
 * @dropped: those that were lost so far
 * @peak: how full the ring buffer was found since the last time, at most, in percent
 *
 * Who reads the ring buffer looks from time to time; a packet that was lost has found it full.
 */
void progress_show(struct progress *p, uint64_t now_ns, uint64_t got, uint64_t dropped,
		   unsigned int peak);

#endif
