/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TRACEABLE_H
#define PWRU_CAP_TRACEABLE_H
/*
 * What tracefs says can be traced: the lines of available_filter_functions, and of
 * available_filter_functions_addrs, which is the same with addresses, since 6.5.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct traceable {
	uint64_t addr; /* of the call to ftrace; 0: not told */
	const char *name;
	const char *module; /* NULL: vmlinux */
};

/* Takes one function; its strings are valid during the call. Not 0 ends the reading. */
typedef int (*traceable_fn)(void *ctx, const struct traceable *t);

/**
 * traceable_names() - all functions, without addresses
 * @dir: of tracefs
 * @stop: as for read_file_until()
 *
 * Return: 0; -ECANCELED; -errno of reading; or what @fn returned.
 */
int traceable_names(const char *dir, const atomic_bool *stop, traceable_fn fn, void *ctx);

/* traceable_has_addresses() - does the kernel tell them? */
bool traceable_has_addresses(const char *dir);

/* traceable_addresses() - the same with addresses; -ENOENT if the kernel does not tell them */
int traceable_addresses(const char *dir, const atomic_bool *stop, traceable_fn fn, void *ctx);

#endif
