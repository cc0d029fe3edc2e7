// SPDX-License-Identifier: GPL-2.0-only
#include "src/funcs.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/drop_funcs.h"
#include "src/log.h"
#include "src/util.h"

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

int funcs_check_pattern(const char *pattern)
{
	regex_t regex;
	int err = pattern ? compile_pattern(pattern, &regex) : 0;

	if (pattern && !err)
		regfree(&regex);
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

/* A copy that lives as long as @funcs; NULL: no memory. */
static const char *keep_string(struct funcs *funcs, const char *text)
{
	char **strings = grow(funcs->strings, funcs->n_strings, &funcs->cap_strings,
			      sizeof(*strings));

	if (!strings)
		return NULL;
	funcs->strings = strings;
	strings[funcs->n_strings] = strdup(text);
	return strings[funcs->n_strings] ? strings[funcs->n_strings++] : NULL;
}

static int keep_strings(struct funcs *funcs, struct func *f)
{
	f->name = keep_string(funcs, f->name);
	if (f->name && f->module)
		f->module = keep_string(funcs, f->module);
	return f->name ? 0 : -ENOMEM;
}

int funcs_add(struct funcs *funcs, const struct func *more, size_t n)
{
	struct func *v = realloc(funcs->v, (funcs->n + n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	funcs->v = v;
	for (size_t i = 0; i < n; i++) {
		struct func f = more[i];

		if (f.pos == FUNC_BY_STACK && keep_strings(funcs, &f))
			return -ENOMEM;
		v[funcs->n++] = f;
	}
	sort_and_unite(funcs);
	funcs->by_stack = 0;
	for (size_t i = 0; i < funcs->n; i++)
		funcs->by_stack += v[i].pos == FUNC_BY_STACK;
	return 0;
}

static void set_aside(const struct found *found, struct funcs *funcs)
{
	funcs->skipped[found->skip]++;
	log_verbose("%s%s%s%s is left out: %s", found->name, found->module ? " [" : "",
		    found->module ?: "", found->module ? "]" : "", skip_reason(found->skip));
}

/* Is the word of this length in the list, whose words are separated by commas? */
static bool in_list(const char *list, const char *word, size_t len)
{
	for (const char *p = list; *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");

		if (n == len && !strncmp(p, word, len))
			return true;
		p += n;
	}
	return false;
}

/* How to choose, made from what the user wants. */
struct choice {
	const char *modules;
	const struct func_roles *drops; /* NULL: no function is wanted for what it does */
	bool by_name;
	regex_t names;
};

static bool chosen(const struct choice *c, const struct found *f)
{
	if (c->modules && f->module && !in_list(c->modules, f->module, strlen(f->module)))
		return false;
	if (c->drops && drop_funcs_has(c->drops, f->addr))
		return true;
	return !c->by_name || !regexec(&c->names, f->name, 0, NULL, 0);
}

/* A module that has no function here is most likely misspelt, or not loaded. */
static int check_modules(const struct inventory *inventory, const char *modules)
{
	for (const char *p = modules; *p; p += strspn(p, ",")) {
		size_t len = strcspn(p, ","), i = 0;

		while (i < inventory->n &&
		       !(inventory->v[i].module && strlen(inventory->v[i].module) == len &&
			 !strncmp(inventory->v[i].module, p, len)))
			i++;
		if (len && i == inventory->n) {
			log_error("--kmods: no module %.*s with functions that take an skb is "
				  "loaded (with type information)",
				  (int)len, p);
			return -ENOENT;
		}
		p += len;
	}
	return 0;
}

static int choice_make(const struct inventory *inventory, const struct funcs_wanted *wanted,
		       struct choice *c)
{
	int err = wanted->modules ? check_modules(inventory, wanted->modules) : 0;

	if (err)
		return err;
	*c = (struct choice){
		.modules = wanted->modules,
		.drops = wanted->drops ? &inventory->roles : NULL,
		.by_name = wanted->pattern,
	};
	return wanted->pattern ? compile_pattern(wanted->pattern, &c->names) : 0;
}

static void choice_free(struct choice *c)
{
	if (c->by_name)
		regfree(&c->names);
}

/* @funcs->v has room for all. */
static void select_wanted(const struct inventory *inventory, const struct choice *choice,
			  struct funcs *funcs)
{
	for (size_t i = 0; i < inventory->n; i++) {
		const struct found *found = &inventory->v[i];

		if (!chosen(choice, found))
			continue;
		if (found->skip)
			set_aside(found, funcs);
		else
			funcs->v[funcs->n++] = (struct func){
				.name = found->name,
				.module = found->module,
				.addr = found->addr,
				.btf_id = found->btf_id,
				.pos = found->pos,
			};
	}
	sort_and_unite(funcs);
}

int funcs_select_any(const struct inventory *inventory, const struct funcs_wanted *wanted,
		     struct funcs *ret_funcs)
{
	struct funcs funcs = {.roles = inventory->roles};
	struct choice choice;
	int err = choice_make(inventory, wanted, &choice);

	if (err)
		return err;
	funcs.v = calloc(inventory->n + 1, sizeof(*funcs.v));
	if (funcs.v)
		select_wanted(inventory, &choice, &funcs);
	choice_free(&choice);
	if (!funcs.v)
		return -ENOMEM;
	*ret_funcs = funcs;
	return 0;
}

int funcs_select(const struct inventory *inventory, const struct funcs_wanted *wanted,
		 struct funcs *ret_funcs)
{
	struct funcs funcs;
	int err = funcs_select_any(inventory, wanted, &funcs);

	if (err)
		return err;
	if (!funcs.n) {
		log_error("no function of this kernel%s%s takes an skb and can be traced",
			  wanted->pattern ? " that matches --filter-func " : "",
			  wanted->pattern ?: "");
		funcs_free(&funcs);
		return -ENOENT;
	}
	*ret_funcs = funcs;
	return 0;
}

char *funcs_own_strings(struct funcs *funcs)
{
	size_t size = 1;
	char *strings, *p;

	for (size_t i = 0; i < funcs->n; i++)
		size += strlen(funcs->v[i].name) + strlen(funcs->v[i].module ?: "") + 2;
	strings = p = malloc(size);
	for (size_t i = 0; strings && i < funcs->n; i++) {
		struct func *f = &funcs->v[i];
		char *module = stpcpy(p, f->name) + 1;
		char *end = stpcpy(module, f->module ?: "") + 1;

		f->name = p;
		f->module = f->module ? module : NULL;
		p = end;
	}
	return strings;
}

int funcs_copy(const struct funcs *funcs, struct funcs *ret_copy)
{
	struct funcs copy = {
		.v = calloc(funcs->n + 1, sizeof(*copy.v)),
		.n = funcs->n,
		.by_stack = funcs->by_stack,
	};

	if (!copy.v)
		return -ENOMEM;
	copy.roles = funcs->roles;
	memcpy(copy.v, funcs->v, funcs->n * sizeof(*copy.v));
	*ret_copy = copy;
	return 0;
}

static bool in_module(const struct func *f, const char *module)
{
	/* The user has named these: they stay for as long as the capture. */
	if (f->pos == FUNC_BY_STACK)
		return !module;
	return module ? f->module && !strcmp(f->module, module) : !f->module;
}

int funcs_of_module(const struct funcs *funcs, const char *module, struct funcs *ret_part)
{
	struct funcs part = {.v = calloc(funcs->n + 1, sizeof(*part.v))};

	if (!part.v)
		return -ENOMEM;
	if (!module) {
		part.roles = funcs->roles;
		part.by_stack = funcs->by_stack;
	}
	for (size_t i = 0; i < funcs->n; i++)
		if (in_module(&funcs->v[i], module))
			part.v[part.n++] = funcs->v[i];
	*ret_part = part;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct found *x = *(const struct found *const *)a;
	const struct found *y = *(const struct found *const *)b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = strcmp(x->module ?: "", y->module ?: "");
	return order ?: (x->addr > y->addr) - (x->addr < y->addr);
}

int funcs_list(const struct inventory *inventory, const struct funcs_wanted *wanted, FILE *to)
{
	const struct found **sorted;
	struct choice choice;
	size_t n = 0;
	int err = choice_make(inventory, wanted, &choice);

	if (err)
		return err;
	sorted = calloc(inventory->n + 1, sizeof(*sorted));
	for (size_t i = 0; sorted && i < inventory->n; i++)
		if (chosen(&choice, &inventory->v[i]))
			sorted[n++] = &inventory->v[i];
	choice_free(&choice);
	if (!sorted)
		return -ENOMEM;
	if (!n && wanted->pattern) {
		free(sorted);
		log_error("no function of this kernel that matches --filter-func %s takes an skb",
			  wanted->pattern);
		return -ENOENT;
	}
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%-40s %-16s %d  %s\n", sorted[i]->name, sorted[i]->module ?: "vmlinux",
			sorted[i]->pos, sorted[i]->skip ? skip_reason(sorted[i]->skip) : "yes");
	free(sorted);
	return fflush(to) ? -errno : 0;
}

int funcs_list_by_stack(const struct funcs *funcs, FILE *to)
{
	for (size_t i = funcs->n - funcs->by_stack; i < funcs->n; i++)
		fprintf(to, "%-40s %-16s -  yes\n", funcs->v[i].name,
			funcs->v[i].module ?: "vmlinux");
	return fflush(to) ? -errno : 0;
}

void funcs_describe_skipped(const struct funcs *funcs, char *text, size_t size)
{
	const char *sep = "";
	size_t len = 0;

	*text = '\0';
	if (!funcs_skipped(funcs))
		return;
	len = snprintf(text, size, "%zu left out (", funcs_skipped(funcs));
	for (int i = 0; i < SKIP_REASONS && len < size; i++) {
		if (!funcs->skipped[i])
			continue;
		len += snprintf(text + len, size - len, "%s%zu: %s", sep, funcs->skipped[i],
				skip_reason(i));
		sep = "; ";
	}
	if (len < size)
		snprintf(text + len, size - len, ")");
}

size_t funcs_skipped(const struct funcs *funcs)
{
	size_t n = 0;

	for (int i = 0; i < SKIP_REASONS; i++)
		n += funcs->skipped[i];
	return n;
}

void funcs_free(struct funcs *funcs)
{
	for (size_t i = 0; i < funcs->n_strings; i++)
		free(funcs->strings[i]);
	free(funcs->strings);
	free(funcs->v);
	*funcs = (struct funcs){0};
}
