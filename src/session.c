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

#include "src/attach.h"
#include "src/attach_progs.h"
#include "src/caps.h"
#include "src/capture.h"
#include "src/filters.h"
#include "src/funcs.h"
#include "src/kbtf.h"
#include "src/load.h"
#include "src/log.h"
#include "src/names.h"
#include "src/progs.h"
#include "src/remember.h"
#include "src/ring.h"
#include "src/tracefs.h"

/* Depth of the stacks that are captured. */
#define STACK_ROOM 64

#define POLL_MS	   100
#define SECOND_NS  1000000000ULL

/* All that is open; what is zero is not there yet. */
struct session {
	const struct options *opts;
	const volatile sig_atomic_t *stop;
	struct filters filters;
	struct splicer *splicer; /* of the filters */
	struct kbtf *btf;	 /* NULL: not needed so far */
	struct caps caps;
	struct memory memory; /* of the kernel */
	struct funcs funcs;
	char skipped[1024]; /* what is not among them, as words */
	struct names *names;
	struct progs progs;
	struct loaded *loaded;
	const struct backend *backend;
	struct attached *attached;
	struct attached_progs *attached_progs;
	struct attach_result result;
	struct ring *ring;
	struct capture capture;
};

static int ask_kernel(struct session *s)
{
	int err;

	if (!s->btf) {
		err = kbtf_open(s->opts->kernel_btf, &s->btf);
		if (err)
			return err;
	}
	caps_read(s->btf, &s->memory.best);
	return inventory_discover(s->btf, &s->memory.inventory);
}

/* What an earlier run was told, or else what the kernel says now. */
static int know_kernel(struct session *s)
{
	uint64_t key = 0;
	/* Types that the user names may not be the kernel's own. */
	int err = s->opts->kernel_btf ? -EOPNOTSUPP : remember_key(&key);
	bool keep = !err;

	if (!err)
		err = recall(key, &s->memory);
	if (!err)
		return 0;
	log_verbose("the kernel is asked for its functions, none are remembered: %s",
		    strerror(-err));
	err = ask_kernel(s);
	if (err || !keep)
		return err;
	err = remember(key, &s->memory);
	if (err)
		log_verbose("the functions could not be remembered for the next run: %s",
			    strerror(-err));
	return 0;
}

/* What is attached to has its names from the inventory. */
static int know_names(struct session *s)
{
	struct ksym *known = calloc(s->funcs.n + 1, sizeof(*known));
	int err;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < s->funcs.n; i++)
		known[i] = (struct ksym){
			.addr = s->funcs.v[i].addr,
			.name = s->funcs.v[i].name,
			.module = s->funcs.v[i].module,
		};
	err = names_know(s->names, known, s->funcs.n);
	free(known);
	return err;
}

static struct funcs_wanted wanted_funcs(const struct options *opts)
{
	return (struct funcs_wanted){.pattern = opts->filter_func, .modules = opts->kmods};
}

static int find_functions(struct session *s)
{
	const struct funcs_wanted wanted = wanted_funcs(s->opts);
	int err = funcs_select(&s->memory.inventory, &wanted, &s->funcs);

	if (err)
		return err;
	log_verbose(
		"%zu functions take an skb and can be traced; %zu are left out; packets are read %s",
		s->funcs.n, funcs_skipped(&s->funcs),
		s->caps.direct ? "by direct loads" : "by probe reads");
	s->names = names_new();
	err = s->names ? know_names(s) : -ENOMEM;
	if (!err)
		err = view_open(s->opts->snaplen, s->names, &s->capture.view);
	if (err)
		log_error("preparing to read records: %s", strerror(-err));
	return err;
}

/* The BPF programs that are asked for, if any. */
static int find_progs(struct session *s)
{
	bool wanted[PROG_KINDS] = {[PROG_TC] = s->opts->trace_tc, [PROG_XDP] = s->opts->trace_xdp};
	int err = progs_discover(wanted, &s->progs);

	if (!err)
		view_set_progs(s->capture.view, &s->progs);
	return err;
}

/* What is behind the filters that only types can tell. */
static int resolve_filters(struct session *s)
{
	int err = 0;

	if (!s->opts->filter_expr)
		return 0;
	if (!s->btf)
		err = kbtf_open(NULL, &s->btf);
	return err ? err : filters_resolve(s->opts, s->btf, &s->caps, &s->filters);
}

/* What can fail before anything is loaded. */
static int prepare(struct session *s)
{
	int err;

	log_status("reading the kernel's types and functions ...");
	err = know_kernel(s);
	if (!err)
		err = caps_choose(&s->memory.best, s->opts->filter_load, &s->caps);
	if (!err)
		err = resolve_filters(s);
	if (!err)
		err = splicer_new(&s->filters, &s->caps, &s->splicer);
	if (!err)
		err = find_functions(s);
	if (!err)
		err = find_progs(s);
	if (!err)
		attach_repair(!s->opts->no_rcu_expedited);
	return err;
}

