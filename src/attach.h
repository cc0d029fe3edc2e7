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

struct attach_result {
	const char *backend; /* name of the way they are attached */
	size_t attached;     /* functions that are watched */
	size_t refused;	     /* functions that the kernel did not take */
};

/**
 * attach_check() - can this kernel attach one program to many functions?
 * @funcs: some of them are tried
 *
 * Asks by linking: some kernels load such programs and then refuse the link. Says on stderr what is
 * missing.
 *
 * Return: 0 or -errno.
 */
int attach_check(const struct funcs *funcs);

/**
 * attach_all() - attach to all functions
 * @loaded: programs, must outlive the result
 * @funcs: functions, sorted by position
 * @ret_attached: receives the new object, on success only
 * @ret_result: what was done
 *
 * A function that the kernel refuses is found, left out and counted. Says on stderr what is wrong.
 *
 * Return: 0 or -errno.
 */
int attach_all(const struct loaded *loaded, const struct funcs *funcs,
	       struct attached **ret_attached, struct attach_result *ret_result);

/* attach_free() - detach all; afterwards no program runs any more; @a may be NULL */
void attach_free(struct attached *a);

#endif
