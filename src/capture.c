// SPDX-License-Identifier: GPL-2.0-only
#include "src/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "src/record.h"

bool capture_done(const struct capture *c)
{
	return c->err || c->complete || (c->limit && c->taken >= c->limit);
}

int capture_take(void *capture, const void *data, size_t size)
{
	struct capture *c = capture;
	struct record rec;
	struct view view;
	int err;

	/* Every record is counted somewhere, also those that come while the programs are detached.
	 */
	if (c->err) {
		c->unsunk++;
		return 0;
	}
	if (capture_done(c)) {
		c->beyond++;
		return 0;
	}
	if (record_parse(data, size, &rec)) {
		c->broken++;
		return 0;
	}
	view_make(c->view, &rec, &view);
	err = c->sink->packet(c->sink, &view);
	if (err == -ECANCELED) {
		c->complete = true;
		c->beyond++;
		return 0;
	}
	c->taken++;
	c->err = err;
	return 0;
}

void capture_totals(const struct capture *c, const struct ev_stats *kernel,
		    struct sink_totals *ret_totals)
{
	uint64_t received = kernel->matched - c->beyond;

	*ret_totals = (struct sink_totals){
		.received = received,
		.dropped = received - c->taken,
		.lost = kernel->lost_ring + kernel->lost_size,
	};
}

void capture_account(const struct capture *c, const struct ev_stats *kernel,
		     const struct sink_stats *sink, struct account *ret_account)
{
	struct account a = {
		.captured = sink->written,
		.received = kernel->matched - c->beyond,
		.lost_ring = kernel->lost_ring,
		.lost_size = kernel->lost_size,
		.broken = c->broken,
		.failed = sink->failed + c->unsunk,
		.beyond = c->beyond,
		.no_id = kernel->lost_id,
		.no_frame = kernel->no_frame,
	};

	a.dropped = a.received - a.captured;
	a.unknown = a.dropped - (a.lost_ring + a.lost_size + a.broken + a.failed);
	*ret_account = a;
}

static void print_cause(uint64_t n, const char *what)
{
	if (n)
		fprintf(stderr, "  %" PRIu64 " %s\n", n, what);
}

void account_print(const struct account *a)
{
	fprintf(stderr, "%" PRIu64 " packet%s captured\n", a->captured,
		a->captured == 1 ? "" : "s");
	fprintf(stderr, "%" PRIu64 " packet%s received by filter\n", a->received,
		a->received == 1 ? "" : "s");
	fprintf(stderr, "%" PRIu64 " packet%s dropped by kernel\n", a->dropped,
		a->dropped == 1 ? "" : "s");
	print_cause(a->lost_ring, "lost: the ring buffer was full (-B makes it larger)");
	print_cause(a->lost_size, "lost: larger than the largest record");
	print_cause(a->broken, "lost: records that could not be read");
	print_cause(a->failed, "lost: could not be written");
	print_cause(a->unknown, "unaccounted for: please report this");
	print_cause(a->beyond,
		    "more matched after the last one (-c, -W), and are not counted above");
	print_cause(a->missed, "sightings were missed: a probe was hit while another one ran");
	print_cause(a->no_id, "captured without an id: too many packets at a time");
	print_cause(a->no_frame, "calls whose stack could not be followed: functions without an "
				 "skb below them are not captured");
}
