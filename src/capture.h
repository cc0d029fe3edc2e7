/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CAPTURE_H
#define PWRU_CAP_CAPTURE_H
/*
 * From records to packets in the sink, with the account of all that did not get there.
 */
#include <stdint.h>

#include "bpf/event.h"
#include "src/sink.h"
#include "src/view.h"

struct capture {
	struct sink *sink;
	struct view_state *view;
	uint64_t limit;	 /* -c; 0: none */
	uint64_t taken;	 /* handed to the sink */
	uint64_t beyond; /* came after the limit was reached: not part of the capture */
	uint64_t broken; /* records that could not be read */
	int err;	 /* of the sink; it gets no more packets then */
	uint64_t unsunk; /* came after that error */
};

/* What became of every packet that matched. */
struct account {
	uint64_t captured;  /* in the file */
	uint64_t received;  /* matched in the kernel, but for those beyond the limit */
	uint64_t dropped;   /* received, but not captured: the sum of the causes below */
	uint64_t lost_ring; /* the ring buffer was full */
	uint64_t lost_size; /* larger than the largest record */
	uint64_t broken;
	uint64_t failed;  /* could not be written */
	uint64_t partly;  /* captured, but another output did not get them */
	uint64_t unknown; /* the kernel's count says that they were there; a bug if not 0 */
	uint64_t beyond;  /* not among the above */
	uint64_t no_id;	  /* captured, but without an id */
	uint64_t missed;  /* runs of a program that the kernel left out; matching or not */
};

/* capture_done() - has the limit been reached, or the sink failed? */
bool capture_done(const struct capture *c);

/* capture_take() - takes one record; a ring_fn, whose context is the capture */
int capture_take(void *capture, const void *data, size_t size);

/* capture_account() - add up, after the programs have stopped and the sink is closed */
void capture_account(const struct capture *c, const struct ev_stats *kernel,
		     const struct sink_stats *sink, struct account *ret_account);

/* account_print() - tcpdump's three lines on stderr, then a line a cause that is not zero */
void account_print(const struct account *a);

#endif
