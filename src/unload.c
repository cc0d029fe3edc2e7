// SPDX-License-Identifier: GPL-2.0-only
#include "src/unload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "src/util.h"

#define FILE_NAME "/refcnt"

int unload_open(void)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int unload_watch(int fd, const char *module)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s" FILE_NAME, module);
	return fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, path) ? -errno : 0;
}

char *unload_module_of(char *path)
{
	size_t len = strlen(path);
	char *slash;

	if (len <= strlen(FILE_NAME) || strcmp(path + len - strlen(FILE_NAME), FILE_NAME))
		return NULL;
	path[len - strlen(FILE_NAME)] = '\0';
	slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : NULL;
}

/* Not those who only look, as lsmod does. */
static bool unloads(const char *comm)
{
	static const char *const tools[] = {"rmmod", "modprobe", "kmod"};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (!strcmp(comm, tools[i]))
			return true;
	return false;
}

static void handle(const struct fanotify_event_metadata *event,
		   void (*let_go)(void *ctx, const struct unload_wish *wish), void *ctx)
{
	struct unload_wish wish = {.pid = event->pid};
	char link[64], path[PATH_MAX], *comm;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", event->fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return;
	path[len] = '\0';
	wish.module = unload_module_of(path);
	snprintf(link, sizeof(link), "/proc/%d/comm", (int)event->pid);
	if (!wish.module || read_file(link, &comm, NULL))
		return;
	comm[strcspn(comm, "\n")] = '\0';
	wish.comm = comm;
	if (unloads(comm))
		let_go(ctx, &wish);
	free(comm);
}

int unload_answer(int fd, void (*let_go)(void *ctx, const struct unload_wish *wish), void *ctx)
{
	struct fanotify_event_metadata events[16];
	struct fanotify_event_metadata *event = events;
	ssize_t n = read(fd, events, sizeof(events));

	if (n < 0)
		return -errno;
	for (; FAN_EVENT_OK(event, n); event = FAN_EVENT_NEXT(event, n)) {
		struct fanotify_response answer = {.fd = event->fd, .response = FAN_ALLOW};

		if (event->fd < 0)
			continue;
		handle(event, let_go, ctx);
		/* If this fails nobody waits any more. */
		if (write(fd, &answer, sizeof(answer)) < 0 && errno != ENOENT) {
			close(event->fd);
			return -errno;
		}
		close(event->fd);
	}
	return 0;
}
