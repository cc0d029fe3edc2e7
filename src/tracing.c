// SPDX-License-Identifier: GPL-2.0-only
#include "src/tracing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/log.h"

/* What is behind the filters that only types can tell. */
static int resolve_filters(struct tracing *t)
{
	int err = 0;

	if (!t->opts->filter_expr)
		return 0;
	err = discover_types(t->opts, t->kernel);
	return err ? err : filters_resolve(t->opts, t->kernel->btf, &t->kernel->caps, t->filters);
}

int tracing_prepare(struct tracing *t)
{
	int err = resolve_filters(t);

	if (!err)
		err = splicer_new(t->filters, &t->kernel->caps, &t->splicer);
	if (!err)
		attach_repair(!t->opts->no_rcu_expedited);
	return err;
}

/* The function itself is the first entry, its caller the second. */
static uint32_t stack_room(const struct options *opts)
{
	if (opts->write_path || opts->printing.stack)
		return TRACING_STACK_ROOM;
	return opts->printing.caller ? 2 : 0;
}

static struct load_opts load_opts(const struct tracing *t)
{
	return (struct load_opts){
		.needs = attach_needs(t->backend, &t->kernel->funcs),
		.caps = &t->kernel->caps,
		.roles = &t->kernel->funcs.roles,
		.filters = t->filters,
		.splicer = t->splicer,
		.kernel_btf = t->opts->kernel_btf,
		.snaplen = t->opts->snaplen,
		.stack_room = stack_room(t->opts),
		.cb = t->opts->printing.cb,
		.ring_bytes = t->opts->ring_bytes,
	};
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
	return err ? err : splicer_new(t->filters, &t->kernel->caps, &t->splicer);
}

/* Detaches and unloads; the filters stay. */
static void unload(struct tracing *t)
{
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
	struct attach_opts opts = {
		.loaded = t->loaded,
		.funcs = &t->kernel->funcs,
		.stop = t->stop,
		.rcu_expedited = !t->opts->no_rcu_expedited,
	};
	int err;

	log_status("attaching to %zu functions (%s) ...", opts.funcs->n, attach_name(t->backend));
	t->attach_began = clock_now_ns();
	err = attach_all(t->backend, &opts, &t->attached, &t->result);
	if (!err && t->result.refused)
		log_verbose("%zu functions were refused by the kernel", t->result.refused);
	return err;
}

static int attach_functions(struct tracing *t)
{
	const struct funcs *funcs = &t->kernel->funcs;
	const struct backend *failed = NULL;
	int err = attach_choose(t->opts->backend, funcs, NULL, &t->backend);

	while (!err) {
		err = load_any(t);
		if (!err && !*t->stop)
			err = attach_loaded(t);
		if (!err || *t->stop || t->opts->backend)
			return err;
		unload(t);
		failed = t->backend;
		if (attach_choose(NULL, funcs, failed, &t->backend))
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

void tracing_stop(struct tracing *t)
{
	int err = loaded_stop(t->loaded);

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

	attached_progs_detach(t->attached_progs);
	err = attach_free_wait(t->attached, t->stop);
	t->attached = NULL;
	return err;
}

uint64_t tracing_missed(const struct tracing *t)
{
	uint64_t missed = 0;

	loaded_missed(t->loaded, &missed);
	return missed + attached_progs_missed(t->attached_progs);
}

void tracing_end(struct tracing *t)
{
	unload(t);
	splicer_free(t->splicer);
	t->splicer = NULL;
}
