/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TRACING_H
#define PWRU_CAP_TRACING_H
/*
 * The programs in the kernel: loaded and attached by the best way that works in the end, for what
 * the kernel promises it does not always keep.
 */
#include <signal.h>
#include <stdint.h>

#include "src/attach.h"
#include "src/attach_progs.h"
#include "src/discovery.h"
#include "src/filters.h"
#include "src/follow.h"
#include "src/load.h"
#include "src/names.h"
#include "src/options.h"

/* Depth of the stacks that are captured. */
#define TRACING_STACK_ROOM 64

/* Zero-filled at first, but for what it works on. */
struct tracing {
	const struct options *opts;
	const volatile sig_atomic_t *stop; /* not 0: give up */
	struct discovery *kernel;	   /* its functions and programs */
	struct filters *filters;
	/* as in struct load_opts */
	uint32_t dump_len[EV_DUMPS];
	struct kpages pages;	 /* zeros: not known, or not wanted */
	struct names *names;	 /* when to read symbols depends on the backend; NULL: not needed */
	struct splicer *splicer; /* of the filters */
	struct loaded *loaded;
	const struct backend *backend;
	struct funcs all_at_once; /* what is attached to in one go; modules may be apart */
	struct attached *attached;
	struct follow *follow; /* the modules, for --all-kmods */
	struct attached_progs *attached_progs;
	struct attach_result result;
	uint64_t missed;       /* attach_missed(), once detached */
	uint64_t attach_began; /* clock_now_ns() */
};

/**
 * tracing_prepare() - what can fail before anything is loaded
 *
 * Says on stderr what is wrong.
 *
 * Return: 0 or -errno.
 */
int tracing_prepare(struct tracing *t);

/**
 * tracing_start() - load the programs, attach them
 *
 * If *stop is set it returns, whatever is attached by then. Says on stderr what is wrong.
 *
 * Return: 0; -EINTR because of *stop; or -errno.
 */
int tracing_start(struct tracing *t);

/* tracing_names() - follow_names(), for --all-kmods */
void tracing_names(struct tracing *t, follow_names_fn fn, void *ctx);

/* tracing_stop() - nothing is recorded any more when this returns; what is loaded stays readable */
void tracing_stop(struct tracing *t);

/**
 * tracing_detach_wait() - detach all, also what goes on in the background otherwise
 *
 * Return: as attach_free_wait().
 */
int tracing_detach_wait(struct tracing *t);

/* tracing_missed() - sightings that the kernel left out, as loaded_missed() */
uint64_t tracing_missed(const struct tracing *t);

/* tracing_end() - detach and unload all; what is slow of it goes on in the background */
void tracing_end(struct tracing *t);

#endif
