/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CORE_BTF_H
#define PWRU_CAP_CORE_BTF_H
/*
 * The types that the programs look into (bpf/kernel.h), out of those of the kernel: for CO-RE,
 * which otherwise reads all 120,000 of them, and searches them once for each of ours.
 */
#include <bpf/btf.h>
#include <stddef.h>

/* BTF as it is in a file. */
struct core_btf {
	void *data; /* to be freed; NULL: none */
	size_t size;
};

/**
 * core_btf_make() - the types that the programs look into, and what is part of these
 * @vmlinux: the kernel's types
 * @ret_core: filled on success
 *
 * What a pointer points to is left out, and nothing keeps its id.
 *
 * Return: 0 or -errno.
 */
int core_btf_make(const struct btf *vmlinux, struct core_btf *ret_core);

/**
 * core_btf_publish() - as a file without a name, for libbpf, which wants a path
 * @ret_path: receives the path, which lasts as long as the descriptor
 *
 * Return: a descriptor, or -errno.
 */
int core_btf_publish(const struct core_btf *core, char *ret_path, size_t path_size);

/* core_btf_knows() - does core_btf_make() look for a type of this name? For the test of the list.
 */
int core_btf_knows(const char *name);

#endif
