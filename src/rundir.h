/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RUNDIR_H
#define PWRU_CAP_RUNDIR_H
/*
 * Files below /run, which end with the boot and which only their owner may read or write: they
 * hold kernel addresses, and what is in them is believed.
 */
#include <stddef.h>

/**
 * rundir_read() - all of a file, if nobody else can have written it
 * @name: without a directory
 * @ret_data: receives the text, to be freed, and a NUL behind it
 *
 * Return: 0; -ENOENT if there is none; -EPERM if others may write it or its directory; -errno.
 */
int rundir_read(const char *name, char **ret_data, size_t *ret_size);

/* rundir_replace() - write a file, as a whole or not at all; 0 or -errno */
int rundir_replace(const char *name, const void *data, size_t size);

#endif
