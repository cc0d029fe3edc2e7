// SPDX-License-Identifier: GPL-2.0-only
#include "src/progress.h"

#include <inttypes.h>

#include "src/log.h"

bool progress_due(const struct progress *p, uint64_t got)
{
	return !p->shown || got != p->got;
}

void progress_show(struct progress *p, uint64_t now_ns, uint64_t got, uint64_t dropped,
		   unsigned int peak)
{
	double seconds = now_ns > p->since_ns ? (now_ns - p->since_ns) / 1e9 : 1;

	if (dropped > p->dropped)
		peak = 100;
	log_progress("Got %" PRIu64 " (%.0f/s), dropped %" PRIu64 ", buffer %u%%", got,
		     (got - p->got) / seconds, dropped, peak);
	*p = (struct progress){.shown = true, .got = got, .dropped = dropped, .since_ns = now_ns};
}
