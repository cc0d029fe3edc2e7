// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks from struct sk_buff along a path: a member, of its unnamed members too, adds its offset; an
 * arrow also notes that a pointer is to be followed, and counts again from 0.
 *
 * Bit-fields come in two encodings: the member has the number of bits (kind_flag is set on the
 * struct), or its type is an integer of fewer bits than its bytes have (older compilers of BTF).
 * What is loaded for one is the smallest aligned integer that holds all of its bits.
 */
#include "src/field.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/fail.h"
#include "filter/fexpr_near.h"
#include "src/field_type.h"

#define POINTER_SIZE 8
#define MAX_NESTING  32 /* of unnamed members in each other */
#define IS_LITTLE    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/**
 * struct walk - Where on the path
 * @btf: types
 * @field: what is known of the field
 * @type_id: type of what is there
 * @bits: its offset from the last pointer
 * @bit_size: its bits, if it is a bit-field
 * @path: the path so far, as text
 * @err: for messages
 * @errsz: its size
 */
struct walk {
	const struct btf *btf;
	struct fexpr_field field;
	__u32 type_id;
	__u64 bits;
	__u32 bit_size;
	char path[256];
	char *err;
	size_t errsz;
};

static int broken(const struct walk *w)
{
	return filter_fail(-EINVAL, w->err, w->errsz,
			   "the kernel's type information for %s is broken", w->path);
}

/* ---- members */

/* Find a member of a struct or union, or of its unnamed members. */
static bool find_member(struct walk *w, const struct btf_type *t, const char *name, int depth)
{
	const struct btf_member *m = btf_members(t);

	for (__u32 i = 0; i < btf_vlen(t); i++) {
		const char *has = field_str(w->btf, m[i].name_off);
		__u64 bits = w->bits;
		__u32 id = m[i].type;
		const struct btf_type *inner;

		w->bits += btf_member_bit_offset(t, i);
		if (!strcmp(has, name)) {
			w->type_id = m[i].type;
			w->bit_size = btf_member_bitfield_size(t, i);
			return true;
		}
		inner = field_strip(w->btf, &id);
		if (!*has && btf_is_composite(inner) && depth < MAX_NESTING &&
		    find_member(w, inner, name, depth + 1))
			return true;
		w->bits = bits;
	}
	return false;
}

static void try_members(const struct walk *w, const struct btf_type *t, struct fexpr_near *near,
			int depth)
{
	const struct btf_member *m = btf_members(t);

	for (__u32 i = 0; i < btf_vlen(t); i++) {
		const char *has = field_str(w->btf, m[i].name_off);
		__u32 id = m[i].type;
		const struct btf_type *inner = field_strip(w->btf, &id);

		if (*has)
			fexpr_near_try(near, has);
		else if (btf_is_composite(inner) && depth < MAX_NESTING)
			try_members(w, inner, near, depth + 1);
	}
}

static int no_member(const struct walk *w, __u32 struct_id, const struct btf_type *t,
		     const char *name)
{
	struct fexpr_near near = {.wanted = name};
	char type[256], hint[400];

	try_members(w, t, &near, 0);
	fexpr_near_text(&near, hint, sizeof(hint));
	field_type_name(w->btf, struct_id, type, sizeof(type));
	if (!t->name_off)
		snprintf(type, sizeof(type), "%s", w->path);
	return filter_fail(-ENOENT, w->err, w->errsz, "%s has no member '%s'%s", type, name, hint);
}

/* A declared struct whose definition is there under another id. */
static const struct btf_type *define(const struct btf *btf, const struct btf_type *t,
				     __u32 *type_id)
{
	__u32 kind = btf_kflag(t) ? BTF_KIND_UNION : BTF_KIND_STRUCT;
	__s32 id = btf__find_by_name_kind(btf, field_str(btf, t->name_off), kind);

	if (id <= 0)
		return t;
	*type_id = (__u32)id;
	return btf__type_by_id(btf, *type_id);
}

