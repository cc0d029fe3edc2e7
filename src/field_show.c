// SPDX-License-Identifier: GPL-2.0-only
#include "src/field_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/fail.h"
#include "src/field_type.h"
#include "src/util.h"

/* Of a string behind a pointer, or at the end of a struct, whose length is not known. */
#define STRING_SIZE  64

#define MAC_LEN	     6
#define IP4_LEN	     4
#define IP6_LEN	     16

#define MAX_TYPEDEFS 32 /* broken type information may go in circles */

/**
 * struct show - One field on its way
 * @shown: what is filled
 * @type: what the field is, without typedef and const
 * @type_id: its id
 * @size: bytes; 0: not known, as that of an array without a length
 * @follow: the value is what the pointer points to
 */
struct show {
	const struct btf *btf;
	const char *path;
	const struct fexpr_field *field;
	struct shown_field *shown;
	const struct btf_type *type;
	__u32 type_id;
	uint32_t size;
	bool follow;
	bool is_string;
	char *err;
	size_t errsz;
};

/* ---- types */

static bool is_char(const struct show *s, const struct btf_type *t)
{
	return btf_is_int(t) && t->size == 1 && !strcmp(field_str(s->btf, t->name_off), "char");
}

static bool is_byte(const struct btf_type *t)
{
	return btf_is_int(t) && t->size == 1 && !(btf_int_encoding(t) & BTF_INT_BOOL);
}

/* What a pointer points to, or an array has. */
static const struct btf_type *target(const struct show *s, __u32 *ret_id)
{
	*ret_id = btf_is_array(s->type) ? btf_array(s->type)->type : s->type->type;
	return field_strip(s->btf, ret_id);
}

static bool is_struct(const struct show *s, const char *name)
{
	return btf_is_struct(s->type) && !strcmp(field_str(s->btf, s->type->name_off), name);
}

/* A __be32 is an address if it is called one: it may be a sequence number as well. */
static bool is_ip4_by_name(const struct show *s)
{
	const struct btf_type *t = btf__type_by_id(s->btf, s->field->type_id);
	size_t len = strlen(s->path);
	bool is_be32 = false;

	for (int i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)) && i < MAX_TYPEDEFS; i++) {
		is_be32 |= !strcmp(field_str(s->btf, t->name_off), "__be32");
		t = btf__type_by_id(s->btf, t->type);
	}
	return is_be32 && len > 4 && !strcmp(s->path + len - 4, "addr");
}

static int refuse(const struct show *s, const char *why)
{
	char type[128];

	field_type_name(s->btf, s->field->type_id, type, sizeof(type));
	return filter_fail(-EINVAL, s->err, s->errsz, "%s is %s, %s", s->path, type, why);
}

/* ---- kinds of values */

static int copy_enumerators(struct show *s, const struct btf_type *t)
{
	struct shown_field *f = s->shown;
	struct fexpr_const value;
	const char *name;

	f->enumerators = calloc(btf_vlen(t) + 1, sizeof(*f->enumerators));
	if (!f->enumerators)
		return -ENOMEM;
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		name = field_enumerator_at(s->btf, t, i, &value);
		f->enumerators[i].value = value.bits;
		f->enumerators[i].name = strdup(name);
		if (!f->enumerators[i].name)
			return -ENOMEM;
		f->n_enumerators++;
	}
	return 0;
}

/* A number, a pointer or an enumerator: of the field itself, or of an array's elements. */
static int show_number(struct show *s, const struct btf_type *t)
{
	struct shown_field *f = s->shown;

	f->is_signed = false;
	if (btf_is_ptr(t)) {
		f->kind = SHOWN_ADDR;
	} else if (btf_is_any_enum(t)) {
		f->kind = SHOWN_ENUM;
		f->is_signed = field_enum_is_signed(t);
		return copy_enumerators(s, t);
	} else if (btf_int_encoding(t) & BTF_INT_BOOL) {
		f->kind = SHOWN_BOOL;
	} else {
		f->is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
		f->kind = f->is_signed ? SHOWN_INT : SHOWN_UINT;
	}
	return 0;
}

static bool is_number(const struct btf_type *t)
{
	__u32 size = btf_is_ptr(t) ? 8 : t->size;

	return (btf_is_int(t) || btf_is_any_enum(t) || btf_is_ptr(t)) &&
	       (size == 1 || size == 2 || size == 4 || size == 8);
}

static int show_string(struct show *s)
{
	s->shown->kind = SHOWN_STR;
	s->is_string = s->follow || !s->size;
	if (s->is_string)
		s->size = STRING_SIZE;
	return 0;
}

static int show_array(struct show *s, bool hex)
{
	__u32 id;
	const struct btf_type *elem = target(s, &id);

	if (!hex && is_char(s, elem))
		return show_string(s);
	if (!s->size)
		return refuse(s, "of which nothing says how long it is; name an element: [0]");
	if (is_byte(elem)) {
		s->shown->kind = !hex && s->size == MAC_LEN ? SHOWN_MAC : SHOWN_BYTES;
		return 0;
	}
	if (!is_number(elem) && hex) {
		s->shown->kind = SHOWN_BYTES;
		return 0;
	}
	if (!is_number(elem))
		return refuse(s, "which is too much for one field; name an element, or write "
				 ":x for its bytes");
	s->shown->elems = btf_array(s->type)->nelems;
	return show_number(s, elem);
}

