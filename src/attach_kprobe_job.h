/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ATTACH_KPROBE_JOB_H
#define PWRU_CAP_ATTACH_KPROBE_JOB_H
/*
 * The half of the kprobe backend that runs in the keeper (src/keeper.h), and what it tells the
 * other half.
 */
#include <stdint.h>

#include "src/attach.h"

/* One message to the process that captures. */
struct kprobe_note {
	enum {
		NOTE_ATTACHING,	  /* done, of */
		NOTE_REFUSED,	  /* function number done, because of err */
		NOTE_NOT_PAUSED,  /* it takes longer, because of err: ftrace_pause_begin() */
		NOTE_TRACER_LEFT, /* FTRACE_PAUSE_LEFT */
		NOTE_ATTACHED,	  /* the last of them: err; done: probes that are armed */
		NOTE_DETACHING,	  /* done, of */
		NOTE_DETACHED,	  /* the last of them: err if something is left behind */
	} kind;
	int err; /* 0 or -errno */
	uint32_t done, of;
};

/*
 * kprobe_job() - a keeper_fn: attach, wait until the other process asks to end or is gone, detach
 * @opts: a const struct attach_opts
 */
void kprobe_job(int sock, void *opts);

/* kprobe_sweep_job() - a keeper_fn: removes the events of dead processes; context: bool,
 * whether RCU may be expedited */
void kprobe_sweep_job(int sock, void *ctx);

#endif
