/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OUTFILE_H
#define PWRU_CAP_OUTFILE_H

/*
 * The file (or pipe) that a capture goes to. It knows nothing of the format, only where blocks end.
 *
 * Append blocks to outfile_buf(), and call outfile_mark() behind each one. They go out in batches:
 * one write() of whole blocks each. So what is in the file is whole blocks whenever no write() is
 * under way, also after a kill -9.
 *
 * When a write fails or comes up short (ENOSPC, EFBIG, EIO), a regular file is cut back to its last
 * whole block. Such an error is final: later blocks are dropped and counted, even if there is room
 * again, because a block that was lost may have described the interface that they refer to.
 *
 * With compression, the file is a valid one after each write(), too (compress.h), and is cut back
 * to the end of a batch. Batches are larger then. Behind standard output the tail is written at the
 * end.
 *
 * The program must ignore SIGPIPE and SIGXFSZ, or it dies where an error should be reported.
 */

#include <stdbool.h>
#include <stdint.h>

#include "src/buf.h"
#include "src/compress.h"

struct outfile;

/* What a block is; outfile_stats counts packets only. */
enum outfile_block {
	OUTFILE_OTHER,
	OUTFILE_PACKET,
};

struct outfile_opts {
	bool packet_buffered; /* write each packet at once instead of in batches (tcpdump's -U) */
	bool terminal;	      /* it may be one: text */
	enum compress_kind compress;
	const struct buf *head; /* blocks that the file begins with; NULL: none */
	/*
	 * A regular file that is there already is replaced by another one, instead of emptied. If
	 * so, or if none is there, and the file system can do it, the file is not seen before its
	 * head is in it.
	 */
	bool replace;
};

struct outfile_stats {
	uint64_t bytes;	  /* in whole blocks that are in the file, or were taken by the pipe */
	uint64_t written; /* packets among those blocks */
	uint64_t lost;	  /* packets that were marked, and cannot be written any more */
	uint64_t pending; /* packets in the buffer, for the next flush */
	bool torn;	  /* the output ends within a block (a pipe, or the file cannot be cut) */
};

/**
 * outfile_open() - create or empty a file, or take standard output
 * @path: file to create (mode 0666 less the umask, as tcpdump does) or to empty; "-" for standard
 *	output, which is duplicated, neither emptied nor rewound
 * @opts: how to write; its head is in the file when this returns
 * @ret_of: receives the new outfile, on success only
 *
 * The file is touched here and not before: call it when all that can fail without a file has gone
 * well. Opening a FIFO waits for its reader.
 *
 * Return: 0; -ENOTTY if the output is a terminal and @opts->terminal is not set; -EINTR if a signal
 *came while a FIFO had no reader; -ENOMEM; or what open(2), and for the head write(2), give.
 */
int outfile_open(const char *path, const struct outfile_opts *opts, struct outfile **ret_of);

/*
 * outfile_buf() - the buffer to append blocks to; the caller may append to it, and cut what it has
 * appended since the last mark, nothing else
 */
struct buf *outfile_buf(struct outfile *of);

/**
 * outfile_mark() - say that what was appended since the last mark is a whole block
 * @of: outfile
 * @kind: OUTFILE_PACKET if the block is a packet
 *
 * Writes when enough has come together, or (packet buffered) behind each packet; that may wait for
 * the reader of a pipe, and a signal whose handler returns does not end the wait. Without new bytes
 * nothing happens.
 *
 * Return: 0, or the first error of this outfile: -ENOSPC, -EPIPE, … of write(2), -ENOMEM if the
 * block did not fit in memory.
 */
int outfile_mark(struct outfile *of, enum outfile_block kind);

/*
 * outfile_flush() - write all marked blocks now; bytes behind the last mark stay in the buffer
 *
 * Return: as outfile_mark().
 */
int outfile_flush(struct outfile *of);

/*
 * outfile_size() - bytes that the file has, or will have once what is marked is written; with
 * compression, that it has, for the rest is not compressed yet
 */
uint64_t outfile_size(const struct outfile *of);

/* outfile_is_at() - does this path, not "-", still lead to the file? */
bool outfile_is_at(const struct outfile *of, const char *path);

/* outfile_get_stats() - the figures so far */
void outfile_get_stats(const struct outfile *of, struct outfile_stats *ret_stats);

/**
 * outfile_close() - write what is marked, close, free
 * @of: outfile, or NULL
 * @ret_stats: receives the final figures, also when an error is returned; may be NULL; zeros
 *	if @of is NULL
 *
 * Bytes behind the last mark are dropped.
 *
 * Return: 0, or the first error of this outfile, that of close(2) included.
 */
int outfile_close(struct outfile *of, struct outfile_stats *ret_stats);

#endif
