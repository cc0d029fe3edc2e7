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

/* Position of functions without an skb, which are tied to a packet by their stack. */
#define FUNC_BY_STACK (KBTF_MAX_POS + 1)

struct func {
	const char *name;
	const char *module; /* NULL: vmlinux */
	uint64_t addr;	    /* of its entry, or of the call to ftrace there */
	uint32_t btf_id;    /* as in struct found */
	int pos;      /* 1 to KBTF_MAX_POS: argument register with the skb; or FUNC_BY_STACK */
	uint64_t end; /* the address behind it; 0: not known, or not needed */
	bool is_void; /* it returns nothing; false if that is not known */
	/* With --output-ret: words that its arguments take on a trampoline's stack; 0: not known.
	 */
	uint8_t arg_words;
};

struct funcs {
	struct func *v; /* sorted by pos, then address */
	size_t n;
	struct func_roles roles;
	size_t skipped[SKIP_REASONS]; /* wanted, but not attached to, by reason */
	size_t by_stack;	      /* how many are FUNC_BY_STACK; the last ones of v */
	/* With those: where the kernel's code for interrupts and the like begins and ends, or 0. */
	uint64_t entry_text[2];
	char **strings; /* names that are not the inventory's */
	size_t n_strings, cap_strings;
};

/* Which functions the user wants. */
struct funcs_wanted {
	const char *pattern; /* extended regular expression for the whole name; NULL: all names */
	const char *modules; /* names, separated by commas; vmlinux always counts; NULL: all */
	bool drops;	     /* those that drop packets, whatever the pattern says */
};

/* funcs_check_pattern() - is it a regular expression? NULL is right. Returns 0; -EINVAL, said */
int funcs_check_pattern(const char *pattern);

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

/* funcs_select_any() - the same, but there may be none */
int funcs_select_any(const struct inventory *inventory, const struct funcs_wanted *wanted,
		     struct funcs *ret_funcs);

/*
 * funcs_own_strings() - copy all names, to memory to be freed, so that nothing else need outlive
 * them; NULL when there is none
 */
char *funcs_own_strings(struct funcs *funcs);

/* funcs_copy() - all of them, without those that are skipped; 0 or -ENOMEM */
int funcs_copy(const struct funcs *funcs, struct funcs *ret_copy);

/**
 * funcs_of_module() - those of one module
 * @module: NULL: those of vmlinux, and all that are FUNC_BY_STACK; they alone have roles
 * @ret_part: filled on success; free with funcs_free()
 *
 * Return: 0 or -ENOMEM.
 */
int funcs_of_module(const struct funcs *funcs, const char *module, struct funcs *ret_part);

/**
 * funcs_list() - print the wanted functions, sorted by name
 *
 * A line each: name, module (vmlinux if none), number of the argument register with the skb, and
 * "yes" or why it is not attached to.
 *
 * Return: as funcs_select(), or -errno of writing.
 */
int funcs_list(const struct inventory *inventory, const struct funcs_wanted *wanted, FILE *to);

/* funcs_list_by_stack() - likewise the FUNC_BY_STACK ones of @funcs, with - as register */
int funcs_list_by_stack(const struct funcs *funcs, FILE *to);

/**
 * funcs_add() - more functions
 * @more: without FUNC_BY_STACK, strings are those of @funcs's inventory; otherwise they are copied
 *
 * Those with an address that is there already are left out.
 *
 * Return: 0 or -ENOMEM.
 */
int funcs_add(struct funcs *funcs, const struct func *more, size_t n);

/* funcs_describe_skipped() - "N left out (reason: N, ...)" into @text; "" if there are none */
void funcs_describe_skipped(const struct funcs *funcs, char *text, size_t size);

/* funcs_skipped() - how many of the wanted functions are not attached to */
size_t funcs_skipped(const struct funcs *funcs);

/* funcs_free() - @funcs may be zero-filled */
void funcs_free(struct funcs *funcs);

#endif
