// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types say which functions take an skb; tracefs says which functions can be traced, and from
 * 6.5 on also where they are (available_filter_functions_addrs).  Before, the addresses come from
 * kallsyms.  Either way each address is used, not the name: a static name may stand for several
 * functions, and all of them are attached to.
 */
#include "src/inventory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/caps.h"
#include "src/drop_funcs.h"
#include "src/ksyms.h"
#include "src/log.h"
#include "src/lookup.h"
#include "src/roles.h"
#include "src/traceable.h"
#include "src/tracefs.h"
#include "src/util.h"

/*
 * Functions where the skb argument is not what it seems.  pos 0: never attach a filter, because
 * the bytes that it would see are not the packet's, or not any more.
 */
static const struct {
	const char *name;
	int pos;
	enum skip skip;
} special[] = {
	{"kfree_skbmem", 0, SKIP_FREED},
	{"napi_skb_cache_put", 0, SKIP_FREED},
	/* The first skb is not filled yet. */
	{"__copy_skb_header", 2, SKIP_NOT},
	{"skb_copy_header", 2, SKIP_NOT},
	{"__skb_clone", 2, SKIP_NOT},
	{"skb_headers_offset_update", 0, SKIP_HEAD_NEW},
	{"__build_skb_around", 0, SKIP_NOT_FILLED},
	{"__finalize_skb_around", 0, SKIP_NOT_FILLED},
	{"__skb_wait_for_more_packets", 0, SKIP_QUEUE},
};

static const char *const reasons[] = {
	[SKIP_NOT] = "",
	[SKIP_NOT_TRACEABLE] = "the kernel does not let it be traced, or has it inlined everywhere",
	[SKIP_UNKNOWN] = "whether it can be traced is not known, as tracefs cannot be read",
	[SKIP_POSITIONS] = "functions of this name have their skb in different places",
	[SKIP_FREED] = "it runs after the packet's data is freed; it ends an id",
	[SKIP_HEAD_NEW] = "the packet's head is new there, and the offsets are old",
	[SKIP_NOT_FILLED] = "the skb is not filled yet",
	/* The last skb of a queue: of an empty one the head, a part of the socket. */
	[SKIP_QUEUE] = "it waits at an empty queue, whose head it is given for an skb",
};

_Static_assert(ARRAY_SIZE(reasons) == SKIP_REASONS, "all reasons have words");

/* A candidate is a name of the types; it may stand for no function, or for several. */
struct discovery {
	struct kbtf_func *candidates; /* sorted by name, then module */
	size_t n_candidates;
	bool *available; /* one a candidate: named by available_filter_functions; NULL: all are */
	uint32_t *used;	 /* one a candidate: how many functions it stands for */
	struct inventory *out;
	size_t cap;
	const atomic_bool *stop; /* as for read_file_until() */
};

const char *skip_reason(enum skip skip)
{
	return reasons[skip];
}

static int compare_key(const void *key, const void *elem)
{
	const struct traceable *t = key;
	const struct kbtf_func *f = elem;
	int order = strcmp(t->name, f->name);

	return order ? order : strcmp(t->module ?: "", f->module ?: "");
}

static struct kbtf_func *find_candidate(const struct discovery *d, const struct traceable *t)
{
	return bsearch(t, d->candidates, d->n_candidates, sizeof(*d->candidates), compare_key);
}

/* The position to use: that of the types, unless we know better. */
static int position(const struct kbtf_func *f, enum skip *ret_skip)
{
	for (size_t i = 0; !f->module && i < ARRAY_SIZE(special); i++) {
		if (!strcmp(f->name, special[i].name)) {
			*ret_skip = special[i].skip;
			return special[i].pos;
		}
	}
	*ret_skip = f->pos ? SKIP_NOT : SKIP_POSITIONS;
	return f->pos;
}

