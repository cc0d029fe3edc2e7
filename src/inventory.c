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

#include "src/caps.h"
#include "src/ksyms.h"
#include "src/log.h"
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
};

static const char *const reasons[] = {
	[SKIP_NOT] = "",
	[SKIP_NOT_TRACEABLE] = "the kernel does not let it be traced, or has it inlined everywhere",
	[SKIP_UNKNOWN] = "whether it can be traced is not to be seen without privileges",
	[SKIP_POSITIONS] = "functions of this name have their skb in different places",
	[SKIP_FREED] = "it runs after the packet's data is freed; it ends an id",
	[SKIP_HEAD_NEW] = "the packet's head is new there, and the offsets are old",
	[SKIP_NOT_FILLED] = "the skb is not filled yet",
};

_Static_assert(ARRAY_SIZE(reasons) == SKIP_REASONS, "all reasons have words");

/*
 * See track.bpf.h.  Destructors run in skb_release_head_state(), the rest after it.  The first
 * EV_TAIL_FREED are those that skb_release_data() calls last.
 */
static const char *const tail_names[] = {
	"skb_free_head",
	"skb_pp_recycle",
	"skb_release_data",
	"skb_pp_cow_data",
	"sock_wfree",
	"__sock_wfree",
	"tcp_wfree",
	"sock_rfree",
	"sock_efree",
	"sock_edemux",
	"sock_pfree",
	"sock_ofree",
	"unix_destruct_scm",
	"netlink_skb_destructor",
	"tpacket_destruct_skb",
	"xsk_destruct_skb",
	"msg_zerocopy_callback",
	"sock_zerocopy_callback",
	"tun_msg_zerocopy_complete",
	"__skb_ext_put",
	"nf_conntrack_destroy",
	"l2tp_sock_wfree",
};

static const char *const end_names[] = {"kfree_skbmem", "napi_skb_cache_put"};

_Static_assert(ARRAY_SIZE(tail_names) <= EV_TAIL_MAX, "all tail functions have a place");
_Static_assert(ARRAY_SIZE(end_names) == ENDS_MAX, "all end functions have a place");

/* A traceable function, as one of the two sources gives it. */
struct traceable {
	uint64_t addr;
	const char *name;
	const char *module;
};

/* A candidate is a name of the types; it may stand for no function, or for several. */
struct discovery {
	struct kbtf_func *candidates; /* sorted by name, then module */
	size_t n_candidates;
	bool *available; /* one a candidate: named by available_filter_functions; NULL: all are */
	uint32_t *used;	 /* one a candidate: how many functions it stands for */
	struct inventory *out;
	size_t cap;
};

const char *skip_reason(enum skip skip)
{
	return reasons[skip];
}

const char *end_name(size_t i)
{
	return end_names[i];
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

static int add(struct discovery *d, const struct traceable *t)
{
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

		if (!f->module && d->used[candidate - d->candidates] == 1)
			f->btf_id = candidate->id;
	}
}

static void note_role(struct func_roles *roles, const struct found *f)
{
	size_t i;

	if (f->module)
		return;
	if (!strcmp(f->name, "skb_release_head_state"))
		roles->release = EV_ENTRY_BLOCK(f->addr);
	for (i = 0; i < ARRAY_SIZE(end_names); i++)
		if (!strcmp(f->name, end_names[i]))
			roles->end[i] = (struct func_end){.addr = f->addr, .btf_id = f->btf_id};
	for (i = 0; i < ARRAY_SIZE(tail_names); i++)
		if (!strcmp(f->name, tail_names[i]))
			roles->tail[i] = EV_ENTRY_BLOCK(f->addr);
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

/* "[ffffffff81000000 ]name[ [module]]\n", cut into strings in place; returns the next line. */
static char *parse_line(char *line, bool has_addr, struct traceable *ret)
{
	char *p = line;

	ret->addr = has_addr ? strtoull(p, &p, 16) : 0;
	p += strspn(p, " ");
	ret->name = p;
	ret->module = NULL;
	p += strcspn(p, " \t\n");
	if (*p == ' ' || *p == '\t') {
		*p++ = '\0';
		p += strspn(p, " \t[");
		ret->module = p;
		p += strcspn(p, "]\n");
		if (*p == ']')
			*p++ = '\0';
	}
	if (*p == '\n')
		*p++ = '\0';
	return p;
}

/* Each line of the text goes to the callback. */
static int for_each_line(char *text, bool has_addr, struct discovery *d,
			 int (*callback)(struct discovery *d, const struct traceable *t))
{
	int err = 0;

	for (char *p = text; *p && !err;) {
		struct traceable t;

		p = parse_line(p, has_addr, &t);
		err = callback(d, &t);
	}
	return err;
}

static int mark_available(struct discovery *d, const struct traceable *t)
{
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
	char path[64], *text;
	int err;

	strcat(strcpy(path, dir), "/available_filter_functions");
	err = read_file(path, &text, NULL);
	if (err) {
		log_error("%s: %s", path, strerror(-err));
		return err;
	}
	d->available = calloc(d->n_candidates + 1, sizeof(*d->available));
	err = d->available ? for_each_line(text, false, d, mark_available) : -ENOMEM;
	free(text);
	if (err)
		return err;
	err = ksyms_read(NULL, NULL, &syms);
	if (err == -EPERM)
		log_error(
			"/proc/kallsyms hides the addresses: set sysctl kernel.kptr_restrict to 1 or 0");
	else if (err)
		log_error("/proc/kallsyms: %s", strerror(-err));
	if (err)
		return err;
	err = add_from_kallsyms(d, syms);
	ksyms_free(syms);
	return err;
}

static int discover_by_address(const char *dir, struct discovery *d)
{
	char path[80], *text;
	int err;

	strcat(strcpy(path, dir), "/available_filter_functions_addrs");
	err = read_file(path, &text, NULL);
	/* Not there before 6.5. */
	if (err && err != -ENOENT)
		log_error("%s: %s%s", path, strerror(-err), caps_explain_refusal());
	if (err)
		return err;
	err = for_each_line(text, true, d, add);
	free(text);
	return err;
}

static int discover(const char *dir, struct kbtf *btf, struct discovery *d)
{
	int err = kbtf_skb_funcs(btf, &d->candidates, &d->n_candidates);

	if (err)
		return err;
	d->used = calloc(d->n_candidates + 1, sizeof(*d->used));
	err = d->used ? discover_by_address(dir, d) : -ENOMEM;
	if (err == -ENOENT)
		err = discover_by_name(dir, d);
	if (!err) {
		add_ids(d);
		for (size_t i = 0; i < d->out->n; i++)
			note_role(&d->out->roles, &d->out->v[i]);
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
	err = discover(dir, btf, &d);
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
