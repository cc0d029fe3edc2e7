/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LOOKUP_H
#define PWRU_CAP_LOOKUP_H
/*
 * The addresses of a few functions of modules: the kernel looks for each by its name.  To read all
 * symbols, or all functions that can be traced, takes it as long as some ten thousand of these.
 *
 * A name that stands for several functions of a module has one address here.
 */
#include <stdint.h>

/**
 * lookup_open() - get ready
 *
 * Return: a descriptor; -errno if the kernel (before 5.16) cannot do it, or we may not.
 */
int lookup_open(void);

/**
 * lookup_function() - where it is
 * @fd: from lookup_open()
 * @ret_addr: of its first byte
 *
 * Return: 0; -ENOENT if there is none of that name in the module, or the module is not there;
 * -EPERM if the kernel hides addresses; -ENAMETOOLONG; -errno.
 */
int lookup_function(int fd, const char *module, const char *name, uint64_t *ret_addr);

#endif
