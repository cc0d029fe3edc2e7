// SPDX-License-Identifier: GPL-2.0-only
#include "src/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/log.h"

static int check_directory(const char *path)
{
	char *dir = strdup(path), *slash;
	int err = 0;

	if (!dir)
		return -ENOMEM;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	if (access(slash ? dir : ".", W_OK | X_OK))
		err = -errno;
	free(dir);
	return err;
}

int sink_check(const char *path)
{
	struct stat st;
	int err = 0;

	if (!strcmp(path, "-")) {
		if (!isatty(STDOUT_FILENO))
			return 0;
		log_error(
			"-w -: standard output is a terminal: redirect it, or pipe it to a reader "
			"(pwru-cap -w - ... | tcpdump -n -r -)");
		return -ENOTTY;
	}
	if (!*path) {
		log_error("-w: the name of the file is empty");
		return -ENOENT;
	}
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			err = -EISDIR;
		else if (access(path, W_OK))
			err = -errno;
	} else {
		err = errno == ENOENT ? check_directory(path) : -errno;
	}
	if (err)
		log_error("%s: %s", path, strerror(-err));
	return err;
}
