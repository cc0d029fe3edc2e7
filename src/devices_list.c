// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces have no list.  Those that somebody uses are found where they are used: in
 * /run/netns, where ip-netns(8) keeps them, and with each process.  (One that only a descriptor or
 * a mount elsewhere keeps is not.)  Their inode numbers tell which are the same.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/devices.h"
#include "src/log.h"
#include "src/utf8.h"
#include "src/util.h"

#define NETNS_DIR "/run/netns"
#define OWN_NETNS "/proc/self/ns/net"

struct space {
	uint64_t inode;
	char name[256]; /* of the file in /run/netns; "" if it has none */
	int fd;
};

/* Namespaces, our own first. */
struct spaces {
	struct space *v;
	size_t n, cap;
	size_t hidden; /* processes and files that could not be looked at */
};

static struct space *find(struct spaces *spaces, uint64_t inode)
{
	for (size_t i = 0; i < spaces->n; i++)
		if (spaces->v[i].inode == inode)
			return &spaces->v[i];
	return NULL;
}

static int add(struct spaces *spaces, uint64_t inode, int fd)
{
	struct space *v = grow(spaces->v, spaces->n, &spaces->cap, sizeof(*v));

	if (!v)
		return -ENOMEM;
	spaces->v = v;
	v[spaces->n++] = (struct space){.inode = inode, .fd = fd};
	return 0;
}

/*
 * The namespace behind a file, if it is not known yet.  Neither a file in /run/netns that nothing
 * is mounted on is one, nor what a process has that has just ended.
 */
static int add_file(struct spaces *spaces, int dir, const char *file, const char *name)
{
	struct space *known;
	struct stat st, own;
	int fd, err;

	if (stat(OWN_NETNS, &own))
		return -errno;
	if (fstatat(dir, file, &st, 0) || st.st_dev != own.st_dev) {
		spaces->hidden += errno == EACCES;
		return 0;
	}
	known = find(spaces, st.st_ino);
	if (!known) {
		fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			spaces->hidden++;
			return 0;
		}
		err = add(spaces, st.st_ino, fd);
		if (err) {
			close(fd);
			return err;
		}
		known = &spaces->v[spaces->n - 1];
	}
	if (!*known->name)
		snprintf(known->name, sizeof(known->name), "%s", name);
	return 0;
}

/* What the files of a directory lead to: the file itself, or below a process. */
static int add_directory(struct spaces *spaces, const char *path, bool processes)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		char file[300];

		if (processes) {
			if (!isdigit((unsigned char)*entry->d_name))
				continue;
			snprintf(file, sizeof(file), "%s/ns/net", entry->d_name);
			err = add_file(spaces, dirfd(dir), file, "");
		} else if (*entry->d_name != '.') {
			err = add_file(spaces, dirfd(dir), entry->d_name, entry->d_name);
		}
	}
	closedir(dir);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct space *x = a, *y = b;

	/* Those with a name first. */
	if (!*x->name != !*y->name)
		return *x->name ? -1 : 1;
	if (strcmp(x->name, y->name))
		return strcmp(x->name, y->name);
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int find_spaces(struct spaces *spaces)
{
	int err = add_file(spaces, AT_FDCWD, OWN_NETNS, "");

	if (!err && !spaces->n)
		err = -ENOENT;
	if (!err)
		err = add_directory(spaces, NETNS_DIR, false);
	if (!err)
		err = add_directory(spaces, "/proc", true);
	if (!err)
		qsort(spaces->v + 1, spaces->n - 1, sizeof(*spaces->v), by_name);
	return err;
}

static int by_ifindex(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

static void put_printable(struct buf *out, const char *text)
{
	char printable[UTF8_SANITIZED_SIZE(255)];

	utf8_sanitize(printable, sizeof(printable), text, strlen(text));
	buf_puts(out, printable);
}

static void put_devices(struct buf *out, const struct space *space, struct devices *devices,
			unsigned int *number)
{
	qsort(devices->v, devices->n, sizeof(*devices->v), by_ifindex);
	for (size_t i = 0; i < devices->n; i++) {
		buf_printf(out, "%u.", ++*number);
		put_printable(out, devices->v[i].name);
		device_flags(out, &devices->v[i]);
		buf_printf(out, " netns=%llu", (unsigned long long)space->inode);
		if (*space->name) {
			buf_puts(out, " (");
			put_printable(out, space->name);
			buf_puts(out, ")");
		}
		buf_puts(out, "\n");
	}
}

/* Our own namespace is the first, so that its devices need no privileges. */
static int put_spaces(struct buf *out, const struct spaces *spaces, size_t *ret_closed)
{
	unsigned int number = 0;

	*ret_closed = 0;
	for (size_t i = 0; i < spaces->n; i++) {
		struct devices devices = {0};
		int err = 0;

		if (i && setns(spaces->v[i].fd, CLONE_NEWNET)) {
			++*ret_closed;
			continue;
		}
		err = devices_read(&devices);
		if (!err && devices.n)
			put_devices(out, &spaces->v[i], &devices, &number);
		free(devices.v);
		if (err)
			return err;
	}
	return buf_error(out);
}

static bool has_name(const struct devices *devices, const char *name)
{
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->v[i].name, name))
			return true;
	return false;
}

/* 1, 0, or -errno if it cannot be told. */
static int look_for(const struct spaces *spaces, const char *name)
{
	int found = spaces->hidden ? -EACCES : 0;

	for (size_t i = 0; i < spaces->n && found != 1; i++) {
		struct devices devices = {0};
		int err = i && setns(spaces->v[i].fd, CLONE_NEWNET) ? -errno : 0;

		if (!err)
			err = devices_read(&devices);
		if (err)
			found = err;
		else if (has_name(&devices, name))
			found = 1;
		free(devices.v);
	}
	return found;
}

/* The descriptor of the first is our own namespace's. */
static void leave(struct spaces *spaces)
{
	if (spaces->n > 1 && setns(spaces->v[0].fd, CLONE_NEWNET))
		log_verbose("returning to our own network namespace: %s", strerror(errno));
	for (size_t i = 0; i < spaces->n; i++)
		close(spaces->v[i].fd);
	free(spaces->v);
}

bool devices_missing(const char *name)
{
	struct spaces spaces = {0};
	int found = find_spaces(&spaces);

	if (!found)
		found = look_for(&spaces, name);
	leave(&spaces);
	return !found;
}

static int print(const struct buf *out)
{
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

static void explain(const struct spaces *spaces, size_t closed)
{
	const char *advice = geteuid() ? ": run as root to see them" : "";

	if (closed)
		log_info("the devices of %zu other network namespace%s are left out%s", closed,
			 closed == 1 ? "" : "s", advice);
	if (spaces->hidden)
		log_info("processes that do not show their network namespace: %zu%s",
			 spaces->hidden, advice);
}

int devices_list(void)
{
	struct spaces spaces = {0};
	struct buf out = {0};
	size_t closed = 0;
	int err = find_spaces(&spaces);

	if (!err)
		err = put_spaces(&out, &spaces, &closed);
	if (err)
		log_error("the network devices cannot be read: %s", strerror(-err));
	if (!err) {
		err = print(&out);
		if (err && err != -EPIPE)
			log_error("standard output: %s", strerror(-err));
	}
	if (!err)
		explain(&spaces, closed);
	leave(&spaces);
	buf_free(&out);
	return err;
}
