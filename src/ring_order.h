/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RING_ORDER_H
#define PWRU_CAP_RING_ORDER_H
/*
 * The records of a BPF ring buffer, in order of time.
 *
 * They lie in the ring in the order in which their space was reserved, and get their time a moment
 * later: two CPUs, or an interrupt on one, can do the one and the other in different orders.  How
 * much later is not bounded (an interrupt, a hypervisor), so no fixed window would do.  But this is
 * certain: whoever reads the clock and then the position up to which space is reserved knows that
 * each record beyond that position gets its time later than that.  So once all records before the
 * position are at hand, those of them that are older than that reading are complete, and sorting
 * them is enough.  What is younger waits for the next reading.
 *
 * Some records get their time first, and their place later (bpf/gather.bpf.h).  Each is announced:
 * space is reserved before it gets its time, and discarded when it has its place.  So when a
 * discarded one before the position is found, its record has a place by then, and the records that
 * have to be at hand are those up to where space is reserved by then.  Announcements behind the
 * position do not matter: their records' times, too, are later than the reading of the clock.
 *
 * Records stay where they are in the ring until they are delivered.  What is remembered of each
 * takes 28 bytes, which for a ring full of the smallest ones is a seventh of its size.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is shared with the kernel; positions count bytes, and are never set back. */
struct ring_area {
	unsigned long *consumer;		/* ours: space below it is free again */
	const volatile unsigned long *producer; /* space is reserved up to there */
	const uint8_t *data;			/* the ring, twice in a row */
	size_t size;				/* of it once, a power of two */
};

struct ring_item {
	uint64_t time_ns; /* ev_hdr.time_ns */
	unsigned long pos;
	bool delivered;
};

/* Zero-filled at first, but for area and clock. */
struct ring_order {
	struct ring_area area;
	uint64_t (*clock)(void); /* CLOCK_MONOTONIC, ns */
	struct ring_item *items; /* n of them, in the order of the ring */
	uint32_t *sorted;	 /* their numbers in order of time, n_sorted of them */
	size_t n, items_cap, n_sorted, sorted_cap;
	size_t next;		/* of sorted: the first that is not delivered */
	size_t first;		/* of items: the first that is not delivered */
	unsigned long scanned;	/* records below this position are among the items */
	unsigned long mark_pos; /* a reading of the producer's position, */
	uint64_t mark_ns;	/* and of the clock just before */
	unsigned long need_pos; /* mark_pos, or where records end that were announced before it */
	uint64_t until_ns;	/* records older than this are complete */
	size_t peak;		/* most bytes that were in use, since it was last set to 0 */
};

/**
 * ring_order_scan() - look what has come, once all that is complete has been delivered
 *
 * Return: 0 or -ENOMEM.
 */
int ring_order_scan(struct ring_order *o);

/**
 * ring_order_next() - take the next record
 * @all: also one that is not complete; right when no program runs any more
 * @ret_size: receives its bytes
 *
 * Return: the record, which stays valid until ring_order_done(); NULL if there is none.
 */
const void *ring_order_next(const struct ring_order *o, bool all, size_t *ret_size);

/* ring_order_done() - the record of ring_order_next() is not needed any more */
void ring_order_done(struct ring_order *o);

/* ring_order_used() - bytes in use now, records that are being filled included */
size_t ring_order_used(const struct ring_order *o);

/* ring_order_waiting() - is there something in the ring, complete or not? */
bool ring_order_waiting(const struct ring_order *o);

void ring_order_free(struct ring_order *o);

#endif
