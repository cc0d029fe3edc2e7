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
 * What must not happen is that a kprobe goes while ftrace is off, and its record's count with it to
 * 0: the kernel then does not clear the record's other flags, finds that out when the last user of
 * ftrace goes some day, warns, and keeps ftrace off until the next boot.  And it would happen: perf
 * events disarm their probes when they end with a process that is killed, and others have kprobes
 * that come and go.  So for as long as ftrace is off all counts are above 0: there is a function
 * tracer on all functions, in an instance of its own, with tracing_on = 0.  When ftrace is on again
 * it calls this tracer for a moment; the flags are cleared as the tracer goes.
 *
 * An instance does not end with the process, so all is well also if we are killed.  It is the sign,
 * too, that the 0 is ours: it is there before the 0 is written, and until after the 1 is.  The next
 * run finds it, without a lock, and puts the 1 back.
 *
 * The lock is on a byte of kprobe_events, as there is one tracefs a kernel.  Who pauses ftrace has
 * it alone.  Who arms probes the slow way shares it, so that he neither begins to listen while
 * ftrace is off, nor has it switched off under him.
 */
#include "src/ftrace_pause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/knob.h"
#include "src/tracefs.h"

#define ENABLED	 "/proc/sys/kernel/ftrace_enabled"
#define INSTANCE FTRACE_PAUSE_DIR

/* Behind those of the groups (kprobe_events.h). */
#define LOCK_BYTE ((off_t)1 << 40)

#define PATH_SIZE 160

/* Until whoever reads all of tracefs has passed. */
#define REMOVE_TRIES   10
#define REMOVE_WAIT_US 50000

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

static int open_lock(const char **ret_dir)
{
	char path[PATH_SIZE];
	int err = tracefs_dir(ret_dir), fd;

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/kprobe_events", *ret_dir);
	/* For reading too, or the lock could not be shared. */
	fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int lock(int fd, short type)
{
	int err = knob_lock(fd, type, LOCK_BYTE, 1);

	return err == -EACCES ? -EAGAIN : err;
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

/* 1, 0 or -errno */
static int has_sign(const char *dir)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/" INSTANCE, dir);
	if (!access(path, F_OK))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/*
 * From whatever state it is in.  Returns 0; FTRACE_PAUSE_LEFT if the tracer could not be removed,
 * as somebody has a file of it open: the next run tries again; -errno only if ftrace stays off.
 */
static int undo(const char *dir)
{
	int err = has_sign(dir);

	if (err <= 0)
		return err;
	err = switch_ftrace(0, 1);
	/* After another error than that it is 1 already, the sign stays. */
	if (err && err != -EBUSY)
		return err;
	for (int i = 0; remove_instance(dir); i++) {
		if (i == REMOVE_TRIES)
			return FTRACE_PAUSE_LEFT;
		usleep(REMOVE_WAIT_US);
	}
	return 0;
}

/* A 0 that is not ours must not find the sign. */
static int check_free(const char *dir)
{
	int err = switch_ftrace(1, 1);

	return err ? err : check_unused(dir);
}

static int begin(const char *dir)
{
	char path[PATH_SIZE];
	int err = check_free(dir);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" INSTANCE, dir);
	if (mkdir(path, 0700))
		return -errno;
	err = write_text(dir, INSTANCE "/tracing_on", "0");
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

static void close_lock(struct ftrace_pause *pause)
{
	close(pause->fd);
	pause->fd = -1;
}

/* Nobody else has the lock. */
static int begin_alone(bool wanted, struct ftrace_pause *pause)
{
	/* Wanted or not, a process that was killed may have left it off. */
	int err = undo(pause->dir);

	if (err < 0) {
		close_lock(pause);
		return err;
	}
	if (wanted) {
		pause->paused = true;
		err = begin(pause->dir);
		if (!err)
			return 0;
	}
	/* From now on it is shared; who has it alone gets that. */
	lock(pause->fd, F_RDLCK);
	return !wanted ? 0 : err == -EAGAIN ? -EBUSY : err;
}

int ftrace_pause_begin(bool wanted, struct ftrace_pause *ret)
{
	int err;

	*ret = (struct ftrace_pause){.fd = -1};
	err = open_lock(&ret->dir);
	if (err < 0)
		return err;
	ret->fd = err;
	err = lock(ret->fd, F_WRLCK);
	if (!err)
		return begin_alone(wanted, ret);
	if (err == -EAGAIN)
		err = lock(ret->fd, F_RDLCK);
	if (!err)
		return wanted ? -EBUSY : 0;
	close_lock(ret);
	return err;
}

int ftrace_pause_end(struct ftrace_pause *pause)
{
	int err;

	if (pause->fd < 0)
		return 0;
	err = pause->paused ? undo(pause->dir) : 0;
	close_lock(pause);
	return err;
}

int ftrace_pause_repair(void)
{
	const char *dir;
	int fd = open_lock(&dir), err;

	if (fd < 0)
		return fd;
	err = lock(fd, F_WRLCK);
	if (!err)
		err = undo(dir);
	else if (err == -EAGAIN && !has_sign(dir))
		err = 0; /* Others arm probes, and ftrace is on. */
	close(fd);
	return err;
}