static int append(struct discovery *d, const struct found *found)
{
	struct inventory *out = d->out;
	struct found *v = grow(out->v, out->n, &d->cap, sizeof(*v));

	if (!v)
		return -ENOMEM;
	out->v = v;
	v[out->n++] = *found;
	return 0;
}

static int add(void *ctx, const struct traceable *t)
{
	struct discovery *d = ctx;
	const struct kbtf_func *candidate = find_candidate(d, t);
	struct found found = {.addr = t->addr};
	enum skip skip;

	if (!candidate || (d->available && !d->available[candidate - d->candidates]))
		return 0;
	d->used[candidate - d->candidates]++;
	found.name = candidate->name;
	found.module = candidate->module;
	found.pos = position(candidate, &skip);
	found.skip = skip;
	return append(d, &found);
}

/* The kernel takes a type id for a name, and a name for the first function that has it. */
static void add_ids(struct discovery *d)
{
	for (size_t i = 0; i < d->out->n; i++) {
		struct found *f = &d->out->v[i];
		struct traceable t = {.name = f->name, .module = f->module};
		const struct kbtf_func *candidate = find_candidate(d, &t);

		if (d->used[candidate - d->candidates] == 1)
			f->btf_id = candidate->id;
	}
}

/* The names that stand for no function which can be traced. */
static int add_untraceable(struct discovery *d, enum skip why)
{
	int err = 0;

	for (size_t i = 0; i < d->n_candidates && !err; i++) {
		const struct kbtf_func *f = &d->candidates[i];
		struct found found = {
			.name = f->name,
			.module = f->module,
			.pos = f->pos,
			.skip = why,
		};

		if (!d->used || !d->used[i])
			err = append(d, &found);
	}
	return err;
}

static int mark_available(void *ctx, const struct traceable *t)
{
	struct discovery *d = ctx;
	struct kbtf_func *candidate = find_candidate(d, t);

	if (candidate)
		d->available[candidate - d->candidates] = true;
	return 0;
}

static int add_from_kallsyms(struct discovery *d, const struct ksyms *syms)
{
	const struct ksym *v;
	size_t n;
	int err = 0;

	v = ksyms_all(syms, &n);
	for (size_t i = 0; i < n && !err; i++) {
		struct traceable t = {.addr = v[i].addr, .name = v[i].name, .module = v[i].module};

		err = add(d, &t);
	}
	return err;
}

/* Before 6.5: names from tracefs, addresses from kallsyms. */
static int discover_by_name(const char *dir, struct discovery *d)
{
	struct ksyms *syms;
	int err;

	d->available = calloc(d->n_candidates + 1, sizeof(*d->available));
	if (!d->available)
		return -ENOMEM;
	err = traceable_names(dir, d->stop, mark_available, d);
	if (err && err != -ECANCELED)
		log_error("%s/available_filter_functions: %s", dir, strerror(-err));
	if (err)
		return err;
	err = ksyms_read(NULL, d->stop, &syms);
	if (err == -EPERM)
		log_error(
			"/proc/kallsyms hides the addresses: set sysctl kernel.kptr_restrict to 1 or 0");
	else if (err && err != -ECANCELED)
		log_error("/proc/kallsyms: %s", strerror(-err));
	if (err)
		return err;
	err = add_from_kallsyms(d, syms);
	ksyms_free(syms);
	return err;
}

static int discover_by_address(const char *dir, struct discovery *d)
{
	int err = traceable_addresses(dir, d->stop, add, d);

	/* Not there before 6.5. */
	if (err && err != -ENOENT && err != -ECANCELED)
		log_error("%s/available_filter_functions_addrs: %s%s", dir, strerror(-err),
			  caps_explain_refusal());
	return err;
}

/*
 * A few functions of modules, one by one; whether they can be traced is for the kernel to say when
 * they are attached to.  Kernels before those that tell addresses are slow at this.
 */
