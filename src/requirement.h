/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_REQUIREMENT_H
#define PWRU_CAP_REQUIREMENT_H
/*
 * What a way to attach needs of a kernel, and what of it this kernel lacks.  It is found by trying
 * whether something works, as distributions take features back to older kernels; this only puts
 * into words why it did not.
 */
#include <stdbool.h>
#include <stddef.h>

struct requirement {
	unsigned int major, minor; /* Linux has it from this version on; 0: any that we run on */
	const char *config;	   /* option that it is built with; NULL: none of its own */
	const char *symbol;	   /* function that only kernels with that option have */
};

/* requirement_text() - "Linux 5.18 or newer with CONFIG_FPROBE=y" */
void requirement_text(const struct requirement *r, char *text, size_t size);

/**
 * requirement_lack() - what is missing: "this is Linux 5.10.0", or "this kernel (6.1.0) is built
 * without CONFIG_FPROBE"
 * @release: the kernel's, as uname(2) gives it
 * @has_symbol: whether the function is there
 *
 * Return: false, and an empty text, if nothing of it is.
 */
bool requirement_lack(const struct requirement *r, const char *release, bool has_symbol, char *text,
		      size_t size);

/* requirement_lack_here() - the same for the running kernel, which it asks */
bool requirement_lack_here(const struct requirement *r, char *text, size_t size);

/* has_symbol() - is there a function of this name in a text of the form of /proc/kallsyms? */
bool has_symbol(const char *kallsyms, const char *name);

#endif
