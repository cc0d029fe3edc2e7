/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CONTAINERS_H
#define PWRU_CAP_CONTAINERS_H
/*
 * The container of a process, by the number of its control group (cgroup v2).  The programs record
 * that number, so a process may be gone by the time that it is looked at; its group only if it goes
 * before the first of its records is read.
 */
#include <stdint.h>

struct containers;

struct container {
	const char *id;	  /* of the runtime, mostly 64 hexadecimal digits; "?": see below */
	const char *name; /* NULL: the runtime's files do not tell */
};

/**
 * containers_new() - prepare to look
 * @root: where /proc, /sys and /var are, for tests; "" as they are
 * @ret_containers: receives the new object, on success only
 *
 * Says on stderr what is missing.
 *
 * Return: 0; -ENOTSUP if no unified hierarchy of control groups is mounted; or -errno.
 */
int containers_new(const char *root, struct containers **ret_containers);

/**
 * containers_find() - the container of the processes in a control group
 * @cgroup: its number, as bpf_get_current_cgroup_id() gives it: the inode of its directory
 *
 * Return: NULL if they are in none; a container with the id "?" if that is not known: the group is
 * gone, or out of sight.  Valid until containers_free().
 */
const struct container *containers_find(struct containers *c, uint64_t cgroup);

/* containers_free() - @c may be NULL */
void containers_free(struct containers *c);

#endif