static int discover_one_by_one(const char *dir, struct discovery *d)
{
	int fd = traceable_has_addresses(dir) ? lookup_open() : -EOPNOTSUPP, err = 0;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < d->n_candidates && !err; i++) {
		const struct kbtf_func *f = &d->candidates[i];
		struct traceable t = {.name = f->name, .module = f->module};

		err = lookup_function(fd, f->module, f->name, &t.addr);
		if (!err)
			err = add(d, &t);
		else if (err == -ENOENT)
			err = 0;
	}
	close(fd);
	return err;
}

/* Where the candidates are, and what becomes of them; frees them. @few: of modules only */
static int discover(const char *dir, struct discovery *d, bool few)
{
	int err = -EOPNOTSUPP;

	d->used = calloc(d->n_candidates + 1, sizeof(*d->used));
	if (d->used && few)
		err = discover_one_by_one(dir, d);
	if (err) {
		/* Some may have been found. */
		d->out->n = 0;
		if (d->used)
			memset(d->used, 0, d->n_candidates * sizeof(*d->used));
		err = d->used ? discover_by_address(dir, d) : -ENOMEM;
	}
	if (err == -ENOENT)
		err = discover_by_name(dir, d);
	if (!err) {
		add_ids(d);
		for (size_t i = 0; i < d->out->n; i++)
			roles_note(&d->out->roles, &d->out->v[i]);
		err = add_untraceable(d, SKIP_NOT_TRACEABLE);
	}
	free(d->candidates);
	free(d->available);
	free(d->used);
	return err;
}

int inventory_of_types(struct kbtf *btf, struct inventory *ret_inventory)
{
	struct inventory found = {0};
	struct discovery d = {.out = &found};
	int err = kbtf_skb_funcs(btf, &d.candidates, &d.n_candidates);

	if (!err)
		err = add_untraceable(&d, SKIP_UNKNOWN);
	free(d.candidates);
	if (err) {
		inventory_free(&found);
		return err;
	}
	*ret_inventory = found;
	return 0;
}

int inventory_discover(struct kbtf *btf, struct inventory *ret_inventory)
{
	struct inventory found = {0};
	struct discovery d = {.out = &found};
	const char *dir;
	int err = tracefs_dir(&dir);

	if (err == -ENOENT) {
		log_error(
			"tracefs is not there (no available_filter_functions): mount it with "
			"'mount -t tracefs tracefs /sys/kernel/tracing'; if that does not help, the "
			"kernel lacks CONFIG_DYNAMIC_FTRACE");
		return err;
	}
	if (err) {
		log_error("tracefs (available_filter_functions) cannot be read: %s%s",
			  strerror(-err), caps_explain_refusal());
		return err;
	}
	err = kbtf_skb_funcs(btf, &d.candidates, &d.n_candidates);
	if (!err)
		err = discover(dir, &d, false);
	if (err) {
		inventory_free(&found);
		return err;
	}
	drop_funcs_find(btf, &found);
	*ret_inventory = found;
	return 0;
}

int inventory_of_modules(const struct kbtf *btf, const char *const *modules, size_t n,
			 const atomic_bool *stop, struct inventory *ret_inventory)
{
	struct inventory found = {0};
	struct discovery d = {.out = &found, .stop = stop};
	const char *dir;
	char *strings;
	int err = tracefs_dir(&dir);

	if (!err)
		err = kbtf_modules_funcs(btf, modules, n, &d.candidates, &d.n_candidates, &strings);
	if (err)
		return err;
	found.memory = strings;
	/* Most modules have nothing to do with packets, and to ask for addresses takes long. */
	if (d.n_candidates)
		err = discover(dir, &d, true);
	else
		free(d.candidates);
	if (err) {
		inventory_free(&found);
		return err;
	}
	*ret_inventory = found;
	return 0;
}

void inventory_free(struct inventory *inventory)
{
	free(inventory->v);
	free(inventory->memory);
	*inventory = (struct inventory){0};
}
