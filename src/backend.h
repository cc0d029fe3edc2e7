/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_BACKEND_H
#define PWRU_CAP_BACKEND_H
/*
 * The ways to attach one program to many functions.  Each is a constant table of functions in a
 * file of its own (attach_*.c); attach.c chooses among them.
 */
#include "src/attach.h"
#include "src/funcs.h"
#include "src/load.h"

struct backend {
	const char *name;
	enum load_kind end_kind; /* the program for the functions that end an skb's life */
	const char *requirement; /* what a kernel needs for it, for messages */
	/* Can this kernel do it? Asked before anything is loaded. Returns 0 or -errno. */
	int (*check)(const struct funcs *funcs);
	/* The kind of program that it attaches to a function. */
	enum load_kind (*kind_of)(const struct func *f);
	/*
	 * Attaches to all functions, leaves out and counts those that the kernel refuses, and gives
	 * its own state for detach(). Undoes what it did when it returns an error (-errno).
	 */
	int (*attach)(const struct loaded *loaded, const struct funcs *funcs, size_t *ret_refused,
		      void **ret_state);
	/* Detaches; when it returns, no program runs any more. */
	void (*detach)(void *state);
};

extern const struct backend backend_fentry_multi;
extern const struct backend backend_multi;
extern const struct backend backend_kprobe;

#endif
