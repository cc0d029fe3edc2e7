// SPDX-License-Identifier: GPL-2.0-only
#include "src/ring_order.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "bpf/event.h"
#include "src/util.h"

/*
 * A CPU's store may become visible some nanoseconds after the instructions behind it, and the
 * clock of BPF programs may be off by about as much.
 */
#define MARGIN_NS 100000

/* A time so far ahead is of another clock (a time namespace): waiting for it would not help. */
#define FUTURE_NS 10000000000ULL

static uint32_t load_length(const struct ring_order *o, unsigned long pos)
{
	const uint8_t *header = o->area.data + (pos & (o->area.size - 1));

	/* What is behind it is complete when the busy bit is gone. */
	return __atomic_load_n((const uint32_t *)header, __ATOMIC_ACQUIRE);
}

static const void *record_at(const struct ring_order *o, unsigned long pos)
{
	return o->area.data + (pos & (o->area.size - 1)) + BPF_RINGBUF_HDR_SZ;
}

static unsigned long load_producer(const struct ring_order *o)
{
	return __atomic_load_n(o->area.producer, __ATOMIC_ACQUIRE);
}

size_t ring_order_used(const struct ring_order *o)
{
	return load_producer(o) - *o->area.consumer;
}

/* Space up to the first record that is still needed is free. */
static void release(struct ring_order *o)
{
	unsigned long pos;

	while (o->first < o->n && o->items[o->first].delivered)
		o->first++;
	pos = o->first < o->n ? o->items[o->first].pos : o->scanned;
	__atomic_store_n(o->area.consumer, pos, __ATOMIC_RELEASE);
}

/* Only what is not delivered is kept. */
static void forget_delivered(struct ring_order *o)
{
	size_t kept = 0;

	for (size_t i = o->first; i < o->n; i++)
		if (!o->items[i].delivered)
			o->items[kept++] = o->items[i];
	o->n = kept;
	o->first = 0;
	o->next = 0;
	o->n_sorted = 0;
}

static int add_item(struct ring_order *o, unsigned long pos)
{
	struct ring_item *items = grow(o->items, o->n, &o->items_cap, sizeof(*items));
	const struct ev_hdr *hdr = record_at(o, pos);

	if (!items)
		return -ENOMEM;
	o->items = items;
	items[o->n++] = (struct ring_item){.time_ns = hdr->time_ns, .pos = pos};
	return 0;
}

static bool before_mark(const struct ring_order *o)
{
	return (long)(o->mark_pos - o->scanned) > 0;
}

/* Up to the producer's position, or to a record that is being filled. */
static int scan(struct ring_order *o)
{
	unsigned long end = load_producer(o);

	if (ring_order_used(o) > o->peak)
		o->peak = ring_order_used(o);
	while (o->scanned != end) {
		uint32_t len = load_length(o, o->scanned), bytes;

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		bytes = len & ~BPF_RINGBUF_DISCARD_BIT;
		if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
			if (add_item(o, o->scanned))
				return -ENOMEM;
		} else if (before_mark(o)) {
			/* What it announced lies before this position, as it is not busy. */
			o->need_pos = load_producer(o);
		}
		o->scanned += (bytes + BPF_RINGBUF_HDR_SZ + 7UL) & ~7UL;
	}
	return 0;
}

/* They are nearly sorted, so each is soon at its place. */
static int sort(struct ring_order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		uint32_t *sorted = grow(o->sorted, o->n_sorted, &o->sorted_cap, sizeof(*sorted));
		size_t at = o->n_sorted;

		if (!sorted)
			return -ENOMEM;
		o->sorted = sorted;
		while (at > 0 && o->items[sorted[at - 1]].time_ns > o->items[i].time_ns) {
			sorted[at] = sorted[at - 1];
			at--;
		}
		sorted[at] = i;
		o->n_sorted++;
	}
	return 0;
}

static bool passed_mark(const struct ring_order *o)
{
	return (long)(o->scanned - o->need_pos) >= 0;
}

int ring_order_scan(struct ring_order *o)
{
	int err;

	forget_delivered(o);
	if (passed_mark(o)) {
		o->mark_ns = o->clock();
		o->mark_pos = load_producer(o);
		o->need_pos = o->mark_pos;
	}
	err = scan(o);
	if (!err)
		err = sort(o);
	/* What was discarded is free, whether something follows or not. */
	release(o);
	if (passed_mark(o) && o->mark_ns > MARGIN_NS)
		o->until_ns = o->mark_ns - MARGIN_NS;
	return err;
}

const void *ring_order_next(const struct ring_order *o, bool all, size_t *ret_size)
{
	const struct ring_item *item;

	if (o->next == o->n_sorted)
		return NULL;
	item = &o->items[o->sorted[o->next]];
	/* Below 0 is a large number. */
	if (!all && (!o->until_ns || item->time_ns - o->until_ns < FUTURE_NS))
		return NULL;
	*ret_size = load_length(o, item->pos);
	return record_at(o, item->pos);
}

void ring_order_done(struct ring_order *o)
{
	o->items[o->sorted[o->next++]].delivered = true;
	release(o);
}

bool ring_order_waiting(const struct ring_order *o)
{
	return ring_order_used(o) != 0;
}

void ring_order_free(struct ring_order *o)
{
	free(o->items);
	free(o->sorted);
}
