// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start-up goes from what is cheap and likely to be wrong (the expressions, the output's path) to
 * what is slow (discovery, loading, attaching).  Nothing is attached and no file is touched before
 * all of it has succeeded.
 */
#include "src/session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/capture.h"
#include "src/containers.h"
#include "src/devices.h"
#include "src/discovery.h"
#include "src/dumper.h"
#include "src/filters.h"
#include "src/listen.h"
#include "src/log.h"
#include "src/modes.h"
#include "src/names.h"
#include "src/options_stack.h"
#include "src/output.h"
#include "src/privileges.h"
#include "src/reasons_btf.h"
#include "src/returns_btf.h"
#include "src/ring.h"
#include "src/tracing.h"

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
	struct containers *containers; /* NULL: not asked for */
	struct returns *returns;       /* likewise */
	struct dumper *dumper;	       /* of --dump; NULL: it was not given */
	struct modes modes;
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

/* How large the structs are that are recorded, and how they are shown. */
static int prepare_dumper(struct session *s)
{
	const unsigned int wanted = s->opts->printing.structs;
	int err;

	if (!wanted)
		return 0;
	err = discover_types(s->opts, &s->kernel);
	if (!err)
		err = dumper_new(kbtf_vmlinux(s->kernel.btf), wanted, &s->dumper);
	if (err)
		return err;
	for (int kind = 0; kind < EV_DUMPS; kind++) {
		uint32_t len = dumper_len(s->dumper, kind);

		s->tracing.dump_len[kind] = len;
		if (len)
			log_verbose("--dump %s: %u bytes a record", printing_struct(kind),
				    len + (uint32_t)sizeof(struct ev_dump));
	}
	return 0;
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
	view_set_stack_depth(s->capture.view, options_stack_depth(s->opts));
	view_set_containers(s->capture.view, s->containers);
	view_set_returns(s->capture.view, s->returns);
	view_set_fields(s->capture.view, &s->filters.fields[FIELDS_SKB].shown,
			&s->filters.fields[FIELDS_XDP].shown);
	view_set_dumper(s->capture.view, s->dumper);
	s->tracing.names = s->names;
	return 0;
}

static int prepare_returns(struct session *s)
{
	int err;

	if (!s->opts->printing.ret)
		return 0;
	s->returns = returns_new();
	err = s->returns ? discover_types(s->opts, &s->kernel) : -ENOMEM;
	if (!err)
		err = returns_of_types(s->kernel.btf, &s->kernel.funcs, s->returns);
	if (err)
		log_error("reading what functions return: %s", strerror(-err));
	return err;
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
		err = prepare_dumper(s);
	if (!err)
		err = discover_progs(s->opts, &s->kernel);
	if (!err)
		err = prepare_returns(s);
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
	capture_note(&s->capture, sink->totals(sink, &totals));
}

/* Stop, then take all that is still in the ring: only then are the counts final. */
static int finish(struct session *s)
{
	struct ev_stats stats = {0};
	struct sink_stats sunk = {0};
	struct account account;
	struct left_out left;
	char path[PATH_MAX];
	int drained, counted, err;

	log_status("detaching ...");
	tracing_stop(&s->tracing);
	drained = ring_drain(s->ring);
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
	if (drained < 0)
		log_error("what was left in the ring buffer: %s", strerror(-drained));
	return err ? err : drained;
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
	/* A FIFO is opened when it has a reader. */
	do
		err = open_sink(s);
	while (err == -EINTR && !s->signals->stop);
	if (err)
		return err == -EPIPE || err == -EINTR ? 0 : err;
	heard = listen_on(&(struct listening){
		.opts = s->opts,
		.signals = s->signals,
		.tracing = &s->tracing,
		.names = s->names,
		.ring = s->ring,
		.capture = &s->capture,
	});
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

/* What is wrong with them is said before what is wrong with the kernel. */
static int check_names(const struct options *opts)
{
	int err = attach_check_name(opts->backend);

	if (!err)
		err = funcs_check_pattern(opts->filter_func);
	/* It may come later. */
	if (!err && opts->ifname && devices_missing(opts->ifname))
		log_info("-i %s: no network namespace has such a device now (-D lists those that "
			 "there are)",
			 opts->ifname);
	return err;
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
		err = check_names(s->opts);
	if (!err && s->opts->printing.container)
		err = containers_new("", &s->containers);
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
	dumper_free(s->dumper);
	reasons_free(s->reasons);
	containers_free(s->containers);
	returns_free(s->returns);
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