static struct load_opts load_opts(const struct session *s)
{
	return (struct load_opts){
		.needs = attach_needs(s->backend, &s->funcs),
		.caps = &s->caps,
		.roles = &s->funcs.roles,
		.filters = &s->filters,
		.splicer = s->splicer,
		.kernel_btf = s->opts->kernel_btf,
		.snaplen = s->opts->snaplen,
		/* A line of text has no place for a stack. */
		.stack_room = s->opts->write_path ? STACK_ROOM : 0,
		.ring_bytes = s->opts->ring_bytes,
	};
}

static int load(struct session *s)
{
	struct load_opts load = load_opts(s);

	log_status("loading the programs ...");
	return load_programs(&load, &s->loaded);
}

/* What is slow of it goes on in the background (attach_free()). */
static void detach(struct session *s)
{
	attached_progs_detach(s->attached_progs);
	attach_free(s->attached);
	s->attached = NULL;
}

static void unload(struct session *s)
{
	detach(s);
	attached_progs_free(s->attached_progs);
	s->attached_progs = NULL;
	ring_close(s->ring);
	s->ring = NULL;
	load_free(s->loaded);
	s->loaded = NULL;
}

static int attach_loaded(struct session *s)
{
	struct attach_opts opts = {
		.loaded = s->loaded,
		.funcs = &s->funcs,
		.stop = s->stop,
		.rcu_expedited = !s->opts->no_rcu_expedited,
	};
	int err;

	log_status("attaching to %zu functions (%s) ...", s->funcs.n, attach_name(s->backend));
	err = attach_all(s->backend, &opts, &s->attached, &s->result);
	if (!err && s->result.refused)
		log_verbose("%zu functions were refused by the kernel", s->result.refused);
	return err;
}

/* As on kernels that offer nothing better. */
static int read_by_probes(struct session *s)
{
	int err;

	splicer_free(s->splicer);
	s->splicer = NULL;
	insn_buf_free(&s->filters.expr);
	err = caps_choose(&s->memory.best, "window", &s->caps);
	if (!err)
		err = resolve_filters(s);
	return err ? err : splicer_new(&s->filters, &s->caps, &s->splicer);
}

/* Loads the programs; if the kernel refuses those with direct loads, those without. */
static int load_any(struct session *s)
{
	int err = load(s);

	if (!err || !s->caps.direct || s->opts->filter_load || *s->stop)
		return err;
	unload(s);
	log_info("direct loads do not work here, so packets are read by probes");
	err = read_by_probes(s);
	return err ? err : load(s);
}

/* By the best way that works in the end; what the kernel promises it does not always keep. */
static int attach_functions(struct session *s)
{
	const struct backend *failed = NULL;
	int err = attach_choose(s->opts->backend, &s->funcs, NULL, &s->backend);

	while (!err) {
		err = load_any(s);
		if (!err && !*s->stop)
			err = attach_loaded(s);
		if (!err || *s->stop || s->opts->backend)
			return err;
		unload(s);
		failed = s->backend;
		if (attach_choose(NULL, &s->funcs, failed, &s->backend))
			return err;
		log_info("%s does not work here, so %s is tried", attach_name(failed),
			 attach_name(s->backend));
		err = 0;
	}
	return err;
}

static int attach_bpf_programs(struct session *s)
{
	struct load_opts load = load_opts(s);

	return attach_progs(&load, s->loaded, &s->progs, &s->attached_progs);
}

static int attach(struct session *s)
{
	int err = attach_functions(s);

	if (err || *s->stop)
		return err;
	err = ring_open(loaded_ring_fd(s->loaded), capture_take, &s->capture, &s->ring);
	if (err) {
		log_error("mapping the ring buffer: %s", strerror(-err));
		return err;
	}
	return attach_bpf_programs(s);
}

static int open_sink(struct session *s)
{
	const struct options *opts = s->opts;
	struct sink_info info = {
		.path = opts->write_path,
		.command_line = opts->command_line,
		.expression = opts->expression,
		.backend = attach_name(s->backend),
		.functions = s->result.attached,
		.skipped = s->skipped,
		.snaplen = opts->snaplen,
		.packet_buffered = opts->packet_buffered,
	};
	int err;

	funcs_describe_skipped(&s->funcs, s->skipped, sizeof(s->skipped));
	err = opts->write_path ? sink_pcapng_open(&info, &s->capture.sink)
			       : sink_text_open(&info, &s->capture.sink);

	if (err && err != -EPIPE)
		log_error("%s: %s",
			  opts->write_path && strcmp(opts->write_path, "-") ? opts->write_path
									    : "standard output",
			  strerror(-err));
	return err;
}

/* Once a second. */
static void tick(struct session *s)
{
	struct ev_stats stats;

	view_sync_clock(s->capture.view);
	/* Lines of text show by themselves that packets come. */
	if (s->opts->write_path && !loaded_stats(s->loaded, &stats))
		log_status("%" PRIu64 " packets, %" PRIu64 " dropped", s->capture.taken,
			   (uint64_t)(stats.lost_ring + stats.lost_size));
}

