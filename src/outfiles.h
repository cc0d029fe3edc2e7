/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OUTFILES_H
#define PWRU_CAP_OUTFILES_H
/*
 * The files of a capture, one after the other: src/rotate.h says which, each is a src/outfile.h,
 * and for those that are finished the command of -z is run.
 */
#include <stdint.h>

#include "src/compress.h"
#include "src/outfile.h"
#include "src/rotate.h"

struct outfiles;

struct outfiles_opts {
	struct rotate_cfg rotate;
	const char *postrotate; /* -z; NULL: none */
	enum compress_kind compress;
	bool packet_buffered;
	/*
	 * Appends to the empty @out the blocks that each file begins with; what the caller has
	 * noted of the file before is void. Returns 0 or -errno.
	 */
	int (*head)(void *ctx, struct buf *out);
	/*
	 * Appends to @out the blocks that a file ends with which another one follows, or could; the
	 * last one's are the caller's.  Returns 0 or -errno.  NULL: there are none.
	 */
	int (*tail)(void *ctx, struct buf *out);
	void *ctx; /* goes to these */
};

/**
 * outfiles_open() - the first file
 *
 * Return: 0 or -errno, as outfile_open(), or of @opts->head.
 */
int outfiles_open(const struct outfiles_opts *opts, struct outfiles **ret_f);

/* outfiles_file() - the present file; NULL after an error of the functions below */
struct outfile *outfiles_file(struct outfiles *f);

/* outfiles_path() - its name; until the next file */
const char *outfiles_path(const struct outfiles *f);

/**
 * outfiles_turn() - before a packet: go on to the next file if it belongs there
 * @time_ns: the packet's, nanoseconds since 1970-01-01 UTC
 *
 * Return: 0; -ECANCELED if that was the last file (-W): nothing more may be written; or the first
 * error of the file that was ended, or of the one to begin.
 */
int outfiles_turn(struct outfiles *f, uint64_t time_ns);

/**
 * outfiles_rotate() - go on to the next file now (SIGHUP)
 *
 * Without -C and -G, the file is opened anew under the same name, unless it is still there.
 *
 * Return: as outfiles_turn().
 */
int outfiles_rotate(struct outfiles *f);

/*
 * outfiles_flush() - write what has come together; with compression, once a second, for small
 * frames are large.  Returns as outfile_flush().
 */
int outfiles_flush(struct outfiles *f);

/* outfiles_close() - end the last file; otherwise as outfile_close(), the figures of all files */
int outfiles_close(struct outfiles *f, struct outfile_stats *ret_stats);

#endif
