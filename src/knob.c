// SPDX-License-Identifier: GPL-2.0-only
#include "src/knob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int knob_lock(int fd, short type, off_t start, off_t len)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = len,
	};

	return fcntl(fd, F_OFD_SETLK, &range) ? -errno : 0;
}

int knob_read(int fd, long *ret_value)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return n < 0 ? -errno : -EIO;
	text[n] = '\0';
	*ret_value = strtol(text, NULL, 10);
	return 0;
}

int knob_write(int fd, long value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", value);

	return pwrite(fd, text, n, 0) < 0 ? -errno : 0;
}
