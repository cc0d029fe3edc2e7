/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SESSION_H
#define PWRU_CAP_SESSION_H
/*
 * One run of the tool, from the options to the summary.
 */
#include "src/options.h"
#include "src/signals.h"

/**
 * session_run() - do what the options ask for
 * @signals: what is asked for while it runs
 *
 * Says on stderr what is wrong, and at its end the figures.
 *
 * Return: 0, or -errno.
 */
int session_run(const struct options *opts, struct signals *signals);

#endif
