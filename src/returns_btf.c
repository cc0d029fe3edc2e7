// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions are found by their names, in one pass over all types: the ids that funcs.h knows are
 * there only for those that trampolines suit.
 */
#include "src/returns_btf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A name, and what the functions of that name return. */
struct named {
	const char *name;
	struct func *func;
	struct return_type type;
	size_t arg_words;
	bool found, ambiguous;
};

struct pass {
	struct named *v; /* sorted by name */
	size_t n;
	struct returns *returns;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The names are the BTF's, only the array is ours. */
static int name_values(const struct btf *btf, const struct btf_type *t, struct returns *returns,
		       struct return_type *ret_type)
{
	const bool wide = btf_is_enum64(t);
	const size_t n = btf_vlen(t);
	struct return_name *names = calloc(n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (wide) {
			const struct btf_enum64 *e = btf_enum64(t) + i;

			names[i].value = (int64_t)btf_enum64_value(e);
			names[i].name = btf__name_by_offset(btf, e->name_off);
		} else {
			const struct btf_enum *e = btf_enum(t) + i;

			names[i].value = e->val;
			names[i].name = btf__name_by_offset(btf, e->name_off);
		}
	}
	ret_type->names = names;
	ret_type->n_names = n;
	return returns_own(returns, names);
}

static int type_of(const struct btf *btf, uint32_t id, struct returns *returns,
		   struct return_type *ret_type)
{
	int resolved = id ? btf__resolve_type(btf, id) : 0;
	const struct btf_type *t = resolved > 0 ? btf__type_by_id(btf, resolved) : NULL;
	int encoding;

	*ret_type = (struct return_type){.kind = RETURN_UNKNOWN, .bytes = 8};
	if (!id || (t && btf_is_void(t))) {
		ret_type->kind = RETURN_VOID;
	} else if (!t) {
		return 0;
	} else if (btf_is_ptr(t)) {
		ret_type->kind = RETURN_POINTER;
	} else if (btf_is_int(t)) {
		encoding = btf_int_encoding(t);
		ret_type->bytes = t->size <= 8 ? t->size : 8;
		ret_type->kind = encoding & BTF_INT_BOOL     ? RETURN_BOOL
				 : encoding & BTF_INT_SIGNED ? RETURN_SIGNED
							     : RETURN_UNSIGNED;
	} else if (btf_is_any_enum(t)) {
		ret_type->bytes = t->size <= 8 ? t->size : 8;
		ret_type->kind = RETURN_ENUM;
		return name_values(btf, t, returns, ret_type);
	}
	return 0;
}

/* A struct takes as many as it fills. */
static size_t arg_words(const struct btf *btf, const struct btf_type *proto)
{
	size_t words = 0;

	for (int i = 0; i < btf_vlen(proto); i++) {
		__s64 size = btf__resolve_size(btf, btf_params(proto)[i].type);

		words += size > 8 ? (size + 7) / 8 : 1;
	}
	return words;
}

static bool same(const struct return_type *a, const struct return_type *b)
{
	return a->kind == b->kind && a->bytes == b->bytes && a->n_names == b->n_names;
}

static int note(struct pass *pass, const struct btf *btf, const struct btf_type *func)
{
	const struct btf_type *proto = btf__type_by_id(btf, func->type);
	struct named key = {.name = btf__name_by_offset(btf, func->name_off)}, *named;
	struct return_type type;
	int err;

	named = key.name ? bsearch(&key, pass->v, pass->n, sizeof(key), by_name) : NULL;
	if (!named || !proto || !btf_is_func_proto(proto))
		return 0;
	err = type_of(btf, proto->type, pass->returns, &type);
	if (err)
		return err;
	/* bsearch() finds any of those that share the name. */
	while (named > pass->v && !by_name(named - 1, &key))
		named--;
	for (; named < pass->v + pass->n && !by_name(named, &key); named++) {
		named->ambiguous |= named->found && !same(&named->type, &type);
		named->type = type;
		named->arg_words = arg_words(btf, proto);
		named->found = true;
	}
	return 0;
}

static int note_all(void *context, const struct btf *btf, uint32_t first_id)
{
	const uint32_t end = btf__type_cnt(btf);
	int err = 0;

	for (uint32_t id = first_id; id < end && !err; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_func(t))
			err = note(context, btf, t);
	}
	return err;
}

int returns_of_types(struct kbtf *btf, struct funcs *funcs, struct returns *returns)
{
	struct pass pass = {
		.v = calloc(funcs->n + 1, sizeof(*pass.v)),
		.n = funcs->n,
		.returns = returns,
	};
	int err;

	if (!pass.v)
		return -ENOMEM;
	for (size_t i = 0; i < funcs->n; i++)
		pass.v[i] = (struct named){.name = funcs->v[i].name, .func = &funcs->v[i]};
	qsort(pass.v, pass.n, sizeof(*pass.v), by_name);
	err = kbtf_each(btf, note_all, &pass);
	for (size_t i = 0; i < pass.n && !err; i++) {
		const struct named *named = &pass.v[i];

		if (!named->found || named->ambiguous)
			continue;
		named->func->is_void = named->type.kind == RETURN_VOID;
		named->func->arg_words = named->arg_words;
		err = returns_add(returns, named->func->addr, &named->type);
	}
	free(pass.v);
	return err;
}
