// SPDX-License-Identifier: GPL-2.0-only
#include "src/tracing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/log.h"
#include "src/options_stack.h"

/* What is behind the filters that only types can tell. */
static int resolve_filters(struct tracing *t)
{
	int err = 0;

	if (!filters_need_types(t->opts))
		return 0;
	err = discover_types(t->opts, t->kernel);
	return err ? err : filters_resolve(t->opts, t->kernel->btf, &t->kernel->caps, t->filters);
}

/* Without it there is less in the file, which says so. A line of text has no place for payload. */
static void find_pages(struct tracing *t)
{
	bool wanted = t->opts->write_path && !t->opts->linear_only;
	int err = wanted ? kpages_find(&t->pages) : 0;

	if (err)
		log_verbose("of a packet only the linear bytes are captured, for where this kernel "
			    "keeps its pages cannot be told: %s",
			    strerror(-err));
}

/* Programs that watch returns call functions of the kernel that are found by their types. */
static int find_session_calls(struct tracing *t)
{
	int err = t->opts->printing.ret ? discover_types(t->opts, t->kernel) : 0;

	if (!err && t->opts->printing.ret)
		splicer_find_calls(t->splicer, t->kernel->btf);
	return err;
}

int tracing_prepare(struct tracing *t)
{
	int err = resolve_filters(t);

	if (!err)
		err = splicer_new(t->filters, &t->kernel->caps, &t->splicer);
	if (!err)
		err = find_session_calls(t);
	if (!err)
		find_pages(t);
	if (!err)
		attach_repair(!t->opts->no_rcu_expedited, t->stop);
	return err;
}

/* What watches a BPF program is called by it: entries that are cut off later (src/view.c). */
#define WATCHER_ENTRIES 3

static uint32_t stack_room(const struct options *opts)
{
	uint32_t depth = options_stack_depth(opts);

	if (depth && (opts->trace_tc || opts->trace_xdp))
		depth += WATCHER_ENTRIES;
	return depth < EV_STACK_MAX ? depth : EV_STACK_MAX;
}

static struct load_opts load_opts(const struct tracing *t)
{
	struct load_opts load = {
		.needs = attach_needs(t->backend, &t->all_at_once, t->opts->all_kmods),
		.caps = &t->kernel->caps,
		.funcs = &t->kernel->funcs,
		.filters = t->filters,
		.splicer = t->splicer,
		.kernel_btf = discovery_types_path(t->opts, t->kernel),
		.snaplen = t->opts->snaplen,
		.stack_room = stack_room(t->opts),
		.cb = t->opts->printing.cb,
		.cgroup = t->opts->printing.container,
		.ret = t->opts->printing.ret,
		.pages = t->pages,
		.ring_bytes = t->opts->ring_bytes,
	};

	memcpy(load.dump_len, t->dump_len, sizeof(load.dump_len));
	return load;
}

static int load(struct tracing *t)
{
	struct load_opts load = load_opts(t);

	log_status("loading the programs ...");
	return load_programs(&load, &t->loaded);
}

/* As on kernels that offer nothing better. */
static int read_by_probes(struct tracing *t)
{
	int err;

	splicer_free(t->splicer);
	t->splicer = NULL;
	insn_buf_free(&t->filters->expr);
	err = discover_windows(t->kernel);
	if (!err)
		err = resolve_filters(t);
	if (!err)
		err = splicer_new(t->filters, &t->kernel->caps, &t->splicer);
	return err ? err : find_session_calls(t);
}

static void follow_end(struct tracing *t)
{
	follow_stop(t->follow, t->attached);
	t->follow = NULL;
}

/* Detaches and unloads; the filters stay. */
static void unload(struct tracing *t)
{
	follow_end(t);
	attached_progs_detach(t->attached_progs);
	attach_free(t->attached);
	t->attached = NULL;
	attached_progs_free(t->attached_progs);
	t->attached_progs = NULL;
	load_free(t->loaded);
	t->loaded = NULL;
}

/* Loads the programs; if the kernel refuses those with direct loads, those without. */
static int load_any(struct tracing *t)
{
	int err = load(t);

	if (!err || !t->kernel->caps.direct || t->opts->filter_load || *t->stop)
		return err;
	unload(t);
	log_info("direct loads do not work here, so packets are read by probes");
	err = read_by_probes(t);
	return err ? err : load(t);
}

