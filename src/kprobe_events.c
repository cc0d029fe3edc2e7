// SPDX-License-Identifier: GPL-2.0-only
#include "src/kprobe_events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/knob.h"
#include "src/tracefs.h"
#include "src/util.h"

#define GROUP_PREFIX "pwru_cap_"

/* Paths below tracefs, and lines. */
#define TEXT_MAX 160

/* How long the end of a killed process may take the kernel. */
#define BUSY_TRIES   600
#define BUSY_WAIT_US 100000

static int open_list(const char **ret_dir)
{
	char path[TEXT_MAX];
	int fd = tracefs_dir(ret_dir);

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "%s/kprobe_events", *ret_dir);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int kprobe_events_check(void)
{
	const char *dir;
	int fd = open_list(&dir);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int lock_group(int fd, unsigned int group, short type)
{
	return knob_lock(fd, type, group, 1);
}

static bool group_exists(const struct kprobe_events *events)
{
	char path[TEXT_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/events/" GROUP_PREFIX "%u", events->dir, events->group);
	return !stat(path, &st);
}

/* From our process id on, which is as good a number as any. */
static int take_group(struct kprobe_events *events)
{
	for (events->group = getpid(); events->group < INT_MAX; events->group++) {
		int err = lock_group(events->fd, events->group, F_WRLCK);

		if (err == -EAGAIN || err == -EACCES)
			continue; /* somebody with the same process id, in another namespace */
		if (err)
			return err;
		if (!group_exists(events))
			return 0;
		/* Left over, and not swept yet. */
		lock_group(events->fd, events->group, F_UNLCK);
	}
	return -EBUSY;
}

int kprobe_events_open(struct kprobe_events *ret_events)
{
	struct kprobe_events events;
	int err;

	events.fd = open_list(&events.dir);
	if (events.fd < 0)
		return events.fd;
	err = take_group(&events);
	if (err) {
		close(events.fd);
		return err;
	}
	*ret_events = events;
	return 0;
}

static int write_line(int fd, const char *line)
{
	return write(fd, line, strlen(line)) < 0 ? -errno : 0;
}

/*
 * By address: for a probe by name the kernel walks all its symbols, four times (160 ms each on
 * 5.10, under emulation).  But to it, all probes of an event without a name are for the same
 * place, and it refuses a second one, unless their arguments differ: so each has one, a constant.
 * It costs nothing at a hit, as arguments are only fetched after our program, which says no.
 */
int kprobe_events_add(const struct kprobe_events *events, size_t event, uint64_t addr, size_t nr)
{
	char line[TEXT_MAX];

	snprintf(line, sizeof(line), "p:" GROUP_PREFIX "%u/e%zu 0x%" PRIx64 " nr=\\%zu\n",
		 events->group, event, addr, nr);
	return write_line(events->fd, line);
}

int kprobe_events_id(const struct kprobe_events *events, size_t event, uint64_t *ret_id)
{
	char path[TEXT_MAX], *text;
	int err;

	snprintf(path, sizeof(path), "%s/events/" GROUP_PREFIX "%u/e%zu/id", events->dir,
		 events->group, event);
	err = read_file(path, &text, NULL);
	if (err)
		return err;
	text[strcspn(text, "\n")] = '\0';
	err = parse_u64(text, UINT64_MAX, ret_id);
	free(text);
	return err;
}

int kprobe_events_remove(const struct kprobe_events *events, size_t event)
{
	char line[TEXT_MAX];

	snprintf(line, sizeof(line), "-:" GROUP_PREFIX "%u/e%zu\n", events->group, event);
	return write_line(events->fd, line);
}

void kprobe_events_close(struct kprobe_events *events)
{
	close(events->fd);
	events->fd = -1;
}

/* "p:pwru_cap_17/e0 0x... nr=\\0"; false if it is no probe of ours. */
static bool parse_event(const char *line, unsigned int *ret_group, char *ret_name, size_t size)
{
	const char *colon = strchr(line, ':');
	const char *slash = strchr(line, '/');
	char *end;
	unsigned long group;
	size_t len;

	if (line[0] != 'p' || !colon || !slash || slash < colon ||
	    strncmp(colon + 1, GROUP_PREFIX, strlen(GROUP_PREFIX)))
		return false;
	errno = 0;
	group = strtoul(colon + 1 + strlen(GROUP_PREFIX), &end, 10);
	len = strcspn(colon + 1, " \n");
	if (end != slash || errno || group > INT_MAX || len >= size)
		return false;
	memcpy(ret_name, colon + 1, len);
	ret_name[len] = '\0';
	*ret_group = group;
	return true;
}

/* Returns 1 if the event is left over, 0 if not, or -errno if it cannot be removed. */
static int sweep_event(int fd, unsigned int group, const char *name, bool remove)
{
	char line[TEXT_MAX];
	int err = 0;

	if (lock_group(fd, group, F_WRLCK))
		return 0; /* somebody's */
	snprintf(line, sizeof(line), "-:%s\n", name);
	for (int i = 0; remove && i < BUSY_TRIES; i++) {
		err = write_line(fd, line);
		/* The lock has ended already, but the perf event that arms it has not. */
		if (err != -EBUSY)
			break;
		usleep(BUSY_WAIT_US);
	}
	lock_group(fd, group, F_UNLCK);
	/* Gone: its probes stood in several places of the list. */
	if (err == -ENOENT)
		return 0;
	return err ? err : 1;
}

int kprobe_events_sweep(bool remove)
{
	char path[TEXT_MAX], name[64], last[64] = "", *text;
	unsigned int group;
	const char *dir;
	int fd = open_list(&dir), n = 0, err;

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "%s/kprobe_events", dir);
	err = read_file(path, &text, NULL);
	if (err) {
		close(fd);
		return err;
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		int done;

		/* The probes of an event come one after the other, and go together. */
		if (!parse_event(line, &group, name, sizeof(name)) || !strcmp(name, last))
			continue;
		strcpy(last, name);
		done = sweep_event(fd, group, name, remove);
		if (done < 0)
			err = done;
		else
			n += done;
	}
	free(text);
	close(fd);
	return err ? err : n;
}
