/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_NAMES_H
#define PWRU_CAP_NAMES_H
/*
 * Addresses to names.  The functions that are attached to are known from the start; for all else
 * the kernel's symbols are needed, which take it up to some seconds to tell.  So where many will be
 * needed they are read while the capture runs already, and only who needs one waits for them.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/ksyms.h"

struct names;

/* names_new() - knows nothing yet; NULL when there is no memory */
struct names *names_new(void);

/* names_use_file() - read symbols from this file instead of /proc/kallsyms; it outlives @names */
void names_use_file(struct names *names, const char *path);

/**
 * names_know() - functions that are known, with the addresses of their entries
 * @v: sorted or not; the strings have to outlive @names
 *
 * Instead of those of an earlier call.
 *
 * Return: 0 or -ENOMEM.
 */
int names_know(struct names *names, const struct ksym *v, size_t n);

/* names_read_ahead() - a thread begins to read the symbols; without this they are read when needed
 */
void names_read_ahead(struct names *names);

/*
 * names_read_again() - the symbols have changed: they are read anew, as soon as they would have
 * been; what names_func() and names_symbols() gave is not valid any more
 */
void names_read_again(struct names *names);

/*
 * names_func() - the function with this entry address; NULL if it is not known
 *
 * May wait for the symbols, as names_symbols().
 */
const struct ksym *names_func(struct names *names, uint64_t addr);

/*
 * names_symbols() - all symbols; NULL if they are hidden, which is said on stderr once
 *
 * Waits until they have been read.
 */
const struct ksyms *names_symbols(struct names *names);

/* names_free() - @names may be NULL; a thread that still reads is stopped */
void names_free(struct names *names);

#endif
