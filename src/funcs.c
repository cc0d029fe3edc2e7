// SPDX-License-Identifier: GPL-2.0-only
#include "src/funcs.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* @funcs->v has room for all. */
static void select_wanted(const struct inventory *inventory, const regex_t *wanted,
			  struct funcs *funcs)
{
	for (size_t i = 0; i < inventory->n; i++) {
		const struct found *found = &inventory->v[i];

		if (wanted && regexec(wanted, found->name, 0, NULL, 0))
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

int funcs_select(const struct inventory *inventory, const char *pattern, struct funcs *ret_funcs)
{
	struct funcs funcs = {.roles = inventory->roles};
	regex_t regex;
	int err = pattern ? compile_pattern(pattern, &regex) : 0;

	if (err)
		return err;
	funcs.v = calloc(inventory->n + 1, sizeof(*funcs.v));
	if (funcs.v)
		select_wanted(inventory, pattern ? &regex : NULL, &funcs);
	else
		err = -ENOMEM;
	if (pattern)
		regfree(&regex);
	if (!err && !funcs.n) {
		log_error("no function of this kernel%s%s takes an skb and can be traced",
			  pattern ? " that matches --filter-func " : "", pattern ?: "");
		err = -ENOENT;
	}
	if (err) {
		funcs_free(&funcs);
		return err;
	}
	*ret_funcs = funcs;
	return 0;
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
