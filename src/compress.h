/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COMPRESS_H
#define PWRU_CAP_COMPRESS_H
/*
 * Compression of a file in frames that stand alone: gzip members, or Zstandard frames.  A file of
 * whole frames is a valid one at each end of a frame: readers and tools take several in a row for
 * one stream (RFC 1952, 2.2; RFC 8878, 3.1).
 */
#include <stddef.h>

#include "src/buf.h"

enum compress_kind {
	COMPRESS_NONE,
	COMPRESS_GZIP,
	COMPRESS_ZSTD,
};

/* compress_parse() - "gzip" or "zstd"; returns 0, or -EINVAL if it is neither */
int compress_parse(const char *name, enum compress_kind *ret_kind);

struct compressor;

/**
 * compressor_new() - make ready for frames
 * @kind: not COMPRESS_NONE
 *
 * Return: 0, or -ENOMEM.
 */
int compressor_new(enum compress_kind kind, struct compressor **ret_c);

/**
 * compressor_frame() - one whole frame
 * @data: what is to be compressed
 * @len: its bytes, below 1 GiB
 * @out: the frame is appended here; on an error, nothing is
 *
 * Return: 0, or -ENOMEM; -EIO if the library fails for a reason of its own.
 */
int compressor_frame(struct compressor *c, const void *data, size_t len, struct buf *out);

/* compressor_free() - @c may be NULL */
void compressor_free(struct compressor *c);

#endif
