// SPDX-License-Identifier: GPL-2.0-only
#include "src/attach_progress.h"

#include <stdio.h>

#include "src/clock.h"
#include "src/log.h"

void attach_progress_text(const char *what, double seconds, size_t done, size_t of, char *text,
			  size_t size)
{
	double rate = seconds > 0 ? done / seconds : 0;

	if (rate > 0)
		snprintf(text, size, "%s: %zu of %zu functions, %.0f a second, %.0f s left ...",
			 what, done, of, rate, (of - done) / rate);
	else
		snprintf(text, size, "%s: %zu of %zu functions ...", what, done, of);
}

void attach_progress_show(const char *what, uint64_t since_ns, size_t done, size_t of)
{
	char text[128];

	attach_progress_text(what, (clock_now_ns() - since_ns) / 1e9, done, of, text, sizeof(text));
	log_status("%s", text);
}
