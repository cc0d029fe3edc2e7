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

int funcs_select(const struct inventory *inventory, const struct funcs_wanted *wanted,
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
	else
		err = -ENOMEM;
	choice_free(&choice);
	if (!err && !funcs.n) {
		log_error("no function of this kernel%s%s takes an skb and can be traced",
			  wanted->pattern ? " that matches --filter-func " : "",
			  wanted->pattern ?: "");
		err = -ENOENT;
	}
	if (err) {
		funcs_free(&funcs);
		return err;
	}
	*ret_funcs = funcs;
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
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%-40s %-16s %d  %s\n", sorted[i]->name, sorted[i]->module ?: "vmlinux",
			sorted[i]->pos, sorted[i]->skip ? skip_reason(sorted[i]->skip) : "yes");
	free(sorted);
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
	free(funcs->v);
	funcs->v = NULL;
	funcs->n = 0;
}
