// SPDX-License-Identifier: GPL-2.0-only
#include "src/outfiles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/clock.h"
#include "src/log.h"
#include "src/postrotate.h"

#define SECOND_NS 1000000000ULL

struct outfiles {
	struct outfiles_opts opts;
	struct rotation rotation;
	struct postrotate postrotate;
	struct outfile *file;
	struct buf path, head;
	struct outfile_stats ended; /* of the files before */
	uint64_t flushed_ns;	    /* clock_now_ns() */
	bool replace; /* what has the next file's name is ours, or of an earlier run */
	bool fresh;   /* the file has no packet yet */
	bool at_end;  /* of the last file that -W allows */
};

static void add_stats(struct outfile_stats *sum, const struct outfile_stats *stats)
{
	sum->bytes += stats->bytes;
	sum->written += stats->written;
	sum->lost += stats->lost;
	sum->pending += stats->pending;
	sum->torn |= stats->torn;
}

static int begin(struct outfiles *f)
{
	int err = rotation_name(&f->rotation, &f->path);

	if (err)
		return err;
	f->fresh = true;
	buf_reset(&f->head);
	err = f->opts.head(f->opts.ctx, &f->head);
	if (err)
		return err;
	return outfile_open(buf_str(&f->path),
			    &(struct outfile_opts){
				    .packet_buffered = f->opts.packet_buffered,
				    .compress = f->opts.compress,
				    .head = &f->head,
				    .replace = f->replace,
			    },
			    &f->file);
}

static int append_tail(struct outfiles *f)
{
	int err = f->opts.tail ? f->opts.tail(f->opts.ctx, outfile_buf(f->file)) : 0;

	return err ? err : outfile_mark(f->file, OUTFILE_OTHER);
}

static int end(struct outfiles *f)
{
	struct outfile_stats stats;
	int err = outfile_close(f->file, &stats);

	f->file = NULL;
	add_stats(&f->ended, &stats);
	return err;
}

int outfiles_open(const struct outfiles_opts *opts, struct outfiles **ret_f)
{
	struct outfiles *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->opts = *opts;
	f->postrotate.command = opts->postrotate;
	rotation_begin(&f->rotation, &opts->rotate, time(NULL));
	err = begin(f);
	if (err) {
		outfiles_close(f, NULL);
		return err;
	}
	*ret_f = f;
	return 0;
}

struct outfile *outfiles_file(struct outfiles *f)
{
	return f->file;
}

const char *outfiles_path(const struct outfiles *f)
{
	/* It ends with a NUL: begin() has asked for it as a string. */
	return f->path.len ? (const char *)f->path.data : f->opts.rotate.name;
}

static int take_step(struct outfiles *f, enum rotate_step step)
{
	int err;

	if (step == ROTATE_STAY)
		return 0;
	err = append_tail(f);
	if (!err)
		err = end(f);
	if (err)
		return err;
	/* Without -C and -G it is not we who have finished it, nor do we know its name. */
	if (f->opts.rotate.bytes || f->opts.rotate.seconds)
		postrotate_run(&f->postrotate, outfiles_path(f));
	/* Log rotation may have made a file for us, with an owner and a mode. */
	f->replace = f->opts.rotate.bytes || f->opts.rotate.seconds;
	if (step == ROTATE_END) {
		log_info("maximum file limit reached: %llu",
			 (unsigned long long)f->opts.rotate.files);
		f->at_end = true;
		return -ECANCELED;
	}
	return begin(f);
}

int outfiles_turn(struct outfiles *f, uint64_t time_ns)
{
	uint64_t size;
	int err;

	if (!f->file)
		return f->at_end ? -ECANCELED : -EBADF;
	/* Also where its head alone is larger than a file may be, it gets a packet. */
	size = f->fresh ? 0 : outfile_size(f->file);
	err = take_step(f, rotation_step(&f->rotation, size, (int64_t)(time_ns / SECOND_NS)));
	f->fresh = false;
	return err;
}

/* Is the file that is written now where the next one is to be? It would be lost. */
static int is_in_the_way(const struct outfiles *f, const struct rotation *next, bool *ret)
{
	struct buf path = {0};
	int err = rotation_name(next, &path);

	*ret = !err && !strcmp(buf_str(&path), outfiles_path(f)) &&
	       outfile_is_at(f->file, outfiles_path(f));
	buf_free(&path);
	return err;
}

int outfiles_rotate(struct outfiles *f)
{
	struct rotation next = f->rotation;
	enum rotate_step step;
	bool in_the_way;
	int err;

	if (!f->file)
		return f->at_end ? -ECANCELED : -EBADF;
	step = rotation_force(&next, time(NULL));
	err = is_in_the_way(f, &next, &in_the_way);
	if (err)
		return err;
	if (in_the_way && step != ROTATE_END)
		return outfile_flush(f->file);
	f->rotation = next;
	return take_step(f, step);
}

int outfiles_flush(struct outfiles *f)
{
	postrotate_reap(&f->postrotate);
	if (!f->file)
		return 0;
	if (f->opts.compress != COMPRESS_NONE && !f->opts.packet_buffered) {
		uint64_t now = clock_now_ns();

		if (now - f->flushed_ns < SECOND_NS)
			return 0;
		f->flushed_ns = now;
	}
	return outfile_flush(f->file);
}

int outfiles_close(struct outfiles *f, struct outfile_stats *ret_stats)
{
	int err;

	if (!f) {
		if (ret_stats)
			*ret_stats = (struct outfile_stats){0};
		return 0;
	}
	err = end(f);
	if (ret_stats)
		*ret_stats = f->ended;
	postrotate_end(&f->postrotate);
	buf_free(&f->path);
	buf_free(&f->head);
	free(f);
	return err;
}
