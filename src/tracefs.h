/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TRACEFS_H
#define PWRU_CAP_TRACEFS_H
/*
 * tracefs: which functions can be traced, and events for kprobes.
 */

/* tracefs_dir() - where it is mounted, a constant; NULL if it is not, or offers no functions */
const char *tracefs_dir(void);

#endif
