/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_BACKEND_H
#define PWRU_CAP_BACKEND_H
/*
 * The ways to attach programs to many functions.  Each is a constant table of functions in a
 * file of its own (attach_*.c); attach.c chooses among them.
 */
#include "src/attach.h"
#include "src/funcs.h"
#include "src/load.h"
#include "src/requirement.h"

struct backend {
	const char *name;
	enum load_kind end_kind;	/* the program for the functions that end an skb's life */
	bool crowds_symbols;		/* as attach_crowds_symbols() */
	struct requirement requirement; /* what a kernel needs for it, for messages */
	/* The program for functions of modules that are attached to by attach_module(). */
	enum load_kind module_kind;
	bool holds_modules; /* as attach_holds_modules() */
	bool no_by_stack;   /* it cannot watch functions without an skb (FUNC_BY_STACK) */
	bool returns;	    /* it can tell what functions return */
	bool for_few;	    /* of few functions only, unless it is asked for */
	bool only_returns;  /* and is for nothing else */
	/*
	 * Can this kernel do it? Asked before anything is loaded. Returns 0; -ENODATA if none of
	 * the functions has the type id that it needs; or another -errno.
	 */
	int (*check)(const struct funcs *funcs);
	/* The kind of program that it attaches to a function; NULL: it makes its own. */
	enum load_kind (*kind_of)(const struct func *f);
	/*
	 * Attaches to all functions, leaves out and counts those that the kernel refuses, and gives
	 * its own state for the functions below. Undoes what it did when it returns an error
	 * (-errno; -EINTR if *opts->stop was set).
	 */
	int (*attach)(const struct attach_opts *opts, size_t *ret_refused, void **ret_state);
	/* As attach_missed(); NULL: it has no programs of its own. */
	uint64_t (*missed)(const void *state);
	/*
	 * The same for functions of one module, which has none that end an skb's life.  NULL: it
	 * does not follow modules.
	 */
	int (*attach_module)(const struct attach_opts *opts, size_t *ret_refused, void **ret_state);
	/* As attach_merge(), with two states. */
	void (*merge)(void *to, void *from);
	/* As attach_lost(); NULL: it cannot happen. */
	bool (*lost)(const void *state);
	/*
	 * Detaches, frees the state.  If @wait, it returns when no program runs any more, or when
	 * *stop is set (NULL: it is not); otherwise soon.  Returns as attach_free_wait() does.
	 */
	int (*detach)(void *state, bool wait, const volatile sig_atomic_t *stop);
};

extern const struct backend backend_fentry_multi;
extern const struct backend backend_multi;
extern const struct backend backend_session;
extern const struct backend backend_kprobe;
extern const struct backend backend_fentry;

/* Removes what runs of backend_kprobe that were killed have left behind, in the background. */
void kprobe_repair(bool rcu_expedited, const volatile sig_atomic_t *stop);

#endif
