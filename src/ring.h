/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RING_H
#define PWRU_CAP_RING_H
/*
 * Reading the ring buffer.
 */
#include <stddef.h>

struct ring;

/*
 * Takes one record, aligned to 8, valid during the call. A value below 0 ends the reading: the
 * record counts as taken, and ring_poll() or ring_drain() returns that value.
 */
typedef int (*ring_fn)(void *ctx, const void *data, size_t size);

/**
 * ring_open() - map the buffer
 * @map_fd: the ring buffer map
 * @fn: gets each record
 * @ctx: goes to @fn
 * @ret_ring: receives the new object, on success only
 *
 * Return: 0, or -errno.
 */
int ring_open(int map_fd, ring_fn fn, void *ctx, struct ring **ret_ring);

/**
 * ring_poll() - wait for records, and take those that are there, up to some thousand
 * @timeout_ms: longest wait
 *
 * Return: how many were taken, 0 if none came, -EINTR on a signal, or what @fn returned.
 */
int ring_poll(struct ring *ring, int timeout_ms);

/*
 * ring_drain() - take what is left; once no program runs any more, that is everything
 *
 * Return: 0, or what @fn returned.
 */
int ring_drain(struct ring *ring);

/* ring_close() - @ring may be NULL */
void ring_close(struct ring *ring);

#endif
