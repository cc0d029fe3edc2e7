/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FTRACE_PAUSE_H
#define PWRU_CAP_FTRACE_PAUSE_H
/*
 * ftrace is told of many functions, and patches them all at once: /proc/sys/kernel/ftrace_enabled
 * is 0 in between, a setting of the whole machine, which is borrowed and given back.
 */
#include <stdbool.h>

struct ftrace_pause {
	int fd;		 /* holds the lock; -1: none */
	bool paused;	 /* there may be something to give back */
	const char *dir; /* tracefs; a constant */
};

/**
 * ftrace_pause_begin() - ftrace patches nothing, and calls nobody, from now on; and nobody else
 * of us does that
 * @wanted: false does only the latter
 * @ret: filled in any case; to be ended also if it was only the latter
 *
 * It is not paused if anybody else uses ftrace now, live patches included: he would miss calls.
 *
 * Return: 0; -EAGAIN if another pwru-cap pauses it just now; another -errno with @ret->fd >= 0 if
 * it could not be paused: -EBUSY if somebody else uses ftrace, or has switched it off; a -errno and
 * -1 in @ret->fd if nothing can be said of it, or a process that was killed has left it off, and
 * it stays so.
 */
int ftrace_pause_begin(bool wanted, struct ftrace_pause *ret);

/* All is as it was, but that a tracer is left in an instance of tracefs, FTRACE_PAUSE_DIR. */
#define FTRACE_PAUSE_LEFT 1
#define FTRACE_PAUSE_DIR  "instances/pwru_cap_pause"

/* ftrace_pause_end() - all is patched; 0, also if it was not paused, FTRACE_PAUSE_LEFT or -errno */
int ftrace_pause_end(struct ftrace_pause *pause);

/*
 * ftrace_pause_repair() - give back what a process borrowed that was killed since; 0;
 * FTRACE_PAUSE_LEFT; -EAGAIN if a process that is alive, or still about to end, has ftrace off; or
 * another -errno
 */
int ftrace_pause_repair(void);

#endif
