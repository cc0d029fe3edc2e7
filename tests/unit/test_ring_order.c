// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring in memory, filled by a producer that does what CPUs do: it reserves space in one order,
 * gets the time in another, and finishes in a third.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/event.h"
#include "src/ring_order.h"

#define SIZE	     (1 << 16)
#define RECORD_BYTES (sizeof(struct ev_hdr) + BPF_RINGBUF_HDR_SZ)
#define NEWS_BYTES   (8 + BPF_RINGBUF_HDR_SZ)

static uint64_t now;
static unsigned long producer, consumer;
static uint8_t *data;

static uint64_t read_clock(void)
{
	return now;
}

static int setup(void **state)
{
	int fd = memfd_create("ring", 0);

	(void)state;
	if (fd < 0 || ftruncate(fd, SIZE))
		return -1;
	/* Twice in a row, as the kernel maps it. */
	data = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mmap(data, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != data ||
	    mmap(data + SIZE, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) !=
		    data + SIZE)
		return -1;
	close(fd);
	return 0;
}

static struct ring_order begin(unsigned long at)
{
	producer = at;
	consumer = at;
	now = 1000000000;
	return (struct ring_order){
		.area = {.consumer = &consumer, .producer = &producer, .data = data, .size = SIZE},
		.clock = read_clock,
		.scanned = at,
		.mark_pos = at,
		.need_pos = at,
	};
}

static uint32_t *length_at(unsigned long pos)
{
	return (uint32_t *)(data + pos % SIZE);
}

static struct ev_hdr *record_at(unsigned long pos)
{
	return (struct ev_hdr *)(data + pos % SIZE + BPF_RINGBUF_HDR_SZ);
}

static unsigned long reserve_bytes(uint32_t bytes)
{
	unsigned long pos = producer;

	assert_true(producer - consumer + bytes <= SIZE);
	*length_at(pos) = (bytes - BPF_RINGBUF_HDR_SZ) | BPF_RINGBUF_BUSY_BIT;
	producer += bytes;
	return pos;
}

/* As the kernel does it: the record is busy until it is committed. */
static unsigned long reserve(void)
{
	return reserve_bytes(RECORD_BYTES);
}

/* A record is to come, whose time is read now. */
static unsigned long announce(void)
{
	return reserve_bytes(NEWS_BYTES);
}

static void stamp(unsigned long pos, uint64_t time_ns, uint64_t id)
{
	*record_at(pos) = (struct ev_hdr){.time_ns = time_ns, .id = id};
}

static void commit(unsigned long pos)
{
	*length_at(pos) &= ~BPF_RINGBUF_BUSY_BIT;
}

static void discard(unsigned long pos)
{
	*length_at(pos) = (*length_at(pos) & ~BPF_RINGBUF_BUSY_BIT) | BPF_RINGBUF_DISCARD_BIT;
}

static void put(uint64_t time_ns, uint64_t id)
{
	unsigned long pos = reserve();

	stamp(pos, time_ns, id);
	commit(pos);
}

/* The id of the next record, 0 if there is none. */
static uint64_t take(struct ring_order *o, bool all)
{
	size_t size;
	const struct ev_hdr *hdr = ring_order_next(o, all, &size);
	uint64_t id = hdr ? hdr->id : 0;

	if (!hdr)
		return 0;
	assert_int_equal(size, sizeof(*hdr));
	ring_order_done(o);
	return id;
}

static void test_sorts(void **state)
{
	struct ring_order o = begin(0);

	(void)state;
	put(now - 900000, 2);
	put(now - 950000, 1);
	put(now - 800000, 3);
	assert_int_equal(ring_order_scan(&o), 0);
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(take(&o, false), id);
	assert_int_equal(take(&o, false), 0);
	assert_int_equal(consumer, producer);
	assert_false(ring_order_waiting(&o));
	ring_order_free(&o);
}

/* What is of this moment may be overtaken by a record that has its place, but not its time yet. */
static void test_young_waits(void **state)
{
	struct ring_order o = begin(0);

	(void)state;
	put(now - 1, 1);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 0);
	assert_true(ring_order_waiting(&o));
	now += 1000000;
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 1);
	assert_false(ring_order_waiting(&o));

	/* At the end nobody waits. */
	put(now, 2);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 0);
	assert_int_equal(take(&o, true), 2);
	ring_order_free(&o);
}

/*
 * A CPU is held up for long, with a record that is reserved: those behind it are not looked at, and
 * the one before it, which got its time later, waits for it.
 */
static void test_held_up(void **state)
{
	struct ring_order o = begin(0);
	unsigned long first = reserve(), second = reserve();

	(void)state;
	stamp(second, now, 1);
	now += 50000000;
	stamp(first, now, 2);
	commit(first);
	for (int i = 0; i < 3; i++) {
		now += 10000000;
		assert_int_equal(ring_order_scan(&o), 0);
		assert_int_equal(take(&o, false), 0);
		assert_int_equal(consumer, 0);
	}
	commit(second);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 1);
	/* Its space is behind that of a record that is still needed. */
	assert_int_equal(consumer, 0);
	now += 10000000;
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 2);
	assert_int_equal(consumer, producer);
	ring_order_free(&o);
}

