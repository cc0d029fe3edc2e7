// SPDX-License-Identifier: GPL-2.0-only
#include "src/listen.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "src/clock.h"
#include "src/linktype.h"
#include "src/log.h"
#include "src/options_stack.h"

#define SECOND_NS 1000000000ULL

/* How long a module that has been loaded may wait for its names (tracing_names()). */
#define NAMES_NS 50000000ULL

/* Lines on the terminal show by themselves that packets come. */
static bool shows_progress(const struct options *opts)
{
	return !printing_wanted(&opts->printing, opts->write_path) ||
	       !printing_to_stdout(&opts->printing);
}

static void show_progress(struct listening *l)
{
	uint64_t got = l->capture->taken;
	struct ev_stats stats;

	if (progress_due(&l->progress, got) && !loaded_stats(l->tracing->loaded, &stats))
		progress_show(&l->progress, clock_now_ns(), got, stats.lost_ring + stats.lost_size,
			      ring_peak(l->ring));
}

/* As tcpdump does. */
static void print_stats(struct listening *l)
{
	struct ev_stats stats;

	if (!loaded_stats(l->tracing->loaded, &stats))
		log_error("%" PRIu64 " packets captured, %" PRIu64
			  " packets received by filter, %" PRIu64 " packets dropped by kernel",
			  l->capture->taken, (uint64_t)stats.matched,
			  (uint64_t)(stats.lost_ring + stats.lost_size));
}

static void obey_signals(struct listening *l)
{
	struct sink *sink = l->capture->sink;

	if (signals_take(&l->signals->stats))
		print_stats(l);
	if (l->capture->err || l->capture->complete)
		return;
	if (signals_take(&l->signals->flush))
		capture_note(l->capture, sink->sync(sink));
	if (!signals_take(&l->signals->hangup))
		return;
	if (signals_hangup_ends(sink->rotate))
		l->signals->stop = 1;
	else if (sink->rotate)
		capture_note(l->capture, sink->rotate(sink));
}

/* The kernel's symbols have changed. */
static int rename_all(void *ctx, const struct ksym *known, size_t n)
{
	struct listening *l = ctx;
	int err = names_know(l->names, known, n);

	if (err)
		log_error("the names of a module's functions: %s", strerror(-err));
	names_read_again(l->names);
	view_forget_names(l->capture->view);
	return err;
}

/* Once a second. */
static int tick(struct listening *l)
{
	view_sync_clock(l->capture->view);
	if (shows_progress(l->opts))
		show_progress(l);
	if (attach_lost(l->tracing->attached)) {
		log_error("the functions are not watched any more: the process that held the "
			  "probes was killed");
		return -EOWNERDEAD;
	}
	return 0;
}

static void announce(const struct listening *l)
{
	size_t n_progs = attached_progs_count(l->tracing->attached_progs);
	char progs[64] = "";

	if (n_progs)
		snprintf(progs, sizeof(progs), " and %zu BPF program%s", n_progs,
			 n_progs == 1 ? "" : "s");
	log_info("listening on %zu functions (%s)%s, link-type %s, snapshot length %u bytes",
		 l->tracing->result.attached, attach_name(l->tracing->backend), progs,
		 linktype_describe(l->opts->linktype), l->opts->snaplen);
}

/*
 * Sleeps until records come, but no longer than to the given time.  A signal that comes after we
 * have looked at what it sets is let in by the sleep, and ends it.
 */
static int idle(struct listening *l, uint64_t until)
{
	uint64_t now = clock_now_ns();
	sigset_t all, old;
	int err = 0;

	if (now >= until)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (!signals_any(l->signals))
		err = ring_wait(l->ring, until - now, &old);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err == -EINTR ? 0 : err;
}

/* Takes what is there, hands it on, or waits. */
static int serve(struct listening *l, uint64_t until)
{
	bool more;
	int n = ring_take(l->ring, &more);

	/* What has come together goes out: a reader at the other end of a pipe waits. */
	if (!l->capture->err)
		l->capture->err = l->capture->sink->flush(l->capture->sink);
	if (n >= 0 && !more && !capture_done(l->capture))
		n = idle(l, until);
	if (n < 0)
		log_error("reading the ring buffer: %s", strerror(-n));
	return n < 0 ? n : 0;
}

int listen_on(struct listening *l)
{
	uint64_t next = clock_now_ns() + SECOND_NS;
	int err = 0;

	l->capture->limit = options_limit(l->opts);
	l->progress.since_ns = clock_now_ns();
	announce(l);
	/*
	 * Stacks need them; until they are there, records wait in the ring.  The place of a drop
	 * needs one, too, but there may never be a drop; the first one waits for them.
	 */
	if (options_stack_depth(l->opts))
		names_read_ahead(l->names);
	while (!err && !l->signals->stop && !capture_done(l->capture)) {
		tracing_names(l->tracing, rename_all, l);
		obey_signals(l);
		err = serve(l, l->opts->all_kmods ? clock_now_ns() + NAMES_NS : next);
		if (err || clock_now_ns() < next)
			continue;
		next = clock_now_ns() + SECOND_NS;
		err = tick(l);
	}
	return err;
}
