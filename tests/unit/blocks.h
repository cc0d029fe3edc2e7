/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TEST_BLOCKS_H
#define PWRU_CAP_TEST_BLOCKS_H

/*
 * Blocks for the tests of src/outfile: 20 bytes that all have one value, 1 in the first block, 2 in
 * the second, and so on. So what is in a file tells whether it consists of whole blocks, in order.
 * The length divides neither a page nor a pipe, so that a short write cuts a block.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/outfile.h"

#define BLOCK 20
#define MANY  30000 /* blocks, more than a pipe or a batch holds */

struct fixture {
	char dir[32];
	char path[48]; /* a file in it, which does not exist at first */
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->dir, "/tmp/test_outfile.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/out", f->dir);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* Appends and marks blocks first..last until one fails; returns the first error. */
static inline int put_blocks(struct outfile *of, unsigned int first, unsigned int last,
			     enum outfile_block kind)
{
	int err = 0, ret;
	uint8_t *p;

	for (; first <= last; first++) {
		p = buf_extend(outfile_buf(of), BLOCK);
		assert_non_null(p);
		memset(p, (uint8_t)first, BLOCK);
		ret = outfile_mark(of, kind);
		if (!err)
			err = ret;
	}
	return err;
}

static inline void assert_blocks(const uint8_t *data, size_t len, size_t n_blocks)
{
	size_t i;

	assert_int_equal(len, n_blocks * BLOCK);
	for (i = 0; i < len; i++) {
		if (data[i] != (uint8_t)(i / BLOCK + 1))
			fail_msg("byte %zu is of block %u", i, data[i]);
	}
}

/* The file must hold blocks 1..n, nothing else. */
static inline void assert_file(const char *path, size_t n)
{
	static uint8_t data[MANY * BLOCK + 1];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_blocks(data, fread(data, 1, sizeof(data), f), n);
	fclose(f);
}

static inline struct outfile *open_or_fail(const char *path)
{
	struct outfile *of = NULL;

	assert_int_equal(outfile_open(path, &(struct outfile_opts){0}, &of), 0);
	assert_non_null(of);
	return of;
}

/* Opens "-" while fd stands in for standard output. */
static inline int open_stdout(int fd, bool packet_buffered, struct outfile **ret_of)
{
	int saved = dup(STDOUT_FILENO);
	int err;

	assert_true(saved >= 0);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	err = outfile_open("-", &(struct outfile_opts){.packet_buffered = packet_buffered}, ret_of);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return err;
}

static inline void assert_stats(const struct outfile_stats *s, uint64_t bytes, uint64_t written,
				uint64_t lost, bool torn)
{
	assert_int_equal(s->bytes, bytes);
	assert_int_equal(s->written, written);
	assert_int_equal(s->lost, lost);
	assert_int_equal(s->pending, 0);
	assert_int_equal(s->torn, torn);
}

#endif
