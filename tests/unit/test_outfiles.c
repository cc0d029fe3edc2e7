// SPDX-License-Identifier: GPL-2.0-only
/* Several files in a row: what is in which, and what is done with those that are finished. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/outfiles.h"
#include "src/util.h"

#define SECOND 1000000000ULL

/* A directory to work in. */
struct fixture {
	char dir[32], here[512];
	unsigned int heads; /* how often one was asked for */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/test_outfiles.XXXXXX");
	if (!getcwd(f->here, sizeof(f->here)) || !mkdtemp(f->dir) || chdir(f->dir))
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	DIR *dir = opendir(f->dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlink(entry->d_name);
	if (dir)
		closedir(dir);
	if (chdir(f->here))
		return -1;
	rmdir(f->dir);
	free(f);
	return 0;
}

/* "1:", "2:" ... */
static int head(void *ctx, struct buf *out)
{
	struct fixture *f = ctx;

	buf_printf(out, "%u:", ++f->heads);
	return buf_error(out);
}

static struct outfiles *open_files(struct fixture *f, struct outfiles_opts opts)
{
	struct outfiles *files;

	opts.head = head;
	opts.ctx = f;
	assert_int_equal(outfiles_open(&opts, &files), 0);
	return files;
}

/* One packet of a text; the error of the turn, or of the mark. */
static int put(struct outfiles *files, uint64_t seconds, const char *text)
{
	int err = outfiles_turn(files, seconds * SECOND);

	if (err)
		return err;
	buf_puts(outfile_buf(outfiles_file(files)), text);
	return outfile_mark(outfiles_file(files), OUTFILE_PACKET);
}

static void assert_text(const char *path, const char *wanted)
{
	char *text;

	assert_int_equal(read_file(path, &text, NULL), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void assert_missing(const char *path)
{
	assert_int_equal(access(path, F_OK), -1);
}

static void assert_written(const struct outfile_stats *s, uint64_t written, uint64_t lost)
{
	assert_int_equal(s->written, written);
	assert_int_equal(s->lost, lost);
	assert_int_equal(s->pending, 0);
}

static void test_size(void **state)
{
	struct outfiles *files = open_files(
		*state, (struct outfiles_opts){.rotate = {.name = "f", .bytes = 10}});
	struct outfile_stats stats;

	/* Its head is there from the start. */
	assert_text("f", "1:");
	assert_int_equal(put(files, 1, "aaaa"), 0);
	assert_int_equal(put(files, 1, "bbbb"), 0);
	assert_string_equal(outfiles_path(files), "f");
	/* 10 bytes are not more than 10. */
	assert_int_equal(put(files, 1, "c"), 0);
	assert_int_equal(put(files, 1, "dddd"), 0);
	assert_string_equal(outfiles_path(files), "f1");
	assert_text("f", "1:aaaabbbbc");
	assert_text("f1", "2:");
	assert_int_equal(put(files, 1, "eeeeeeeeeeeeeee"), 0);
	assert_int_equal(put(files, 1, "f"), 0);
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_text("f1", "2:ddddeeeeeeeeeeeeeee");
	assert_text("f2", "3:f");
	assert_written(&stats, 6, 0);
	assert_missing("f3");
}

static void test_ring(void **state)
{
	struct outfiles *files = open_files(
		*state, (struct outfiles_opts){.rotate = {.name = "f", .bytes = 3, .files = 2}});
	struct outfile_stats stats;

	assert_int_equal(put(files, 1, "aa"), 0);
	assert_int_equal(put(files, 1, "bb"), 0);
	assert_int_equal(put(files, 1, "c"), 0);
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_text("f0", "3:c");
	assert_text("f1", "2:bb");
	assert_written(&stats, 3, 0);

	files = open_files(*state,
			   (struct outfiles_opts){.rotate = {.name = "f", .bytes = 3, .files = 2}});
	for (int i = 0; i < 3; i++)
		assert_int_equal(put(files, 1, "xx"), 0);
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_text("f0", "6:xx");
	assert_text("f1", "5:xx");
	assert_written(&stats, 3, 0);
}

static void test_time(void **state)
{
	uint64_t now = (uint64_t)time(NULL);
	struct outfiles *files = open_files(
		*state,
		(struct outfiles_opts){.rotate = {.name = "f%s", .seconds = 1000, .files = 2}});
	char first[64], second[64];
	struct outfile_stats stats;

	snprintf(first, sizeof(first), "%s", outfiles_path(files));
	assert_int_equal(put(files, now, "a"), 0);
	/* A record that has waited for the file to be opened. */
	assert_int_equal(put(files, now - 5, "b"), 0);
	assert_int_equal(put(files, now + 1010, "c"), 0);
	snprintf(second, sizeof(second), "f%llu", (unsigned long long)now + 1010);
	assert_string_equal(outfiles_path(files), second);
	assert_int_equal(put(files, now + 2009, "d"), 0);
	assert_int_equal(put(files, now + 2010, "e"), -ECANCELED);
	/* It stays so, and there is no file to write to. */
	assert_int_equal(put(files, now, "f"), -ECANCELED);
	assert_int_equal(outfiles_rotate(files), -ECANCELED);
	assert_null(outfiles_file(files));
	assert_int_equal(outfiles_flush(files), 0);
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_text(first, "1:ab");
	assert_text(second, "2:cd");
	assert_written(&stats, 4, 0);
}

/* With -C or -G, a request is a reason like the others. */
static void test_request(void **state)
{
	struct outfiles *files = open_files(
		*state, (struct outfiles_opts){.rotate = {.name = "f", .bytes = 1000}});

	assert_int_equal(put(files, 1, "a"), 0);
	assert_int_equal(outfiles_rotate(files), 0);
	assert_string_equal(outfiles_path(files), "f1");
	assert_int_equal(put(files, 1, "b"), 0);
	assert_int_equal(outfiles_close(files, NULL), 0);
	assert_text("f", "1:a");
	assert_text("f1", "2:b");
}

/* A file whose name the next one would have, too, goes on. */
static void test_same_name(void **state)
{
	static const struct {
		struct rotate_cfg rotate;
		const char *text;
	} rows[] = {
		{{.name = "f", .seconds = 1000}, "1:ab"},
		{{.name = "f", .bytes = 1000, .files = 1}, "2:ab"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct outfiles *files = open_files(
			*state, (struct outfiles_opts){.rotate = rows[i].rotate});
		struct outfile_stats stats;

		assert_int_equal(put(files, time(NULL), "a"), 0);
		assert_int_equal(outfiles_rotate(files), 0);
		assert_int_equal(put(files, time(NULL), "b"), 0);
		assert_int_equal(outfiles_close(files, &stats), 0);
		assert_text("f", rows[i].text);
		assert_written(&stats, 2, 0);
	}
}

/* Without, it is a file that somebody has moved away, or not. */
static void test_moved_away(void **state)
{
	struct outfiles *files = open_files(
		*state, (struct outfiles_opts){.rotate = {.name = "f"},
					       .postrotate = "/nonexistent/command"});
	struct outfile_stats stats;

	assert_int_equal(put(files, 1, "a"), 0);
	assert_int_equal(outfiles_rotate(files), 0);
	assert_text("f", "1:a");
	assert_int_equal(put(files, 1, "b"), 0);
	assert_int_equal(rename("f", "f.1"), 0);
	assert_int_equal(put(files, 1, "c"), 0);
	assert_int_equal(outfiles_rotate(files), 0);
	assert_text("f.1", "1:abc");
	assert_int_equal(put(files, 1, "d"), 0);
	/* Another file of that name is emptied. */
	assert_int_equal(rename("f", "f.2"), 0);
	close(open("f", O_WRONLY | O_CREAT, 0644));
	assert_int_equal(outfiles_rotate(files), 0);
	assert_int_equal(put(files, 1, "e"), 0);
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_text("f.2", "2:d");
	assert_text("f", "3:e");
	assert_written(&stats, 5, 0);
}

/* The next one cannot be made: the file before is whole, and what comes is refused. */
static void test_no_next(void **state)
{
	struct outfiles *files = open_files(
		*state, (struct outfiles_opts){.rotate = {.name = "f", .bytes = 1}});
	struct outfile_stats stats;

	assert_int_equal(put(files, 1, "aaa"), 0);
	assert_int_equal(mkdir("f1", 0755), 0);
	assert_int_equal(put(files, 1, "b"), -EISDIR);
	assert_string_equal(outfiles_path(files), "f1");
	assert_null(outfiles_file(files));
	assert_true(put(files, 1, "c"));
	assert_int_equal(outfiles_flush(files), 0);
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_int_equal(rmdir("f1"), 0);
	assert_written(&stats, 1, 0);
}

/* The head itself finds no room. */
static void test_no_room(void **state)
{
	struct outfiles_opts opts = {.rotate.name = "/dev/full", .head = head, .ctx = *state};
	struct outfiles *files = NULL;

	assert_int_equal(outfiles_open(&opts, &files), -ENOSPC);
	assert_null(files);
	opts.rotate.name = "no/f";
	assert_int_equal(outfiles_open(&opts, &files), -ENOENT);
	assert_null(files);
	assert_int_equal(outfiles_close(NULL, NULL), 0);
}

/* Does not wait for them, nor reap them. */
static bool has_children(void)
{
	siginfo_t info;

	return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

/* The command gets each file that -C has finished, whole, and not the last one. */
static void test_command(void **state)
{
	struct outfiles *files;
	int fd = open("command", O_WRONLY | O_CREAT, 0755);
	static const char text[] = "#!/bin/sh\ncat $1 >$1.copy\n";

	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	files = open_files(*state, (struct outfiles_opts){.rotate = {.name = "f", .bytes = 3},
							  .postrotate = "./command"});
	for (int i = 0; i < 3; i++)
		assert_int_equal(put(files, 1, "aa"), 0);
	for (int i = 0; i < 1000 && (access("f.copy", F_OK) || access("f1.copy", F_OK)); i++)
		usleep(10000);
	/* Flushing reaps those that have ended; they are about to. */
	for (int i = 0; i < 1000 && has_children(); i++) {
		usleep(10000);
		assert_int_equal(outfiles_flush(files), 0);
	}
	assert_false(has_children());
	assert_int_equal(outfiles_close(files, NULL), 0);
	assert_text("f.copy", "1:aa");
	assert_text("f1.copy", "2:aa");
	assert_text("f2", "3:aa");
	assert_missing("f2.copy");
}

/* Small frames are large: they are written once a second. The size that counts is the file's. */
static void test_compressed(void **state)
{
	struct outfiles *files = open_files(
		*state, (struct outfiles_opts){.rotate = {.name = "f", .bytes = 100},
					       .compress = COMPRESS_ZSTD});
	struct outfile_stats stats;
	struct stat before, after;

	assert_int_equal(outfiles_flush(files), 0);
	assert_int_equal(stat("f", &before), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(put(files, 1, "aaaaaaaaaaaaaaaaaaaa"), 0);
		assert_int_equal(outfiles_flush(files), 0);
	}
	assert_int_equal(stat("f", &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(outfile_flush(outfiles_file(files)), 0);
	assert_int_equal(stat("f", &after), 0);
	assert_true(after.st_size > before.st_size && after.st_size < 100);
	for (int i = 0; i < 100 && !strcmp(outfiles_path(files), "f"); i++) {
		assert_int_equal(put(files, 1, "b"), 0);
		assert_int_equal(outfile_flush(outfiles_file(files)), 0);
	}
	assert_string_equal(outfiles_path(files), "f1");
	assert_int_equal(outfiles_close(files, &stats), 0);
	assert_true(stats.written > 100 && stats.lost == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_size),      TEST(test_ring),	     TEST(test_time),	 TEST(test_request),
		TEST(test_same_name), TEST(test_moved_away), TEST(test_no_next), TEST(test_no_room),
		TEST(test_command),   TEST(test_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
