// SPDX-License-Identifier: GPL-2.0-only
#include "src/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "src/util.h"

/*
 * Measured on a capture with stacks, in batches of 256 KiB: level 1 makes it 11 times smaller,
 * level 6 15 times, at a third of the speed.
 */
#define GZIP_LEVEL 1
/* 32 KiB of history, and 16: a gzip header instead of zlib's */
#define GZIP_WINDOW (15 + 16)
#define GZIP_MEMORY 8

struct compressor {
	enum compress_kind kind;
	z_stream gzip;
	ZSTD_CCtx *zstd;
};

static const char *const names[] = {
	[COMPRESS_GZIP] = "gzip",
	[COMPRESS_ZSTD] = "zstd",
};

_Static_assert(ARRAY_SIZE(names) == COMPRESS_ZSTD + 1, "each kind has its name");

int compress_parse(const char *name, enum compress_kind *ret_kind)
{
	for (size_t i = COMPRESS_GZIP; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], name)) {
			*ret_kind = (enum compress_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int start_gzip(struct compressor *c)
{
	return deflateInit2(&c->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
			    Z_DEFAULT_STRATEGY) == Z_OK
		       ? 0
		       : -ENOMEM;
}

static int start_zstd(struct compressor *c)
{
	/* Without a checksum, which is the default: the tail could not know it. */
	c->zstd = ZSTD_createCCtx();
	return c->zstd ? 0 : -ENOMEM;
}

int compressor_new(enum compress_kind kind, struct compressor **ret_c)
{
	struct compressor *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->kind = kind;
	err = kind == COMPRESS_GZIP ? start_gzip(c) : start_zstd(c);
	if (err) {
		free(c);
		return err;
	}
	*ret_c = c;
	return 0;
}

/* Returns the bytes of the member, or -EIO. */
static int64_t gzip_member(z_stream *z, const void *data, size_t len, uint8_t *out, size_t room)
{
	z->next_in = (Bytef *)data; /* not const before zlib 1.2.5, and never written */
	z->avail_in = len;
	z->next_out = out;
	z->avail_out = room;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	return (int64_t)(room - z->avail_out);
}

/* Returns the bytes of the blocks, or -EIO. */
static int64_t zstd_blocks(ZSTD_CCtx *zstd, const void *data, size_t len, uint8_t *out, size_t room)
{
	ZSTD_inBuffer input = {data, len, 0};
	ZSTD_outBuffer output = {out, room, 0};
	size_t left = ZSTD_compressStream2(zstd, &output, &input, ZSTD_e_flush);

	/* Nothing may be left, neither to compress nor to write. */
	return left || input.pos < len ? -EIO : (int64_t)output.pos;
}

/* The most bytes that a batch can have; the gzip stream is ready for it then. */
static size_t bound(struct compressor *c, size_t len)
{
	/* For the frame's header and a block that may have been begun. */
	if (c->kind == COMPRESS_ZSTD)
		return ZSTD_compressBound(len) + ZSTD_CStreamOutSize();
	/* In this order: of a stream that has ended, the bound leaves out the header. */
	deflateReset(&c->gzip);
	return deflateBound(&c->gzip, len);
}

int compressor_batch(struct compressor *c, const void *data, size_t len, struct buf *out)
{
	size_t before = out->len, room = bound(c, len);
	uint8_t *p = buf_extend(out, room);
	int64_t n;

	if (!p) {
		buf_cut(out, before);
		return -ENOMEM;
	}
	if (c->kind == COMPRESS_GZIP)
		n = gzip_member(&c->gzip, data, len, p, room);
	else
		n = zstd_blocks(c->zstd, data, len, p, room);
	buf_cut(out, n < 0 ? before : before + (size_t)n);
	return n < 0 ? (int)n : 0;
}

const void *compressor_tail(const struct compressor *c, size_t *ret_len)
{
	/* RFC 8878, 3.1.1.2: the last block, not compressed, of no bytes. */
	static const uint8_t last_block[] = {1, 0, 0};

	*ret_len = c->kind == COMPRESS_ZSTD ? sizeof(last_block) : 0;
	return last_block;
}

void compressor_free(struct compressor *c)
{
	if (!c)
		return;
	if (c->kind == COMPRESS_GZIP)
		deflateEnd(&c->gzip);
	ZSTD_freeCCtx(c->zstd);
	free(c);
}
