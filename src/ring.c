// SPDX-License-Identifier: GPL-2.0-only
#include "src/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define GATHER_US 2000
#define POLL_MAX  4096

struct ring {
	struct ring_buffer *rb;
	ring_fn fn;
	void *ctx;
	bool busy; /* the last poll found records */
	int quota; /* records that ring_poll() may still take; -1: no limit */
};

static int take(void *ctx, void *data, size_t size)
{
	struct ring *ring = ctx;
	int err = ring->fn(ring->ctx, data, size);

	if (err < 0 || ring->quota < 0)
		return err;
	/* libbpf counts a record as taken also if this is an error. */
	return --ring->quota ? 0 : -EAGAIN;
}

int ring_open(int map_fd, ring_fn fn, void *ctx, struct ring **ret_ring)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	ring->fn = fn;
	ring->ctx = ctx;
	ring->rb = ring_buffer__new(map_fd, take, ring, NULL);
	if (!ring->rb) {
		int err = -errno;

		free(ring);
		return err;
	}
	*ret_ring = ring;
	return 0;
}

int ring_poll(struct ring *ring, int timeout_ms)
{
	int n;

	/*
	 * The kernel wakes a reader that has taken everything, for each record. A short sleep after
	 * records came lets the next ones gather: one wake-up for hundreds of records.
	 */
	if (ring->busy)
		usleep(GATHER_US);
	/* libbpf goes on for as long as records come, and the caller has more to do than that. */
	ring->quota = POLL_MAX;
	n = ring_buffer__poll(ring->rb, timeout_ms);
	if (n == -EAGAIN) {
		ring->busy = false; /* more is waiting */
		return POLL_MAX;
	}
	ring->busy = n > 0;
	return n;
}

int ring_drain(struct ring *ring)
{
	int n;

	ring->quota = -1;
	do
		n = ring_buffer__consume(ring->rb);
	while (n > 0);
	return n;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->rb);
	free(ring);
}
