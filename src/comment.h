/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COMMENT_H
#define PWRU_CAP_COMMENT_H
/*
 * The two comments of a packet in pcapng, as man/pwru-cap.8 documents them.
 *
 * The first is one line of key=value pairs separated by single blanks.  A value holds no blank:
 * blanks, control characters, backslashes and invalid UTF-8 within it are written as \xNN.  The
 * second is the kernel stack, the innermost function first, one symbol+0xoffset a line, the module
 * in brackets behind it.
 */
#include "src/buf.h"
#include "src/view.h"

/* comment_line() - append the first comment, without a newline */
void comment_line(struct buf *out, const struct view *view);

/* comment_stack() - append the second comment, without a newline at its end; nothing if no stack */
void comment_stack(struct buf *out, const struct view *view);

#endif
