/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KSYMS_H
#define PWRU_CAP_KSYMS_H
/*
 * The kernel's symbols, from /proc/kallsyms: addresses to names, for functions and stacks.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct ksyms;

struct ksym {
	uint64_t addr;
	const char *name;
	const char *module; /* NULL: vmlinux */
};

/**
 * ksyms_read() - read the code symbols
 * @path: NULL for /proc/kallsyms
 * @stop: may be set meanwhile, by another thread, to end it; NULL: it never is
 * @ret_syms: receives the new object, on success only
 *
 * Return: 0; -EPERM if the kernel hides the addresses (kptr_restrict); -ECANCELED if @stop was
 * set; -errno of reading; -EINVAL if the text is not that of kallsyms.
 */
int ksyms_read(const char *path, const atomic_bool *stop, struct ksyms **ret_syms);

/*
 * ksyms_find() - the symbol that an address lies in; NULL if there is none, or only one so far
 * below that it cannot reach there; it belongs to @syms
 */
const struct ksym *ksyms_find(const struct ksyms *syms, uint64_t addr);

/* ksyms_end() - where the symbol that an address lies in ends: at the next one; 0: not known */
uint64_t ksyms_end(const struct ksyms *syms, uint64_t addr);

/* ksyms_all() - all code symbols, sorted by address; they belong to @syms */
const struct ksym *ksyms_all(const struct ksyms *syms, size_t *ret_n);

/* ksyms_free() - @syms may be NULL */
void ksyms_free(struct ksyms *syms);

#endif