static int attach_loaded(struct tracing *t)
{
	const struct load_opts load = load_opts(t);
	struct attach_opts opts = {
		.load = &load,
		.loaded = t->loaded,
		.funcs = &t->all_at_once,
		.stop = t->stop,
		.rcu_expedited = !t->opts->no_rcu_expedited,
		.ftrace_pause = t->opts->ftrace_pause,
	};
	int err;

	log_status("attaching to %zu functions (%s) ...", opts.funcs->n, attach_name(t->backend));
	/* A drop may need them, too, and later they take long. */
	if (!t->opts->test_attach && attach_crowds_symbols(t->backend))
		names_read_ahead(t->names);
	t->attach_began = clock_now_ns();
	err = attach_all(t->backend, &opts, &t->attached, &t->result);
	if (!err && t->result.refused)
		log_verbose("%zu functions were refused by the kernel", t->result.refused);
	if (err || !t->opts->all_kmods)
		return err;
	if (!attach_follows_modules(t->backend)) {
		log_info("--all-kmods: modules that are loaded from now on are not watched, %s "
			 "cannot do that",
			 attach_name(t->backend));
		return 0;
	}
	err = follow_start(t->opts, t->kernel, t->backend, t->loaded, t->stop, &t->follow);
	if (!err)
		t->result.attached += follow_attached(t->follow);
	return err;
}

/* A module is let go as a whole, if it is held at all. */
static int part_functions(struct tracing *t)
{
	const struct funcs *all = &t->kernel->funcs;

	funcs_free(&t->all_at_once);
	if (t->opts->all_kmods && attach_holds_modules(t->backend))
		return funcs_of_module(all, NULL, &t->all_at_once);
	return funcs_copy(all, &t->all_at_once);
}

static int attach_functions(struct tracing *t)
{
	const struct funcs *funcs = &t->kernel->funcs;
	const struct backend *failed = NULL;
	int err = attach_choose(t->opts->backend, funcs, NULL, t->opts->printing.ret, &t->backend);

	while (!err) {
		err = part_functions(t);
		if (!err)
			err = load_any(t);
		if (!err && !*t->stop)
			err = attach_loaded(t);
		if (!err || *t->stop || t->opts->backend)
			return err;
		unload(t);
		failed = t->backend;
		if (attach_choose(NULL, funcs, failed, t->opts->printing.ret, &t->backend))
			return err;
		log_info("%s does not work here, so %s is tried", attach_name(failed),
			 attach_name(t->backend));
		err = 0;
	}
	return err;
}

int tracing_start(struct tracing *t)
{
	struct load_opts load;
	int err = attach_functions(t);

	if (err || *t->stop)
		return err ? err : -EINTR;
	load = load_opts(t);
	return attach_progs(&load, t->loaded, &t->kernel->progs, &t->attached_progs);
}

void tracing_names(struct tracing *t, follow_names_fn fn, void *ctx)
{
	if (t->follow)
		follow_names(t->follow, fn, ctx);
}

void tracing_stop(struct tracing *t)
{
	int err = loaded_stop(t->loaded);

	follow_end(t);
	t->missed = attach_missed(t->attached);
	if (err)
		log_verbose("waiting until all is detached (a map of maps: %s)", strerror(-err));
	/* With the first process of a container all others end, the one in the background, too. */
	if (err || getpid() == 1) {
		attached_progs_detach(t->attached_progs);
		attach_free_wait(t->attached, NULL);
	} else {
		attach_free(t->attached);
	}
	t->attached = NULL;
}

int tracing_detach_wait(struct tracing *t)
{
	int err;

	follow_end(t);
	attached_progs_detach(t->attached_progs);
	err = attach_free_wait(t->attached, t->stop);
	t->attached = NULL;
	return err;
}

uint64_t tracing_missed(const struct tracing *t)
{
	uint64_t missed = 0;

	loaded_missed(t->loaded, &missed);
	missed += t->attached ? attach_missed(t->attached) : t->missed;
	return missed + attached_progs_missed(t->attached_progs);
}

void tracing_end(struct tracing *t)
{
	unload(t);
	funcs_free(&t->all_at_once);
	splicer_free(t->splicer);
	t->splicer = NULL;
}
