// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types say which functions take an skb; tracefs says which functions can be traced, and from
 * 6.5 on also where they are (available_filter_functions_addrs).  Before, the addresses come from
 * kallsyms.  Either way each address is used, not the name: a static name may stand for several
 * functions, and all of them are attached to.
 */
#include "src/funcs.h"

#include <errno.h>
#include <regex.h>
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
	const char *why;
} special[] = {
	{"kfree_skbmem", 0, "runs after the packet's data is freed; ends an id"},
	{"napi_skb_cache_put", 0, "runs after the packet's data is freed; ends an id"},
	{"__copy_skb_header", 2, "the first skb is not filled yet"},
	{"skb_copy_header", 2, "the first skb is not filled yet"},
	{"__skb_clone", 2, "the first skb is not filled yet"},
	{"skb_headers_offset_update", 0, "head is new there, and the offsets are old"},
	{"__build_skb_around", 0, "the skb is not filled yet"},
	{"__finalize_skb_around", 0, "the skb is not filled yet"},
};

/* See track.bpf.h.  Destructors run in skb_release_head_state(), the rest after it. */
static const char *const tail_names[] = {
	"skb_release_data",
	"skb_free_head",
	"skb_pp_recycle",
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
_Static_assert(ARRAY_SIZE(end_names) == ARRAY_SIZE(((struct func_roles *)0)->end),
	       "all end functions have a place");

/* A traceable function, as one of the two sources gives it. */
struct traceable {
	uint64_t addr;
	const char *name;
	const char *module;
};

struct discovery {
	struct kbtf_func *candidates; /* sorted by name, then module */
	size_t n_candidates;
	bool *available;       /* one a candidate: named by available_filter_functions */
	const regex_t *wanted; /* NULL: all */
	struct funcs *out;
	size_t cap;
};

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

static void note_role(struct func_roles *roles, const struct traceable *t)
{
	size_t i;

	if (t->module)
		return;
	if (!strcmp(t->name, "skb_release_head_state"))
		roles->release = EV_ENTRY_BLOCK(t->addr);
	for (i = 0; i < ARRAY_SIZE(end_names); i++)
		if (!strcmp(t->name, end_names[i])) {
			roles->end[i].name = end_names[i];
			roles->end[i].addr = t->addr;
		}
	for (i = 0; i < ARRAY_SIZE(tail_names); i++)
		if (!strcmp(t->name, tail_names[i]))
			roles->tail[i] = EV_ENTRY_BLOCK(t->addr);
}

/* The position to use: that of the types, unless we know better. */
static int position(const struct kbtf_func *f, const char **ret_why)
{
	for (size_t i = 0; !f->module && i < ARRAY_SIZE(special); i++) {
		if (!strcmp(f->name, special[i].name)) {
			*ret_why = special[i].why;
			return special[i].pos;
		}
	}
	*ret_why = "functions of this name have their skb in different places";
	return f->pos;
}

static int add(struct discovery *d, const struct traceable *t)
{
	const struct kbtf_func *candidate = find_candidate(d, t);
	struct funcs *out = d->out;
	struct func *v;
	const char *why;
	int pos;

	if (!candidate || (d->available && !d->available[candidate - d->candidates]))
		return 0;
	note_role(&out->roles, t);
	if (d->wanted && regexec(d->wanted, t->name, 0, NULL, 0))
		return 0;
	pos = position(candidate, &why);
	if (!pos) {
		log_verbose("%s is left out: %s", t->name, why);
		out->skipped++;
		return 0;
	}
	v = grow(out->v, out->n, &d->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	out->v = v;
	v[out->n++] = (struct func){
		.name = candidate->name,
		.module = candidate->module,
		.addr = t->addr,
		.pos = pos,
	};
	return 0;
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
	err = ksyms_read(NULL, &syms);
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

static int by_position(const void *a, const void *b)
{
	const struct func *x = a, *y = b;

	if (x->pos != y->pos)
		return x->pos - y->pos;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The kernel accepts an address twice, and then fires twice. */
static void sort_and_unite(struct funcs *funcs)
{
	size_t n = 0;

	qsort(funcs->v, funcs->n, sizeof(*funcs->v), by_position);
	for (size_t i = 0; i < funcs->n; i++)
		if (!n || funcs->v[n - 1].addr != funcs->v[i].addr)
			funcs->v[n++] = funcs->v[i];
	funcs->n = n;
}

/* The whole name has to match, as with pwru. */
static int compile_pattern(const char *pattern, regex_t *ret_regex)
{
	char *whole, why[128];
	int err;

	if (asprintf(&whole, "^(%s)$", pattern) < 0)
		return -ENOMEM;
	err = regcomp(ret_regex, whole, REG_EXTENDED | REG_NOSUB);
	free(whole);
	if (!err)
		return 0;
	regerror(err, ret_regex, why, sizeof(why));
	log_error("--filter-func '%s': %s", pattern, why);
	return -EINVAL;
}

static int discover(const char *dir, struct kbtf *btf, struct discovery *d)
{
	int err = kbtf_skb_funcs(btf, &d->candidates, &d->n_candidates);

	if (!err)
		err = discover_by_address(dir, d);
	if (err == -ENOENT)
		err = discover_by_name(dir, d);
	free(d->candidates);
	free(d->available);
	return err;
}

int funcs_discover(struct kbtf *btf, const char *pattern, struct funcs *ret_funcs)
{
	struct funcs found = {0};
	struct discovery d = {.out = &found};
	const char *dir;
	regex_t regex;
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
	if (pattern) {
		err = compile_pattern(pattern, &regex);
		if (err)
			return err;
		d.wanted = &regex;
	}
	err = discover(dir, btf, &d);
	if (pattern)
		regfree(&regex);
	if (!err && !found.n) {
		log_error("no function of this kernel%s%s takes an skb and can be traced",
			  pattern ? " that matches --filter-func " : "", pattern ?: "");
		err = -ENOENT;
	}
	if (err) {
		funcs_free(&found);
		return err;
	}
	sort_and_unite(&found);
	*ret_funcs = found;
	return 0;
}

void funcs_free(struct funcs *funcs)
{
	free(funcs->v);
	funcs->v = NULL;
	funcs->n = 0;
}
