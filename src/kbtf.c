// SPDX-License-Identifier: GPL-2.0-only
#include "src/kbtf.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/log.h"
#include "src/util.h"

#define BTF_DIR "/sys/kernel/btf"

struct module_btf {
	char *name;
	struct btf *btf;
};

struct kbtf {
	bool own; /* not a file that the user named */
	struct btf *vmlinux;
	struct module_btf *modules;
	size_t n_modules, cap_modules;
};

/* Functions while they are collected. */
struct func_list {
	struct kbtf_func *v;
	size_t n, cap;
};

/* libbpf has errors of its own, beyond those of errno, for a file that is no ELF or no BTF. */
static bool is_format_error(int err)
{
	return err == -EPROTO || err == -EIO || err == -EINVAL || err == -ENODATA ||
	       err <= -__LIBBPF_ERRNO__START;
}

int kbtf_open(const char *path, struct kbtf **ret_btf)
{
	const char *file = path ? path : BTF_DIR "/vmlinux";
	struct kbtf *btf = calloc(1, sizeof(*btf));
	int err;

	if (!btf)
		return -ENOMEM;
	btf->own = !path;
	btf->vmlinux = btf__parse(file, NULL);
	err = btf->vmlinux ? 0 : -errno;
	if (is_format_error(err) || (err == -ENOENT && !access(file, F_OK)))
		err = -EINVAL;
	if (err == -ENOENT && !path)
		log_error(
			"this kernel has no type information (%s): it needs CONFIG_DEBUG_INFO_BTF=y, "
			"or name a BTF file of it with --kernel-btf",
			file);
	else if (is_format_error(err))
		log_error("%s: not a BTF file", file);
	else if (err)
		log_error("%s: %s", file, strerror(-err));
	if (!err && btf__find_by_name_kind(btf->vmlinux, "sk_buff", BTF_KIND_STRUCT) < 0) {
		log_error(
			"%s: has no struct sk_buff, so it is not the BTF of a kernel with networking",
			file);
		err = -EINVAL;
	}
	if (err) {
		kbtf_close(btf);
		return err;
	}
	*ret_btf = btf;
	return 0;
}

bool kbtf_is_own(const struct kbtf *btf)
{
	return btf->own;
}

const struct btf *kbtf_vmlinux(const struct kbtf *btf)
{
	return btf->vmlinux;
}

static const struct btf_type *strip(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	/* A damaged file may have a type that refers to itself. */
	for (int depth = 0; t && (btf_is_mod(t) || btf_is_typedef(t)); depth++)
		t = depth < 32 ? btf__type_by_id(btf, t->type) : NULL;
	return t;
}

static bool is_skb_pointer(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = strip(btf, id);
	const char *name;

	if (!t || !btf_is_ptr(t))
		return false;
	t = strip(btf, t->type);
	name = t ? btf__name_by_offset(btf, t->name_off) : NULL;
	/* By name: a module's split BTF may hold a copy, or only a declaration. */
	return name && (btf_is_struct(t) || btf_is_fwd(t)) && !strcmp(name, "sk_buff");
}

/*
 * How many argument registers a parameter takes: structs by value up to 16 bytes take one or two
 * (System V x86-64 ABI, 3.2.3), larger ones are on the stack.
 */
static int registers_of(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = strip(btf, id);
	__u32 size;

	if (!t || !(btf_is_composite(t) || btf_is_int(t)))
		return 1;
	size = t->size;
	return size > 16 || !size ? 0 : size > 8 ? 2 : 1;
}

static bool is_enum(const struct btf *btf, __u32 id, const char *name)
{
	const struct btf_type *t = strip(btf, id);
	const char *has = t && btf_is_any_enum(t) ? btf__name_by_offset(btf, t->name_off) : NULL;

	return has && !strcmp(has, name);
}

/*
 * The argument register, from 1, that holds the first value of this enumeration, or for NULL the
 * first skb; 0 if none does.
 */
