/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_UNLOAD_H
#define PWRU_CAP_UNLOAD_H
/*
 * Notices that a module is about to be unloaded, in time to let go of it.
 *
 * rmmod and modprobe -r look at /sys/module/NAME/refcnt first, and give up if the module is in use.
 * So that file is watched (fanotify): whoever opens it waits until we have answered.  (To those who
 * ask the kernel at once, as busybox does, a module that we hold is in use.)
 */
#include <stdbool.h>
#include <sys/types.h>

/**
 * unload_open() - watch for it
 *
 * When the descriptor is closed, nobody waits any more.
 *
 * Return: a descriptor, readable when somebody waits; -errno: the kernel has no such thing
 * (CONFIG_FANOTIFY_ACCESS_PERMISSIONS), or not for us.
 */
int unload_open(void);

/* unload_watch() - this module, too; 0 or -errno */
int unload_watch(int fd, const char *module);

/* Who wants to unload what. */
struct unload_wish {
	const char *module;
	const char *comm; /* name of the process */
	pid_t pid;
};

/**
 * unload_answer() - those who wait now may go on
 * @fd: from unload_open(); readable, or this waits
 * @let_go: is called before, if it is one who unloads modules (rmmod, modprobe), not only looks
 *
 * Return: 0 or -errno of reading.
 */
int unload_answer(int fd, void (*let_go)(void *ctx, const struct unload_wish *wish), void *ctx);

/*
 * unload_module_of() - the module that a path of that kind is of, cut out in place; NULL if it is
 * none
 */
char *unload_module_of(char *path);

#endif
