// SPDX-License-Identifier: GPL-2.0-only
#include "src/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "src/record.h"

bool capture_done(const struct capture *c)
{
	return c->err || c->complete || (c->limit && c->taken >= c->limit);
}

void capture_note(struct capture *c, int err)
{
	if (err == -ECANCELED)
		c->complete = true;
	else if (!c->err)
		c->err = err;
}

/* What comes here was taken before the limit, or an error, was known of: see capture_take(). */
static void write_sighting(struct stage *stage, const struct sighting *s)
{
	struct capture *c = (struct capture *)((char *)stage - offsetof(struct capture, last));
	struct view view;
	int err;

	if (s->left_out)
		return;
	if (c->err) {
		c->unsunk++;
		return;
	}
	if (capture_done(c)) {
		c->beyond++;
		return;
	}
	view_make(c->view, &s->rec, &view);
	view.changed = s->changed;
	err = c->sink->packet(c->sink, &view);
	if (err == -ECANCELED) {
		c->complete = true;
		c->beyond++;
		return;
	}
	c->taken++;
	c->err = err;
}

struct stage *capture_writer(struct capture *c)
{
	c->last.take = write_sighting;
	return &c->last;
}

int capture_take(void *capture, const void *data, size_t size)
{
	struct capture *c = capture;
	struct sighting s = {0};
	struct stage *first = c->first ?: capture_writer(c);

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
	if (record_parse(data, size, &s.rec)) {
		c->broken++;
		return 0;
	}
	first->take(first, &s);
	return 0;
}

static uint64_t count_left_out(const struct left_out *left)
{
	const struct recorder_stats *r = &left->recorder;

	return left->unchanged + r->undropped + r->older + r->after + r->no_id + r->evicted;
}

void capture_totals(const struct capture *c, const struct ev_stats *kernel,
		    const struct left_out *left, struct sink_totals *ret_totals)
{
	uint64_t received = kernel->matched - c->beyond - count_left_out(left);

	*ret_totals = (struct sink_totals){
		.received = received,
		.dropped = received - c->taken,
		.lost = kernel->lost_ring + kernel->lost_size,
	};
}

void capture_account(const struct capture *c, const struct ev_stats *kernel,
		     const struct sink_stats *sink, const struct left_out *left,
		     struct account *ret_account)
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
		.no_frame = kernel->no_frame,
		.no_head = kernel->no_head,
	};

	if (left)
		a.left = *left;
	a.left_out = count_left_out(&a.left);
	a.dropped = a.received - a.captured - a.left_out;
	a.unknown = a.dropped - (a.lost_ring + a.lost_size + a.broken + a.failed);
	*ret_account = a;
}

static void print_cause(uint64_t n, const char *what)
{
	if (n)
		fprintf(stderr, "  %" PRIu64 " %s\n", n, what);
}

static void print_left_out(const struct account *a)
{
	const struct recorder_stats *r = &a->left.recorder;

	if (!a->left_out)
		return;
	fprintf(stderr, "%" PRIu64 " packet%s left out, as asked for\n", a->left_out,
		a->left_out == 1 ? "" : "s");
	print_cause(a->left.unchanged, "unchanged sightings (--changes)");
	print_cause(r->undropped, "sightings of packets that were not dropped so (--on-drop)");
	print_cause(r->older, "sightings of dropped packets, before their last ones (--last)");
	print_cause(r->after, "sightings of dropped packets, after the drop");
	print_cause(r->no_id, "sightings without an id, of which a drop is not known");
	print_cause(r->evicted, "sightings for which there was no memory (--on-drop)");
	print_cause(r->incomplete,
		    "dropped packets are incomplete for that, and are not counted above");
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
	print_left_out(a);
	print_cause(a->beyond,
		    "more matched after the last one (-c, -W), and are not counted above");
	print_cause(a->missed, "sightings were missed: a probe was hit while another one ran");
	print_cause(a->no_id, "captured without an id: too many packets at a time");
	print_cause(a->no_frame, "calls whose stack could not be followed: functions without an "
				 "skb below them are not captured");
	print_cause(a->no_head,
		    "sightings that no filter saw the headers of: more programs at a time "
		    "than there is room for on a CPU");
}
