// SPDX-License-Identifier: GPL-2.0-only
/*
 * One sink made of several.  Each gets every packet, also one that another could not take, so that
 * the figures of all are of the same packets.
 */
#include <errno.h>
#include <stdlib.h>

#include "src/sink.h"

struct sink_all {
	struct sink sink;
	struct sink *sinks[SINK_ALL_MAX];
	size_t n;
	const char *failed_path; /* of the first error */
};

static struct sink_all *self(struct sink *sink)
{
	return (struct sink_all *)((char *)sink - offsetof(struct sink_all, sink));
}

/* The first error stays. */
static void note(struct sink_all *all, const char *path, int err, int *first)
{
	if (err && !*first)
		*first = err;
	if (err && !all->failed_path)
		all->failed_path = path;
}

static int all_packet(struct sink *sink, const struct view *view)
{
	struct sink_all *all = self(sink);
	int err = 0;

	for (size_t i = 0; i < all->n; i++)
		note(all, all->sinks[i]->path, all->sinks[i]->packet(all->sinks[i], view), &err);
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

static int all_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_all *all = self(sink);
	struct sink_stats stats = {0};
	int err = 0;

	for (size_t i = 0; i < all->n; i++) {
		const char *path = all->sinks[i]->path;
		struct sink_stats one;

		note(all, path, all->sinks[i]->close(all->sinks[i], &one), &err);
		if (!i)
			stats = one;
		else if (one.failed > stats.failed + stats.partly)
			stats.partly = one.failed - stats.failed;
	}
	stats.failed_path = all->failed_path;
	*ret_stats = stats;
	free(all);
	return err;
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
	all->n = n;
	for (size_t i = 0; i < n; i++)
		all->sinks[i] = sinks[i];
	all->sink = (struct sink){
		.path = sinks[0]->path,
		.packet = all_packet,
		.flush = all_flush,
		.close = all_close,
	};
	*ret_sink = &all->sink;
	return 0;
}
