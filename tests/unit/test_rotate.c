// SPDX-License-Identifier: GPL-2.0-only
/* Sizes, and which file comes next. What tcpdump does is from tests/tcpdump_options. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "src/rotate.h"
#include "src/util.h"

/* 2023-11-14 22:13:20 UTC */
#define T 1700000000

static void assert_name(const struct rotation *r, const char *wanted)
{
	struct buf name = {0};

	assert_int_equal(rotation_name(r, &name), 0);
	assert_string_equal(buf_str(&name), wanted);
	buf_free(&name);
}

static struct rotation begin(struct rotate_cfg cfg)
{
	struct rotation r;

	rotation_begin(&r, &cfg, T);
	return r;
}

/* ---- -C's value */

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t bytes;
	} rows[] = {
		{"1", 0, 1000000},
		{"100", 0, 100000000},
		{"0x10", 0, 16000000},
		{"1k", 0, 1024},
		{"1K", 0, 1024},
		{"3m", 0, 3 * 1048576},
		{"3M", 0, 3 * 1048576},
		{"2g", 0, 2147483648},
		{"2G", 0, 2147483648},
		{"9223372036854", 0, 9223372036854000000},
		{"9223372036855", -ERANGE, 0},
		{"8589934591G", 0, 8589934591ULL << 30},
		{"8589934592G", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"000000000000000000000000000000001", -EINVAL, 0},
		{"0", -EINVAL, 0},
		{"0K", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"K", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1.5", -EINVAL, 0},
		{"1x", -EINVAL, 0},
		{"1KB", -EINVAL, 0},
		{"1 K", -EINVAL, 0},
		{"1KK", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t bytes = 0;
		int err = rotate_parse_size(rows[i].text, &bytes);

		if (err != rows[i].err || bytes != rows[i].bytes)
			fail_msg("-C '%s': %d, %llu", rows[i].text, err, (unsigned long long)bytes);
	}
}

/* ---- which file is next */

static void test_one_file(void **state)
{
	struct rotation r = begin((struct rotate_cfg){.name = "f%Y", .files = 3});

	(void)state;
	assert_name(&r, "f%Y");
	assert_int_equal(rotation_step(&r, UINT64_MAX, T + 1000000), ROTATE_STAY);
	/* Opened anew, by the same name. */
	assert_int_equal(rotation_force(&r, T + 1), ROTATE_NEXT);
	assert_name(&r, "f%Y");
}

static void test_size(void **state)
{
	struct rotation r = begin((struct rotate_cfg){.name = "f%Y", .bytes = 1000});

	(void)state;
	assert_name(&r, "f%Y");
	/* A file may be as large as that, and one packet larger. */
	assert_int_equal(rotation_step(&r, 1000, T), ROTATE_STAY);
	assert_int_equal(rotation_step(&r, 1001, T), ROTATE_NEXT);
	assert_name(&r, "f%Y1");
	assert_int_equal(rotation_step(&r, 0, T + 1000000), ROTATE_STAY);
	for (int i = 2; i <= 12; i++)
		assert_int_equal(rotation_step(&r, 1001, T), ROTATE_NEXT);
	assert_name(&r, "f%Y12");
	assert_int_equal(rotation_force(&r, T), ROTATE_NEXT);
	assert_name(&r, "f%Y13");
}

/* Digits enough for the last file of the ring; for a ring of one, none. */
static void test_ring(void **state)
{
	static const struct {
		uint64_t files;
		const char *first, *second, *last;
	} rows[] = {
		{1, "f", "f", "f"},	    {2, "f0", "f1", "f1"},
		{10, "f0", "f1", "f9"},	    {11, "f00", "f01", "f10"},
		{100, "f00", "f01", "f99"}, {101, "f000", "f001", "f100"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rotation r = begin(
			(struct rotate_cfg){.name = "f", .bytes = 10, .files = rows[i].files});

		assert_name(&r, rows[i].first);
		assert_int_equal(rotation_step(&r, 11, T), ROTATE_NEXT);
		assert_name(&r, rows[i].second);
		for (uint64_t n = 2; n < rows[i].files; n++)
			assert_int_equal(rotation_step(&r, 11, T), ROTATE_NEXT);
		assert_name(&r, rows[i].last);
		assert_int_equal(rotation_force(&r, T), ROTATE_NEXT);
		assert_name(&r, rows[i].files == 1 ? "f" : rows[i].first);
	}
}

static void test_time(void **state)
{
	struct rotation r = begin((struct rotate_cfg){.name = "f_%Y%m%d-%H%M%S%%", .seconds = 10});

	(void)state;
	assert_name(&r, "f_20231114-221320%");
	assert_int_equal(rotation_step(&r, UINT64_MAX, T + 9), ROTATE_STAY);
	/* A clock that was set back. */
	assert_int_equal(rotation_step(&r, 0, T - 1000000), ROTATE_STAY);
	assert_name(&r, "f_20231114-221320%");
	assert_int_equal(rotation_step(&r, 0, T + 10), ROTATE_NEXT);
	assert_name(&r, "f_20231114-221330%");
	/* From the packet that began it, not from when it was due. */
	assert_int_equal(rotation_step(&r, 0, T + 27), ROTATE_NEXT);
	assert_name(&r, "f_20231114-221347%");
	assert_int_equal(rotation_step(&r, 0, T + 36), ROTATE_STAY);
	assert_int_equal(rotation_force(&r, T + 36), ROTATE_NEXT);
	assert_name(&r, "f_20231114-221356%");
	assert_int_equal(rotation_step(&r, 0, T + 45), ROTATE_STAY);
}

/* Without a time in it, it stays the same. */
static void test_time_without_format(void **state)
{
	struct rotation r = begin((struct rotate_cfg){.name = "f", .seconds = 1});

	(void)state;
	assert_int_equal(rotation_step(&r, 0, T + 1), ROTATE_NEXT);
	assert_name(&r, "f");
}

static void test_time_ends(void **state)
{
	struct rotation r = begin((struct rotate_cfg){.name = "f%S", .seconds = 5, .files = 2});

	(void)state;
	assert_name(&r, "f20");
	assert_int_equal(rotation_step(&r, 0, T + 5), ROTATE_NEXT);
	assert_name(&r, "f25");
	assert_int_equal(rotation_step(&r, UINT64_MAX, T + 9), ROTATE_STAY);
	assert_int_equal(rotation_step(&r, 0, T + 10), ROTATE_END);

	r = begin((struct rotate_cfg){.name = "f%S", .seconds = 5, .files = 1});
	assert_int_equal(rotation_force(&r, T + 1), ROTATE_END);
}

/* A ring in each period, and no end. */
static void test_time_and_size(void **state)
{
	struct rotation r = begin(
		(struct rotate_cfg){.name = "f%S-", .bytes = 10, .seconds = 5, .files = 2});

	(void)state;
	assert_name(&r, "f20-0");
	assert_int_equal(rotation_step(&r, 11, T + 1), ROTATE_NEXT);
	assert_name(&r, "f20-1");
	assert_int_equal(rotation_step(&r, 11, T + 2), ROTATE_NEXT);
	assert_name(&r, "f20-0");
	assert_int_equal(rotation_step(&r, 11, T + 3), ROTATE_NEXT);
	/* Both at once: the time counts. */
	assert_int_equal(rotation_step(&r, 11, T + 5), ROTATE_NEXT);
	assert_name(&r, "f25-0");
	for (int i = 2; i < 9; i++)
		assert_int_equal(rotation_step(&r, 0, T + 5 * i), ROTATE_NEXT);
	assert_int_equal(rotation_force(&r, T + 41), ROTATE_NEXT);
	assert_name(&r, "f00-1");

	r = begin((struct rotate_cfg){.name = "f%S", .bytes = 10, .seconds = 5});
	assert_name(&r, "f20");
	assert_int_equal(rotation_step(&r, 11, T + 1), ROTATE_NEXT);
	assert_name(&r, "f201");
	assert_int_equal(rotation_step(&r, 11, T + 6), ROTATE_NEXT);
	assert_name(&r, "f26");
}

static void test_bad_names(void **state)
{
	struct rotation r = begin((struct rotate_cfg){.name = "", .seconds = 1});
	char *name = malloc(6001);
	struct buf out = {0};

	(void)state;
	/* For whoever opens it to refuse. */
	assert_name(&r, "");
	assert_non_null(name);
	memset(name, 'x', 6000);
	name[6000] = '\0';
	r = begin((struct rotate_cfg){.name = name, .seconds = 1});
	assert_int_equal(rotation_name(&r, &out), -ENAMETOOLONG);
	r = begin((struct rotate_cfg){.name = name});
	assert_name(&r, name);
	buf_free(&out);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	  cmocka_unit_test(test_one_file),
		cmocka_unit_test(test_size),	  cmocka_unit_test(test_ring),
		cmocka_unit_test(test_time),	  cmocka_unit_test(test_time_without_format),
		cmocka_unit_test(test_time_ends), cmocka_unit_test(test_time_and_size),
		cmocka_unit_test(test_bad_names),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
