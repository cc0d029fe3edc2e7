/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KMODS_H
#define PWRU_CAP_KMODS_H
/*
 * The modules that are loaded and what is attached to each, for --all-kmods: so that each can be
 * let go alone, and others be added.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/attach.h"
#include "src/funcs.h"
#include "src/ksyms.h"
#include "src/modlist.h"

struct kmods;

struct kmods_opts {
	const struct backend *backend;
	const struct loaded *loaded; /* made for attach_module(); must outlive the result */
	const struct funcs *funcs;   /* all that are wanted at first; must outlive the result */
	const volatile sig_atomic_t *stop; /* not 0: give up attaching, at any time */
	bool rcu_expedited;
	int unload_fd; /* unload_open(), for modules that are held by being attached to; or -1 */
};

/**
 * kmods_open() - attach to the functions of modules that are loaded now
 * @before: modules when the funcs were looked for; others are added later, if they have none there
 * @stop: not 0: give up
 * @ret_kmods: receives the new object, on success only
 *
 * If the backend does not hold modules, nothing is attached: their functions need not be separate.
 *
 * Return: 0; -EINTR because of *stop; or -errno, and what is wrong has been said on stderr.
 */
int kmods_open(const struct kmods_opts *opts, const struct modlist *before,
	       const volatile sig_atomic_t *stop, struct kmods **ret_kmods);

/* kmods_attached() - functions that are attached to by this, at the moment */
size_t kmods_attached(const struct kmods *k);

/* kmods_knows() - has this module been added, or was it there at first? */
bool kmods_knows(const struct kmods *k, const struct modlist_entry *module);

/**
 * kmods_add() - one that has been loaded
 * @funcs: among them those of the module, if it has any; they are copied
 *
 * Return: 0 or -ENOMEM.
 */
int kmods_add(struct kmods *k, const struct modlist_entry *module, const struct funcs *funcs);

/* kmods_attach() - attach to one that has been added, and say so; 0 or as attach_module() */
int kmods_attach(struct kmods *k, const char *name);

/* kmods_let_go() - detach from it; true if it was attached to */
bool kmods_let_go(struct kmods *k, const char *name);

/**
 * kmods_check() - what has become of the modules?
 * @now_ns: clock_now_ns()
 *
 * Those that have been unloaded are given up. Those that have been let go, and are not unloaded
 * after all, are attached to again. Both is said on stderr.
 */
void kmods_check(struct kmods *k, const struct modlist *modules, uint64_t now_ns);

/**
 * kmods_names() - the functions of all that are not unloaded, and of vmlinux
 * @ret_known: receives an array, to be freed; its strings live until kmods_forget()
 *
 * Return: 0 or -ENOMEM.
 */
int kmods_names(const struct kmods *k, struct ksym **ret_known, size_t *ret_n);

/* kmods_forget() - those that have been unloaded; their strings are not needed any more */
void kmods_forget(struct kmods *k);

/* kmods_close() - what is attached goes to @to (attach_merge()); NULL: it is detached; NULL is fine
 */
void kmods_close(struct kmods *k, struct attached *to);

#endif