static int position(const struct btf *btf, const struct btf_type *func, const char *enumeration)
{
	const struct btf_type *proto = btf__type_by_id(btf, func->type);
	const struct btf_param *params;
	const struct btf_type *ret;
	int reg = 1;

	if (!proto || !btf_is_func_proto(proto))
		return 0;
	params = btf_params(proto);
	/* A large result is put where a hidden first argument says. */
	ret = strip(btf, proto->type);
	if (ret && btf_is_composite(ret) && ret->size > 16)
		reg++;
	for (int i = 0; i < btf_vlen(proto) && reg <= KBTF_MAX_POS; i++) {
		if (enumeration ? is_enum(btf, params[i].type, enumeration)
				: is_skb_pointer(btf, params[i].type))
			return reg;
		reg += registers_of(btf, params[i].type);
	}
	return 0;
}

/* The most arguments that the kernel's trampolines pass on (MAX_BPF_FUNC_ARGS). */
#define FENTRY_ARGS_MAX 12

/* Would the kernel take a fentry program for it? (btf_distill_func_proto() there) */
static bool suits_fentry(const struct btf *btf, const struct btf_type *func)
{
	const struct btf_type *proto = btf__type_by_id(btf, func->type);
	const struct btf_param *params = btf_params(proto);
	const struct btf_type *t = strip(btf, proto->type);
	int n = btf_vlen(proto);

	if (n > FENTRY_ARGS_MAX || (t && btf_is_composite(t)))
		return false;
	/* "..." is a parameter without a type. */
	if (n && !params[n - 1].type)
		return false;
	for (int i = 0; i < n; i++) {
		t = strip(btf, params[i].type);
		if (t && btf_is_composite(t) && t->size > 16)
			return false;
	}
	return true;
}

static int collect(const struct btf *btf, __u32 first_id, const char *module,
		   struct func_list *list)
{
	__u32 end = btf__type_cnt(btf);

	for (__u32 id = first_id; id < end; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		struct kbtf_func *v;
		int pos;

		if (!btf_is_func(t))
			continue;
		pos = position(btf, t, NULL);
		if (!pos || !btf__name_by_offset(btf, t->name_off))
			continue;
		v = grow(list->v, list->n, &list->cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		list->v = v;
		v[list->n++] = (struct kbtf_func){
			.name = btf__name_by_offset(btf, t->name_off),
			.module = module,
			.pos = pos,
			.id = suits_fentry(btf, t) ? id : 0,
		};
	}
	return 0;
}

/* NULL, and errno, if it cannot be read. */
static struct btf *parse_module(const struct kbtf *btf, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), BTF_DIR "/%s", name);
	return btf__parse_split(path, btf->vmlinux);
}

static int add_module(struct kbtf *btf, const char *name)
{
	struct module_btf *modules;
	struct btf *split = parse_module(btf, name);

	if (!split) {
		/* Built for another kernel, or just unloaded: the module's functions are not there.
		 */
		log_verbose(BTF_DIR "/%s: %s, functions of this module are left out", name,
			    strerror(errno));
		return 0;
	}
	modules = grow(btf->modules, btf->n_modules, &btf->cap_modules, sizeof(*modules));
	if (modules) {
		btf->modules = modules;
		modules[btf->n_modules].btf = split;
		modules[btf->n_modules].name = strdup(name);
		if (modules[btf->n_modules].name) {
			btf->n_modules++;
			return 0;
		}
	}
	btf__free(split);
	return -ENOMEM;
}

static int read_modules(struct kbtf *btf)
{
	DIR *dir = opendir(BTF_DIR);
	struct dirent *entry;
	int err = 0;

	/* Without the directory (a kernel whose BTF was given by hand) there are no modules' types.
	 */
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux"))
			err = add_module(btf, entry->d_name);
	closedir(dir);
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct kbtf_func *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->module ?: "", y->module ?: "");
}

/* Several functions of one name: one entry, without a position if they differ. */
static void merge_same_names(struct func_list *list)
{
	size_t n = 0;

	if (!list->n)
		return;
	qsort(list->v, list->n, sizeof(*list->v), compare);
	for (size_t i = 0; i < list->n; i++) {
		if (n && !compare(&list->v[n - 1], &list->v[i])) {
			if (list->v[n - 1].pos != list->v[i].pos)
				list->v[n - 1].pos = 0;
			continue;
		}
		list->v[n++] = list->v[i];
	}
	list->n = n;
}