/* Returns 0, or -errno if the ring cannot be read any more. */
static int listen(struct session *s)
{
	uint64_t next = clock_now_ns() + SECOND_NS;
	size_t n_progs = attached_progs_count(s->attached_progs);
	char progs[64] = "";

	if (n_progs)
		snprintf(progs, sizeof(progs), " and %zu BPF program%s", n_progs,
			 n_progs == 1 ? "" : "s");
	s->capture.limit = s->opts->count;
	log_info(
		"listening on %zu functions (%s)%s, link-type EN10MB (Ethernet), snapshot length %u bytes",
		s->result.attached, attach_name(s->backend), progs, s->opts->snaplen);
	/* Stacks need them; until they are there, records wait in the ring. */
	if (s->opts->write_path)
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
		if (attach_lost(s->attached)) {
			log_error("the functions are not watched any more: the process that held "
				  "the probes was killed");
			return -EOWNERDEAD;
		}
	}
	return 0;
}

/* Nothing is recorded any more when this returns. */
static void stop_programs(struct session *s)
{
	int err = loaded_stop(s->loaded);

	if (err)
		log_verbose("waiting until all is detached (a map of maps: %s)", strerror(-err));
	/* With the first process of a container all others end, the one in the background, too. */
	if (err || getpid() == 1) {
		attached_progs_detach(s->attached_progs);
		attach_free_wait(s->attached, NULL);
	} else {
		attach_free(s->attached);
	}
	s->attached = NULL;
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
	stop_programs(s);
	ring_drain(s->ring);
	counted = loaded_stats(s->loaded, &stats);
	err = s->capture.sink->close(s->capture.sink, &sunk);
	s->capture.sink = NULL;
	log_status_clear();
	if (!err)
		err = s->capture.err;
	/* The reader has what it wanted, as with `tcpdump -w - | head`. */
	if (err == -EPIPE)
		return 0;
	if (err)
		log_error("%s: %s", path, strerror(-err));
	if (counted) {
		log_error("%llu packets captured; reading the kernel's counters: %s",
			  (unsigned long long)sunk.written, strerror(-counted));
		return counted;
	}
	capture_account(&s->capture, &stats, &sunk, &account);
	loaded_missed(s->loaded, &account.missed);
	account.missed += attached_progs_missed(s->attached_progs);
	account_print(&account);
	return err;
}

static int capture(struct session *s)
{
	int err = attach(s), heard;

	/* Stopped before it began: an old file keeps what is in it. */
	if (*s->stop)
		return err == -EINTR ? 0 : err;
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
	uint64_t start, attached, detached;
	int err = attach_choose(s->opts->backend, &s->funcs, NULL, &s->backend);

	if (!err)
		err = load(s);
	start = clock_now_ns();
	if (!err)
		err = attach_loaded(s);
	if (!err)
		err = attach_bpf_programs(s);
	if (err)
		return err == -EINTR ? 0 : err;
	attached = clock_now_ns();
	log_status("detaching ...");
	attached_progs_detach(s->attached_progs);
	/* All of it, also what goes on in the background otherwise. */
	err = attach_free_wait(s->attached, s->stop);
	s->attached = NULL;
	if (err)
		return err == -EINTR ? 0 : err;
	detached = clock_now_ns();
	log_status_clear();
	printf("%-14s %10s %12s %12s\n%-14s %10zu %10.3f s %10.3f s\n", "backend", "functions",
	       "attach", "detach", attach_name(s->backend), s->result.attached,
	       (attached - start) / 1e9, (detached - attached) / 1e9);
	return 0;
}

/* Without privileges, the types alone tell. */
static int list_funcs(struct session *s)
{
	const struct funcs_wanted wanted = wanted_funcs(s->opts);
	const char *dir;
	int err = tracefs_dir(&dir);

	if (err) {
		log_info("available_filter_functions cannot be read (%s), so what can be traced is "
			 "not known",
			 strerror(-err));
		err = kbtf_open(s->opts->kernel_btf, &s->btf);
		if (!err)
			err = inventory_of_types(s->btf, &s->memory.inventory);
	} else {
		err = know_kernel(s);
	}
	if (!err)
		err = funcs_list(&s->memory.inventory, &wanted, stdout);
	if (err == -EPIPE)
		return 0;
	return err;
}

static int run(struct session *s)
{
	int err;

	if (s->opts->list_funcs)
		return list_funcs(s);
	err = filters_compile(s->opts, &s->filters);

	if (!err && s->opts->dump)
		return filters_dump(s->opts, &s->filters);
	if (!err && s->opts->write_path)
		err = sink_check(s->opts->write_path);
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
	unload(s);
	view_close(s->capture.view);
	names_free(s->names);
	splicer_free(s->splicer);
	progs_free(&s->progs);
	funcs_free(&s->funcs);
	inventory_free(&s->memory.inventory);
	kbtf_close(s->btf);
	filters_free(&s->filters);
}

int session_run(const struct options *opts, const volatile sig_atomic_t *stop)
{
	struct session s = {.opts = opts, .stop = stop};
	int err = run(&s);

	session_free(&s);
	return err;
}
