// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start-up goes from what is cheap and likely to be wrong (the expressions, the output's path) to
 * what is slow (discovery, loading, attaching).  Nothing is attached and no file is touched before
 * all of it has succeeded.
 */
#include "src/session.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/capture.h"
#include "src/devices.h"
#include "src/discovery.h"
#include "src/filters.h"
#include "src/linktype.h"
#include "src/log.h"
#include "src/modes.h"
#include "src/names.h"
#include "src/output.h"
#include "src/privileges.h"
#include "src/progress.h"
#include "src/reasons_btf.h"
#include "src/ring.h"
#include "src/tracing.h"

#define SECOND_NS 1000000000ULL

/* How long a module that has been loaded may wait for its names (tracing_names()). */
#define NAMES_NS 50000000ULL

/* All that is open; what is zero is not there yet. */
struct session {
	const struct options *opts;
	struct signals *signals;
	struct privileges user; /* whom to become */
	struct filters filters;
	struct discovery kernel;
	struct tracing tracing;
	char skipped[1024]; /* functions that are left out, as words */
	struct names *names;
	struct reasons *reasons;
	struct modes modes;
	struct ring *ring;
	struct capture capture;
	struct progress progress;
};

/* What is attached to has its names from the inventory. */
static int know_names(struct session *s)
{
	const struct funcs *funcs = &s->kernel.funcs;
	struct ksym *known = calloc(funcs->n + 1, sizeof(*known));
	int err;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < funcs->n; i++)
		known[i] = (struct ksym){
			.addr = funcs->v[i].addr,
			.name = funcs->v[i].name,
			.module = funcs->v[i].module,
		};
	err = names_know(s->names, known, funcs->n);
	free(known);
	return err;
}

/* Called at the first drop, by who reads records. */
static int read_reasons(void *session, struct reasons *reasons)
{
	struct session *s = session;
	int err = discover_types(s->opts, &s->kernel);

	return err ? err : reasons_of_types(s->kernel.btf, reasons);
}

static int prepare_modes(struct session *s)
{
	int err;

	s->reasons = reasons_new(read_reasons, s);
	if (!s->reasons)
		return -ENOMEM;
	/* With a thread that reads modules' types there is no later (follow.h). */
	err = s->opts->all_kmods ? discover_types(s->opts, &s->kernel) : 0;
	if (!err)
		err = modes_open(s->opts, &s->kernel.funcs.roles, s->reasons, &s->modes);
	if (!err)
		modes_connect(&s->modes, &s->capture);
	return err;
}

/* What it takes to read records. */
static int prepare_view(struct session *s)
{
	int err;

	s->names = names_new();
	err = s->names ? know_names(s) : -ENOMEM;
	if (!err)
		err = view_open(s->opts->snaplen, s->names, &s->capture.view);
	if (err)
		log_error("preparing to read records: %s", strerror(-err));
	if (err)
		return err;
	view_set_progs(s->capture.view, &s->kernel.progs);
	view_set_reasons(s->capture.view, s->reasons);
	s->tracing.names = s->names;
	return 0;
}

/* What can fail before anything is loaded. */
static int prepare(struct session *s)
{
	int err;

	log_status("reading the kernel's types and functions ...");
	err = discover_functions(s->opts, &s->kernel);
	if (!err)
		err = prepare_modes(s);
	if (!err)
		err = discover_progs(s->opts, &s->kernel);
	if (!err)
		err = tracing_prepare(&s->tracing);
	return err ? err : prepare_view(s);
}

static int open_sink(struct session *s)
{
	struct sink_info info = {
		.command_line = s->opts->command_line,
		.expression = s->opts->expression,
		.backend = attach_name(s->tracing.backend),
		.functions = s->tracing.result.attached,
		.skipped = s->skipped,
		.snaplen = s->opts->snaplen,
		.linktype = s->opts->linktype,
		.ifaces = s->opts->ifaces,
	};

	funcs_describe_skipped(&s->kernel.funcs, s->skipped, sizeof(s->skipped));
	return output_open(s->opts, &info, &s->capture.sink);
}

/* Lines on the terminal show by themselves that packets come. */
static bool shows_progress(const struct options *opts)
{
	return !printing_wanted(&opts->printing, opts->write_path) ||
	       !printing_to_stdout(&opts->printing);
}

static void show_progress(struct session *s)
{
	uint64_t got = s->capture.taken;
	struct ev_stats stats;

	if (progress_due(&s->progress, got) && !loaded_stats(s->tracing.loaded, &stats))
		progress_show(&s->progress, clock_now_ns(), got, stats.lost_ring + stats.lost_size,
			      ring_peak(s->ring));
}

/* As tcpdump does. */
static void print_stats(struct session *s)
{
	struct ev_stats stats;

	if (!loaded_stats(s->tracing.loaded, &stats))
		log_error("%" PRIu64 " packets captured, %" PRIu64
			  " packets received by filter, %" PRIu64 " packets dropped by kernel",
			  s->capture.taken, (uint64_t)stats.matched,
			  (uint64_t)(stats.lost_ring + stats.lost_size));
}

