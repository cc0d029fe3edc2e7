// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep costs nothing while nothing comes: the kernel wakes the reader for the first record.  From
 * then on the reader looks again every NAP_NS until the ring is empty: the kernel does not wake it
 * for each record meanwhile, so a wake-up serves hundreds, and what was too young to be in its
 * place in time (see ring_order.h) has become old enough.  A ring that fills faster is looked at
 * more often.
 */
#include "src/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/ring_order.h"

#define NAP_NS	     2000000
#define SHORT_NAP_NS 200000
/* The part of the ring from which on naps are short: 1 / this. */
#define NAP_PART  8
#define TAKE_MAX  4096
#define SECOND_NS 1000000000ULL

struct ring {
	int fd;
	ring_fn fn;
	void *ctx;
	struct ring_order order;
	void *consumer_page;
	void *producer_pages;
	size_t page_size;
};

static int map_memory(struct ring *ring)
{
	struct ring_area *area = &ring->order.area;

	ring->page_size = sysconf(_SC_PAGE_SIZE);
	ring->consumer_page = mmap(NULL, ring->page_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				   ring->fd, 0);
	if (ring->consumer_page == MAP_FAILED)
		return -errno;
	/* The kernel shows the data twice, so that a record at its end is in one piece. */
	ring->producer_pages = mmap(NULL, ring->page_size + 2 * area->size, PROT_READ, MAP_SHARED,
				    ring->fd, ring->page_size);
	if (ring->producer_pages == MAP_FAILED)
		return -errno;
	area->consumer = ring->consumer_page;
	area->producer = ring->producer_pages;
	area->data = (const uint8_t *)ring->producer_pages + ring->page_size;
	ring->order.scanned = *area->consumer;
	ring->order.mark_pos = *area->consumer;
	ring->order.need_pos = *area->consumer;
	return 0;
}

int ring_open(int map_fd, ring_fn fn, void *ctx, struct ring **ret_ring)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int err = 0;

	if (!ring)
		return -ENOMEM;
	ring->fd = map_fd;
	ring->fn = fn;
	ring->ctx = ctx;
	ring->consumer_page = MAP_FAILED;
	ring->producer_pages = MAP_FAILED;
	ring->order.clock = clock_now_ns;
	if (bpf_obj_get_info_by_fd(map_fd, &info, &size))
		err = -errno;
	ring->order.area.size = info.max_entries;
	if (!err)
		err = map_memory(ring);
	if (err) {
		ring_close(ring);
		return err;
	}
	*ret_ring = ring;
	return 0;
}

/* Up to max records; -errno, or how many. */
static int deliver(struct ring *ring, bool all, int max)
{
	const void *record;
	size_t size;
	int n = 0;

	while (n < max && (record = ring_order_next(&ring->order, all, &size))) {
		int err = ring->fn(ring->ctx, record, size);

		ring_order_done(&ring->order);
		if (err < 0)
			return err;
		n++;
	}
	return n;
}

int ring_take(struct ring *ring, bool *ret_more)
{
	/* What is left of an earlier scan comes before what a new one finds. */
	int n = deliver(ring, false, TAKE_MAX), more, err;

	*ret_more = n == TAKE_MAX;
	if (n < 0 || n == TAKE_MAX)
		return n;
	err = ring_order_scan(&ring->order);
	if (err)
		return err;
	more = deliver(ring, false, TAKE_MAX - n);
	if (more < 0)
		return more;
	*ret_more = n + more == TAKE_MAX;
	return n + more;
}

static uint64_t nap_ns(const struct ring *ring)
{
	return ring_order_used(&ring->order) > ring->order.area.size / NAP_PART ? SHORT_NAP_NS
										: NAP_NS;
}

int ring_wait(struct ring *ring, uint64_t timeout_ns, const sigset_t *mask)
{
	struct pollfd pfd = {.fd = ring->fd, .events = POLLIN};
	bool nap = ring_order_waiting(&ring->order);
	struct timespec timeout;

	if (nap && timeout_ns > nap_ns(ring))
		timeout_ns = nap_ns(ring);
	timeout = (struct timespec){timeout_ns / SECOND_NS, timeout_ns % SECOND_NS};
	return ppoll(&pfd, nap ? 0 : 1, &timeout, mask) < 0 ? -errno : 0;
}

unsigned int ring_peak(struct ring *ring)
{
	/* It may have been filling up since the last scan. */
	size_t used = ring_order_used(&ring->order), peak = ring->order.peak;

	ring->order.peak = 0;
	return (used > peak ? used : peak) * 100 / ring->order.area.size;
}

int ring_drain(struct ring *ring)
{
	int n = 0;

	/* Once more also when something was left of an earlier scan. */
	for (int empty = 0; n >= 0 && empty < 2; empty = n ? 0 : empty + 1) {
		int err = ring_order_scan(&ring->order);

		if (err)
			return err;
		n = deliver(ring, true, INT32_MAX);
	}
	return n < 0 ? n : 0;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	if (ring->consumer_page != MAP_FAILED)
		munmap(ring->consumer_page, ring->page_size);
	if (ring->producer_pages != MAP_FAILED)
		munmap(ring->producer_pages, ring->page_size + 2 * ring->order.area.size);
	ring_order_free(&ring->order);
	free(ring);
}
