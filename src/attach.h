/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ATTACH_H
#define PWRU_CAP_ATTACH_H
/*
 * Attaching the loaded programs to the functions, and detaching them.
 */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/funcs.h"
#include "src/load.h"

struct attached;
struct backend;

struct attach_opts {
	const struct load_opts *load; /* what @loaded was loaded with */
	const struct loaded *loaded;  /* programs of the backend's kind; must outlive the result */
	const struct funcs *funcs;    /* sorted by position; must outlive the result */
	const volatile sig_atomic_t *stop; /* not 0: give up */
	bool rcu_expedited;		   /* may be switched on for as long as it takes */
	bool ftrace_pause;		   /* ftrace may be switched off, likewise */
};

struct attach_result {
	size_t attached; /* functions that are watched */
	size_t refused;	 /* functions that the kernel did not take */
};

/* attach_check_name() - is there a backend of that name? NULL is right. Returns 0; -EINVAL, said */
int attach_check_name(const char *name);

/**
 * attach_choose() - the best way to attach that this kernel has
 * @name: the one that is wanted, or NULL for the best
 * @funcs: what it is to attach to
 * @failed: one that was chosen before and did not work after all: the next best; or NULL
 * @returns: it has to tell what functions return
 * @ret_backend: receives a constant
 *
 * Asks the kernel, not its version. Says on stderr what is missing.
 *
 * Return: 0; -EINVAL if there is no backend of that name; -EOPNOTSUPP if none works, or none that
 * is wanted.
 */
int attach_choose(const char *name, const struct funcs *funcs, const struct backend *failed,
		  bool returns, const struct backend **ret_backend);

/* attach_name() - the name of a backend */
const char *attach_name(const struct backend *backend);

/*
 * attach_crowds_symbols() - does it add so many programs to the kernel's symbols that these are to
 * be read before?  For each symbol of a program the kernel goes through those before it.
 */
bool attach_crowds_symbols(const struct backend *backend);

/*
 * attach_holds_modules() - does what it attaches to functions of a module keep the module from
 * being unloaded?
 */
bool attach_holds_modules(const struct backend *backend);

/*
 * attach_needs() - the programs that a backend needs for these functions; if @modules, also for
 * any that attach_module() may be called for
 */
struct load_needs attach_needs(const struct backend *backend, const struct funcs *funcs,
			       bool modules);

/**
 * attach_repair() - put right what runs that were killed have left behind
 *
 * @rcu_expedited: may be switched on meanwhile
 * @stop: set by a signal: do not wait
 *
 * Waits while ftrace is off for another run that attaches. The kernel's part of it goes on in the
 * background. Says on stderr that there was something.
 */
void attach_repair(bool rcu_expedited, const volatile sig_atomic_t *stop);

/**
 * attach_all() - attach to all functions
 * @backend: from attach_choose()
 * @opts: what to attach to what
 * @ret_attached: receives the new object, on success only
 * @ret_result: what was done
 *
 * A function that the kernel refuses is left out and counted. Says on stderr what is wrong.
 *
 * Return: 0; -EINTR if @opts->stop was set before all were attached; or -errno.
 */
int attach_all(const struct backend *backend, const struct attach_opts *opts,
	       struct attached **ret_attached, struct attach_result *ret_result);

/* attach_missed() - as loaded_missed(), of programs beyond those that were loaded */
uint64_t attach_missed(const struct attached *a);

/* attach_follows_modules() - can the backend do attach_module()? */
bool attach_follows_modules(const struct backend *backend);

/**
 * attach_module() - attach to functions of one module, in addition to those of attach_all()
 *
 * The same, but what it gives holds this module alone, and it is no error if the kernel refuses all
 * functions: *ret_attached is NULL then.
 */
int attach_module(const struct backend *backend, const struct attach_opts *opts,
		  struct attached **ret_attached, struct attach_result *ret_result);

/* attach_merge() - from now on what @from holds is detached with @to; @from is no more */
void attach_merge(struct attached *to, struct attached *from);

/* attach_lost() - are the programs not attached any more, although nobody has detached them? */
bool attach_lost(const struct attached *a);

/*
 * attach_free() - begin to detach all; where that is slow it goes on in the background, and
 * programs still run (loaded_stop() is what makes them silent). @a may be NULL.
 */
void attach_free(struct attached *a);

/**
 * attach_free_wait() - detach all; afterwards no program runs any more
 * @stop: not 0: wait no longer; NULL: to the end
 *
 * Return: 0; -EINTR because of @stop: the detaching goes on in the background; or -errno if
 * something is left behind, which has been said on stderr.
 */
int attach_free_wait(struct attached *a, const volatile sig_atomic_t *stop);

#endif
