/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_STAGE_H
#define PWRU_CAP_STAGE_H
/*
 * What a record passes between the ring and the output: stages in a row, each of which hands on
 * what it does not keep, perhaps later.  The last one writes (src/capture.c).
 */
#include <stdbool.h>

#include "src/record.h"

struct sighting {
	struct record rec;
	const char *changed; /* since the one before, as names by commas; NULL: not looked at */
	/*
	 * A stage before has left it out, and counted it.  It is handed on for what it says of the
	 * packet's life, and is not to be written.
	 */
	bool left_out;
};

struct stage {
	/* What the sighting points to is valid until this returns. */
	void (*take)(struct stage *stage, const struct sighting *sighting);
	struct stage *next;
};

static inline void stage_pass(const struct stage *stage, const struct sighting *sighting)
{
	stage->next->take(stage->next, sighting);
}

#endif