/* What the sink has been told to do, and how that ended. */
static void note_sink(struct session *s, int err)
{
	if (err == -ECANCELED)
		s->capture.complete = true;
	else if (!s->capture.err)
		s->capture.err = err;
}

static void obey_signals(struct session *s)
{
	struct sink *sink = s->capture.sink;

	if (signals_take(&s->signals->stats))
		print_stats(s);
	if (s->capture.err || s->capture.complete)
		return;
	if (signals_take(&s->signals->flush))
		note_sink(s, sink->sync(sink));
	if (!signals_take(&s->signals->hangup))
		return;
	if (signals_hangup_ends(sink->rotate))
		s->signals->stop = 1;
	else if (sink->rotate)
		note_sink(s, sink->rotate(sink));
}

/* The kernel's symbols have changed. */
static int rename_all(void *ctx, const struct ksym *known, size_t n)
{
	struct session *s = ctx;
	int err = names_know(s->names, known, n);

	if (err)
		log_error("the names of a module's functions: %s", strerror(-err));
	names_read_again(s->names);
	view_forget_names(s->capture.view);
	return err;
}

/* Once a second. */
static int tick(struct session *s)
{
	view_sync_clock(s->capture.view);
	if (shows_progress(s->opts))
		show_progress(s);
	if (attach_lost(s->tracing.attached)) {
		log_error("the functions are not watched any more: the process that held the "
			  "probes was killed");
		return -EOWNERDEAD;
	}
	return 0;
}

static void announce(const struct session *s)
{
	size_t n_progs = attached_progs_count(s->tracing.attached_progs);
	char progs[64] = "";

	if (n_progs)
		snprintf(progs, sizeof(progs), " and %zu BPF program%s", n_progs,
			 n_progs == 1 ? "" : "s");
	log_info("listening on %zu functions (%s)%s, link-type %s, snapshot length %u bytes",
		 s->tracing.result.attached, attach_name(s->tracing.backend), progs,
		 linktype_describe(s->opts->linktype), s->opts->snaplen);
}

/*
 * Sleeps until records come, but no longer than to the given time.  A signal that comes after we
 * have looked at what it sets is let in by the sleep, and ends it.
 */
static int idle(struct session *s, uint64_t until)
{
	uint64_t now = clock_now_ns();
	sigset_t all, old;
	int err = 0;

	if (now >= until)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (!signals_any(s->signals))
		err = ring_wait(s->ring, until - now, &old);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err == -EINTR ? 0 : err;
}

/* Takes what is there, hands it on, or waits. */
static int serve(struct session *s, uint64_t until)
{
	bool more;
	int n = ring_take(s->ring, &more);

	/* What has come together goes out: a reader at the other end of a pipe waits. */
	if (!s->capture.err)
		s->capture.err = s->capture.sink->flush(s->capture.sink);
	if (n >= 0 && !more && !capture_done(&s->capture))
		n = idle(s, until);
	if (n < 0)
		log_error("reading the ring buffer: %s", strerror(-n));
	return n < 0 ? n : 0;
}

/* Returns 0, or -errno if the ring cannot be read any more. */
static int listen(struct session *s)
{
	uint64_t next = clock_now_ns() + SECOND_NS;
	int err = 0;

	s->capture.limit = options_limit(s->opts);
	s->progress.since_ns = clock_now_ns();
	announce(s);
	/* Stacks need them; until they are there, records wait in the ring. */
	if (s->opts->write_path || s->opts->printing.stack || s->opts->printing.caller)
		names_read_ahead(s->names);
	while (!err && !s->signals->stop && !capture_done(&s->capture)) {
		tracing_names(&s->tracing, rename_all, s);
		obey_signals(s);
		err = serve(s, s->opts->all_kmods ? clock_now_ns() + NAMES_NS : next);
		if (err || clock_now_ns() < next)
			continue;
		next = clock_now_ns() + SECOND_NS;
		err = tick(s);
	}
	return err;
}

/* Also after an error: it may be that of one output beside another. */
static void hand_totals(struct session *s, const struct ev_stats *stats,
			const struct left_out *left)
{
	struct sink *sink = s->capture.sink;
	struct sink_totals totals;

	if (!sink->totals)
		return;
	capture_totals(&s->capture, stats, left, &totals);
	totals.start_ns = view_wall_ns(s->capture.view, s->tracing.attach_began);
	totals.end_ns = view_wall_ns(s->capture.view, clock_now_ns());
	note_sink(s, sink->totals(sink, &totals));
}

