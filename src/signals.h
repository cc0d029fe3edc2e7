/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SIGNALS_H
#define PWRU_CAP_SIGNALS_H
/*
 * What the signals of this process ask for.  Handlers only note it; the main loop does it.
 *
 *	SIGINT, SIGTERM		end; another one, half a second later or more, ends it at once,
 *				also while something blocks (a reader's pipe)
 *	SIGUSR1			print the figures so far
 *	SIGUSR2			write what is buffered
 *	SIGHUP			begin the next file, or end: see signals_hangup_ends()
 */
#include <signal.h>
#include <stdbool.h>

/* Each is a flag of its own, so that to clear one loses no other. */
struct signals {
	volatile sig_atomic_t stop;
	volatile sig_atomic_t stats;
	volatile sig_atomic_t flush;
	volatile sig_atomic_t hangup;
};

/*
 * signals_catch() - from now on; also ignores the signals (SIGPIPE, SIGXFSZ) that would kill where
 * write() is to return an error.  There is one such object in a process.
 */
struct signals *signals_catch(void);

/* signals_any() - is there a flag that has not been taken? */
bool signals_any(const struct signals *signals);

/* signals_take() - was this flag set? It is cleared */
bool signals_take(volatile sig_atomic_t *flag);

/**
 * signals_hangup_ends() - does a SIGHUP that has come end the capture?
 * @rotates: is there a file that could be changed for the next one?
 *
 * Where the terminal has gone, it does; otherwise somebody asks for the next file. It never does if
 * it was ignored when the process began (nohup).
 */
bool signals_hangup_ends(bool rotates);

#endif
