/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_POSTROTATE_H
#define PWRU_CAP_POSTROTATE_H
/*
 * The command of -z: run for each file that is finished, in the background, with the file's name
 * as its one argument.
 */
#include <stddef.h>
#include <sys/types.h>

/* Zero-filled but for the command. */
struct postrotate {
	const char *command; /* a program, no shell's line; NULL: nothing is run */
	pid_t *pids;	     /* of those that run */
	size_t n, cap;
};

/*
 * postrotate_check() - is there a program of this name (in PATH, unless there is a / in it) that
 * this process may run?  Returns 0, -ENOENT or -EACCES.
 */
int postrotate_check(const char *command);

/*
 * postrotate_run() - start it, with the lowest priority, out of the terminal's reach.  What goes
 * wrong is said on stderr, and is not the capture's fault.
 */
void postrotate_run(struct postrotate *p, const char *file);

/* postrotate_reap() - see which have ended; says on stderr which have failed */
void postrotate_reap(struct postrotate *p);

/* postrotate_end() - let those that still run go on by themselves */
void postrotate_end(struct postrotate *p);

#endif
