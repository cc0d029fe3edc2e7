// SPDX-License-Identifier: GPL-2.0-only
/* Files without a name; where the file system has none, that is skipped. */
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
#include <unistd.h>

#include <cmocka.h>

#include "src/outfile.h"
#include "src/unnamed.h"
#include "src/util.h"

static char dir[] = "/tmp/test_unnamed.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir);
}

static int teardown(void **state)
{
	(void)state;
	return chdir("/") || rmdir(dir);
}

static int open_or_skip(const char *path)
{
	int fd = unnamed_open(path);

	if (fd == -EOPNOTSUPP || fd == -EISDIR) {
		print_message("SKIP: /tmp has no files without a name\n");
		skip();
	}
	return fd;
}

static void assert_text(const char *path, const char *wanted)
{
	char *text;

	assert_int_equal(read_file(path, &text, NULL), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_publish(void **state)
{
	mode_t mask = umask(027);
	int fd = open_or_skip("f");
	struct stat st;

	(void)state;
	umask(mask);
	assert_true(fd >= 0);
	assert_int_equal(access("f", F_OK), -1);
	assert_int_equal(write(fd, "first", 5), 5);
	assert_int_equal(unnamed_publish(fd, "f"), 0);
	assert_int_equal(write(fd, " more", 5), 5);
	close(fd);
	assert_text("f", "first more");
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);

	/* Another one: the name is free, as is the room. */
	fd = open_or_skip("f");
	assert_int_equal(access("f", F_OK), -1);
	assert_int_equal(unnamed_publish(fd, "f"), 0);
	close(fd);
	assert_text("f", "");
	unlink("f");
}

static void test_others(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(open_or_skip("d"), -EEXIST);
	assert_int_equal(symlink("elsewhere", "s"), 0);
	assert_int_equal(unnamed_open("s"), -EEXIST);
	assert_int_equal(mkfifo("p", 0600), 0);
	assert_int_equal(unnamed_open("p"), -EEXIST);
	assert_int_equal(unnamed_open("no/f"), -ENOENT);
	fd = unnamed_open("d/f");
	assert_true(fd >= 0);
	assert_int_equal(unnamed_publish(fd, "d/f"), 0);
	assert_int_equal(unnamed_publish(fd, "s"), -EEXIST);
	close(fd);
	unlink("d/f");
	unlink("s");
	unlink("p");
	rmdir("d");
}

/* An outfile replaces files, but follows links, and empties what it was not told to replace. */
static void test_outfile(void **state)
{
	struct buf head = {0};
	struct outfile_opts opts = {.head = &head};
	struct outfile *of;
	struct stat before, after;

	(void)state;
	buf_puts(&head, "head");
	for (int replace = 0; replace <= 1; replace++) {
		close(open("f", O_WRONLY | O_CREAT, 0600));
		assert_int_equal(symlink("f", "s"), 0);
		assert_int_equal(stat("f", &before), 0);
		opts.replace = replace;
		assert_int_equal(outfile_open("s", &opts, &of), 0);
		assert_text("f", "head");
		assert_int_equal(outfile_close(of, NULL), 0);
		unlink("s");
		/* While it is open, its number is not used again. */
		assert_int_equal(link("f", "other"), 0);
		assert_int_equal(outfile_open("f", &opts, &of), 0);
		assert_int_equal(outfile_close(of, NULL), 0);
		assert_text("f", "head");
		assert_int_equal(stat("f", &after), 0);
		assert_int_equal(before.st_ino != after.st_ino, replace);
		unlink("other");
		unlink("f");
	}
	buf_free(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_publish),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_outfile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
