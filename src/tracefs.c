// SPDX-License-Identifier: GPL-2.0-only
#include "src/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "src/util.h"

int tracefs_dir(const char **ret_dir)
{
	/* Its own place since 4.1; before, and on many systems still, below debugfs. */
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[64];
	int err = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int fd;

		/* Not access(2): that asks for the real user, without capabilities. */
		snprintf(path, sizeof(path), "%s/available_filter_functions", places[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			*ret_dir = places[i];
			return 0;
		}
		if (errno != ENOENT && errno != ENOTDIR)
			err = -errno;
	}
	return err;
}
