/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_REMEMBER_H
#define PWRU_CAP_REMEMBER_H
/*
 * The inventory of functions, kept from one run to the next: reading it from the kernel takes a
 * second or two, and it changes only when a module comes or goes.
 *
 * It is a file below /run, which ends with the boot, that only its owner may read: it holds kernel
 * addresses.  What belongs to another boot, other modules or another pwru-cap is not used, nor
 * what anybody else could have written.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/inventory.h"

/**
 * remember_key() - what the inventory depends on, as one number: the boot, the loaded modules and
 * where they are, this program
 *
 * Return: 0 or -errno.
 */
int remember_key(uint64_t *ret_key);

/**
 * recall() - the inventory of an earlier run
 * @key: from remember_key()
 * @ret_inventory: filled on success; free with inventory_free()
 *
 * Return: 0; -ENOENT if there is none; -ESTALE if it is another key's; -EPERM if others may write
 * the file; -EBADMSG if it is damaged; -errno of reading.
 */
int recall(uint64_t key, struct inventory *ret_inventory);

/**
 * remember() - keep the inventory for later runs
 *
 * The file is replaced as a whole.
 *
 * Return: 0 or -errno of writing.
 */
int remember(uint64_t key, const struct inventory *inventory);

/*
 * The file's content. recall_parse() takes @memory over on success, and gives -EBADMSG for
 * anything that remember_format() does not give, -ESTALE for another key. remember_format() gives
 * memory to be freed, or NULL when there is none.
 */
int recall_parse(void *memory, size_t size, uint64_t key, struct inventory *ret_inventory);
void *remember_format(uint64_t key, const struct inventory *inventory, size_t *ret_size);

#endif
