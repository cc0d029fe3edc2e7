/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_HEAD_H
#define PWRU_CAP_FILTER_HEAD_H

#include "filter/gen.h"

/** head_body() - Describe a kind of body: what of the frame it takes from the window */
struct body head_body(const struct gen *g, enum body_kind kind);

/**
 * head_common() - Choose gen.common
 *
 * Return: the largest extent of a load at a constant offset that even the shortest frames in
 * practice have; 0 if there is none.
 */
uint32_t head_common(const struct gen *g);

/** head_fill() - Emit what fills the window of g->body; l2 is in REG_A */
void head_fill(struct gen *g);

#endif
