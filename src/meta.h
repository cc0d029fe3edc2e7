/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SRC_META_H
#define PWRU_CAP_SRC_META_H
/*
 * The values of the options that become meta filters (bpf/meta.h).
 */
#include <stdint.h>

#include "bpf/meta.h"

/* Where ip-netns(8) keeps its names. */
#define META_NETNS_DIR "/run/netns"

/**
 * meta_set() - switch a filter on, or replace its value
 * @cfg: settings, unchanged on error; all zero at first
 * @filter: which one
 * @value: as it was typed:
 *	META_NETNS	inode:N or N, a path of a namespace, or a name in META_NETNS_DIR
 *	META_MARK	M or M/MASK
 *	META_IFNAME	name of a device, or any, which switches the filter off
 *	META_DIRECTION	in, out, or inout, which switches the filter off
 *	META_PID	number of a process
 *	META_COMM	name of a task
 *	META_UID	number or name of a user
 *	META_FAMILY	name or number of a socket family
 *
 * Says on stderr what is wrong, beginning with the option's name.
 *
 * Return: 0; -EINVAL for a wrong value; what opening the namespace gave; -ENOMEM.
 */
int meta_set(struct meta_cfg *cfg, enum meta_filter filter, const char *value);

/* meta_clear() - switch a filter off */
void meta_clear(struct meta_cfg *cfg, enum meta_filter filter);

/**
 * meta_netns_inode() - the network namespace that a value of --filter-netns means
 * @value: see meta_set()
 * @dir: directory of the names
 * @ret_inode: receives the inode number
 *
 * Says on stderr what is wrong.
 *
 * Return: as meta_set().
 */
int meta_netns_inode(const char *value, const char *dir, uint32_t *ret_inode);

#endif
