// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe at a function's first byte is a call from ftrace.  For each one that is armed, the
 * kernel goes over all of ftrace's records several times: twice to count who wants which, and
 * then to find and patch the one that has changed.  While kernel.ftrace_enabled is 0 it only
 * counts; when that is 1 again it patches all that have changed, at once.
 *
 * Nobody is called by ftrace meanwhile, so it is done only if nobody is there to be called
 * (enabled_functions is empty).  Who comes in these seconds is called when they are over; but what
 * may never be switched off (live patches, fentry programs) cannot come: EBUSY.
 *
 * How it is undone, whoever is killed:
 *
 *  - The perf events that arm the probes end with the process, which disarms them.  If a record's
 *    count went to 0 while ftrace is off, the kernel would not clear the record's other flags,
 *    find that out when the last user of ftrace goes some day, warn, and switch ftrace off until
 *    the next boot.  So the counts are kept above 0: by a function tracer on the same functions, in
 *    an instance of its own, which has tracing_on = 0.  An instance does not end with the process.
 *  - That instance is also the sign that the 0 is ours: it is there before the 0 is written, and
 *    until after the 1 is.  The next run finds it, without a lock, and puts the 1 back.
 *  - The lock is on a byte of kprobe_events, as there is one tracefs a kernel.  Only one process at
 *    a time has it; others arm their probes the slow way.
 */
#include "src/ftrace_pause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/knob.h"
#include "src/traceable.h"
#include "src/tracefs.h"

#define ENABLED	 "/proc/sys/kernel/ftrace_enabled"
#define INSTANCE "instances/pwru_cap_pause"

/* Behind those of the groups (kprobe_events.h). */
#define LOCK_BYTE ((off_t)1 << 40)

#define PATH_SIZE 160

static int write_text(const char *dir, const char *name, const char *text)
{
	char path[PATH_SIZE];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int take_lock(struct ftrace_pause *ret)
{
	char path[PATH_SIZE];
	int err = tracefs_dir(&ret->dir);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/kprobe_events", ret->dir);
	ret->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (ret->fd < 0)
		return -errno;
	err = knob_lock(ret->fd, F_WRLCK, LOCK_BYTE, 1);
	if (!err)
		return 0;
	close(ret->fd);
	ret->fd = -1;
	return err == -EAGAIN || err == -EACCES ? -EBUSY : err;
}

/* From 1 to 0, or back; @from = @to only looks. */
static int switch_ftrace(long from, long to)
{
	int fd = open(ENABLED, O_RDWR | O_CLOEXEC), err;
	long value;

	if (fd < 0)
		return -errno;
	err = knob_read(fd, &value);
	if (!err && value != from)
		err = -EBUSY;
	if (!err && from != to)
		err = knob_write(fd, to);
	close(fd);
	return err;
}

/* Nobody is called by ftrace: a file of no lines. */
static int check_unused(const char *dir)
{
	char path[PATH_SIZE], byte;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/enabled_functions", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, &byte, 1);
	if (n < 0)
		n = -errno;
	close(fd);
	return n > 0 ? -EBUSY : n;
}

static int remove_instance(const char *dir)
{
	char path[PATH_SIZE];
	int err = write_text(dir, INSTANCE "/current_tracer", "nop");

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" INSTANCE, dir);
	return rmdir(path) ? -errno : 0;
}

/* From whatever state it is in. */
static int undo(const char *dir)
{
	char path[PATH_SIZE];
	int err;

	snprintf(path, sizeof(path), "%s/" INSTANCE, dir);
	if (access(path, F_OK))
		return errno == ENOENT ? 0 : -errno;
	err = switch_ftrace(0, 1);
	/* It is 1 already; after another error, the sign stays. */
	return err && err != -EBUSY ? err : remove_instance(dir);
}

/*
 * The tracer's filter gets the functions' numbers, which are their lines, as for each name the
 * kernel would search all functions.
 */
struct chosen {
	const char **names;
	size_t n;
	bool *found;
	unsigned long line;
	int filter_fd;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Also others of the same name: they do no harm there. */
static int choose(void *ctx, const struct traceable *t)
{
	struct chosen *c = ctx;
	const char **name = bsearch(&t->name, c->names, c->n, sizeof(*c->names), compare);
	char number[24];
	int len;

	c->line++;
	if (!name)
		return 0;
	c->found[name - c->names] = true;
	len = snprintf(number, sizeof(number), "%lu\n", c->line);
	return write(c->filter_fd, number, len) < 0 ? -errno : 0;
}

static int choose_all(const char *dir, struct chosen *c)
{
	int err = traceable_names(dir, NULL, choose, c);

	for (size_t i = 0; !err && i < c->n; i++)
		if (!c->found[i])
			err = -ENOENT;
	return err;
}

static size_t unique(const char **names, size_t n)
{
	size_t kept = 0;

	qsort(names, n, sizeof(*names), compare);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(names[kept - 1], names[i]))
			names[kept++] = names[i];
	return kept;
}

static int set_filter(const char *dir, const char **names, size_t n)
{
	struct chosen c = {.names = names, .n = unique(names, n)};
	char path[PATH_SIZE];
	int err;

	c.found = calloc(c.n, sizeof(*c.found));
	if (!c.found)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/" INSTANCE "/set_ftrace_filter", dir);
	c.filter_fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (c.filter_fd < 0) {
		err = -errno;
	} else {
		err = choose_all(dir, &c);
		/* It holds from now on. */
		if (close(c.filter_fd) && !err)
			err = -errno;
	}
	free(c.found);
	return err;
}

/* The instance, all but its tracer. */
static int prepare(const char *dir, const char **names, size_t n)
{
	char path[PATH_SIZE];
	int err;

	snprintf(path, sizeof(path), "%s/" INSTANCE, dir);
	if (mkdir(path, 0700))
		return -errno;
	err = write_text(dir, INSTANCE "/tracing_on", "0");
	return err ? err : set_filter(dir, names, n);
}

/* A 0 that is not ours must not find the sign. */
static int check_free(const char *dir)
{
	int err = switch_ftrace(1, 1);

	return err ? err : check_unused(dir);
}

static int begin(const char *dir, const char **names, size_t n)
{
	int err = undo(dir);

	if (!err)
		err = check_free(dir);
	if (err)
		return err;
	err = prepare(dir, names, n);
	/* Somebody may have come while it was prepared. */
	if (!err)
		err = check_unused(dir);
	if (!err)
		err = switch_ftrace(1, 0);
	if (err) {
		remove_instance(dir);
		return err;
	}
	err = write_text(dir, INSTANCE "/current_tracer", "function");
	if (err)
		undo(dir);
	return err;
}

int ftrace_pause_begin(const char **names, size_t n, struct ftrace_pause *ret)
{
	int err;

	*ret = (struct ftrace_pause){.fd = -1};
	err = take_lock(ret);
	if (err)
		return err;
	err = begin(ret->dir, names, n);
	if (err) {
		close(ret->fd);
		ret->fd = -1;
	}
	return err;
}

int ftrace_pause_end(struct ftrace_pause *pause)
{
	int err;

	if (pause->fd < 0)
		return 0;
	err = undo(pause->dir);
	close(pause->fd);
	pause->fd = -1;
	return err;
}

int ftrace_pause_repair(void)
{
	struct ftrace_pause pause = {.fd = -1};
	int err = take_lock(&pause);

	/* Somebody's who is alive. */
	if (err == -EBUSY)
		return 0;
	return err ? err : ftrace_pause_end(&pause);
}
