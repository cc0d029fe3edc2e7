// SPDX-License-Identifier: GPL-2.0-only
/* What sink_check() says before a capture, and the lines on standard output. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
	struct ev_hdr hdr = {
		.skb_len = 52, .ifindex = 2, .mtu = 1500, .netns = 9, .tgid = 7, .tid = 7};
	struct record rec = {.hdr = &hdr};
	struct view view = {
		.rec = &rec, .func = "ip_rcv", .stack = "", .comm = "curl", .ifname = "v0"};

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
static struct result run_text(const char *path, unsigned int n, rlim_t limit)
{
	struct result r = {.err = 1};
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		const struct printing printing = PRINTING_DEFAULT;
		const struct sink_info info = {.printing = &printing};
		const struct rlimit most = {.rlim_cur = limit, .rlim_max = limit};
		int fd = open(path, O_WRONLY);
		struct sink *sink;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &most);
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

/* Reads the file of the test, and says how many whole lines of packets there are. */
static unsigned int check_lines(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256], want[256];
	unsigned int n = 0;

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_memory_equal(line, "TIME               ID    SKB ", 29);
	while (fgets(line, sizeof(line), f)) {
		n++;
		snprintf(
			want, sizeof(want),
			"22:13:20.%09u %-5u 0x0                0   curl:7           9          0x0        "
			"v0:2       0x0000 1500  52    %-52s ip_rcv\n",
			n, n, "(0x0000)");
		assert_string_equal(line, want);
	}
	fclose(f);
	return n;
}

static void test_text(void **state)
{
	char path[] = "/tmp/test_sink.XXXXXX";
	int fd = mkstemp(path);
	struct result r;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	r = run_text(path, 5000, RLIM_INFINITY);
	assert_int_equal(r.err, 0);
	assert_int_equal(r.stats.written, 5000);
	assert_int_equal(r.stats.failed, 0);
	assert_int_equal(check_lines(path), 5000);
	unlink(path);
}

/* A line that nobody got is not one that was captured, and none is half there. */
static void test_text_disk_full(void **state)
{
	char path[] = "/tmp/test_sink.XXXXXX";
	int fd = mkstemp(path);
	struct result r;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(run_text("/dev/full", 10, RLIM_INFINITY).err, -ENOSPC);
	r = run_text(path, 100, 10000);
	assert_int_equal(r.err, -EFBIG);
	assert_int_equal(r.stats.written, check_lines(path));
	assert_true(r.stats.written > 20);
	assert_int_equal(r.stats.written + r.stats.failed, 100);
	unlink(path);
}

/* ---- several */

struct fake {
	struct sink sink;
	unsigned int fail_at;	  /* the packet that fails; 0: none */
	unsigned int complete_at; /* the packet that is one too many */
	unsigned int syncs, rotations, totals;
	int flush_err, close_err;
	unsigned int packets, flushes, closed;
	struct sink_stats stats;
};

static struct fake *fake_of(struct sink *sink)
{
	return (struct fake *)((char *)sink - offsetof(struct fake, sink));
}

static int fake_packet(struct sink *sink, const struct view *view)
{
	struct fake *f = fake_of(sink);

	(void)view;
	if (++f->packets == f->complete_at)
		return -ECANCELED;
	if (f->packets == f->fail_at) {
		f->stats.failed++;
		return -ENOSPC;
	}
	f->stats.written++;
	return 0;
}

static int fake_flush(struct sink *sink)
{
	fake_of(sink)->flushes++;
	return fake_of(sink)->flush_err;
}

static int fake_sync(struct sink *sink)
{
	fake_of(sink)->syncs++;
	return 0;
}

static int fake_close(struct sink *sink, struct sink_stats *ret_stats)
{
	fake_of(sink)->closed++;
	*ret_stats = fake_of(sink)->stats;
	return fake_of(sink)->close_err;
}

static void make_fake(struct fake *f, const char *path, unsigned int fail_at)
{
	*f = (struct fake){
		.sink = {.path = path,
			 .packet = fake_packet,
			 .flush = fake_flush,
			 .sync = fake_sync,
			 .close = fake_close},
		.fail_at = fail_at,
	};
}

/* n packets to two sinks; returns the first error of packet(), and what close() says. */
static int run_all(struct fake *a, struct fake *b, unsigned int n, int *ret_closed,
		   struct sink_stats *ret_stats)
{
	struct sink *const sinks[] = {&a->sink, &b->sink};
	struct sink *all;
	int err = 0;

	assert_int_equal(sink_all_open(sinks, 2, &all), 0);
	assert_string_equal(all->path, a->sink.path);
	for (unsigned int i = 0; i < n && !err; i++)
		err = all->packet(all, NULL);
	if (!err)
		err = all->flush(all);
	*ret_closed = all->close(all, ret_stats);
	assert_int_equal(a->closed, 1);
	assert_int_equal(b->closed, 1);
	assert_int_equal(a->packets, b->packets);
	return err;
}