/* ---- parts of a path */

/* Follow the pointer that is there. */
static int dereference(struct walk *w, const struct btf_type *ptr)
{
	if (w->field.deref_cnt == FEXPR_MAX_DEREFS)
		return filter_fail(-E2BIG, w->err, w->errsz, "%s: more than %d pointers to follow",
				   w->path, FEXPR_MAX_DEREFS);
	w->field.deref[w->field.deref_cnt++] = (__u32)(w->bits / 8);
	w->type_id = ptr->type;
	w->bits = 0;
	w->bit_size = 0;
	return 0;
}

/* There is nothing like @part in type @id, which is what is there, or what it points to. */
static int cannot_enter(const struct walk *w, __u32 id, bool pointed_to,
			const struct fexpr_part *part)
{
	char type[128];
	const struct btf_type *t;

	field_type_name(w->btf, id, type, sizeof(type));
	t = field_strip(w->btf, &id);
	if (btf_is_fwd(t))
		return filter_fail(-ENOENT, w->err, w->errsz,
				   "%s: this kernel's type information does not say what is in %s",
				   w->path, type);
	if (btf_is_array(t) && part->kind != FEXPR_INDEX)
		return filter_fail(-EINVAL, w->err, w->errsz,
				   "%s is an array; name one of its elements: %s[0]", w->path,
				   w->path);
	return filter_fail(-EINVAL, w->err, w->errsz, "%s %s %s, which has no %s", w->path,
			   pointed_to ? "points to" : "is", type,
			   part->kind == FEXPR_INDEX ? "elements" : "members");
}

/* -> and . are told apart, as C does. */
static int check_accessor(const struct walk *w, const struct btf_type *t,
			  const struct fexpr_part *part)
{
	if (part->kind == FEXPR_DOT && btf_is_ptr(t))
		return filter_fail(-EINVAL, w->err, w->errsz, "%s is a pointer; write %s->%s",
				   w->path, w->path, part->name);
	if (part->kind == FEXPR_ARROW && btf_is_composite(t))
		return filter_fail(-EINVAL, w->err, w->errsz,
				   "%s is a %s, not a pointer to one; write %s.%s", w->path,
				   btf_is_union(t) ? "union" : "struct", w->path, part->name);
	return 0;
}

static int enter_member(struct walk *w, const struct fexpr_part *part, bool is_first)
{
	__u32 id = w->type_id, target;
	const struct btf_type *t = field_strip(w->btf, &id);
	bool pointed_to = false;
	int rc = 0;

	if (is_first && part->kind != FEXPR_ARROW)
		return filter_fail(-EINVAL, w->err, w->errsz, "%s is a pointer; write %s->%s",
				   w->path, w->path, part->name);
	if (!is_first)
		rc = check_accessor(w, t, part);
	if (!rc && btf_is_ptr(t)) {
		target = t->type;
		if (btf_is_ptr(field_strip(w->btf, &target)))
			return cannot_enter(w, w->type_id, false, part);
		pointed_to = true;
		rc = dereference(w, t);
		id = w->type_id;
		t = field_strip(w->btf, &id);
	}
	if (rc)
		return rc;
	if (btf_is_fwd(t))
		t = define(w->btf, t, &id);
	if (!btf_is_composite(t))
		return cannot_enter(w, w->type_id, pointed_to, part);
	return find_member(w, t, part->name, 0) ? 0 : no_member(w, id, t, part->name);
}