int kbtf_skb_funcs(struct kbtf *btf, struct kbtf_func **ret_funcs, size_t *ret_n)
{
	__u32 first_split = btf__type_cnt(btf->vmlinux);
	struct func_list list = {0};
	int err;

	err = collect(btf->vmlinux, 1, NULL, &list);
	if (!err && btf->own && !btf->n_modules)
		err = read_modules(btf);
	for (size_t i = 0; !err && i < btf->n_modules; i++)
		err = collect(btf->modules[i].btf, first_split, btf->modules[i].name, &list);
	if (err) {
		free(list.v);
		return err;
	}
	/* Ids that the kernel would understand are its own. */
	for (size_t i = 0; !btf->own && i < list.n; i++)
		list.v[i].id = 0;
	merge_same_names(&list);
	*ret_funcs = list.v;
	*ret_n = list.n;
	return 0;
}

bool kbtf_has_module(const struct kbtf *btf, const char *module)
{
	char path[512];

	snprintf(path, sizeof(path), BTF_DIR "/%s", module);
	return btf->own && !access(path, R_OK);
}

/* Copies all names, so that the types are not needed any more. */
static int own_strings(struct func_list *list, char **ret_strings)
{
	char *strings, *p;
	size_t size = 1;

	for (size_t i = 0; i < list->n; i++)
		size += strlen(list->v[i].name) + strlen(list->v[i].module) + 2;
	strings = malloc(size);
	if (!strings)
		return -ENOMEM;
	p = strings;
	for (size_t i = 0; i < list->n; i++) {
		struct kbtf_func *f = &list->v[i];
		char *module = stpcpy(p, f->name) + 1, *end = stpcpy(module, f->module) + 1;

		f->name = p;
		f->module = module;
		p = end;
	}
	*ret_strings = strings;
	return 0;
}

int kbtf_modules_funcs(const struct kbtf *btf, const char *const *modules, size_t n,
		       struct kbtf_func **ret_funcs, size_t *ret_n, char **ret_strings)
{
	struct btf **splits = calloc(n + 1, sizeof(struct btf *));
	struct func_list list = {0};
	int err = splits ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		if (kbtf_has_module(btf, modules[i]))
			splits[i] = parse_module(btf, modules[i]);
		if (splits[i])
			err = collect(splits[i], btf__type_cnt(btf->vmlinux), modules[i], &list);
	}
	if (!err) {
		merge_same_names(&list);
		err = own_strings(&list, ret_strings);
	}
	for (size_t i = 0; splits && i < n; i++)
		btf__free(splits[i]);
	free(splits);
	if (err) {
		free(list.v);
		return err;
	}
	*ret_funcs = list.v;
	*ret_n = list.n;
	return 0;
}

int kbtf_each(struct kbtf *btf,
	      int (*callback)(void *context, const struct btf *types, uint32_t first_id),
	      void *context)
{
	int err = callback(context, btf->vmlinux, 1);

	if (!err && btf->own && !btf->n_modules)
		err = read_modules(btf);
	for (size_t i = 0; !err && i < btf->n_modules; i++)
		err = callback(context, btf->modules[i].btf, btf__type_cnt(btf->vmlinux));
	return err;
}

int kbtf_enum_position(const struct kbtf *btf, const char *func, const char *enumeration)
{
	int id = btf__find_by_name_kind(btf->vmlinux, func, BTF_KIND_FUNC);

	return id < 0 ? 0 : position(btf->vmlinux, btf__type_by_id(btf->vmlinux, id), enumeration);
}

void kbtf_close(struct kbtf *btf)
{
	if (!btf)
		return;
	for (size_t i = 0; i < btf->n_modules; i++) {
		btf__free(btf->modules[i].btf);
		free(btf->modules[i].name);
	}
	free(btf->modules);
	btf__free(btf->vmlinux);
	free(btf);
}
