/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TIMESTAMPS_H
#define PWRU_CAP_TIMESTAMPS_H
/*
 * The time of a line, in tcpdump's and in pwru's styles.
 */
#include "src/printing.h"
#include "src/view.h"

struct timestamps;

/**
 * timestamps_new() - begin to write times
 * @style: the same for all lines
 * @micro: microseconds instead of nanoseconds, where there is a fraction
 *
 * Return: the new object; NULL when there is no memory.
 */
struct timestamps *timestamps_new(enum time_style style, bool micro);

/* timestamps_put() - append the time of a view; to be called once for each line, in order */
void timestamps_put(struct timestamps *t, struct buf *out, const struct view *view);

/* timestamps_title() - the column's; NULL if there is none (TIME_NONE) */
const char *timestamps_title(const struct timestamps *t);

/* timestamps_width() - characters that most of them have */
size_t timestamps_width(const struct timestamps *t);

/* timestamps_put_utc() - append @ns since 1970 as RFC 3339 has it, 2026-11-22T17:04:05.123456789Z
 */
void timestamps_put_utc(struct timestamps *t, struct buf *out, uint64_t ns);

/* timestamps_free() - @t may be NULL */
void timestamps_free(struct timestamps *t);

#endif
