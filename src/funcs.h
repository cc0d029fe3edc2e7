/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FUNCS_H
#define PWRU_CAP_FUNCS_H
/*
 * The functions to attach to: those of the inventory that the user wants.
 */
#include <stddef.h>
#include <stdint.h>

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

/**
 * funcs_select() - choose functions
 * @inventory: what there is; has to outlive the result
 * @pattern: extended regular expression that the whole name has to match; NULL: all names
 * @ret_funcs: filled on success; free with funcs_free()
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL for a bad pattern; -ENOENT if there is no such function.
 */
int funcs_select(const struct inventory *inventory, const char *pattern, struct funcs *ret_funcs);

/* funcs_skipped() - how many of the wanted functions are not attached to */
size_t funcs_skipped(const struct funcs *funcs);

/* funcs_free() - @funcs may be zero-filled */
void funcs_free(struct funcs *funcs);

#endif
