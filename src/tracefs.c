// SPDX-License-Identifier: GPL-2.0-only
#include "src/tracefs.h"

#include <stdio.h>
#include <unistd.h>

#include "src/util.h"

const char *tracefs_dir(void)
{
	/* Its own place since 4.1; before, and on many systems still, below debugfs. */
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s/available_filter_functions", places[i]);
		if (!access(path, R_OK))
			return places[i];
	}
	return NULL;
}
