// SPDX-License-Identifier: GPL-2.0-only
#include "src/field_type.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "filter/fail.h"
#include "filter/fexpr_near.h"

#define MAX_NESTING 32 /* of what a type is made of; broken type information may go in circles */

const char *field_str(const struct btf *btf, __u32 name_off)
{
	const char *name = btf__name_by_offset(btf, name_off);

	return name ? name : "";
}

const struct btf_type *field_strip(const struct btf *btf, __u32 *type_id)
{
	static const struct btf_type none = {0};
	const struct btf_type *t = btf__type_by_id(btf, *type_id);

	for (int i = 0; t && i < MAX_NESTING; i++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return t;
		*type_id = t->type;
		t = btf__type_by_id(btf, t->type);
	}
	return &none;
}

/* ---- names of types */

/* Name of a struct or the like; a pointer to it has spaces and stars behind. */
static void tag_name(const struct btf *btf, const struct btf_type *t, char *buf, size_t size)
{
	const char *kind = "struct", *name = field_str(btf, t->name_off);

	if (btf_is_union(t) || (btf_is_fwd(t) && btf_kflag(t)))
		kind = "union";
	else if (btf_is_any_enum(t))
		kind = "enum";
	snprintf(buf, size, "%s %s", kind, *name ? name : "{...}");
}

static void append(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s", text);
}

static void type_name(const struct btf *btf, __u32 type_id, char *buf, size_t size, int depth);

static void array_name(const struct btf *btf, const struct btf_type *t, char *buf, size_t size,
		       int depth)
{
	char dims[64] = "", dim[16];
	__u32 id = btf_array(t)->type;

	/* The outermost dimension comes first. */
	for (int i = 0; i < MAX_NESTING && btf_is_array(t); i++) {
		snprintf(dim, sizeof(dim), "[%u]", btf_array(t)->nelems);
		append(dims, sizeof(dims), dim);
		id = btf_array(t)->type;
		t = btf__type_by_id(btf, id);
		if (!t)
			break;
	}
	type_name(btf, id, buf, size, depth + 1);
	append(buf, size, dims);
}

static void pointer_name(const struct btf *btf, const struct btf_type *t, char *buf, size_t size,
			 int depth)
{
	__u32 id = t->type;

	if (btf_is_func_proto(field_strip(btf, &id))) {
		snprintf(buf, size, "function *");
		return;
	}
	type_name(btf, t->type, buf, size, depth + 1);
	append(buf, size, strlen(buf) && buf[strlen(buf) - 1] == '*' ? "*" : " *");
}

/* const and volatile: before what is not a pointer, behind what is. */
static void qualified_name(const struct btf *btf, const struct btf_type *t, const char *word,
			   char *buf, size_t size, int depth)
{
	const struct btf_type *of = btf__type_by_id(btf, t->type);
	size_t len = strlen(word);

	if (of && btf_is_ptr(of)) {
		type_name(btf, t->type, buf, size, depth + 1);
		append(buf, size, word);
		return;
	}
	snprintf(buf, size, "%s ", word);
	if (len + 1 < size)
		type_name(btf, t->type, buf + len + 1, size - len - 1, depth + 1);
}

static void type_name(const struct btf *btf, __u32 type_id, char *buf, size_t size, int depth)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);

	buf[0] = '\0';
	if (!t || depth > MAX_NESTING) {
		snprintf(buf, size, "?");
		return;
	}
	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
		snprintf(buf, size, "void");
		break;
	case BTF_KIND_PTR:
		pointer_name(btf, t, buf, size, depth);
		break;
	case BTF_KIND_ARRAY:
		array_name(btf, t, buf, size, depth);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		tag_name(btf, t, buf, size);
		break;
	case BTF_KIND_CONST:
		qualified_name(btf, t, "const", buf, size, depth);
		break;
	case BTF_KIND_VOLATILE:
		qualified_name(btf, t, "volatile", buf, size, depth);
		break;
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		type_name(btf, t->type, buf, size, depth + 1);
		break;
	case BTF_KIND_FUNC_PROTO:
		snprintf(buf, size, "function");
		break;
	default: /* typedef, int, float */
		snprintf(buf, size, "%s", field_str(btf, t->name_off));
	}
}

void field_type_name(const struct btf *btf, __u32 type_id, char *buf, size_t size)
{
	type_name(btf, type_id, buf, size, 0);
}

/* ---- enumerators */

bool field_enum_is_signed(const struct btf_type *t)
{
	if (btf_kflag(t))
		return true;
	if (btf_is_enum64(t))
		return false;
	/* Until pahole 1.24 the flag was not set. */
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		if (btf_enum(t)[i].val < 0)
			return true;
	}
	return false;
}

const char *field_enumerator_at(const struct btf *btf, const struct btf_type *t, __u32 i,
				struct fexpr_const *ret_value)
{
	const struct btf_enum64 *wide = btf_enum64(t) + i;
	const struct btf_enum *narrow = btf_enum(t) + i;

	if (btf_is_enum64(t)) {
		ret_value->bits = btf_enum64_value(wide);
		ret_value->is_negative = btf_kflag(t) && (__s64)ret_value->bits < 0;
		return field_str(btf, wide->name_off);
	}
	ret_value->bits = (__u64)(__s64)narrow->val;
	ret_value->is_negative = narrow->val < 0;
	return field_str(btf, narrow->name_off);
}

static bool find_enumerator(const struct btf *btf, const struct btf_type *t, const char *name,
			    struct fexpr_const *ret_value)
{
	struct fexpr_const value;

	for (__u32 i = 0; i < btf_vlen(t); i++) {
		if (!strcmp(field_enumerator_at(btf, t, i, &value), name)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static int no_enumerator(const struct btf *btf, const struct btf_type *of, const char *name,
			 char *err, size_t errsz)
{
	struct fexpr_near near = {.wanted = name};
	char hint[400];

	for (__u32 i = 0; btf_is_any_enum(of) && i < btf_vlen(of); i++) {
		struct fexpr_const value;

		fexpr_near_try(&near, field_enumerator_at(btf, of, i, &value));
	}
	fexpr_near_text(&near, hint, sizeof(hint));
	return filter_fail(-ENOENT, err, errsz, "no enumerator of this kernel is named '%s'%s",
			   name, hint);
}

int field_enumerator(const struct fexpr_types *types, const char *name, __u32 type_id,
		     struct fexpr_const *ret_value, char *err, size_t errsz)
{
	const struct btf *btf = types->ctx;
	const struct btf_type *of = field_strip(btf, &type_id);
	struct fexpr_const first = {0}, value;
	bool found = false;

	if (btf_is_any_enum(of) && find_enumerator(btf, of, name, ret_value))
		return 0;
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!btf_is_any_enum(t) || !find_enumerator(btf, t, name, &value))
			continue;
		if (found && value.bits != first.bits)
			return filter_fail(-EINVAL, err, errsz,
					   "%s is %lld in one enum of this kernel and %lld in "
					   "another; write the number",
					   name, (long long)first.bits, (long long)value.bits);
		first = value;
		found = true;
	}
	if (!found)
		return no_enumerator(btf, of, name, err, errsz);
	*ret_value = first;
	return 0;
}
