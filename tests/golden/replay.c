// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay [OPTION]...: pwru-cap's way from records to outputs, with the records of records.c instead
 * of the kernel's, and pwru-cap's options.  Says on standard error how many were written.
 *
 * With REPLAY_EXTRAS in the environment, records have stacks, skb->cb and fields; with --dump and
 * the like, structs, of which all that are recorded are shown.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/capture.h"
#include "src/output.h"
#include "tests/golden/records.h"
#include "tests/unit/dump_types.h"

/* 2023-11-14 22:13:20 UTC */
#define BEGAN_NS 1700000000123456789ULL

static int open_view(const struct options *opts, struct names *names, struct capture *c)
{
	int err = view_open(opts->snaplen, names, &c->view);

	if (!err)
		view_set_progs(c->view, &records_progs);
	if (!err)
		view_set_fields(c->view, &records_skb_fields, &records_xdp_fields);
	return err;
}

/* Records tell the time since boot: so when did the machine boot, that this is the result? */
static uint64_t boot_offset(struct view_state *view)
{
	const struct ev_hdr hdr = {0};
	const struct record rec = {.hdr = &hdr, .raw = (const uint8_t *)&hdr};
	struct view v;

	view_make(view, &rec, &v);
	return BEGAN_NS - v.time_ns;
}

static int add_reason(void *context, struct reasons *reasons)
{
	(void)context;
	return reasons_add(reasons, "NO_SOCKET", RECORDS_REASON);
}

/* In the place of --changes. */
struct changer {
	struct stage stage;
	size_t i; /* the record that comes */
};

static void change(struct stage *stage, const struct sighting *s)
{
	struct sighting changed = *s;

	changed.changed = record_changed(((struct changer *)stage)->i);
	stage_pass(stage, &changed);
}

static int feed(const struct options *opts, struct capture *c)
{
	struct changer changer = {.stage = {.take = change, .next = capture_writer(c)}};
	static uint64_t data[RECORD_SIZE / 8];
	struct ev_hdr *hdr = (void *)data;
	const unsigned int with = (getenv("REPLAY_EXTRAS") ? RECORDS_STACK : 0) |
				  (opts->printing.structs ? RECORDS_DUMP : 0);
	const uint64_t offset = boot_offset(c->view);

	c->first = &changer.stage;
	for (size_t i = 0; i < records_len && !capture_done(c); i++) {
		size_t size = record_make(i, with, data);

		changer.i = i;
		hdr->time_ns += offset;
		capture_take(c, data, size);
	}
	c->first = NULL;
	return c->err;
}

static int replay(const struct options *opts)
{
	const struct sink_info info = {
		.command_line = "replay",
		.backend = "none",
		.skipped = "",
		.snaplen = opts->snaplen,
		.linktype = opts->linktype,
		.ifaces = opts->ifaces,
	};
	struct capture c = {.limit = options_limit(opts)};
	struct names *names = names_new();
	struct reasons *reasons = reasons_new(add_reason, NULL);
	struct btf *types = small_types();
	struct dumper *dumper = NULL;
	struct sink_stats stats = {0};
	int err = names ? open_view(opts, names, &c) : -ENOMEM, closed;

	if (!err)
		names_use_file(names, RECORDS_KALLSYMS);
	if (!err)
		err = dumper_new(types, ~0U, &dumper);
	if (!err) {
		view_set_reasons(c.view, reasons);
		view_set_dumper(c.view, dumper);
	}
	if (!err)
		err = output_open(opts, &info, &c.sink);
	if (!err) {
		err = feed(opts, &c);
		closed = c.sink->close(c.sink, &stats);
		err = err ? err : closed;
		fprintf(stderr, "taken %llu written %llu failed %llu partly %llu%s%s%s%s\n",
			(unsigned long long)c.taken, (unsigned long long)stats.written,
			(unsigned long long)stats.failed, (unsigned long long)stats.partly,
			err ? " error " : "", stats.failed_path, *stats.failed_path ? ": " : "",
			err ? strerror(-err) : "");
	}
	view_close(c.view);
	dumper_free(dumper);
	btf__free(types);
	reasons_free(reasons);
	names_free(names);
	return err;
}

int main(int argc, char **argv)
{
	enum options_action action;
	struct options opts;
	int err;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	err = options_parse(argc, argv, &opts, &action);
	if (!err && action == OPTIONS_RUN)
		err = replay(&opts);
	options_free(&opts);
	return err ? 1 : 0;
}
