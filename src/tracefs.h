/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TRACEFS_H
#define PWRU_CAP_TRACEFS_H
/*
 * tracefs: which functions can be traced, and events for kprobes.
 */

/**
 * tracefs_dir() - where it is mounted
 * @ret_dir: receives a constant
 *
 * Return: 0; -ENOENT if it is not mounted, or offers no functions; -EACCES or -EPERM if it is there
 * and we may not read it.
 */
int tracefs_dir(const char **ret_dir);

#endif
