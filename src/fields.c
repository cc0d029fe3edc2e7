// SPDX-License-Identifier: GPL-2.0-only
#include "src/fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/fetch.h"
#include "src/field.h"
#include "src/field_show.h"
#include "src/log.h"
#include "src/util.h"

static const struct {
	const char *option;
	const char *word, *other;
	enum field_root root;
} roots[FIELDS_ROOTS] = {
	[FIELDS_SKB] = {"--output-skb-metadata", "skb", "xdp", FIELD_SKB},
	[FIELDS_XDP] = {"--output-xdp-metadata", "xdp", "skb", FIELD_XDP},
};

/* The list on its way. */
struct list {
	const struct btf *btf;
	enum fields_root root;
	struct shown shown;
	struct fetch_field *fetch; /* as many */
	size_t cap;
};

static bool begins_with(const char *path, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(path, word, len) && (path[len] == '-' || path[len] == '.' || !path[len]);
}

/* One more element in both arrays. */
static int make_room(struct list *list)
{
	size_t cap = list->cap ? 2 * list->cap : 16;
	void *v;

	if (list->shown.n < list->cap)
		return 0;
	v = realloc(list->shown.v, cap * sizeof(*list->shown.v));
	if (!v)
		return -ENOMEM;
	list->shown.v = v;
	v = realloc(list->fetch, cap * sizeof(*list->fetch));
	if (!v)
		return -ENOMEM;
	list->fetch = v;
	list->cap = cap;
	return 0;
}

static bool is_known(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->shown.n; i++)
		if (!strcmp(list->shown.v[i].name, name))
			return true;
	return false;
}

/* @name without blanks, with its root: skb->mark:x */
static int add_named(struct list *list, char *name)
{
	struct shown_field shown = {.name = name};
	struct fexpr_field field;
	char why[512], *colon = strchr(name, ':');
	int err;

	if (colon)
		*colon = '\0';
	err = field_resolve(list->btf, roots[list->root].root, name, &field, why, sizeof(why));
	if (!err)
		err = field_show(list->btf, name, &field, colon ? colon + 1 : NULL,
				 &list->fetch[list->shown.n], &shown, why, sizeof(why));
	if (colon)
		*colon = ':';
	if (err) {
		log_error("%s '%s': %s", roots[list->root].option, name, why);
		return err;
	}
	list->shown.v[list->shown.n++] = shown;
	return 0;
}

/* What paths are made of.  They are names in JSON, where others would need escapes. */
#define PATH_SIGNS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.->[]:"

/* One element of the list, which may have blanks in and around it. */
static int add(struct list *list, const char *text, size_t len)
{
	const char *word = roots[list->root].word;
	char *name = malloc(len + sizeof("skb->"));
	size_t n = 0;
	int err;

	if (!name)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\n\v\f\r", text[i]))
			name[n++] = text[i];
	name[n] = '\0';
	if (!n || strspn(name, PATH_SIGNS) != n || begins_with(name, roots[list->root].other)) {
		log_error("%s: '%.*s': is no path; write %s->...", roots[list->root].option,
			  (int)len, text, word);
		free(name);
		return -EINVAL;
	}
	if (!begins_with(name, word)) {
		memmove(name + strlen(word) + 2, name, n + 1);
		memcpy(name, word, strlen(word));
		memcpy(name + strlen(word), "->", 2);
	}
	err = is_known(list, name) ? -EEXIST : make_room(list);
	if (!err)
		err = add_named(list, name);
	if (err)
		free(name);
	return err == -EEXIST ? 0 : err;
}

static int add_all(struct list *list, const char *paths)
{
	int err = 0;

	for (size_t n; !err; paths += n + 1) {
		n = strcspn(paths, ",");
		err = add(list, paths, n);
		if (!paths[n])
			break;
	}
	return err;
}

static int check_size(const struct list *list)
{
	const char *option = roots[list->root].option;
	size_t room = fetch_room(list->fetch, list->shown.n), text = shown_text_max(&list->shown);

	if (room > FETCH_SECTION_MAX)
		log_error("%s: %zu fields take %zu bytes of a record, and there is room for %d; "
			  "name fewer",
			  option, list->shown.n, room, FETCH_SECTION_MAX);
	else if (text > SHOWN_TEXT_MAX)
		log_error("%s: the text of %zu fields, with their paths, may be %zu bytes, and a "
			  "comment has room for %d; name fewer",
			  option, list->shown.n, text, SHOWN_TEXT_MAX);
	else
		return 0;
	return -E2BIG;
}

static int compile(const struct list *list, unsigned int sign_bits, struct fields *ret_fields)
{
	int err = fetch_compile(list->fetch, list->shown.n, sign_bits, &ret_fields->code,
				&ret_fields->map);

	if (err == -E2BIG)
		log_error("%s: %zu fields are more than the kernel's verifier takes; name fewer",
			  roots[list->root].option, list->shown.n);
	return err;
}

int fields_resolve(const struct btf *btf, enum fields_root root, const char *paths,
		   unsigned int sign_bits, struct fields *ret_fields)
{
	struct list list = {.btf = btf, .root = root};
	int err = add_all(&list, paths);

	if (!err)
		err = check_size(&list);
	if (!err)
		err = compile(&list, sign_bits, ret_fields);
	if (err == -ENOMEM)
		log_error("%s: out of memory", roots[root].option);
	if (err) {
		shown_free(&list.shown);
	} else {
		ret_fields->room = fetch_room(list.fetch, list.shown.n);
		ret_fields->shown = list.shown;
	}
	free(list.fetch);
	return err;
}

void fields_free(struct fields *fields)
{
	shown_free(&fields->shown);
	insn_buf_free(&fields->code);
	*fields = (struct fields){0};
}
