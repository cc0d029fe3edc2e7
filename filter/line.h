/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_LINE_H
#define PWRU_CAP_FILTER_LINE_H

#include "filter/gen.h"

/**
 * line_translate() - Translate one line of cBPF
 *
 * @g->now holds what is known before it, and then what is known after it; g->now.seen is false if
 * the next line does not follow.
 */
void line_translate(struct gen *g, size_t line);

#endif
