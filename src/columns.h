/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COLUMNS_H
#define PWRU_CAP_COLUMNS_H
/*
 * Lines of text in columns.  A column is as wide as its title says at first, and becomes wider with
 * what it holds, up to a limit: a value beyond that pushes only its own line.
 */
#include <stddef.h>

#include "src/buf.h"

struct column {
	const char *title;
	size_t width; /* characters */
	size_t limit; /* that the width may grow to */
};

#define COLUMNS_MAX 24

struct columns {
	struct column v[COLUMNS_MAX];
	size_t n;
	/* The line at hand. */
	size_t at;    /* its column */
	size_t start; /* where that began */
};

/* columns_add() - one more column, at most COLUMNS_MAX */
void columns_add(struct columns *c, const char *title, size_t width, size_t limit);

/* columns_header() - the titles, and a newline */
void columns_header(struct columns *c, struct buf *out);

/* columns_begin() - a new line */
void columns_begin(struct columns *c, struct buf *out);

/* columns_cell() - a cell is complete, which was appended since the one before; all have to come */
void columns_cell(struct columns *c, struct buf *out);

#endif
