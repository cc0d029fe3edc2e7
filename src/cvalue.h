/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CVALUE_H
#define PWRU_CAP_CVALUE_H
/*
 * A value of any type, by its BTF, in C's notation: "(struct list_head){.next = (struct list_head
 * *)0xffff888000001000,}".  What is zero is left out.
 *
 * Scalars are as libbpf's dumper shows them.  Structs and arrays are gone through here, for in
 * libbpf (1.1 at least) a struct whose first member is zero counts as zero, and an array of char
 * ends at the first zero.
 */
#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

#include "src/buf.h"

struct cvalue;

/**
 * cvalue_new() - prepare for values of these types
 * @types: has to outlive the result
 * @ret_cvalue: receives the new object, on success only
 *
 * Return: 0 or -errno.
 */
int cvalue_new(const struct btf *types, struct cvalue **ret_cvalue);

/**
 * cvalue_put() - append a value's text
 * @id: its type
 * @data: @size bytes
 * @indent: levels of indentation of its lines but for the first; below 0: all is in one line
 * @out: is as before after an error
 *
 * Return: 0; -E2BIG if the type is larger than that; -EINVAL if the types make no sense; or
 * -ENOMEM.
 */
int cvalue_put(struct cvalue *cvalue, uint32_t id, const void *data, size_t size, int indent,
	       struct buf *out);

/* cvalue_free() - @cvalue may be NULL */
void cvalue_free(struct cvalue *cvalue);

/* What a level of indentation is. */
#define CVALUE_INDENT "    "

#endif
