// SPDX-License-Identifier: GPL-2.0-only
/*
 * pwru-cap: packets as the kernel's functions see them.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "src/log.h"
#include "src/options.h"
#include "src/session.h"

static volatile sig_atomic_t stop;

/* The first asks to stop; the second, while something blocks (a reader's pipe), is final. */
static void on_signal(int signal)
{
	if (stop) {
		struct sigaction act = {.sa_handler = SIG_DFL};

		sigaction(signal, &act, NULL);
		raise(signal);
	}
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction act = {.sa_handler = on_signal};

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* Where these would kill us, write() is to return an error. */
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
	sigaction(SIGXFSZ, &act, NULL);
}

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
		log_set_level(LOG_NORMAL + opts.verbosity);
		log_libbpf();
		catch_signals();
		err = session_run(&opts, &stop);
	}
	options_free(&opts);
	return err ? 1 : 0;
}
