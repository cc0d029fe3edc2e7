// SPDX-License-Identifier: GPL-2.0-only
/*
 * pwru-cap: packets as the kernel's functions see them.
 */
#include <fcntl.h>
#include <unistd.h>

#include "src/log.h"
#include "src/options.h"
#include "src/session.h"
#include "src/signals.h"

/* Files that are opened are not to get the numbers of standard streams that are closed. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options opts;
	enum options_action action;
	int err;

	fill_standard_streams();
	err = options_parse(argc, argv, &opts, &action);
	if (!err && action == OPTIONS_RUN) {
		log_libbpf();
		err = session_run(&opts, signals_catch());
	}
	options_free(&opts);
	return err ? 1 : 0;
}
