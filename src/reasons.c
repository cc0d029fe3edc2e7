// SPDX-License-Identifier: GPL-2.0-only
#include "src/reasons.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/fexpr_near.h"
#include "src/log.h"
#include "src/util.h"

#define PREFIX "SKB_DROP_REASON_"

struct reason {
	uint32_t value;
	char *name;
};

struct reasons {
	reasons_read_fn read;
	void *context;
	bool is_read;
	int err; /* of reading */
	struct reason *v;
	size_t n, cap;
};

struct reasons *reasons_new(reasons_read_fn read, void *context)
{
	struct reasons *r = calloc(1, sizeof(*r));

	if (r) {
		r->read = read;
		r->context = context;
	}
	return r;
}

static const char *without_prefix(const char *name)
{
	return strncasecmp(name, PREFIX, strlen(PREFIX)) ? name : name + strlen(PREFIX);
}

int reasons_add(struct reasons *reasons, const char *name, uint32_t value)
{
	struct reason *v = grow(reasons->v, reasons->n, &reasons->cap, sizeof(*v));
	char *copy = strdup(without_prefix(name));

	if (v)
		reasons->v = v;
	if (!v || !copy) {
		free(copy);
		return -ENOMEM;
	}
	v[reasons->n++] = (struct reason){.value = value, .name = copy};
	return 0;
}

static int read_once(struct reasons *r)
{
	if (!r->is_read)
		r->err = r->read(r->context, r);
	r->is_read = true;
	return r->err;
}

/* Drops are rare, and the reasons a few hundred. */
const char *reasons_name(struct reasons *reasons, uint32_t value)
{
	read_once(reasons);
	for (size_t i = 0; i < reasons->n; i++)
		if (reasons->v[i].value == value)
			return reasons->v[i].name;
	return NULL;
}

void reasons_free(struct reasons *reasons)
{
	if (!reasons)
		return;
	for (size_t i = 0; i < reasons->n; i++)
		free(reasons->v[i].name);
	free(reasons->v);
	free(reasons);
}

/* Some names are most of the others' words: so those are looked for in upper case. */
static void complain(const struct reasons *r, const char *option, char *name)
{
	struct fexpr_near near = {.wanted = name};
	char hint[512];

	for (char *p = name; *p; p++)
		*p = *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p;
	for (size_t i = 0; i < r->n; i++)
		fexpr_near_try(&near, r->v[i].name);
	fexpr_near_text(&near, hint, sizeof(hint));
	log_error("%s: this kernel drops no packet for a reason %s%s", option, name, hint);
}

static int find_value(const struct reasons *r, const char *option, char *name, uint32_t *ret_value)
{
	const char *wanted = without_prefix(name);

	for (size_t i = 0; i < r->n; i++) {
		if (!strcasecmp(r->v[i].name, wanted)) {
			*ret_value = r->v[i].value;
			return 0;
		}
	}
	complain(r, option, name);
	return -EINVAL;
}

static int parse_list(const struct reasons *r, const char *option, char *list,
		      struct reason_set *set)
{
	char *rest, *name = strtok_r(list, ",", &rest);
	size_t cap = 0;

	if (!name) {
		log_error("%s: no reason is named", option);
		return -EINVAL;
	}
	for (; name; name = strtok_r(NULL, ",", &rest)) {
		uint32_t *v = grow(set->v, set->n, &cap, sizeof(*v));
		int err;

		if (!v)
			return -ENOMEM;
		set->v = v;
		err = find_value(r, option, name, &v[set->n]);
		if (err)
			return err;
		set->n++;
	}
	return 0;
}

int reason_set_parse(struct reasons *reasons, const char *option, const char *names,
		     struct reason_set *ret_set)
{
	struct reason_set set = {0};
	char *list;
	int err;

	if (!strcmp(names, "any")) {
		*ret_set = set;
		return 0;
	}
	err = read_once(reasons);
	if (!err && !reasons->n) {
		log_error("%s=%s: this kernel gives no reasons for drops (Linux 5.17 was the "
			  "first): %s%s takes all drops",
			  option, names, option, strcmp(option, "--on-drop") ? "=any" : " alone");
		return -EINVAL;
	}
	list = err ? NULL : strdup(names);
	if (!err)
		err = list ? parse_list(reasons, option, list, &set) : -ENOMEM;
	free(list);
	if (err) {
		reason_set_free(&set);
		return err;
	}
	*ret_set = set;
	return 0;
}

bool reason_set_has(const struct reason_set *set, bool given, uint32_t value)
{
	if (!set->n)
		return true;
	for (size_t i = 0; given && i < set->n; i++)
		if (set->v[i] == value)
			return true;
	return false;
}

void reason_set_free(struct reason_set *set)
{
	free(set->v);
	*set = (struct reason_set){0};
}