static void test_all(void **state)
{
	struct sink_stats stats;
	struct fake a, b;
	int closed;

	(void)state;
	make_fake(&a, "a", 0);
	make_fake(&b, "b", 0);
	assert_int_equal(run_all(&a, &b, 5, &closed, &stats), 0);
	assert_int_equal(closed, 0);
	assert_int_equal(stats.written, 5);
	assert_int_equal(stats.failed + stats.partly, 0);
	assert_string_equal(stats.failed_path, "");
	assert_int_equal(a.flushes + b.flushes, 2);

	/* The first one fails: the figures are its own, the other one has the packet. */
	make_fake(&a, "a", 3);
	make_fake(&b, "b", 0);
	assert_int_equal(run_all(&a, &b, 5, &closed, &stats), -ENOSPC);
	assert_int_equal(stats.written, 2);
	assert_int_equal(stats.failed, 1);
	assert_int_equal(stats.partly, 0);
	assert_int_equal(b.stats.written, 3);
	assert_string_equal(stats.failed_path, "a");

	/* The second one fails: the packet is captured, and it is said who has not got it. */
	make_fake(&a, "a", 0);
	make_fake(&b, "b", 3);
	assert_int_equal(run_all(&a, &b, 5, &closed, &stats), -ENOSPC);
	assert_int_equal(stats.written, 3);
	assert_int_equal(stats.failed, 0);
	assert_int_equal(stats.partly, 1);
	assert_string_equal(stats.failed_path, "b");
}

/* Errors of flush() and close() are those of the whole, the first one counts. */
static void test_all_errors(void **state)
{
	struct sink_stats stats;
	struct fake a, b;
	int closed;

	(void)state;
	make_fake(&a, "a", 0);
	make_fake(&b, "b", 0);
	b.flush_err = -EPIPE;
	a.close_err = -EIO;
	assert_int_equal(run_all(&a, &b, 1, &closed, &stats), -EPIPE);
	assert_int_equal(closed, -EIO);
	assert_string_equal(stats.failed_path, "a");

	make_fake(&a, "a", 0);
	make_fake(&b, "b", 0);
	b.flush_err = -ENOSPC;
	a.close_err = -EIO;
	assert_int_equal(run_all(&a, &b, 1, &closed, &stats), -ENOSPC);
	assert_int_equal(closed, -ENOSPC);
	assert_string_equal(stats.failed_path, "b");
}

/* Files that follow each other, of which the second one is the last. */
static int fake_rotate(struct sink *sink)
{
	struct fake *f = fake_of(sink);

	sink->path = f->rotations ? "a2" : "a1";
	return f->rotations++ ? -ECANCELED : 0;
}

static int fake_totals(struct sink *sink, const struct sink_totals *totals)
{
	fake_of(sink)->totals += totals->received;
	return 0;
}

static void test_all_files(void **state)
{
	const struct sink_totals totals = {.received = 7};
	struct sink_stats stats;
	struct fake a, b;
	struct sink *const sinks[] = {&a.sink, &b.sink};
	struct sink *all;

	(void)state;
	make_fake(&a, "a0", 0);
	make_fake(&b, "b", 0);
	a.sink.rotate = fake_rotate;
	a.sink.totals = fake_totals;
	a.complete_at = 2;
	assert_int_equal(sink_all_open(sinks, 2, &all), 0);
	assert_int_equal(all->sync(all), 0);
	assert_int_equal(a.syncs, 1);
	assert_int_equal(b.syncs, 1);
	assert_int_equal(all->packet(all, NULL), 0);
	assert_int_equal(all->rotate(all), 0);
	assert_string_equal(all->path, "a1");
	assert_int_equal(b.syncs, 2);
	/* A packet that does not belong to the one belongs to none. */
	assert_int_equal(all->packet(all, NULL), -ECANCELED);
	assert_int_equal(b.packets, 1);
	assert_int_equal(all->rotate(all), -ECANCELED);
	assert_string_equal(all->path, "a2");
	assert_int_equal(all->totals(all, &totals), 0);
	assert_int_equal(a.totals, 7);
	assert_int_equal(all->close(all, &stats), 0);
	assert_int_equal(stats.written, 1);
	assert_int_equal(stats.failed + stats.partly, 0);
	assert_string_equal(stats.failed_path, "");
}

/* What none of them can do, the whole cannot. */
static void test_all_without(void **state)
{
	struct sink_stats stats;
	struct fake a, b;
	struct sink *const sinks[] = {&a.sink, &b.sink};
	struct sink *all;

	(void)state;
	make_fake(&a, "a", 0);
	make_fake(&b, "b", 0);
	assert_int_equal(sink_all_open(sinks, 2, &all), 0);
	assert_null(all->rotate);
	assert_null(all->totals);
	assert_int_equal(all->close(all, &stats), 0);
	make_fake(&a, "a", 0);
	make_fake(&b, "b", 0);
	b.sink.totals = fake_totals;
	assert_int_equal(sink_all_open(sinks, 2, &all), 0);
	assert_null(all->rotate);
	assert_int_equal(all->totals(all, &(struct sink_totals){.received = 1}), 0);
	assert_int_equal(b.totals, 1);
	assert_int_equal(all->close(all, &stats), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),	  cmocka_unit_test(test_check_empty_path),
		cmocka_unit_test(test_text),	  cmocka_unit_test(test_text_disk_full),
		cmocka_unit_test(test_all),	  cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_all_files), cmocka_unit_test(test_all_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