static int enter_element(struct walk *w, const struct fexpr_part *part, bool is_first)
{
	__u32 id = w->type_id;
	const struct btf_type *t = field_strip(w->btf, &id);
	bool pointed_to = false;
	const struct btf_array *a;
	__s64 size;
	int rc = 0;

	if (is_first)
		return filter_fail(-EINVAL, w->err, w->errsz, "%s is no array; write %s->...",
				   w->path, w->path);
	if (btf_is_ptr(t)) {
		__u32 target = t->type;

		if (!btf_kind(field_strip(w->btf, &target)))
			return cannot_enter(w, w->type_id, false, part);
		pointed_to = true;
		rc = dereference(w, t);
	} else if (btf_is_array(t)) {
		a = btf_array(t);
		/* One without a length, at the end of a struct, has as many as there are. */
		if (a->nelems && part->index >= a->nelems)
			return filter_fail(-EINVAL, w->err, w->errsz,
					   "%s has %u elements, so the last one is %s[%u]", w->path,
					   a->nelems, w->path, a->nelems - 1);
		w->type_id = a->type;
	} else {
		return cannot_enter(w, w->type_id, false, part);
	}
	if (rc)
		return rc;
	size = btf__resolve_size(w->btf, w->type_id);
	if (size <= 0)
		return cannot_enter(w, w->type_id, pointed_to, part);
	w->bits += (__u64)size * part->index * 8;
	return 0;
}

static void extend_path(struct walk *w, const struct fexpr_part *part)
{
	size_t len = strlen(w->path);

	if (part->kind == FEXPR_INDEX)
		snprintf(w->path + len, sizeof(w->path) - len, "[%u]", part->index);
	else
		snprintf(w->path + len, sizeof(w->path) - len, "%s%s",
			 part->kind == FEXPR_ARROW ? "->" : ".", part->name);
}

/* ---- the end of it */

/* Kind, size and signedness from the type. */
static void describe(struct walk *w, const struct btf_type *t)
{
	struct fexpr_field *f = &w->field;
	__s64 size = btf__resolve_size(w->btf, w->type_id);

	f->kind = FEXPR_OTHER;
	f->size = size > 0 ? (__u32)size : 0;
	if (btf_is_ptr(t)) {
		f->kind = FEXPR_PTR;
		f->size = POINTER_SIZE;
	} else if (btf_is_int(t)) {
		f->kind = (btf_int_encoding(t) & BTF_INT_BOOL) ? FEXPR_BOOL : FEXPR_INT;
		f->is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
	} else if (btf_is_any_enum(t)) {
		f->kind = FEXPR_ENUM;
		f->is_signed = field_enum_is_signed(t);
	} else if (btf_is_array(t)) {
		f->kind = FEXPR_ARRAY;
	} else if (btf_is_composite(t)) {
		f->kind = FEXPR_STRUCT;
	}
	if (f->kind <= FEXPR_PTR && f->size != 1 && f->size != 2 && f->size != 4 && f->size != 8)
		f->kind = FEXPR_OTHER;
}

/* Which integer to load for a bit-field. */
static int place_bits(struct walk *w, __u64 bits, __u32 cnt)
{
	struct fexpr_field *f = &w->field;
	__u64 first = bits / 8;
	__u32 size = 1;

	while (size < 8 && bits + cnt > ((first & ~(__u64)(size - 1)) + size) * 8)
		size *= 2;
	first &= ~(__u64)(size - 1);
	if (bits + cnt > (first + size) * 8)
		first = bits / 8; /* packed, across the end of an aligned one */
	if (bits + cnt > (first + size) * 8)
		return filter_fail(-EINVAL, w->err, w->errsz,
				   "%s lies across 9 bytes and cannot be loaded", w->path);
	f->offset = (__u32)first;
	f->size = size;
	f->bit_size = (__u8)cnt;
	f->bit_shift = (__u8)(IS_LITTLE ? bits - first * 8 : (first + size) * 8 - bits - cnt);
	return 0;
}

static bool is_whole(__u64 bits, __u32 cnt)
{
	return bits % 8 == 0 && (cnt == 8 || cnt == 16 || cnt == 32 || cnt == 64);
}

