/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FUNCS_H
#define PWRU_CAP_FUNCS_H
/*
 * The functions to attach to: those of the inventory that the user wants.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "src/inventory.h"

struct func {
	const char *name;
	const char *module; /* NULL: vmlinux */
	uint64_t addr;	    /* of its entry, or of the call to ftrace there */
	uint32_t btf_id;    /* as in struct found */
	int pos;	    /* 1 to KBTF_MAX_POS: argument register with the skb */
};

struct funcs {
	struct func *v; /* sorted by pos, then address */
	size_t n;
	struct func_roles roles;
	size_t skipped[SKIP_REASONS]; /* wanted, but not attached to, by reason */
};

/* Which functions the user wants. */
struct funcs_wanted {
	const char *pattern; /* extended regular expression for the whole name; NULL: all names */
	const char *modules; /* names, separated by commas; vmlinux always counts; NULL: all */
	bool drops;	     /* those that drop packets, whatever the pattern says */
};

/**
 * funcs_select() - choose functions
 * @inventory: what there is; has to outlive the result
 * @ret_funcs: filled on success; free with funcs_free()
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL for a bad pattern; -ENOENT if there is no such function, or module.
 */
int funcs_select(const struct inventory *inventory, const struct funcs_wanted *wanted,
		 struct funcs *ret_funcs);

/**
 * funcs_list() - print the wanted functions, sorted by name
 *
 * A line each: name, module (vmlinux if none), number of the argument register with the skb, and
 * "yes" or why it is not attached to.
 *
 * Return: as funcs_select(), or -errno of writing.
 */
int funcs_list(const struct inventory *inventory, const struct funcs_wanted *wanted, FILE *to);

/* funcs_describe_skipped() - "N left out (reason: N, ...)" into @text; "" if there are none */
void funcs_describe_skipped(const struct funcs *funcs, char *text, size_t size);

/* funcs_skipped() - how many of the wanted functions are not attached to */
size_t funcs_skipped(const struct funcs *funcs);

/* funcs_free() - @funcs may be zero-filled */
void funcs_free(struct funcs *funcs);

#endif
