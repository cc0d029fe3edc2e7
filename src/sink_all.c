// SPDX-License-Identifier: GPL-2.0-only
/*
 * One sink made of several.  Each gets every packet, also one that another could not take, so that
 * the figures of all are of the same packets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/sink.h"

struct sink_all {
	struct sink sink;
	struct sink *sinks[SINK_ALL_MAX];
	size_t n;
	int err; /* the first error; that a reader is gone gives way to another */
	char failed_path[PATH_MAX]; /* whose */
};

static struct sink_all *self(struct sink *sink)
{
	return (struct sink_all *)((char *)sink - offsetof(struct sink_all, sink));
}

/* What one of them has returned; -ECANCELED is no error. */
static void note(struct sink_all *all, const char *path, int err, int *first)
{
	if (err && !*first)
		*first = err;
	if (!err || err == -ECANCELED || (all->err && all->err != -EPIPE))
		return;
	if (all->err == err)
		return;
	all->err = err;
	snprintf(all->failed_path, sizeof(all->failed_path), "%s", path);
}

static int all_packet(struct sink *sink, const struct view *view)
{
	struct sink_all *all = self(sink);
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct sink *one = all->sinks[i];
		int ret = one->packet(one, view);

		note(all, one->path, ret, &err);
		if (ret == -ECANCELED)
			break;
	}
	/* It goes from file to file. */
	sink->path = all->sinks[0]->path;
	return err;
}

static int all_flush(struct sink *sink)
{
	struct sink_all *all = self(sink);
	int err = 0;

	for (size_t i = 0; i < all->n; i++)
		note(all, all->sinks[i]->path, all->sinks[i]->flush(all->sinks[i]), &err);
	return err;
}

static int all_sync(struct sink *sink)
{
	struct sink_all *all = self(sink);
	int err = 0;

	for (size_t i = 0; i < all->n; i++)
		note(all, all->sinks[i]->path, all->sinks[i]->sync(all->sinks[i]), &err);
	return err;
}

/* Those that have a next file; what the others have got goes out. */
static int all_rotate(struct sink *sink)
{
	struct sink_all *all = self(sink);
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct sink *one = all->sinks[i];
		int ret = one->rotate ? one->rotate(one) : one->sync(one);

		note(all, one->path, ret, &err);
	}
	sink->path = all->sinks[0]->path;
	return err;
}

static int all_totals(struct sink *sink, const struct sink_totals *totals)
{
	struct sink_all *all = self(sink);
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct sink *one = all->sinks[i];

		if (one->totals)
			note(all, one->path, one->totals(one, totals), &err);
	}
	return err;
}

static void close_one(struct sink_all *all, size_t i, struct sink_stats *ret_stats)
{
	struct sink *one = all->sinks[i];
	char path[PATH_MAX];
	int unused = 0;

	/* It goes with the sink. */
	snprintf(path, sizeof(path), "%s", one->path);
	note(all, path, one->close(one, ret_stats), &unused);
}

static int all_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_all *all = self(sink);
	struct sink_stats one;
	int err;

	close_one(all, 0, ret_stats);
	for (size_t i = 1; i < all->n; i++) {
		close_one(all, i, &one);
		if (one.failed > ret_stats->failed + ret_stats->partly)
			ret_stats->partly = one.failed - ret_stats->failed;
	}
	snprintf(ret_stats->failed_path, sizeof(ret_stats->failed_path), "%s", all->failed_path);
	err = all->err;
	free(all);
	return err;
}

static void add_sink(struct sink_all *all, struct sink *one)
{
	if (one->rotate)
		all->sink.rotate = all_rotate;
	if (one->totals)
		all->sink.totals = all_totals;
	all->sinks[all->n++] = one;
}

int sink_all_open(struct sink *const *sinks, size_t n, struct sink **ret_sink)
{
	struct sink_all *all = calloc(1, sizeof(*all));
	struct sink_stats unused;

	if (!all) {
		for (size_t i = 0; i < n; i++)
			sinks[i]->close(sinks[i], &unused);
		return -ENOMEM;
	}
	all->sink = (struct sink){
		.path = sinks[0]->path,
		.packet = all_packet,
		.flush = all_flush,
		.sync = all_sync,
		.close = all_close,
	};
	for (size_t i = 0; i < n; i++)
		add_sink(all, sinks[i]);
	*ret_sink = &all->sink;
	return 0;
}
