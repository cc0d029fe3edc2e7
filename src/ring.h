/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RING_H
#define PWRU_CAP_RING_H
/*
 * Reading the ring buffer: records in order of time, whichever CPU they come from.
 */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/*
 * Takes one record, aligned to 8, valid during the call. A value below 0 ends the reading: the
 * record counts as taken, and ring_take() or ring_drain() returns that value.
 */
typedef int (*ring_fn)(void *ctx, const void *data, size_t size);

/**
 * ring_open() - map the buffer
 * @map_fd: the ring buffer map, which has to stay open
 * @fn: gets each record
 * @ctx: goes to @fn
 * @ret_ring: receives the new object, on success only
 *
 * Return: 0, or -errno.
 */
int ring_open(int map_fd, ring_fn fn, void *ctx, struct ring **ret_ring);

/**
 * ring_take() - take what is there, up to some thousand records, without waiting
 * @ret_more: set if there may be more to be taken at once
 *
 * Records of the last moment stay in the ring, for one with an earlier time may follow.
 *
 * Return: how many were taken; -ENOMEM; or what @fn returned.
 */
int ring_take(struct ring *ring, bool *ret_more);

/**
 * ring_wait() - sleep until ring_take() may find something
 * @timeout_ns: longest wait
 * @mask: the signals that are blocked meanwhile; NULL: as they are
 *
 * Return: 0, or -errno: -EINTR on a signal.
 */
int ring_wait(struct ring *ring, uint64_t timeout_ns, const sigset_t *mask);

/* ring_peak() - how full the ring was at most since the last call, in percent */
unsigned int ring_peak(struct ring *ring);

/*
 * ring_drain() - take what is left; once no program runs any more, that is everything
 *
 * Return: 0, -ENOMEM, or what @fn returned.
 */
int ring_drain(struct ring *ring);

/* ring_close() - @ring may be NULL */
void ring_close(struct ring *ring);

#endif
