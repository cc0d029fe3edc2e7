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

int output_check(const void *options)
{
	const struct options *opts = options;
	struct buf name = {0};
	int err = opts->postrotate ? check_command(opts->postrotate) : 0;

	if (err || !opts->write_path)
		return err;
	err = first_name(opts, &name);
	if (err)
		log_error("-w %s: %s", opts->write_path, strerror(-err));
	else
		err = sink_check(buf_str(&name));
	buf_free(&name);
	return err;
}

static void explain(const struct options *opts, int err)
{
	const char *path = "standard output";
	struct buf name = {0};

	if (opts->write_path && strcmp(opts->write_path, "-"))
		path = first_name(opts, &name) ? opts->write_path : buf_str(&name);
	log_error("%s: %s", path, strerror(-err));
	buf_free(&name);
}

int output_open(const struct options *opts, const struct sink_info *about, struct sink **ret_sink)
{
	struct sink_info info = *about;
	int err;

	info.files = files_of(opts);
	info.postrotate = opts->postrotate;
	info.compress = opts->compress;
	info.packet_buffered = opts->packet_buffered;
	err = opts->write_path ? sink_pcapng_open(&info, ret_sink)
			       : sink_text_open(&info, ret_sink);
	if (err && err != -EPIPE)
		explain(opts, err);
	return err;
}
