/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FIELD_H
#define PWRU_CAP_FIELD_H
/*
 * Finds fields of the skb, and of all that it points to, by the kernel's type information.
 */
#include <bpf/btf.h>
#include <stddef.h>

#include "filter/fexpr.h"

/* What a path begins at. */
enum field_root {
	FIELD_SKB, /* skb, a struct sk_buff * */
	FIELD_XDP, /* xdp, a struct xdp_buff * */
};

/* field_types() - what fexpr_compile() asks for types; @btf has to outlive it */
struct fexpr_types field_types(const struct btf *btf);

/**
 * field_resolve() - find the field at the end of a path
 * @btf: types of the kernel
 * @root: what the path begins at
 * @path: skb->dev->name, or without the root's name: dev->name
 * @ret_field: receives where it is, and its type; unchanged on error
 * @err: receives a message that names the part that is wrong, on error
 * @errsz: its size
 *
 * The field may be of any type, also an array or a struct.
 *
 * Return: 0; -EINVAL the path is wrong; -ENOENT no such member; -E2BIG too long; -ENOMEM.
 */
int field_resolve(const struct btf *btf, enum field_root root, const char *path,
		  struct fexpr_field *ret_field, char *err, size_t errsz);

#endif
