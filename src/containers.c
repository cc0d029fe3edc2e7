// SPDX-License-Identifier: GPL-2.0-only
/*
 * A number that is seen for the first time is looked for in the whole tree of control groups: a
 * millisecond or some.  Numbers are not given out again, so what was found holds.
 */
#include "src/containers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/buf.h"
#include "src/container_names.h"
#include "src/container_path.h"
#include "src/log.h"
#include "src/utf8.h"
#include "src/util.h"

/* Groups within each other; the kernel's own limit is a setting, and mostly higher. */
#define DEPTH_MAX 64

/* A control group. */
struct group {
	uint64_t number;
	const struct container *container; /* NULL: none */
	struct container own;
};

struct containers {
	char *root;
	char *mount;	       /* of the hierarchy, with root */
	struct group **groups; /* sorted by number */
	size_t n, cap;
	const struct group *latest;
};

static const struct container unknown = {.id = "?"};

/* The directory that the first unified hierarchy is mounted at, in a line of mountinfo; or NULL. */
static char *mount_point(char *line)
{
	const char *kind = strstr(line, " - cgroup2 ");
	char *save, *word = NULL;

	if (!kind)
		return NULL;
	/* Number, parent, device, root, directory: see proc_pid_mountinfo(5). */
	for (int i = 0; i < 5; i++)
		word = strtok_r(i ? NULL : line, " ", &save);
	return word;
}

static int find_mount(struct containers *c)
{
	char *text, *save, *dir = NULL;
	struct buf path = {0};
	int err;

	buf_printf(&path, "%s/proc/self/mountinfo", c->root);
	err = read_file(buf_str(&path), &text, NULL);
	buf_free(&path);
	if (err)
		return err;
	for (char *line = strtok_r(text, "\n", &save); line && !dir;
	     line = strtok_r(NULL, "\n", &save))
		dir = mount_point(line);
	if (dir && asprintf(&c->mount, "%s%s", c->root, dir) < 0) {
		c->mount = NULL;
		err = -ENOMEM;
	}
	free(text);
	if (err)
		return err;
	return dir ? 0 : -ENOTSUP;
}

int containers_new(const char *root, struct containers **ret_containers)
{
	struct containers *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c)
		c->root = strdup(root);
	if (c && c->root)
		err = find_mount(c);
	if (!err) {
		*ret_containers = c;
		return 0;
	}
	if (err == -ENOTSUP)
		log_error("--output-container: processes are told apart by control groups of "
			  "version 2, and that hierarchy is not mounted here: mount it (cgroup2, "
			  "at /sys/fs/cgroup on most systems), or leave the option out");
	else
		log_error("--output-container: %s", strerror(-err));
	containers_free(c);
	return err;
}

/* A directory of the hierarchy, on the way down. */
struct search {
	uint64_t number;
	struct buf path; /* of the directory, from the hierarchy's top; "" is the top */
	int depth;
};

static bool search_below(struct search *s, int dir_fd);

static bool search_entry(struct search *s, DIR *dir, const struct dirent *entry)
{
	size_t before = s->path.len;
	int fd;

	if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return false;
	buf_putc(&s->path, '/');
	buf_puts(&s->path, entry->d_name);
	if (entry->d_ino == s->number)
		return true;
	fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && search_below(s, fd))
		return true;
	buf_cut(&s->path, before);
	return false;
}

/* If it is found there, s->path is its path. Closes the descriptor. */
static bool search_below(struct search *s, int dir_fd)
{
	DIR *dir = s->depth < DEPTH_MAX ? fdopendir(dir_fd) : NULL;
	const struct dirent *entry;
	bool found = false;

	if (!dir) {
		close(dir_fd);
		return false;
	}
	s->depth++;
	while (!found && (entry = readdir(dir)))
		found = search_entry(s, dir, entry);
	s->depth--;
	closedir(dir);
	return found;
}

static bool search_all(const struct containers *c, struct search *s)
{
	int fd = open(c->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat top;

	if (fd < 0)
		return false;
	if (!fstat(fd, &top) && top.st_ino == s->number) {
		close(fd);
		return true;
	}
	return search_below(s, fd);
}

/* Without systemd's escapes, and such that it can be printed; to be freed. */
static char *text_of(const char *at, size_t len, bool escaped)
{
	char *raw = strndup(at, len), *text = malloc(UTF8_SANITIZED_SIZE(len));
	size_t n = 0;

	for (size_t i = 0; raw && i < len; i++) {
		char hex[3] = {0};
		char *end = hex;

		if (escaped && i + 3 < len && at[i] == '\\' && at[i + 1] == 'x') {
			memcpy(hex, at + i + 2, 2);
			raw[n] = strtoul(hex, &end, 16);
		}
		if (end == hex + 2)
			i += 3;
		else
			raw[n] = at[i];
		n++;
	}
	if (raw && text) {
		utf8_sanitize(text, UTF8_SANITIZED_SIZE(len), raw, n);
	} else {
		free(text);
		text = NULL;
	}
	free(raw);
	return text;
}

static const struct container *read_container(const struct containers *c, struct group *g)
{
	struct search s = {.number = g->number};
	struct container_ref ref;
	const struct container *result = &unknown;

	if (search_all(c, &s) && !buf_error(&s.path)) {
		result = NULL;
		if (container_of_path(buf_str(&s.path), &ref)) {
			g->own.id = text_of(ref.id, ref.id_len, ref.is_name);
			if (g->own.id && ref.is_name)
				g->own.name = strdup(g->own.id);
			else if (g->own.id)
				g->own.name = container_name(c->root, g->own.id);
			result = g->own.id ? &g->own : &unknown;
		}
	}
	buf_free(&s.path);
	return result;
}

/* Where it is, or has to be put. */
static size_t place_of(const struct containers *c, uint64_t number)
{
	size_t from = 0, to = c->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (c->groups[middle]->number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static const struct group *add_group(struct containers *c, uint64_t number, size_t at)
{
	struct group *g = calloc(1, sizeof(*g));
	void *groups = grow(c->groups, c->n, &c->cap, sizeof(struct group *));

	if (groups)
		c->groups = groups;
	if (!g || !groups) {
		free(g);
		return NULL;
	}
	g->number = number;
	g->container = read_container(c, g);
	memmove(c->groups + at + 1, c->groups + at, (c->n - at) * sizeof(struct group *));
	c->groups[at] = g;
	c->n++;
	return g;
}

const struct container *containers_find(struct containers *c, uint64_t cgroup)
{
	const struct group *g = c->latest;
	size_t at;

	if (!g || g->number != cgroup) {
		at = place_of(c, cgroup);
		g = at < c->n && c->groups[at]->number == cgroup ? c->groups[at]
								 : add_group(c, cgroup, at);
	}
	if (!g)
		return &unknown;
	c->latest = g;
	return g->container;
}

void containers_free(struct containers *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		free((char *)c->groups[i]->own.id);
		free((char *)c->groups[i]->own.name);
		free(c->groups[i]);
	}
	free(c->groups);
	free(c->mount);
	free(c->root);
	free(c);
}
