// SPDX-License-Identifier: GPL-2.0-only
#include "src/modlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/util.h"

/* "name size references users, state address": six words, and the state is the fifth. */
static bool parse_line(char *line, struct modlist_entry *ret_entry)
{
	const char *state = NULL;
	char *rest, *word;
	int n = 0;

	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (++n == 5)
			state = word;
	if (!state)
		return false;
	*ret_entry = (struct modlist_entry){.name = line, .live = !strcmp(state, "Live")};
	return true;
}

int modlist_parse(char *text, struct modlist *ret_list)
{
	struct modlist list = {.text = text};
	char *line, *rest;
	size_t cap = 0;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct modlist_entry *v = grow(list.v, list.n, &cap, sizeof(*v));

		if (!v) {
			free(list.v);
			return -ENOMEM;
		}
		list.v = v;
		if (parse_line(line, &v[list.n]))
			list.n++;
	}
	*ret_list = list;
	return 0;
}

/* Its directory in sysfs is a new one, also where the module gets the same place. */
static uint64_t id_of(const char *name)
{
	char path[32 + MODLIST_NAME_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return stat(path, &st) ? 0 : st.st_ino;
}

int modlist_read(struct modlist *ret_list)
{
	struct modlist list;
	char *text;
	int err = read_file("/proc/modules", &text, NULL);

	if (err == -ENOENT) {
		text = strdup("");
		err = text ? 0 : -ENOMEM;
	}
	if (err)
		return err;
	err = modlist_parse(text, &list);
	if (err) {
		free(text);
		return err;
	}
	for (size_t i = 0; i < list.n; i++) {
		list.v[i].id = id_of(list.v[i].name);
		/* Gone since the list was read. */
		if (!list.v[i].id)
			list.v[i].live = false;
	}
	*ret_list = list;
	return 0;
}

const struct modlist_entry *modlist_find(const struct modlist *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->v[i].name, name))
			return &list->v[i];
	return NULL;
}

void modlist_free(struct modlist *list)
{
	free(list->v);
	free(list->text);
	*list = (struct modlist){0};
}
