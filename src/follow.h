/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FOLLOW_H
#define PWRU_CAP_FOLLOW_H
/*
 * Follows modules as they come and go while packets are captured (--all-kmods): one that is loaded
 * is attached to, one that somebody wants to unload is let go.
 */
#include <stddef.h>

#include "src/attach.h"
#include "src/discovery.h"
#include "src/ksyms.h"
#include "src/options.h"

struct follow;

/**
 * follow_start() - attach to the modules that are loaded, and begin to follow
 * @opts: options
 * @kernel: with functions, and types if they have been read; nobody else reads types until
 * follow_stop()
 * @backend, @loaded: as for attach_module()
 * @stop: not 0: give up attaching
 * @ret_follow: receives the new object, on success only
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINTR because of @stop; or -errno.
 */
int follow_start(const struct options *opts, struct discovery *kernel,
		 const struct backend *backend, const struct loaded *loaded,
		 const volatile sig_atomic_t *stop, struct follow **ret_follow);

/* follow_attached() - functions of modules that are attached to by this, at the moment */
size_t follow_attached(struct follow *f);

/*
 * Takes the names of all functions as they are from now on; those of an earlier call are not valid
 * afterwards, but the strings of these are until the next call, or follow_stop().
 * Not 0: it could not, and those of the earlier call remain.
 */
typedef int (*follow_names_fn)(void *ctx, const struct ksym *known, size_t n);

/**
 * follow_names() - if there are new symbols, tell the names of functions
 *
 * To be called by who reads records, again and again: only after it functions of a new module are
 * attached to.
 */
void follow_names(struct follow *f, follow_names_fn fn, void *ctx);

/**
 * follow_stop() - follow no longer; the strings that were told are not valid any more
 * @to: what is attached goes there (attach_merge()); NULL: it is detached
 *
 * @f may be NULL.
 */
void follow_stop(struct follow *f, struct attached *to);

#endif
