// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start-up goes from what is cheap and likely to be wrong (the expressions, the output's path) to
 * what is slow (discovery, loading, attaching).  Nothing is attached and no file is touched before
 * all of it has succeeded.
 */
#include "src/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/capture.h"
#include "src/discovery.h"
#include "src/filters.h"
#include "src/log.h"
#include "src/names.h"
#include "src/outputs.h"
#include "src/ring.h"
#include "src/tracing.h"

#define POLL_MS	  100
#define SECOND_NS 1000000000ULL

/* All that is open; what is zero is not there yet. */
struct session {
	const struct options *opts;
	const volatile sig_atomic_t *stop;
	struct filters filters;
	struct discovery kernel;
	struct tracing tracing;
	char skipped[1024]; /* functions that are left out, as words */
	struct names *names;
	struct ring *ring;
	struct capture capture;
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
	else
		view_set_progs(s->capture.view, &s->kernel.progs);
	return err;
}

/* What can fail before anything is loaded. */
static int prepare(struct session *s)
{
	int err;

	log_status("reading the kernel's types and functions ...");
	err = discover_functions(s->opts, &s->kernel);
	if (!err)
		err = discover_progs(s->opts, &s->kernel);
	if (!err)
		err = tracing_prepare(&s->tracing);
	return err ? err : prepare_view(s);
}

static int open_sink(struct session *s)
{
	const struct options *opts = s->opts;
	struct sink_info info = {
		.path = opts->write_path,
		.command_line = opts->command_line,
		.expression = opts->expression,
		.backend = attach_name(s->tracing.backend),
		.functions = s->tracing.result.attached,
		.skipped = s->skipped,
		.snaplen = opts->snaplen,
		.packet_buffered = opts->packet_buffered,
		.printing = &opts->printing,
	};

	funcs_describe_skipped(&s->kernel.funcs, s->skipped, sizeof(s->skipped));
	return outputs_open(opts, &info, &s->capture.sink);
}

/* Lines on the terminal show by themselves that packets come. */
static bool shows_status(const struct options *opts)
{
	return !printing_wanted(&opts->printing, opts->write_path) ||
	       !printing_to_stdout(&opts->printing);
}

/* Once a second. */
static void tick(struct session *s)
{
	struct ev_stats stats;

	view_sync_clock(s->capture.view);
	if (shows_status(s->opts) && !loaded_stats(s->tracing.loaded, &stats))
		log_status("%" PRIu64 " packets, %" PRIu64 " dropped", s->capture.taken,
			   (uint64_t)(stats.lost_ring + stats.lost_size));
}

/* Returns 0, or -errno if the ring cannot be read any more. */
static int listen(struct session *s)
{
	uint64_t next = clock_now_ns() + SECOND_NS;
	size_t n_progs = attached_progs_count(s->tracing.attached_progs);
	char progs[64] = "";

	if (n_progs)
		snprintf(progs, sizeof(progs), " and %zu BPF program%s", n_progs,
			 n_progs == 1 ? "" : "s");
	s->capture.limit = options_limit(s->opts);
	log_info(
		"listening on %zu functions (%s)%s, link-type EN10MB (Ethernet), snapshot length %u bytes",
		s->tracing.result.attached, attach_name(s->tracing.backend), progs,
		s->opts->snaplen);
	/* Stacks need them; until they are there, records wait in the ring. */
	if (s->opts->write_path || s->opts->printing.stack || s->opts->printing.caller)
		names_read_ahead(s->names);
	while (!*s->stop && !capture_done(&s->capture)) {
		int n = ring_poll(s->ring, POLL_MS);

		/* What has come together goes out: a reader at the other end of a pipe waits. */
		if (!s->capture.err)
			s->capture.err = s->capture.sink->flush(s->capture.sink);
		if (n < 0 && n != -EINTR) {
			log_error("reading the ring buffer: %s", strerror(-n));
			return n;
		}
		if (clock_now_ns() < next)
			continue;
		next = clock_now_ns() + SECOND_NS;
		tick(s);
		if (attach_lost(s->tracing.attached)) {
			log_error("the functions are not watched any more: the process that held "
				  "the probes was killed");
			return -EOWNERDEAD;
		}
	}
	return 0;
}

/* Stop, then take all that is still in the ring: only then are the counts final. */
static int finish(struct session *s)
{
	struct ev_stats stats = {0};
	struct sink_stats sunk = {0};
	struct account account;
	const char *path = s->capture.sink->path;
	int counted, err;

	log_status("detaching ...");
	tracing_stop(&s->tracing);
	ring_drain(s->ring);
	counted = loaded_stats(s->tracing.loaded, &stats);
	err = s->capture.sink->close(s->capture.sink, &sunk);
	s->capture.sink = NULL;
	log_status_clear();
	if (!err)
		err = s->capture.err;
	if (sunk.failed_path)
		path = sunk.failed_path;
	/* The reader has what it wanted, as with `tcpdump -w - | head`. */
	if (err == -EPIPE && !sunk.failed_path)
		return 0;
	/* There is a file beside that, whose figures count. */
	if (err == -EPIPE)
		err = 0;
	if (err)
		log_error("%s: %s", path, strerror(-err));
	if (counted) {
		log_error("%llu packets captured; reading the kernel's counters: %s",
			  (unsigned long long)sunk.written, strerror(-counted));
		return counted;
	}
	capture_account(&s->capture, &stats, &sunk, &account);
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

static int capture(struct session *s)
{
	int err = tracing_start(&s->tracing), heard;

	/* Stopped before it began: an old file keeps what is in it. */
	if (*s->stop)
		return err == -EINTR ? 0 : err;
	if (!err)
		err = open_ring(s);
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

static int run(struct session *s)
{
	int err;

	if (s->opts->list_funcs)
		return list_funcs(s);
	err = filters_compile(s->opts, &s->filters);

	if (!err && s->opts->dump)
		return filters_dump(s->opts, &s->filters);
	if (!err)
		err = outputs_check(s->opts);
	if (!err)
		err = caps_privileged();
	if (!err)
		err = prepare(s);
	if (!err && !*s->stop)
		err = s->opts->test_attach ? test_attach(s) : capture(s);
	log_status_clear();
	return err;
}

static void session_free(struct session *s)
{
	ring_close(s->ring);
	tracing_end(&s->tracing);
	view_close(s->capture.view);
	names_free(s->names);
	discovery_free(&s->kernel);
	filters_free(&s->filters);
}

int session_run(const struct options *opts, const volatile sig_atomic_t *stop)
{
	struct session s = {.opts = opts, .stop = stop};
	int err;

	s.tracing = (struct tracing){
		.opts = opts, .stop = stop, .kernel = &s.kernel, .filters = &s.filters};
	err = run(&s);
	session_free(&s);
	return err;
}
