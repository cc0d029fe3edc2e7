// SPDX-License-Identifier: GPL-2.0-only
/* What sink_check() says before a capture, and the lines on standard output. */
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
#include <unistd.h>

#include <cmocka.h>

#include "src/sink.h"

/* The messages are wanted, but not here. */
static int quiet_check(const char *path)
{
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), err;

	assert_true(saved >= 0 && null >= 0);
	dup2(null, STDERR_FILENO);
	err = sink_check(path);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return err;
}

static void test_check(void **state)
{
	char dir[] = "/tmp/test_sink.XXXXXX", path[64];
	struct stat st;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out.pcapng", dir);
	assert_int_equal(sink_check(path), 0);
	/* It has only looked. */
	assert_int_equal(stat(path, &st), -1);

	f = fopen(path, "w");
	assert_non_null(f);
	fputs("kept", f);
	fclose(f);
	assert_int_equal(sink_check(path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);

	assert_int_equal(quiet_check(dir), -EISDIR);
	snprintf(path, sizeof(path), "%s/out.pcapng/x", dir);
	assert_int_equal(quiet_check(path), -ENOTDIR);
	snprintf(path, sizeof(path), "%s/no/out.pcapng", dir);
	assert_int_equal(quiet_check(path), -ENOENT);
	assert_int_equal(sink_check("/dev/null"), 0);
	snprintf(path, sizeof(path), "%s/out.pcapng", dir);
	unlink(path);
	rmdir(dir);
}

/* No file has this name, so none can be made. */
static void test_check_empty_path(void **state)
{
	(void)state;
	assert_int_equal(quiet_check(""), -ENOENT);
}

/* ---- text */

static void put_packets(struct sink *sink, unsigned int n)
{
	struct ev_hdr hdr = {.skb_len = 52, .ifindex = 2, .netns = 9, .tgid = 7, .tid = 7};
	struct record rec = {.hdr = &hdr};
	struct view view = {.rec = &rec, .func = "ip_rcv", .stack = "", .comm = "curl"};

	for (unsigned int i = 1; i <= n; i++) {
		hdr.id = i;
		/* 2023-11-14 22:13:20 UTC */
		view.time_ns = 1700000000000000000 + i;
		if (sink->packet(sink, &view))
			break;
	}
}

struct result {
	int err;
	struct sink_stats stats;
};

/* In a child, whose standard output is a file: so ours has nothing to do with its errors. */
static struct result run_text(const char *path, unsigned int n)
{
	struct result r = {.err = 1};
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		const struct sink_info info = {.files = {.name = NULL}};
		int fd = open(path, O_WRONLY);
		struct sink *sink;

		setenv("TZ", "UTC0", 1);
		dup2(fd, STDOUT_FILENO);
		r.err = sink_text_open(&info, &sink);
		if (!r.err) {
			put_packets(sink, n);
			r.err = sink->close(sink, &r.stats);
		}
		_exit(write(fds[1], &r, sizeof(r)) != sizeof(r));
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &r, sizeof(r)), sizeof(r));
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return r;
}

static void test_text(void **state)
{
	char path[] = "/tmp/test_sink.XXXXXX", line[256], want[256];
	int fd = mkstemp(path);
	struct result r;
	FILE *f;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	r = run_text(path, 500);
	assert_int_equal(r.err, 0);
	assert_int_equal(r.stats.written, 500);
	assert_int_equal(r.stats.failed, 0);
	f = fopen(path, "r");
	assert_non_null(f);
	for (int i = 1; i <= 500; i++) {
		snprintf(want, sizeof(want),
			 "22:13:20.%09d func=ip_rcv id=%d skb=0x0 cpu=0 pid=7 comm=curl netns=9"
			 " ifindex=2 mark=0x0 len=52\n",
			 i, i);
		assert_non_null(fgets(line, sizeof(line), f));
		assert_string_equal(line, want);
	}
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	unlink(path);
}

/* A line that nobody got is not one that was captured. */
static void test_text_disk_full(void **state)
{
	struct result r = run_text("/dev/full", 10);

	(void)state;
	assert_int_equal(r.err, -ENOSPC);
	assert_int_equal(r.stats.written, 0);
	assert_int_equal(r.stats.failed, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_empty_path),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_disk_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
