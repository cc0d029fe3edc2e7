// SPDX-License-Identifier: GPL-2.0-only
/* Batches, alone and in files, also in files that end too early; read back by the libraries. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "src/compress.h"
#include "src/util.h"
#include "tests/unit/blocks.h"

static const enum compress_kind kinds[] = {COMPRESS_GZIP, COMPRESS_ZSTD};

#define PLAIN_MAX (8 * 1024 * 1024)

struct plain {
	uint8_t data[PLAIN_MAX];
	size_t len;
	bool whole; /* the input ended with a frame */
};

static struct plain plain;

static void gunzip(const uint8_t *data, size_t len)
{
	z_stream z = {.next_in = (Bytef *)data, .avail_in = len};
	int ret = Z_OK;

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	plain.whole = true;
	while (z.avail_in && (ret == Z_OK || ret == Z_STREAM_END)) {
		if (ret == Z_STREAM_END)
			assert_int_equal(inflateReset(&z), Z_OK);
		z.next_out = plain.data + plain.len;
		z.avail_out = PLAIN_MAX - plain.len;
		ret = inflate(&z, Z_SYNC_FLUSH);
		plain.len = z.next_out - plain.data;
		plain.whole = ret == Z_STREAM_END;
	}
	if (ret != Z_OK && ret != Z_STREAM_END)
		assert_int_equal(ret, Z_BUF_ERROR);
	inflateEnd(&z);
}

static void unzstd(const uint8_t *data, size_t len)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	ZSTD_inBuffer in = {data, len, 0};
	ZSTD_outBuffer out = {plain.data, PLAIN_MAX, 0};
	size_t ret = 0;

	assert_non_null(z);
	while (in.pos < in.size) {
		ret = ZSTD_decompressStream(z, &out, &in);
		assert_false(ZSTD_isError(ret));
	}
	plain.len = out.pos;
	plain.whole = !ret;
	ZSTD_freeDCtx(z);
}

/* Into plain. */
static void decompress(enum compress_kind kind, const uint8_t *data, size_t len)
{
	plain.len = 0;
	if (kind == COMPRESS_GZIP)
		gunzip(data, len);
	else
		unzstd(data, len);
}

static void decompress_file(enum compress_kind kind, const char *path)
{
	char *data;
	size_t len;

	assert_int_equal(read_file(path, &data, &len), 0);
	decompress(kind, (uint8_t *)data, len);
	free(data);
}

/* The file must hold blocks 1..n. */
static void assert_compressed(enum compress_kind kind, const char *path, size_t n)
{
	decompress_file(kind, path);
	assert_true(plain.whole);
	assert_blocks(plain.data, plain.len, n);
}

static void fill(uint8_t *data, size_t len, bool random)
{
	uint32_t x = 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		data[i] = random ? x >> 24 : (uint8_t) "pwru-cap"[i % 8];
	}
}

static void test_names(void **state)
{
	enum compress_kind kind = COMPRESS_NONE;

	(void)state;
	assert_int_equal(compress_parse("gzip", &kind), 0);
	assert_int_equal(kind, COMPRESS_GZIP);
	assert_int_equal(compress_parse("zstd", &kind), 0);
	assert_int_equal(kind, COMPRESS_ZSTD);
	assert_int_equal(compress_parse("", &kind), -EINVAL);
	assert_int_equal(compress_parse("gz", &kind), -EINVAL);
	assert_int_equal(compress_parse("GZIP", &kind), -EINVAL);
	assert_int_equal(kind, COMPRESS_ZSTD);
}

/* The tail makes a whole of it, and without it zstd's is none. */
static void append_tail(const struct compressor *c, struct buf *out)
{
	size_t len;
	const void *tail = compressor_tail(c, &len);

	buf_append(out, tail, len);
}

/* Batches of all sorts in a row come out as one. */
static void test_batches(void **state)
{
	static const size_t sizes[] = {1, 20, 65535, 1024 * 1024 + 1, 7, 300000};
	static uint8_t in[2 * 1024 * 1024], all[PLAIN_MAX];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct buf out = {0};
		struct compressor *c;
		size_t total = 0;

		assert_int_equal(compressor_new(kinds[k], &c), 0);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			size_t before = out.len;

			fill(in, sizes[i], i & 1);
			memcpy(all + total, in, sizes[i]);
			total += sizes[i];
			assert_int_equal(compressor_batch(c, in, sizes[i], &out), 0);
			/* What repeats becomes small, and what does not, hardly larger. */
			assert_true(out.len - before < sizes[i] + sizes[i] / 100 + 64);
			if (!(i & 1) && sizes[i] > 1000)
				assert_true(out.len - before < sizes[i] / 50);
		}
		decompress(kinds[k], out.data, out.len);
		assert_int_equal(plain.len, total);
		assert_int_equal(plain.whole, kinds[k] == COMPRESS_GZIP);
		append_tail(c, &out);
		decompress(kinds[k], out.data, out.len);
		assert_true(plain.whole);
		assert_int_equal(plain.len, total);
		assert_memory_equal(plain.data, all, total);
		compressor_free(c);
		buf_free(&out);
	}
	compressor_free(NULL);
}