static int show_by_type(struct show *s)
{
	__u32 id;

	if (s->field->kind == FEXPR_PTR && is_char(s, target(s, &id))) {
		s->follow = true;
		return show_string(s);
	}
	if (s->field->kind == FEXPR_INT && s->size == IP4_LEN && is_ip4_by_name(s))
		s->shown->kind = SHOWN_IP4;
	else if (s->field->kind <= FEXPR_PTR)
		return show_number(s, s->type);
	else if (s->field->kind == FEXPR_ARRAY)
		return show_array(s, false);
	else if (is_struct(s, "in_addr"))
		s->shown->kind = SHOWN_IP4;
	else if (is_struct(s, "in6_addr"))
		s->shown->kind = SHOWN_IP6;
	else if (s->field->kind == FEXPR_STRUCT)
		return refuse(s, "name one of its members, or write :x for its bytes");
	else
		return refuse(s, "which is no number; write :x for its bytes");
	return 0;
}

/* ---- formats */

static int show_hex(struct show *s)
{
	if (s->field->kind == FEXPR_ARRAY) {
		int err = show_array(s, true);

		if (!err && s->shown->kind != SHOWN_BYTES)
			s->shown->kind = SHOWN_HEX;
		s->shown->is_signed = false;
		return err;
	}
	s->shown->kind = s->field->kind <= FEXPR_PTR ? SHOWN_HEX : SHOWN_BYTES;
	return 0;
}

/* The first bytes of what is there, or of what it points to. */
static int show_first(struct show *s, enum shown_kind kind, uint32_t size)
{
	const struct fexpr_field *f = s->field;

	s->shown->kind = kind;
	s->follow = f->kind == FEXPR_PTR;
	if (!s->follow &&
	    (f->bit_size || s->size < size || (f->kind < FEXPR_PTR && s->size != size)))
		return refuse(s, "which cannot be shown so");
	s->size = size;
	return 0;
}

static int show_str(struct show *s)
{
	__u32 id;

	s->follow = s->field->kind == FEXPR_PTR;
	if (!s->follow && (s->field->kind != FEXPR_ARRAY || !is_byte(target(s, &id))))
		return refuse(s, "which is no string");
	return show_string(s);
}

static int show_bool(struct show *s)
{
	if (s->field->kind > FEXPR_PTR)
		return refuse(s, "which cannot be shown so");
	s->shown->kind = SHOWN_BOOL;
	return 0;
}

static int show_be(struct show *s)
{
	if (s->field->kind != FEXPR_INT || s->field->bit_size)
		return refuse(s, "which cannot be shown so");
	s->shown->kind = SHOWN_BE;
	return 0;
}

static int show_as(struct show *s, const char *fmt)
{
	if (!fmt)
		return show_by_type(s);
	if (!strcmp(fmt, "x"))
		return show_hex(s);
	if (!strcmp(fmt, "ip4"))
		return show_first(s, SHOWN_IP4, IP4_LEN);
	if (!strcmp(fmt, "ip6"))
		return show_first(s, SHOWN_IP6, IP6_LEN);
	if (!strcmp(fmt, "mac"))
		return show_first(s, SHOWN_MAC, MAC_LEN);
	if (!strcmp(fmt, "str"))
		return show_str(s);
	if (!strcmp(fmt, "bool"))
		return show_bool(s);
	if (!strcmp(fmt, "be"))
		return show_be(s);
	return filter_fail(-EINVAL, s->err, s->errsz,
			   ":%s is none of :x, :ip4, :ip6, :mac, :str, :bool, :be", fmt);
}

/* ---- what is to be read */

static int plan_fetch(const struct show *s, struct fetch_field *ret_fetch)
{
	const struct fexpr_field *f = s->field;
	struct fetch_field fetch = {
		.deref_cnt = f->deref_cnt,
		.offset = f->offset,
		.size = s->size,
		.is_string = s->is_string,
	};

	if (!s->size)
		return refuse(s, "which has no bytes");
	if (s->size > SHOWN_MAX)
		return filter_fail(-E2BIG, s->err, s->errsz,
				   "%s has %u bytes, and at most %d of a field can be shown; "
				   "name a part of it",
				   s->path, s->size, SHOWN_MAX);
	memcpy(fetch.deref, f->deref, sizeof(f->deref));
	if (s->follow) {
		fetch.deref[fetch.deref_cnt++] = f->offset;
		fetch.offset = 0;
	}
	*ret_fetch = fetch;
	return 0;
}

_Static_assert(FEXPR_MAX_DEREFS + 1 == FETCH_POINTERS, "and the pointer to a string");

int field_show(const struct btf *btf, const char *path, const struct fexpr_field *field,
	       const char *fmt, struct fetch_field *ret_fetch, struct shown_field *ret_shown,
	       char *err, size_t errsz)
{
	struct shown_field shown = {.bits = field->bit_size, .shift = field->bit_shift};
	struct show s = {
		.btf = btf,
		.path = path,
		.field = field,
		.shown = &shown,
		.type_id = field->type_id,
		.size = field->size,
		.err = err,
		.errsz = errsz,
	};
	int rc;

	s.type = field_strip(btf, &s.type_id);
	rc = show_as(&s, fmt);
	if (rc == -ENOMEM)
		filter_fail(rc, err, errsz, "out of memory");
	if (!rc)
		rc = plan_fetch(&s, ret_fetch);
	if (rc) {
		shown_free_field(&shown);
		return rc;
	}
	shown.size = s.size;
	shown.name = ret_shown->name;
	*ret_shown = shown;
	return 0;
}
