/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ATTACH_H
#define PWRU_CAP_ATTACH_H
/*
 * Attaching the loaded programs to the functions, and detaching them.
 */
#include <stddef.h>

#include "src/funcs.h"
#include "src/load.h"

struct attached;
struct backend;

struct attach_result {
	size_t attached; /* functions that are watched */
	size_t refused;	 /* functions that the kernel did not take */
};

/**
 * attach_choose() - the best way to attach that this kernel has
 * @name: the one that is wanted, or NULL for the best
 * @funcs: some of them are tried
 * @failed: one that was chosen before and did not work after all: the next best; or NULL
 * @ret_backend: receives a constant
 *
 * Asks by linking: some kernels load programs and then refuse the link. Says on stderr what is
 * missing.
 *
 * Return: 0; -EINVAL if there is no backend of that name; -EOPNOTSUPP if none works.
 */
int attach_choose(const char *name, const struct funcs *funcs, const struct backend *failed,
		  const struct backend **ret_backend);

/* attach_name() - the name of a backend */
const char *attach_name(const struct backend *backend);

/* attach_needs() - the programs that a backend needs for these functions */
struct load_needs attach_needs(const struct backend *backend, const struct funcs *funcs);

/**
 * attach_all() - attach to all functions
 * @backend: from attach_choose()
 * @loaded: programs of its kind; must outlive the result
 * @funcs: functions, sorted by position
 * @ret_attached: receives the new object, on success only
 * @ret_result: what was done
 *
 * A function that the kernel refuses is left out and counted. Says on stderr what is wrong.
 *
 * Return: 0 or -errno.
 */
int attach_all(const struct backend *backend, const struct loaded *loaded,
	       const struct funcs *funcs, struct attached **ret_attached,
	       struct attach_result *ret_result);

/* attach_free() - detach all; afterwards no program runs any more; @a may be NULL */
void attach_free(struct attached *a);

#endif
