// SPDX-License-Identifier: GPL-2.0-only
/* The options that say which files there are, and whose. */
#include "tests/unit/command_line.h"

static void test_defaults(void **state)
{
	struct options o = GOOD();

	(void)state;
	assert_int_equal(o.compress, COMPRESS_NONE);
	assert_int_equal(o.rotate_bytes, 0);
	assert_int_equal(o.rotate_seconds, 0);
	assert_int_equal(o.rotate_files, 0);
	assert_null(o.postrotate);
	assert_null(o.user);
	options_free(&o);
}

static void test_all(void **state)
{
	struct options o = GOOD("-w", "f%s", "-C", "3M", "-G", "60", "-W", "12", "-z", "gzip", "-Z",
				"nobody", "--compress", "zstd");

	(void)state;
	assert_int_equal(o.rotate_bytes, 3 * 1024 * 1024);
	assert_int_equal(o.rotate_seconds, 60);
	assert_int_equal(o.rotate_files, 12);
	assert_string_equal(o.postrotate, "gzip");
	assert_string_equal(o.user, "nobody");
	assert_int_equal(o.compress, COMPRESS_ZSTD);
	options_free(&o);
}

static void test_long_names(void **state)
{
	struct options o = GOOD("--relinquish-privileges=daemon", "-w", "-", "--compress=gzip");

	(void)state;
	assert_string_equal(o.user, "daemon");
	assert_int_equal(o.compress, COMPRESS_GZIP);
	options_free(&o);
}

/* 0 is no limit, as for tcpdump. */
static void test_zero_seconds(void **state)
{
	struct options o = GOOD("-w", "-", "-G", "0");

	(void)state;
	assert_int_equal(o.rotate_seconds, 0);
	options_free(&o);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *words[6], *message;
	} rows[] = {
		{{"-C", "0"}, "-C 0: not a number of millions of bytes"},
		{{"-C", "1T"}, "-C 1T: not a number of millions of bytes"},
		{{"-C", "-5"}, "-C -5: not a number of millions of bytes"},
		{{"-C", "9223372036854775807"}, "-C 9223372036854775807: too large"},
		{{"-G", "-1"}, "-G -1: not a number from 0 to 2147483647"},
		{{"-G", "1h"}, "-G 1h: not a number from 0 to"},
		{{"-G", "2147483648"}, "-G 2147483648: not a number"},
		{{"-W", "0"}, "-W 0: not a number from 1 to 2147483647"},
		{{"-W", "x"}, "-W x: not a number from 1 to"},
		{{"--compress", "xz"}, "--compress xz: there is gzip and zstd"},
		{{"--compress="}, "--compress : there is gzip and zstd"},
		{{"-O"}, "-O: the expression becomes part of the tracing programs"},
		{{"--no-optimize", "icmp"}, "leave -O out"},
		{{"-w", "-", "-C", "1"}, "standard output has no next file"},
		{{"-w", "-", "-G", "1"}, "standard output has no next file"},
		{{"-w", "f", "-z"}, "option requires an argument -- 'z'"},
		{{"-Z", "nobody", "--all-kmods"}, "-Z nobody: --all-kmods attaches to modules"},
		{{"-Z"}, "option requires an argument -- 'Z'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refused(rows[i].words, rows[i].message);
}

/* Allowed, as for tcpdump, but not without a word. */
static void test_notes(void **state)
{
	static const struct {
		const char *words[6], *message;
	} rows[] = {
		{{"-C", "1"}, "-C, -G and --compress do nothing without -w"},
		{{"--compress", "gzip"}, "-C, -G and --compress do nothing without -w"},
		{{"-w", "f", "-z", "gzip"}, "-W and -z do nothing without -C or -G"},
		{{"-w", "f", "-W", "3"}, "-W and -z do nothing without -C or -G"},
		{{"-w", "f", "-G", "3"}, "-G: f names no time"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum options_action action;
		struct options o;

		assert_int_equal(parse(rows[i].words, &o, &action), 0);
		if (!strstr(err_text, rows[i].message))
			fail_msg("no '%s' in: %s", rows[i].message, err_text);
		options_free(&o);
	}
}

static void test_notes_quiet(void **state)
{
	struct options o = GOOD("-q", "-w", "f", "-G", "3");

	(void)state;
	options_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),    cmocka_unit_test(test_all),
		cmocka_unit_test(test_long_names),  cmocka_unit_test(test_zero_seconds),
		cmocka_unit_test(test_wrong),	    cmocka_unit_test(test_notes),
		cmocka_unit_test(test_notes_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
