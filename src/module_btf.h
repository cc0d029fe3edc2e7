/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_MODULE_BTF_H
#define PWRU_CAP_MODULE_BTF_H
/*
 * The types of modules as the kernel holds them: descriptors, to tell it which module a type id is
 * of.
 */
#include <stddef.h>

/* Those that have been asked for. Zero-filled at first. */
struct module_btfs {
	struct module_btf *v;
	size_t n, cap;
};

/**
 * module_btf_fd() - the types of a module
 * @name: must outlive @btfs
 *
 * Return: a descriptor, which belongs to @btfs; -ENOENT if the kernel has no types of it; -EPERM
 * without CAP_SYS_ADMIN; or another -errno.
 */
int module_btf_fd(struct module_btfs *btfs, const char *name);

/* module_btfs_free() - close them */
void module_btfs_free(struct module_btfs *btfs);

#endif
