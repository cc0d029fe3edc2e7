// SPDX-License-Identifier: GPL-2.0-only
#include "src/capture.h"

#include <inttypes.h>
#include <stdio.h>

#include "src/record.h"

bool capture_done(const struct capture *c)
{
	return c->err || (c->limit && c->taken >= c->limit);
}

int capture_take(void *capture, const void *data, size_t size)
{
	struct capture *c = capture;
	struct record rec;
	struct view view;

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
	c->taken++;
	c->err = c->sink->packet(c->sink, &view);
	return 0;
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
		.partly = sink->partly,
		.beyond = c->beyond,
		.no_id = kernel->lost_id,
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
	print_cause(a->partly, "captured, but could not be written to the other output");
	print_cause(a->beyond, "more matched after the last one (-c), and are not counted above");
	print_cause(a->missed, "sightings were missed: a probe was hit while another one ran");
	print_cause(a->no_id, "captured without an id: too many packets at a time");
}
