/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COMPRESS_H
#define PWRU_CAP_COMPRESS_H
/*
 * Compression of a file in batches, so that the file is a valid one behind each of them.
 *
 * gzip: a batch is a member; several in a row are a file (RFC 1952, 2.2).
 *
 * zstd: a batch is some blocks of the file's one frame, for Wireshark 4.0 does not find a second
 * frame (check_for_zstd_compression() in its wiretap/file_wrappers.c looks at the beginning of its
 * buffer). A frame ends with a block that says so; that is the tail, which stands behind the last
 * batch until the next one takes its place. The history goes on from batch to batch, too.
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
 * compressor_new() - make ready for the first batch of a file
 * @kind: not COMPRESS_NONE
 *
 * Return: 0, or -ENOMEM.
 */
int compressor_new(enum compress_kind kind, struct compressor **ret_c);

/**
 * compressor_batch() - compress a batch
 * @data: what is to be compressed
 * @len: its bytes, from 1 to below 1 GiB
 * @out: the result is appended here; on an error, nothing is, and there can be no further batch
 *
 * Return: 0, or -ENOMEM; -EIO if the library fails for a reason of its own.
 */
int compressor_batch(struct compressor *c, const void *data, size_t len, struct buf *out);

/* compressor_tail() - what makes a whole file of one or more batches; of @ret_len bytes, maybe 0 */
const void *compressor_tail(const struct compressor *c, size_t *ret_len);

/* compressor_free() - @c may be NULL */
void compressor_free(struct compressor *c);

#endif
