/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ATTACH_PROGRESS_H
#define PWRU_CAP_ATTACH_PROGRESS_H
/*
 * How slow work on functions goes on, as the status line.
 */
#include <stddef.h>
#include <stdint.h>

/**
 * attach_progress_show() - show it on the terminal, if there is one
 * @what: "attaching"
 * @since_ns: clock_now_ns() when it began
 */
void attach_progress_show(const char *what, uint64_t since_ns, size_t done, size_t of);

/* attach_progress_text() - its words after so many seconds */
void attach_progress_text(const char *what, double seconds, size_t done, size_t of, char *text,
			  size_t size);

#endif
