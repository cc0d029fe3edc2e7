// SPDX-License-Identifier: GPL-2.0-only
#include "src/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/util.h"

#define RUN_DIR "/run/pwru-cap"

/* Ours alone to write: root's, or that of whoever has the privileges without being root. */
static int check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return st.st_uid == geteuid() && !(st.st_mode & 077) ? 0 : -EPERM;
}

/* The directory, if nobody else can have put it there; or -errno. */
static int open_dir(void)
{
	int fd = open(RUN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 ? -errno : check_owner(fd);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

static int open_file(const char *name)
{
	int dir = open_dir(), fd, err;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	err = fd < 0 ? -errno : check_owner(fd);
	close(dir);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

int rundir_read(const char *name, char **ret_data, size_t *ret_size)
{
	int fd = open_file(name), err;
	char path[32];

	if (fd < 0)
		return fd;
	/* What was checked is what is read. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = read_file(path, ret_data, ret_size);
	close(fd);
	return err;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= n;
	}
	return 0;
}

static int write_new(int dir, const char *name, const void *data, size_t size)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, data, size);
	close(fd);
	return err;
}

int rundir_replace(const char *name, const void *data, size_t size)
{
	char part[64];
	int dir, err;

	if (mkdir(RUN_DIR, 0700) && errno != EEXIST)
		return -errno;
	dir = open_dir();
	if (dir < 0)
		return dir;
	snprintf(part, sizeof(part), "%s.%d", name, getpid());
	/* Of a run that had this number and was killed. */
	unlinkat(dir, part, 0);
	err = write_new(dir, part, data, size);
	if (!err && renameat(dir, part, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, part, 0);
	close(dir);
	return err;
}