/* Wherever it is cut, the batches before the cut are there. */
static void test_cut(void **state)
{
	static uint8_t in[1000];
	size_t ends[5];

	(void)state;
	fill(in, sizeof(in), true);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct buf out = {0};
		struct compressor *c;

		assert_int_equal(compressor_new(kinds[k], &c), 0);
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
			assert_int_equal(compressor_batch(c, in, sizeof(in), &out), 0);
			ends[i] = out.len;
		}
		for (size_t cut = 0, batches = 0; cut <= out.len; cut++) {
			batches += batches < ARRAY_SIZE(ends) && cut == ends[batches];
			decompress(kinds[k], out.data, cut);
			assert_true(plain.len >= batches * sizeof(in));
			for (size_t i = 0; i < plain.len; i++)
				assert_int_equal(plain.data[i], in[i % sizeof(in)]);
		}
		compressor_free(c);
		buf_free(&out);
	}
}

/* ---- in a file */

static struct outfile *open_compressed(const char *path, enum compress_kind kind,
				       bool packet_buffered)
{
	const struct outfile_opts opts = {.compress = kind, .packet_buffered = packet_buffered};
	struct outfile *of = NULL;

	assert_int_equal(outfile_open(path, &opts, &of), 0);
	return of;
}

static void test_file(void **state)
{
	const struct fixture *f = *state;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct outfile *of = open_compressed(f->path, kinds[k], false);
		struct outfile_stats stats;
		uint64_t size;

		assert_int_equal(outfile_size(of), 0);
		assert_int_equal(put_blocks(of, 1, 9, OUTFILE_PACKET), 0);
		assert_file(f->path, 0);
		assert_int_equal(outfile_size(of), 0);
		assert_int_equal(outfile_flush(of), 0);
		assert_compressed(kinds[k], f->path, 9);
		size = outfile_size(of);
		assert_true(size > 0);
		assert_int_equal(put_blocks(of, 10, MANY, OUTFILE_PACKET), 0);
		assert_true(outfile_size(of) > size);
		assert_int_equal(outfile_close(of, &stats), 0);
		assert_compressed(kinds[k], f->path, MANY);
		assert_stats(&stats, MANY * BLOCK, MANY, 0, false);
	}
}

static void test_packet_buffered(void **state)
{
	const struct fixture *f = *state;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct outfile *of = open_compressed(f->path, kinds[k], true);

		for (unsigned int n = 1; n <= 10; n++) {
			assert_int_equal(put_blocks(of, n, n, OUTFILE_PACKET), 0);
			assert_compressed(kinds[k], f->path, n);
		}
		assert_int_equal(outfile_close(of, NULL), 0);
	}
}

static void test_killed(void **state)
{
	const struct fixture *f = *state;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			struct outfile *of = open_compressed(f->path, kinds[k], false);

			put_blocks(of, 1, 7, OUTFILE_PACKET);
			outfile_flush(of);
			put_blocks(of, 8, 9, OUTFILE_PACKET);
			raise(SIGKILL);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_compressed(kinds[k], f->path, 7);
	}
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* However much of the second batch has room: the file is cut back to the first. */
static void test_short_write(void **state)
{
	const struct fixture *f = *state;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (unsigned int more = 0; more < 25; more++) {
			struct outfile *of = open_compressed(f->path, kinds[k], false);
			struct outfile_stats stats;
			struct stat st;
			int err;

			put_blocks(of, 1, 5, OUTFILE_PACKET);
			assert_int_equal(outfile_flush(of), 0);
			put_blocks(of, 6, 200, OUTFILE_PACKET);
			assert_int_equal(stat(f->path, &st), 0);
			limit_file_size(st.st_size + more);
			err = outfile_flush(of);
			limit_file_size(0);
			assert_int_equal(err, -EFBIG);
			assert_compressed(kinds[k], f->path, 5);
			assert_int_equal(outfile_close(of, &stats), -EFBIG);
			assert_compressed(kinds[k], f->path, 5);
			assert_stats(&stats, 5 * BLOCK, 5, 195, false);
		}
	}
}

/* Behind standard output there may be others: the tail is written at the end, once. */
static void test_stdout(void **state)
{
	const struct fixture *f = *state;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const struct outfile_opts opts = {.compress = kinds[k]};
		int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
		int saved = dup(STDOUT_FILENO), err;
		struct outfile *of = NULL;

		assert_true(fd >= 0 && saved >= 0);
		dup2(fd, STDOUT_FILENO);
		err = outfile_open("-", &opts, &of);
		dup2(saved, STDOUT_FILENO);
		close(saved);
		assert_int_equal(err, 0);
		for (unsigned int n = 1; n <= 10; n++) {
			assert_int_equal(put_blocks(of, n, n, OUTFILE_PACKET), 0);
			assert_int_equal(outfile_flush(of), 0);
		}
		assert_int_equal(outfile_close(of, NULL), 0);
		assert_compressed(kinds[k], f->path, 10);
		close(fd);
	}
}

/* A file that could not even be begun is left empty, without a tail of nothing. */
static void test_no_room_at_all(void **state)
{
	const struct fixture *f = *state;
	struct buf head = {0};

	buf_puts(&head, "some bytes that do not become less");
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const struct outfile_opts opts = {.compress = kinds[k], .head = &head};
		struct outfile *of = NULL;

		close(open(f->path, O_WRONLY | O_CREAT, 0600));
		limit_file_size(5);
		assert_int_equal(outfile_open(f->path, &opts, &of), -EFBIG);
		limit_file_size(0);
		assert_file(f->path, 0);
	}
	buf_free(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_cut),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packet_buffered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stdout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room_at_all, setup, teardown),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
