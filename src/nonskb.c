// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs says which names can be traced, kallsyms where they are, and where functions end, which
 * bpf/bystack.bpf.h wants to know.  A name may stand for several functions: all are taken.
 */
#include "src/nonskb.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/fexpr_near.h"
#include "src/log.h"
#include "src/tracefs.h"
#include "src/util.h"

#define OPTION "--filter-non-skb-funcs"

struct wanted {
	const char *name;
	bool traceable;
	bool has_skb; /* and has been dealt with */
	bool found;   /* has an address */
};

/* A list on its way to functions. */
struct choice {
	char *words; /* the list, cut into names */
	struct wanted *v;
	size_t n;
	struct func *funcs;
	size_t n_funcs, cap_funcs;
	size_t n_traceable; /* names, one behind the other in the sources' text */
};

static struct wanted *find(struct choice *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name))
			return &c->v[i];
	return NULL;
}

static int split(const char *list, struct choice *c)
{
	char *rest;

	c->words = strdup(list);
	c->v = calloc(strlen(list) + 1, sizeof(*c->v));
	if (!c->words || !c->v)
		return -ENOMEM;
	for (char *w = strtok_r(c->words, ",", &rest); w; w = strtok_r(NULL, ",", &rest))
		if (!find(c, w))
			c->v[c->n++].name = w;
	if (c->n)
		return 0;
	log_error(OPTION " '%s': names no function", list);
	return -EINVAL;
}

static int add(struct choice *c, const struct func *f)
{
	struct func *v = grow(c->funcs, c->n_funcs, &c->cap_funcs, sizeof(*v));

	if (!v)
		return -ENOMEM;
	c->funcs = v;
	v[c->n_funcs++] = *f;
	return 0;
}

/* Those that take an skb are watched for that, whatever --filter-func leaves. */
static int take_those_with_skb(struct choice *c, const struct inventory *inventory)
{
	int err = 0;

	for (size_t i = 0; i < inventory->n && !err; i++) {
		const struct found *f = &inventory->v[i];
		struct wanted *w = find(c, f->name);

		if (!w)
			continue;
		if (f->skip) {
			log_error(OPTION ": %s takes an skb, and cannot be watched: %s", f->name,
				  skip_reason(f->skip));
			return -EOPNOTSUPP;
		}
		if (!w->has_skb)
			log_info(OPTION ": %s takes an skb, and is watched as such a function",
				 f->name);
		w->has_skb = true;
		err = add(c, &(struct func){
				     .name = f->name,
				     .module = f->module,
				     .addr = f->addr,
				     .btf_id = f->btf_id,
				     .pos = f->pos,
			     });
	}
	return err;
}

/* "name[ [module]]\n": the lines become strings that are names, without gaps. */
static void mark_traceable(struct choice *c, char *text)
{
	char *to = text, *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strcspn(line, " \t");
		struct wanted *w;

		memmove(to, line, len);
		to[len] = '\0';
		w = find(c, to);
		if (w)
			w->traceable = true;
		to += len + 1;
		c->n_traceable++;
	}
}

static int take_addresses(struct choice *c, const struct ksyms *syms)
{
	const struct ksym *v;
	size_t n;
	int err = 0;

	v = ksyms_all(syms, &n);
	for (size_t i = 0; i < n && !err; i++) {
		struct wanted *w = find(c, v[i].name);

		if (!w || w->has_skb)
			continue;
		w->found = true;
		if (w->traceable)
			err = add(c, &(struct func){
					     .name = v[i].name,
					     .module = v[i].module,
					     .addr = v[i].addr,
					     .pos = FUNC_BY_STACK,
				     });
	}
	return err;
}

/* @names: @n of them, as mark_traceable() leaves them */
static int refuse(const struct wanted *w, const char *names, size_t n)
{
	struct fexpr_near near = {.wanted = w->name};
	char text[512];

	if (w->found) {
		log_error(OPTION ": the kernel does not let %s be traced", w->name);
		return -EOPNOTSUPP;
	}
	for (; n; n--, names += strlen(names) + 1)
		fexpr_near_try(&near, names);
	fexpr_near_text(&near, text, sizeof(text));
	log_error(OPTION ": this kernel has no function %s, or has it inlined everywhere%s",
		  w->name, text);
	return -ENOENT;
}

static int check(const struct choice *c, const char *names)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->v[i].has_skb && !(c->v[i].found && c->v[i].traceable))
			return refuse(&c->v[i], names, c->n_traceable);
	return 0;
}

static int choose(struct choice *c, const char *list, const struct inventory *inventory,
		  const struct nonskb_sources *sources)
{
	int err = split(list, c);

	if (!err)
		err = take_those_with_skb(c, inventory);
	if (err)
		return err;
	mark_traceable(c, sources->traceable);
	err = take_addresses(c, sources->syms);
	return err ? err : check(c, sources->traceable);
}

/* What tells a function's frame from others on a stack. */
static void describe_code(const struct ksyms *syms, struct funcs *funcs)
{
	const struct ksym *v;
	size_t n;

	for (size_t i = 0; i < funcs->n; i++)
		funcs->v[i].end = ksyms_end(syms, funcs->v[i].addr);
	v = ksyms_all(syms, &n);
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(v[i].name, "__entry_text_start"))
			funcs->entry_text[0] = v[i].addr;
		else if (!strcmp(v[i].name, "__entry_text_end"))
			funcs->entry_text[1] = v[i].addr;
	}
	if (!funcs->entry_text[0] || !funcs->entry_text[1])
		log_info(OPTION ": this kernel does not say where its entry code is, so what "
				"interrupts do counts for the packet that they interrupt");
}

int nonskb_choose(const char *list, const struct inventory *inventory,
		  const struct nonskb_sources *sources, struct funcs *funcs)
{
	struct choice c = {0};
	int err = choose(&c, list, inventory, sources);

	if (!err)
		err = funcs_add(funcs, c.funcs, c.n_funcs);
	if (!err && funcs->by_stack)
		describe_code(sources->syms, funcs);
	free(c.funcs);
	free(c.v);
	free(c.words);
	return err;
}

static int read_traceable(char **ret_text)
{
	const char *dir;
	char path[64];
	int err = tracefs_dir(&dir);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/available_filter_functions", dir);
	return read_file(path, ret_text, NULL);
}

int nonskb_discover(const char *list, const struct inventory *inventory, struct funcs *funcs)
{
	struct nonskb_sources sources = {0};
	struct ksyms *syms = NULL;
	int err;

#ifndef __x86_64__
	/* Elsewhere a function that has just been entered has its return address in a register. */
	log_error(OPTION ": works on x86-64 only");
	return -EOPNOTSUPP;
#endif
	err = read_traceable(&sources.traceable);
	if (err)
		log_error("available_filter_functions cannot be read: %s", strerror(-err));
	else
		err = ksyms_read(NULL, NULL, &syms);
	if (err && sources.traceable)
		log_error("/proc/kallsyms: %s%s", strerror(-err),
			  err == -EPERM ? " (set sysctl kernel.kptr_restrict to 1 or 0)" : "");
	sources.syms = syms;
	if (!err)
		err = nonskb_choose(list, inventory, &sources, funcs);
	ksyms_free(syms);
	free(sources.traceable);
	return err;
}
