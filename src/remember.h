/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_REMEMBER_H
#define PWRU_CAP_REMEMBER_H
/*
 * What the kernel told an earlier run, kept for the next: which functions there are, and how
 * packets are read best, and where fields are.  Asking the kernel takes a second or two, and the
 * answer changes only when a module comes or goes.
 *
 * It is a file below /run, which ends with the boot, that only its owner may read: it holds kernel
 * addresses.  What belongs to another boot, other modules or another pwru-cap is not used, nor
 * what anybody else could have written.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/caps.h"
#include "src/core_btf.h"
#include "src/inventory.h"

struct memory {
	struct inventory inventory;
	struct caps_best best; /* caps_read() */
	struct core_btf types; /* core_btf_make() */
};

/**
 * remember_key() - what the answers depend on, as one number: the boot, the loaded modules and
 * where they are, this program
 *
 * Return: 0 or -errno.
 */
int remember_key(uint64_t *ret_key);

/**
 * recall() - what an earlier run was told
 * @key: from remember_key()
 * @ret_memory: filled on success; free with memory_free()
 *
 * Return: 0; -ENOENT if there is none; -ESTALE if it is another key's; -EPERM if others may write
 * the file; -EBADMSG if it is damaged; -errno of reading.
 */
int recall(uint64_t key, struct memory *ret_memory);

/**
 * remember() - keep it for later runs
 *
 * The file is replaced as a whole.
 *
 * Return: 0 or -errno of writing.
 */
int remember(uint64_t key, const struct memory *memory);

/*
 * The file's content. recall_parse() takes @data over on success, and gives -EBADMSG for
 * anything that remember_format() does not give, -ESTALE for another key. remember_format() gives
 * memory to be freed, or NULL when there is none.
 */
int recall_parse(void *data, size_t size, uint64_t key, struct memory *ret_memory);
void *remember_format(uint64_t key, const struct memory *memory, size_t *ret_size);

/* memory_free() - @memory may be zero-filled */
void memory_free(struct memory *memory);

#endif
