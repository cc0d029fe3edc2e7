// SPDX-License-Identifier: GPL-2.0-only
#include "src/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int clear(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return -EEXIST;
	return unlink(path) ? -errno : 0;
}

int unnamed_open(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	int fd, err;

	if (slash && snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path) >= PATH_MAX)
		return -ENAMETOOLONG;
	fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	err = clear(path);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int unnamed_publish(int fd, const char *path)
{
	char link[64];

	/* By way of /proc: the other one, AT_EMPTY_PATH, takes a privilege. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) ? -errno : 0;
}
