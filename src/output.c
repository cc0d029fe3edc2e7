// SPDX-License-Identifier: GPL-2.0-only
#include "src/output.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "src/log.h"
#include "src/postrotate.h"

static struct rotate_cfg files_of(const struct options *opts)
{
	return (struct rotate_cfg){
		.name = opts->write_path,
		.bytes = opts->rotate_bytes,
		.seconds = opts->rotate_seconds,
		.files = opts->rotate_files,
	};
}

/* Of the file that would be the first if it were opened now. */
static int first_name(const struct options *opts, struct buf *ret_name)
{
	const struct rotate_cfg cfg = files_of(opts);
	struct rotation rotation;

	rotation_begin(&rotation, &cfg, time(NULL));
	return rotation_name(&rotation, ret_name);
}

static int check_command(const char *command)
{
	int err = postrotate_check(command);

	if (err)
		log_error("-z %s: %s (it is a program's name, without arguments)", command,
			  strerror(-err));
	return err;
}

static int check_file(const struct options *opts)
{
	struct buf name = {0};
	int err = first_name(opts, &name);

	if (err)
		log_error("-w %s: %s", opts->write_path, strerror(-err));
	else
		err = sink_check(buf_str(&name));
	buf_free(&name);
	return err;
}

int output_check(const void *options)
{
	const struct options *opts = options;
	int err = opts->postrotate ? check_command(opts->postrotate) : 0;

	if (!err && opts->write_path)
		err = check_file(opts);
	/* Text may go to a terminal. */
	if (!err && !printing_to_stdout(&opts->printing))
		err = sink_check(opts->printing.path);
	return err;
}

/* A reader that is gone is no error, nor is a signal before there is a reader. */
static void explain(const char *path, int err)
{
	if (err != -EPIPE && err != -EINTR)
		log_error("%s: %s", path && strcmp(path, "-") ? path : "standard output",
			  strerror(-err));
}

static int open_file(const struct options *opts, const struct sink_info *info, struct sink **ret)
{
	struct buf name = {0};
	int err = sink_pcapng_open(info, ret);

	if (err)
		explain(first_name(opts, &name) ? opts->write_path : buf_str(&name), err);
	buf_free(&name);
	return err;
}

static int open_printed(const struct options *opts, const struct sink_info *info, struct sink **ret)
{
	int err = opts->printing.json ? sink_json_open(info, ret) : sink_text_open(info, ret);

	if (err)
		explain(opts->printing.path, err);
	return err;
}

/* Several as one; they are closed if that fails, or something has already. */
static int join(const struct options *opts, struct sink **sinks, size_t n, int err,
		struct sink **ret_sink)
{
	struct sink_stats unused;

	if (!err && n == 1) {
		*ret_sink = sinks[0];
		return 0;
	}
	if (!err) {
		err = sink_all_open(sinks, n, ret_sink);
		if (err)
			explain(opts->write_path, err);
		return err;
	}
	for (size_t i = 0; i < n; i++)
		sinks[i]->close(sinks[i], &unused);
	return err;
}

int output_open(const struct options *opts, const struct sink_info *about, struct sink **ret_sink)
{
	struct sink *sinks[SINK_ALL_MAX];
	struct sink_info info = *about;
	size_t n = 0;
	int err = 0;

	info.files = files_of(opts);
	info.postrotate = opts->postrotate;
	info.compress = opts->compress;
	info.packet_buffered = opts->packet_buffered;
	info.printing = &opts->printing;
	if (opts->write_path) {
		err = open_file(opts, &info, &sinks[n]);
		n += !err;
	}
	if (!err && printing_wanted(&opts->printing, opts->write_path)) {
		err = open_printed(opts, &info, &sinks[n]);
		n += !err;
	}
	return join(opts, sinks, n, err, ret_sink);
}