static int finish(struct walk *w)
{
	struct fexpr_field *f = &w->field;
	__u32 id = w->type_id, cnt = w->bit_size;
	const struct btf_type *t = field_strip(w->btf, &id);
	__u64 bits = w->bits;

	if (w->bits / 8 > FEXPR_MAX_OFFSET)
		return filter_fail(-EINVAL, w->err, w->errsz, "%s is too far away", w->path);
	if (!btf_kind(t))
		return broken(w);
	f->type_id = w->type_id;
	f->offset = (__u32)(bits / 8);
	describe(w, t);
	if (btf_is_int(t) && !cnt && btf_int_bits(t) < 8 * t->size) {
		cnt = btf_int_bits(t);
		bits += btf_int_offset(t);
	}
	if (!cnt && bits % 8)
		return broken(w);
	if (!cnt || f->kind > FEXPR_ENUM)
		return cnt ? broken(w) : 0;
	if (cnt > 64)
		return broken(w);
	if (!is_whole(bits, cnt))
		return place_bits(w, bits, cnt);
	f->offset = (__u32)(bits / 8);
	f->size = cnt / 8;
	return 0;
}

/* What paths begin at. */
static const struct root {
	const char *word, *type;
} roots[] = {
	[FIELD_SKB] = {"skb", "sk_buff"},
	[FIELD_XDP] = {"xdp", "xdp_buff"},
};

static int resolve_from(const struct btf *btf, const struct root *from,
			const struct fexpr_part *parts, size_t cnt, struct fexpr_field *ret_field,
			char *err, size_t errsz)
{
	struct walk w = {.btf = btf, .err = err, .errsz = errsz};
	__s32 root = btf__find_by_name_kind(w.btf, from->type, BTF_KIND_STRUCT);
	int rc = 0;

	snprintf(w.path, sizeof(w.path), "%s", from->word);

	if (root <= 0)
		return filter_fail(-ENOENT, err, errsz,
				   "the kernel's type information has no struct %s", from->type);
	w.type_id = (__u32)root;
	for (size_t i = 0; i < cnt && !rc; i++) {
		rc = parts[i].kind == FEXPR_INDEX ? enter_element(&w, &parts[i], i == 0)
						  : enter_member(&w, &parts[i], i == 0);
		extend_path(&w, &parts[i]);
		if (!rc && w.bits / 8 > FEXPR_MAX_OFFSET)
			rc = filter_fail(-EINVAL, err, errsz, "%s is too far away", w.path);
	}
	if (!rc)
		rc = finish(&w);
	if (!rc)
		*ret_field = w.field;
	return rc;
}

static int resolve(const struct fexpr_types *types, const struct fexpr_part *parts, size_t cnt,
		   struct fexpr_field *ret_field, char *err, size_t errsz)
{
	return resolve_from(types->ctx, &roots[FIELD_SKB], parts, cnt, ret_field, err, errsz);
}

struct fexpr_types field_types(const struct btf *btf)
{
	return (struct fexpr_types){.resolve = resolve, .enumerator = field_enumerator, .ctx = btf};
}

/* What is behind the root's word, if the path begins with that, and not just with a longer name. */
static const char *skip_root(const struct root *root, const char *path)
{
	size_t len = strlen(root->word);

	path += strspn(path, " \t");
	if (strncmp(path, root->word, len) ||
	    strspn(path + len, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"))
		return NULL;
	return path + len;
}

int field_resolve(const struct btf *btf, enum field_root root, const char *path,
		  struct fexpr_field *ret_field, char *err, size_t errsz)
{
	const char *behind = skip_root(&roots[root], path);
	struct fexpr_part parts[FEXPR_MAX_PARTS];
	size_t cnt = 0, room = strlen(path) + sizeof("skb->");
	char *text = malloc(room);
	int rc;

	if (!text)
		return filter_fail(-ENOMEM, err, errsz, "out of memory");
	/* The parser knows one word, which is as long as the others. */
	snprintf(text, room, "skb%s%s", behind ? "" : "->", behind ? behind : path);
	rc = fexpr_parse_path(text, parts, &cnt, err, errsz);
	free(text);
	return rc ? rc : resolve_from(btf, &roots[root], parts, cnt, ret_field, err, errsz);
}
