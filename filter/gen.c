// SPDX-License-Identifier: GPL-2.0-only
#include "filter/gen.h"

void facts_meet(struct facts *to, const struct facts *from)
{
	if (!from->seen)
		return;
	if (!to->seen) {
		*to = *from;
		return;
	}
	to->base_in_tmp &= from->base_in_tmp;
	if (to->ptr != from->ptr)
		to->ptr = PTR_NONE;
	if (to->linear > from->linear)
		to->linear = from->linear;
	if (to->proven > from->proven)
		to->proven = from->proven;
	if (to->proven_x > from->proven_x)
		to->proven_x = from->proven_x;
	if (to->x_max < from->x_max)
		to->x_max = from->x_max;
	if (to->x_align > from->x_align)
		to->x_align = from->x_align;
}

void gen_new_x(struct gen *g, uint32_t max, uint8_t align)
{
	g->now.proven_x = 0;
	g->now.x_max = max;
	g->now.x_align = align;
	if (g->now.ptr == PTR_FRAME_X)
		g->now.ptr = PTR_NONE;
}

int16_t gen_slot(struct gen *g, enum slot slot)
{
	g->used[g->body.kind] |= 1U << slot;
	return g->slot[slot];
}
