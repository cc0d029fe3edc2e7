// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/util.h"

/* Under ASan, let an allocation that is too large fail as it does without. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* ---- parse_u64() */

#define UNTOUCHED 0xa5a5a5a5a5a5a5a5ULL

static const struct {
	const char *text;
	uint64_t max;
	int err;
	uint64_t value;
} rows[] = {
	{"0", 0, 0, 0},
	{"1", 0, -ERANGE, UNTOUCHED},
	{"42", 42, 0, 42},
	{"43", 42, -ERANGE, UNTOUCHED},
	{"010", 100, 0, 10},
	{"08", 100, 0, 8},
	{"0x1f", 100, 0, 31},
	{"0X1F", 100, 0, 31},
	{"0x65", 100, -ERANGE, UNTOUCHED},
	{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
	{"0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX},
	{"18446744073709551616", UINT64_MAX, -ERANGE, UNTOUCHED},
	{"0x10000000000000000", UINT64_MAX, -ERANGE, UNTOUCHED},
	{"99999999999999999999999999999", 5, -ERANGE, UNTOUCHED},
	{"", 100, -EINVAL, UNTOUCHED},
	{" ", 100, -EINVAL, UNTOUCHED},
	{" 1", 100, -EINVAL, UNTOUCHED},
	{"1 ", 100, -EINVAL, UNTOUCHED},
	{"\t1", 100, -EINVAL, UNTOUCHED},
	{"1\n", 100, -EINVAL, UNTOUCHED},
	{"1 2", 100, -EINVAL, UNTOUCHED},
	{"+1", 100, -EINVAL, UNTOUCHED},
	{"-1", UINT64_MAX, -EINVAL, UNTOUCHED},
	{"-0", 100, -EINVAL, UNTOUCHED},
	{"0x", 100, -EINVAL, UNTOUCHED},
	{"0x ", 100, -EINVAL, UNTOUCHED},
	{"0x-1", UINT64_MAX, -EINVAL, UNTOUCHED},
	{"0x+1", 100, -EINVAL, UNTOUCHED},
	{"0x0x1", 100, -EINVAL, UNTOUCHED},
	{"x1", 100, -EINVAL, UNTOUCHED},
	{"1f", 100, -EINVAL, UNTOUCHED},
	{"0xg", 100, -EINVAL, UNTOUCHED},
	{"1.5", 100, -EINVAL, UNTOUCHED},
	{"1e1", 100, -EINVAL, UNTOUCHED},
	{"1k", 100, -EINVAL, UNTOUCHED},
	{"\xd9\xa1", 100, -EINVAL, UNTOUCHED}, /* U+0661, a digit elsewhere */
};

static void test_parse_u64(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t value = UNTOUCHED;
		int err = parse_u64(rows[i].text, rows[i].max, &value);

		if (err != rows[i].err || value != rows[i].value)
			fail_msg("'%s' up to %llu: %d, %llu", rows[i].text,
				 (unsigned long long)rows[i].max, err, (unsigned long long)value);
	}
}

/* ---- read_file() */

static void make_file(char *path, const void *data, size_t len)
{
	int fd;

	strcpy(path, "/tmp/test_util.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

/* Around the steps in which the buffer grows, and far above. NUL is a byte as any other. */
static void test_read_sizes(void **state)
{
	static const size_t sizes[] = {0,     1,     32767, 32768, 32769,  65534,
				       65535, 65536, 65537, 98304, 131072, 3000000};
	uint8_t *data = malloc(3000000);
	char path[32], *text;
	size_t len;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 3000000; i++)
		data[i] = i * 7 + i / 251;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		make_file(path, data, sizes[i]);
		text = NULL;
		assert_int_equal(read_file(path, &text, &len), 0);
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(text, data, len);
		assert_int_equal(text[len], 0);
		free(text);
		assert_int_equal(read_file(path, &text, NULL), 0);
		assert_memory_equal(text, data, len);
		free(text);
		unlink(path);
	}
	free(data);
}

/* Its size is 0 as stat(2) tells it. */
static void test_read_proc(void **state)
{
	char *text = NULL;
	struct stat st;
	size_t len;

	(void)state;
	assert_int_equal(stat("/proc/self/status", &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(read_file("/proc/self/status", &text, &len), 0);
	assert_int_equal(strlen(text), len);
	assert_memory_equal(text, "Name:\ttest_util\n", 16);
	assert_int_equal(text[len - 1], '\n');
	free(text);
}

/* A pipe gives what is there at the moment, often less than was asked for. */
static void test_read_short_reads(void **state)
{
	char path[64], *text = NULL;
	size_t len;
	pid_t child;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		for (uint32_t i = 0; i < 20000; i++)
			if (write(fds[1], &i, sizeof(i)) != sizeof(i))
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	assert_int_equal(read_file(path, &text, &len), 0);
	assert_int_equal(len, 80000);
	for (uint32_t i = 0; i < 20000; i++)
		assert_memory_equal(text + 4 * i, &i, sizeof(i));
	free(text);
	close(fds[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_read_errors(void **state)
{
	char *text = (char *)"kept";
	size_t len = 77;

	(void)state;
	assert_int_equal(read_file("/nonexistent/file", &text, &len), -ENOENT);
	assert_int_equal(read_file("/proc/self/status/x", &text, &len), -ENOTDIR);
	assert_int_equal(read_file("/tmp", &text, &len), -EISDIR);
	assert_string_equal(text, "kept");
	assert_int_equal(len, 77);
}

/* ---- grow() */

static void test_grow(void **state)
{
	size_t cap = 0, moves = 0;
	uint32_t *v = NULL;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		size_t before = cap;
		uint32_t *larger = grow(v, i, &cap, sizeof(*v));

		assert_non_null(larger);
		if (i < before) {
			assert_ptr_equal(larger, v);
			assert_int_equal(cap, before);
		} else {
			moves++;
		}
		assert_true(cap > i);
		v = larger;
		v[i] = i;
	}
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(v[i], i);
	/* Doubling, not a fixed step. */
	assert_in_range(moves, 1, 16);
	free(v);
}

static void test_grow_too_far(void **state)
{
	char *old = malloc(16);
	/* Through a volatile, or the compiler complains of what this tests. */
	volatile size_t huge = SIZE_MAX / 4;
	size_t cap = huge;

	(void)state;
	assert_non_null(old);
	strcpy(old, "still there");
	assert_null(grow(old, huge, &cap, 64));
	assert_int_equal(cap, huge);
	assert_string_equal(old, "still there");
	free(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_u64),    cmocka_unit_test(test_read_sizes),
		cmocka_unit_test(test_read_proc),    cmocka_unit_test(test_read_short_reads),
		cmocka_unit_test(test_read_errors),  cmocka_unit_test(test_grow),
		cmocka_unit_test(test_grow_too_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
