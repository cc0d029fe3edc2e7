/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FIELD_TYPE_H
#define PWRU_CAP_FIELD_TYPE_H
/*
 * Types of the kernel's type information, and their names.
 */
#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>

#include "filter/fexpr.h"

/**
 * field_type_name() - the name of a type, as C would have it: unsigned int, struct net_device *
 * @btf: types
 * @type_id: BTF id; 0 is void
 * @buf: receives it; cut off if it is longer
 * @size: room, above 0
 */
void field_type_name(const struct btf *btf, __u32 type_id, char *buf, size_t size);

/**
 * field_enumerator_at() - an enumerator
 * @t: an enum
 * @i: which one, below btf_vlen(@t)
 * @ret_value: receives its value
 *
 * Return: its name, which belongs to @btf.
 */
const char *field_enumerator_at(const struct btf *btf, const struct btf_type *t, __u32 i,
				struct fexpr_const *ret_value);

/* field_enum_is_signed() - whether an enum has values below 0 */
bool field_enum_is_signed(const struct btf_type *t);

/* field_enumerator() - what struct fexpr_types asks for; its ctx is a const struct btf * */
int field_enumerator(const struct fexpr_types *types, const char *name, __u32 type_id,
		     struct fexpr_const *ret_value, char *err, size_t errsz);

/**
 * field_strip() - the type behind typedef, const and the like
 * @btf: types
 * @type_id: BTF id; becomes that of the result
 *
 * Return: the type, never NULL: where there is none, it is void.
 */
const struct btf_type *field_strip(const struct btf *btf, __u32 *type_id);

/* field_str() - a name of a type or member; "" if it has none */
const char *field_str(const struct btf *btf, __u32 name_off);

#endif
