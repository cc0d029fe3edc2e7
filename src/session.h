/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SESSION_H
#define PWRU_CAP_SESSION_H
/*
 * One run of the tool, from the options to the summary.
 */
#include <signal.h>

#include "src/options.h"

/**
 * session_run() - do what the options ask for
 * @stop: becomes non-zero when the capture is to end
 *
 * Says on stderr what is wrong, and at its end the figures.
 *
 * Return: 0, or -errno.
 */
int session_run(const struct options *opts, const volatile sig_atomic_t *stop);

#endif
