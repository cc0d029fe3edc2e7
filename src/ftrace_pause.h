/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FTRACE_PAUSE_H
#define PWRU_CAP_FTRACE_PAUSE_H
/*
 * ftrace is told of many functions, and patches them all at once: /proc/sys/kernel/ftrace_enabled
 * is 0 in between, a setting of the whole machine, which is borrowed and given back.
 */
#include <stddef.h>

struct ftrace_pause {
	int fd;		 /* holds the lock; -1: nothing was borrowed */
	const char *dir; /* tracefs; a constant */
};

/**
 * ftrace_pause_begin() - ftrace patches nothing, and calls nobody, from now on
 * @names: of all the functions that probes are armed on meanwhile; is sorted
 * @n: how many
 * @ret: filled in any case
 *
 * Does nothing if anybody else uses ftrace now, live patches included: he would miss calls.
 *
 * Return: 0; -EBUSY if somebody else uses ftrace, or has switched it off, or pauses it; -ENOENT if
 * one of the functions is not known by its name; another -errno.
 */
int ftrace_pause_begin(const char **names, size_t n, struct ftrace_pause *ret);

/* ftrace_pause_end() - all is patched; 0, also if nothing was borrowed, or -errno */
int ftrace_pause_end(struct ftrace_pause *pause);

/* ftrace_pause_repair() - give back what a process borrowed that was killed since; 0 or -errno */
int ftrace_pause_repair(void);

#endif
