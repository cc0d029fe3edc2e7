// SPDX-License-Identifier: GPL-2.0-only
#include "src/timestamps.h"

#include <stdlib.h>
#include <time.h>

#define SECOND_NS 1000000000ULL

/*
 * skbs whose last time is remembered: a power of two, several times as many as are under way on a
 * busy machine.  One that is older than this many others counts as new.
 */
#define REMEMBERED_BITS 16

/* A second broken down; most lines are of the same one as the line before. */
struct broken_down {
	time_t second;
	bool valid;
	struct tm tm;
};

struct seen {
	uint64_t key, time_ns;
};

struct timestamps {
	enum time_style style;
	bool micro;
	bool begun;
	uint64_t first, last; /* lines, since 1970 */
	struct broken_down local, utc;
	struct seen *seen; /* of TIME_RELATIVE */
};

struct timestamps *timestamps_new(enum time_style style, bool micro)
{
	struct timestamps *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->style = style;
	t->micro = micro;
	if (style != TIME_RELATIVE)
		return t;
	t->seen = calloc(1 << REMEMBERED_BITS, sizeof(*t->seen));
	if (!t->seen) {
		free(t);
		return NULL;
	}
	return t;
}

static const struct tm *break_down(struct broken_down *b, uint64_t ns,
				   struct tm *(*fn)(const time_t *, struct tm *))
{
	time_t second = ns / SECOND_NS;

	if (!b->valid || b->second != second) {
		b->second = second;
		b->valid = true;
		fn(&second, &b->tm);
	}
	return &b->tm;
}

static void put_fraction(const struct timestamps *t, struct buf *out, uint64_t ns)
{
	buf_putc(out, '.');
	if (t->micro)
		buf_dec(out, ns % SECOND_NS / 1000, 6);
	else
		buf_dec(out, ns % SECOND_NS, 9);
}

static void put_clock(struct buf *out, unsigned int hours, unsigned int minutes,
		      unsigned int seconds)
{
	buf_dec(out, hours, 2);
	buf_putc(out, ':');
	buf_dec(out, minutes, 2);
	buf_putc(out, ':');
	buf_dec(out, seconds, 2);
}

static void put_date(struct buf *out, const struct tm *tm)
{
	buf_dec(out, tm->tm_year + 1900, 4);
	buf_putc(out, '-');
	buf_dec(out, tm->tm_mon + 1, 2);
	buf_putc(out, '-');
	buf_dec(out, tm->tm_mday, 2);
}

static void put_local(struct timestamps *t, struct buf *out, uint64_t ns)
{
	const struct tm *tm = break_down(&t->local, ns, localtime_r);

	if (t->style == TIME_DATE) {
		put_date(out, tm);
		buf_putc(out, ' ');
	}
	put_clock(out, tm->tm_hour, tm->tm_min, tm->tm_sec);
	put_fraction(t, out, ns);
}

/* A blank in the sign's place, as in tcpdump.  Other CPUs' lines may be from a moment earlier. */
static void put_difference(const struct timestamps *t, struct buf *out, uint64_t from, uint64_t to)
{
	uint64_t diff = to < from ? from - to : to - from, seconds = diff / SECOND_NS;

	buf_putc(out, to < from ? '-' : ' ');
	put_clock(out, seconds / 3600, seconds / 60 % 60, seconds % 60);
	put_fraction(t, out, diff);
}

static void put_since_seen(struct timestamps *t, struct buf *out, const struct ev_hdr *hdr)
{
	uint64_t key = hdr->id ? hdr->id : hdr->skb;
	struct seen *seen = &t->seen[key * 0x9e3779b97f4a7c15ULL >> (64 - REMEMBERED_BITS)];

	if (key && seen->key == key && hdr->time_ns > seen->time_ns)
		buf_u64(out, hdr->time_ns - seen->time_ns);
	else
		buf_putc(out, '0');
	*seen = (struct seen){.key = key, .time_ns = hdr->time_ns};
}

void timestamps_put(struct timestamps *t, struct buf *out, const struct view *view)
{
	uint64_t ns = view->time_ns;

	if (!t->begun) {
		t->begun = true;
		t->first = t->last = ns;
	}
	switch (t->style) {
	case TIME_NONE:
		break;
	case TIME_DAY:
	case TIME_DATE:
		put_local(t, out, ns);
		break;
	case TIME_EPOCH:
		buf_u64(out, ns / SECOND_NS);
		put_fraction(t, out, ns);
		break;
	case TIME_DELTA:
		put_difference(t, out, t->last, ns);
		break;
	case TIME_ELAPSED:
		put_difference(t, out, t->first, ns);
		break;
	case TIME_MONOTONIC:
		buf_u64(out, view->rec->hdr->time_ns);
		break;
	case TIME_RELATIVE:
		put_since_seen(t, out, view->rec->hdr);
		break;
	}
	t->last = ns;
}

const char *timestamps_title(const struct timestamps *t)
{
	switch (t->style) {
	case TIME_NONE:
		return NULL;
	case TIME_MONOTONIC:
	case TIME_RELATIVE:
		/* pwru's name for them. */
		return "TIMESTAMP";
	default:
		return "TIME";
	}
}

size_t timestamps_width(const struct timestamps *t)
{
	static const size_t widths[] = {
		[TIME_DAY] = 18,  [TIME_NONE] = 0,     [TIME_EPOCH] = 20,     [TIME_DELTA] = 19,
		[TIME_DATE] = 29, [TIME_ELAPSED] = 19, [TIME_MONOTONIC] = 16, [TIME_RELATIVE] = 10,
	};
	bool fraction = t->style != TIME_NONE && t->style < TIME_MONOTONIC;

	return widths[t->style] - (fraction && t->micro ? 3 : 0);
}

void timestamps_put_utc(struct timestamps *t, struct buf *out, uint64_t ns)
{
	const struct tm *tm = break_down(&t->utc, ns, gmtime_r);

	put_date(out, tm);
	buf_putc(out, 'T');
	put_clock(out, tm->tm_hour, tm->tm_min, tm->tm_sec);
	buf_putc(out, '.');
	buf_dec(out, ns % SECOND_NS, 9);
	buf_putc(out, 'Z');
}

void timestamps_free(struct timestamps *t)
{
	if (!t)
		return;
	free(t->seen);
	free(t);
}
