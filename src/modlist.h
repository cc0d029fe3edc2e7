/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_MODLIST_H
#define PWRU_CAP_MODLIST_H
/*
 * The modules that are loaded.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest name, with its NUL (MODULE_NAME_LEN of 64-bit kernels). */
#define MODLIST_NAME_MAX 56

struct modlist_entry {
	const char *name;
	uint64_t id; /* a module that is loaded again has another one */
	bool live;   /* neither being loaded nor being unloaded */
};

struct modlist {
	struct modlist_entry *v; /* in the kernel's order */
	size_t n;
	char *text; /* what the names are in */
};

/**
 * modlist_read() - ask the kernel
 * @ret_list: filled on success; free with modlist_free()
 *
 * Return: 0, also for a kernel without modules; -errno of reading /proc/modules, or -ENOMEM.
 */
int modlist_read(struct modlist *ret_list);

/**
 * modlist_parse() - the same from the text of /proc/modules, but without ids
 * @text: from malloc(); taken over on success
 *
 * A line that has no state (as without CONFIG_MODULE_UNLOAD it has no users) is passed over.
 *
 * Return: 0 or -ENOMEM.
 */
int modlist_parse(char *text, struct modlist *ret_list);

/* modlist_find() - the module of that name, or NULL */
const struct modlist_entry *modlist_find(const struct modlist *list, const char *name);

void modlist_free(struct modlist *list);

#endif