static void test_discarded(void **state)
{
	struct ring_order o = begin(0);

	(void)state;
	discard(reserve());
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, true), 0);
	assert_int_equal(consumer, producer);
	put(now - 1000000, 7);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, true), 7);
	ring_order_free(&o);
}

/*
 * A CPU is held up between the time of a record and its place.  Others are read and complete, were
 * it not for the announcement; and when that is gone, a busy one is still in front of the record.
 */
static void test_announced(void **state)
{
	struct ring_order o = begin(0);
	unsigned long news = announce(), busy;
	uint64_t early = now;

	(void)state;
	now += 1000000;
	put(now, 2);
	now += 1000000;
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 0);
	busy = reserve();
	put(early, 1);
	discard(news);
	for (int i = 0; i < 3; i++) {
		now += 1000000;
		assert_int_equal(ring_order_scan(&o), 0);
		assert_int_equal(take(&o, false), 0);
	}
	stamp(busy, now, 3);
	commit(busy);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 1);
	assert_int_equal(take(&o, false), 2);
	now += 1000000;
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 3);
	assert_int_equal(consumer, producer);
	ring_order_free(&o);
}

/* In a time namespace the programs' clock may be hours ahead of ours: nothing is held back for it.
 */
static void test_other_clock(void **state)
{
	struct ring_order o = begin(0);

	(void)state;
	put(now + 3600000000000, 1);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(take(&o, false), 1);
	ring_order_free(&o);
}

static void test_peak(void **state)
{
	struct ring_order o = begin(0);

	(void)state;
	put(now, 1);
	put(now, 2);
	assert_int_equal(ring_order_scan(&o), 0);
	assert_int_equal(o.peak, 2 * RECORD_BYTES);
	ring_order_free(&o);
}

/* ---- many CPUs, at random */

#define CPUS 7

struct cpu {
	enum {
		IDLE,
		RESERVED,
		STAMPED,
		/* Or, if the time comes first: */
		ANNOUNCED,
		TIMED,
		PLACED
	} at;
	unsigned long pos, news;
	uint64_t time_ns, id;
};

static uint64_t seed = 88172645463325252ULL;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* One CPU does its next step. */
static void step(struct cpu *cpu, uint64_t *id)
{
	switch (cpu->at) {
	case IDLE:
		/* Room for what the others have announced is left. */
		if (producer - consumer + (CPUS + 1) * (RECORD_BYTES + NEWS_BYTES) > SIZE)
			return;
		if (rnd(3)) {
			cpu->pos = reserve();
			cpu->at = RESERVED;
		} else {
			cpu->news = announce();
			cpu->at = ANNOUNCED;
		}
		break;
	case RESERVED:
		stamp(cpu->pos, now, ++*id);
		cpu->at = STAMPED;
		break;
	case STAMPED:
		commit(cpu->pos);
		cpu->at = IDLE;
		break;
	case ANNOUNCED:
		cpu->time_ns = now;
		cpu->id = ++*id;
		cpu->at = TIMED;
		break;
	case TIMED:
		put(cpu->time_ns, cpu->id);
		cpu->at = PLACED;
		break;
	case PLACED:
		discard(cpu->news);
		cpu->at = IDLE;
		break;
	}
}

/* Ids are given with the times, so what comes out is 1, 2, 3 ... and none is missing. */
static void test_random(void **state)
{
	/* Positions overflow on the way. */
	struct ring_order o = begin(-(unsigned long)(100 * RECORD_BYTES));
	struct cpu cpus[CPUS] = {0};
	uint64_t id = 0, taken = 0, ready = 0, next;

	(void)state;
	for (int i = 0; i < 2000000; i++) {
		now += 1 + rnd(2000);
		/* Some CPUs are slower than others, by far. */
		step(&cpus[rnd(rnd(CPUS) + 1)], &id);
		if (rnd(50))
			continue;
		assert_int_equal(ring_order_scan(&o), 0);
		while ((next = take(&o, false))) {
			assert_int_equal(next, ++taken);
			ready++;
		}
	}
	assert_true(ready > 100000);
	for (int i = 0; i < CPUS; i++)
		/* Of the same time any order would do. */
		for (; cpus[i].at != IDLE; now++)
			step(&cpus[i], &id);
	assert_int_equal(ring_order_scan(&o), 0);
	while ((next = take(&o, true)))
		assert_int_equal(next, ++taken);
	assert_int_equal(taken, id);
	assert_int_equal(consumer, producer);
	ring_order_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorts),	  cmocka_unit_test(test_young_waits),
		cmocka_unit_test(test_held_up),	  cmocka_unit_test(test_discarded),
		cmocka_unit_test(test_announced), cmocka_unit_test(test_other_clock),
		cmocka_unit_test(test_peak),	  cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
