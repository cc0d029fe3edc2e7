/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LISTEN_H
#define PWRU_CAP_LISTEN_H
/*
 * What goes on while a capture runs: records are taken as they come, signals are obeyed, and once a
 * second it is seen to the rest.
 */
#include "src/capture.h"
#include "src/names.h"
#include "src/options.h"
#include "src/progress.h"
#include "src/ring.h"
#include "src/signals.h"
#include "src/tracing.h"

/* All of it open and started. */
struct listening {
	const struct options *opts;
	struct signals *signals;
	struct tracing *tracing;
	struct names *names;
	struct ring *ring;
	struct capture *capture;
	struct progress progress; /* zero-filled */
};

/**
 * listen_on() - until a signal asks for the end, or the capture is complete or has failed
 *
 * Says on stderr what is wrong, but for errors of the sink.
 *
 * Return: 0, also for those; or -errno if the ring cannot be read, or the functions are not
 * watched, any more.
 */
int listen_on(struct listening *l);

#endif
