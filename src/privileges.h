/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PRIVILEGES_H
#define PWRU_CAP_PRIVILEGES_H
/*
 * Giving up root (-Z).  What runs on as another user needs one capability more than that user has:
 * CAP_BPF, to read the counters and to stop the programs, for kernels deny bpf(2) without it.
 * It does not let read the kernel's memory or load tracing programs.
 */
#include <stdbool.h>
#include <sys/types.h>

/* Whom to become; name NULL: nobody else. */
struct privileges {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/**
 * privileges_find() - look a user up
 * @name: the user's name; NULL is taken for root
 * @ret_p: filled on success; as tcpdump has it, nothing is given up for root, or if this process is
 *	not root
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -ENOENT if there is no such user; or -errno.
 */
int privileges_find(const char *name, struct privileges *ret_p);

/**
 * privileges_drop() - become that user for good
 *
 * There must be no other thread: capabilities are a thread's own. Says on stderr what is wrong, and
 * then the process must not go on, for it may be half of each.
 *
 * Return: 0 or -errno.
 */
int privileges_drop(const struct privileges *p);

/**
 * privileges_try() - what would become of this, done by that user? Asked in a child process
 * @fn: gets @ctx; returns 0 or -errno, and may say on stderr what is wrong
 *
 * Return: what @fn returned, or -errno.
 */
int privileges_try(const struct privileges *p, int (*fn)(const void *ctx), const void *ctx);

#endif
