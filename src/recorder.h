/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RECORDER_H
#define PWRU_CAP_RECORDER_H
/*
 * The flight recorder (--on-drop): keeps the last sightings of each packet, and hands them on when
 * the packet is dropped.  The drop is the last of them; what is seen of the packet after that,
 * while it is freed, is left out.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/reasons.h"
#include "src/stage.h"

/* Memory for all that is kept, unless a test says otherwise. */
#define RECORDER_BYTES ((size_t)64 << 20)

struct recorder_opts {
	uint64_t last;			  /* sightings of a packet, the drop included; at least 1 */
	size_t bytes;			  /* of memory, at most */
	const struct reason_set *reasons; /* has to outlive the recorder */
	/* Entries, as in struct func_roles, of the functions by which a packet's end is known. */
	uint64_t release, data;
};

/* Sightings that were not handed on, by cause. */
struct recorder_stats {
	uint64_t undropped; /* of packets that were not dropped (for these reasons) */
	uint64_t older;	    /* of a dropped packet, before its last ones */
	uint64_t after;	    /* of a dropped packet, after the drop */
	uint64_t no_id;	    /* of no known packet */
	uint64_t evicted;   /* given up, oldest packet first, to stay within the memory */
	/* Not among them: */
	uint64_t incomplete; /* packets that were handed on without what had been given up */
};

struct recorder;

/* recorder_new() - an empty one; NULL when there is no memory */
struct recorder *recorder_new(const struct recorder_opts *opts);

/* recorder_stage() - its stage, whose next is to be set */
struct stage *recorder_stage(struct recorder *recorder);

/* recorder_bytes() - memory that is in use now */
size_t recorder_bytes(const struct recorder *recorder);

/* recorder_end() - nothing comes any more: what is kept was not dropped; these are all figures */
void recorder_end(struct recorder *recorder, struct recorder_stats *ret_stats);

/* recorder_free() - @recorder may be NULL */
void recorder_free(struct recorder *recorder);

#endif
