// SPDX-License-Identifier: GPL-2.0-only
#include "src/outputs.h"

#include <errno.h>
#include <string.h>

#include "src/log.h"

int outputs_check(const struct options *opts)
{
	int err = opts->write_path ? sink_check(opts->write_path) : 0;

	/* Text may go to a terminal. */
	if (!err && !printing_to_stdout(&opts->printing))
		err = sink_check(opts->printing.path);
	return err;
}

static void complain(const char *path, int err)
{
	if (err != -EPIPE)
		log_error("%s: %s", path && strcmp(path, "-") ? path : "standard output",
			  strerror(-err));
}

static int open_file(const struct options *opts, const struct sink_info *info, struct sink **ret)
{
	int err = sink_pcapng_open(info, ret);

	if (err)
		complain(opts->write_path, err);
	return err;
}

static int open_printed(const struct options *opts, const struct sink_info *info, struct sink **ret)
{
	int err = opts->printing.json ? sink_json_open(info, ret) : sink_text_open(info, ret);

	if (err)
		complain(opts->printing.path, err);
	return err;
}

int outputs_open(const struct options *opts, const struct sink_info *info, struct sink **ret_sink)
{
	struct sink *sinks[SINK_ALL_MAX];
	struct sink_stats unused;
	size_t n = 0;
	int err = 0;

	if (opts->write_path) {
		err = open_file(opts, info, &sinks[n]);
		n += !err;
	}
	if (!err && printing_wanted(&opts->printing, opts->write_path)) {
		err = open_printed(opts, info, &sinks[n]);
		n += !err;
	}
	if (!err && n == 1) {
		*ret_sink = sinks[0];
		return 0;
	}
	if (!err) {
		err = sink_all_open(sinks, n, ret_sink);
		if (err)
			complain(opts->write_path, err);
		return err;
	}
	for (size_t i = 0; i < n; i++)
		sinks[i]->close(sinks[i], &unused);
	return err;
}
