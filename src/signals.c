// SPDX-License-Identifier: GPL-2.0-only
#include "src/signals.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "src/clock.h"

/*
 * One control-C may come twice, from the terminal and from timeout(1) or sudo(8), which hand on
 * what they get: that is not somebody who has lost patience.
 */
#define AT_ONCE_NS 500000000

/* A handler has no other way to tell. */
static struct signals caught;
/* How it was when the process began. */
static bool hangup_ignored, had_terminal;

static void on_end(int signal)
{
	/* A handler of both signals, which does not interrupt itself. */
	static uint64_t first_ns;

	if (!first_ns)
		first_ns = clock_now_ns();
	if (caught.stop && clock_now_ns() - first_ns >= AT_ONCE_NS) {
		struct sigaction act = {.sa_handler = SIG_DFL};

		sigaction(signal, &act, NULL);
		raise(signal);
	}
	caught.stop = 1;
}

static void on_request(int signal)
{
	if (signal == SIGUSR1)
		caught.stats = 1;
	else
		caught.flush = 1;
}

/* A terminal that goes away says so itself, by the kernel, to those in its foreground. */
static void on_hangup(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code == SI_KERNEL && !hangup_ignored)
		caught.stop = 1;
	else
		caught.hangup = 1;
}

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

struct signals *signals_catch(void)
{
	struct sigaction act = {.sa_handler = on_end}, before;

	had_terminal = has_terminal();
	sigaddset(&act.sa_mask, SIGINT);
	sigaddset(&act.sa_mask, SIGTERM);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* These are no reason to give up what is waited for: a FIFO's reader, the kernel. */
	act.sa_flags = SA_RESTART;
	act.sa_handler = on_request;
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	act.sa_flags = SA_RESTART | SA_SIGINFO;
	act.sa_sigaction = on_hangup;
	sigaction(SIGHUP, &act, &before);
	hangup_ignored = before.sa_handler == SIG_IGN;
	act = (struct sigaction){.sa_handler = SIG_IGN};
	sigaction(SIGPIPE, &act, NULL);
	sigaction(SIGXFSZ, &act, NULL);
	return &caught;
}

bool signals_any(const struct signals *signals)
{
	return signals->stop || signals->stats || signals->flush || signals->hangup;
}

bool signals_take(volatile sig_atomic_t *flag)
{
	if (!*flag)
		return false;
	*flag = 0;
	return true;
}

bool signals_hangup_ends(bool rotates)
{
	if (hangup_ignored)
		return false;
	/* A shell whose terminal has gone tells its jobs in the background. */
	return !rotates || (had_terminal && !has_terminal());
}