/* Stop, then take all that is still in the ring: only then are the counts final. */
static int finish(struct session *s)
{
	struct ev_stats stats = {0};
	struct sink_stats sunk = {0};
	struct account account;
	struct left_out left;
	char path[PATH_MAX];
	int counted, err;

	log_status("detaching ...");
	tracing_stop(&s->tracing);
	ring_drain(s->ring);
	modes_end(&s->modes, &left);
	counted = loaded_stats(s->tracing.loaded, &stats);
	if (!counted)
		hand_totals(s, &stats, &left);
	/* It goes with the sink. */
	snprintf(path, sizeof(path), "%s", s->capture.sink->path);
	err = s->capture.sink->close(s->capture.sink, &sunk);
	s->capture.sink = NULL;
	log_status_clear();
	if (!err)
		err = s->capture.err;
	/* The reader has what it wanted, as with `tcpdump -w - | head`. */
	if (err == -EPIPE && !*sunk.failed_path)
		return 0;
	/* There is another output beside that, and figures to tell. */
	if (err == -EPIPE)
		err = 0;
	if (err)
		log_error("%s: %s", *sunk.failed_path ? sunk.failed_path : path, strerror(-err));
	if (counted) {
		log_error("%llu packets captured; reading the kernel's counters: %s",
			  (unsigned long long)sunk.written, strerror(-counted));
		return counted;
	}
	capture_account(&s->capture, &stats, &sunk, &left, &account);
	account.missed = tracing_missed(&s->tracing);
	account_print(&account);
	return err;
}

static int open_ring(struct session *s)
{
	int err = ring_open(loaded_ring_fd(s->tracing.loaded), capture_take, &s->capture, &s->ring);

	if (err)
		log_error("mapping the ring buffer: %s", strerror(-err));
	return err;
}

/* From here on as the user of -Z: with the files that are open, and what is in memory. */
static int give_up_root(struct session *s)
{
	int err;

	if (!s->user.name)
		return 0;
	/* The kernel would not show them later; and the thread that reads ahead has to be over. */
	names_symbols(s->names);
	err = privileges_drop(&s->user);
	if (!err)
		log_info("dropped privs to %s", s->user.name);
	return err;
}

static int capture(struct session *s)
{
	int err = tracing_start(&s->tracing), heard;

	/* Stopped before it began: an old file keeps what is in it. */
	if (s->signals->stop)
		return err == -EINTR ? 0 : err;
	if (!err)
		err = open_ring(s);
	if (!err)
		err = give_up_root(s);
	if (err)
		return err;
	err = open_sink(s);
	if (err)
		return err == -EPIPE ? 0 : err;
	heard = listen(s);
	err = finish(s);
	return err ? err : heard;
}

static int test_attach(struct session *s)
{
	uint64_t attached, detached;
	int err = tracing_start(&s->tracing);

	if (err)
		return err == -EINTR ? 0 : err;
	attached = clock_now_ns();
	log_status("detaching ...");
	err = tracing_detach_wait(&s->tracing);
	if (err)
		return err == -EINTR ? 0 : err;
	detached = clock_now_ns();
	log_status_clear();
	printf("%-14s %10s %12s %12s\n%-14s %10zu %10.3f s %10.3f s\n", "backend", "functions",
	       "attach", "detach", attach_name(s->tracing.backend), s->tracing.result.attached,
	       (attached - s->tracing.attach_began) / 1e9, (detached - attached) / 1e9);
	return 0;
}

static int list_funcs(struct session *s)
{
	int err = discovery_list(s->opts, &s->kernel);

	return err == -EPIPE ? 0 : err;
}

static int list_interfaces(void)
{
	int err = devices_list();

	return err == -EPIPE ? 0 : err;
}

static int run(struct session *s)
{
	int err;

	if (s->opts->list_interfaces)
		return list_interfaces();
	if (s->opts->list_funcs)
		return list_funcs(s);
	err = filters_compile(s->opts, &s->filters);

	if (!err && s->opts->dump)
		return filters_dump(s->opts, &s->filters);
	if (!err)
		err = privileges_find(s->opts->user, &s->user);
	if (!err)
		err = privileges_try(&s->user, output_check, s->opts);
	if (!err)
		err = caps_privileged();
	if (!err)
		err = prepare(s);
	if (!err && !s->signals->stop)
		err = s->opts->test_attach ? test_attach(s) : capture(s);
	log_status_clear();
	return err;
}

static void session_free(struct session *s)
{
	ring_close(s->ring);
	tracing_end(&s->tracing);
	view_close(s->capture.view);
	modes_free(&s->modes);
	reasons_free(s->reasons);
	names_free(s->names);
	discovery_free(&s->kernel);
	filters_free(&s->filters);
}

int session_run(const struct options *opts, struct signals *signals)
{
	struct session s = {.opts = opts, .signals = signals};
	int err;

	s.tracing = (struct tracing){
		.opts = opts, .stop = &signals->stop, .kernel = &s.kernel, .filters = &s.filters};
	err = run(&s);
	session_free(&s);
	return err;
}
