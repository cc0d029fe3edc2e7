/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COMMENT_H
#define PWRU_CAP_COMMENT_H
/*
 * The first comment of a packet in pcapng, as man/pwru-cap.8 documents it: one line of key=value
 * pairs separated by single blanks.  A value holds no blank: blanks, control characters,
 * backslashes and invalid UTF-8 within it are written as \xNN.  A list is [VALUE,...]; what cannot
 * be read says why: (null), (fault), (unread).
 */
#include "src/buf.h"
#include "src/view.h"

/* comment_line() - append the first comment, without a newline */
void comment_line(struct buf *out, const struct view *view);

/*
 * comment_fields() - append what the line has of the fields that the user has named: a blank and a
 * pair for each
 */
void comment_fields(struct buf *out, const struct view *view);

#endif
