/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CAPTURE_H
#define PWRU_CAP_CAPTURE_H
/*
 * From records to packets in the sink, with the account of all that did not get there.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "src/recorder.h"
#include "src/sink.h"
#include "src/stage.h"
#include "src/view.h"

struct capture {
	struct stage *first; /* what each record comes to first; NULL: it is written at once */
	struct stage last;   /* the writer: capture_writer() */
	struct sink *sink;
	struct view_state *view;
	uint64_t limit;	 /* -c; 0: none */
	uint64_t taken;	 /* handed to the sink */
	bool complete;	 /* the sink takes no more, for it has all that it is to have */
	uint64_t beyond; /* came after the limit was reached: not part of the capture */
	uint64_t broken; /* records that could not be read */
	int err;	 /* of the sink; it gets no more packets then */
	uint64_t unsunk; /* came after that error */
};

/* What the stages have left out. */
struct left_out {
	uint64_t unchanged; /* changes_unchanged() */
	struct recorder_stats recorder;
};

/* What became of every packet that matched: received = captured + dropped + left out. */
struct account {
	uint64_t captured;  /* in the file */
	uint64_t received;  /* matched in the kernel, but for those beyond the limit */
	uint64_t dropped;   /* lost: the sum of the causes below */
	uint64_t lost_ring; /* the ring buffer was full */
	uint64_t lost_size; /* larger than the largest record */
	uint64_t broken;
	uint64_t failed;   /* could not be written */
	uint64_t partly;   /* captured, but another output did not get them */
	uint64_t unknown;  /* the kernel's count says that they were there; a bug if not 0 */
	uint64_t beyond;   /* not among the above */
	uint64_t no_id;	   /* captured, but without an id */
	uint64_t no_frame; /* as in struct ev_stats */
	uint64_t no_head;  /* likewise */
	uint64_t missed;   /* runs of a program that the kernel left out; matching or not */
	uint64_t left_out; /* as asked for: the sum of what is in left */
	struct left_out left;
};

/* capture_done() - has the limit been reached, is the output complete, or has the sink failed? */
bool capture_done(const struct capture *c);

/* capture_take() - takes one record; a ring_fn, whose context is the capture */
int capture_take(void *capture, const void *data, size_t size);

/* capture_note() - what the sink returned when it was told something else than a packet */
void capture_note(struct capture *c, int err);

/* capture_writer() - the last of the stages, which writes what comes to it */
struct stage *capture_writer(struct capture *c);

/*
 * capture_totals() - what the sink may say of the capture, after the last packet; without times,
 * and without what the stages have left out
 */
void capture_totals(const struct capture *c, const struct ev_stats *kernel,
		    const struct left_out *left, struct sink_totals *ret_totals);

/*
 * capture_account() - add up, after the programs have stopped, the stages have ended and the sink
 * is closed; @left: what the stages have left out, NULL if there are none
 */
void capture_account(const struct capture *c, const struct ev_stats *kernel,
		     const struct sink_stats *sink, const struct left_out *left,
		     struct account *ret_account);

/* account_print() - tcpdump's three lines on stderr, then a line a cause that is not zero */
void account_print(const struct account *a);

#endif
