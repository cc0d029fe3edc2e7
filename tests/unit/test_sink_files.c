// SPDX-License-Identifier: GPL-2.0-only
/* Files that follow each other: each is whole, and has the interfaces that its packets name. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/sink.h"
#include "src/util.h"

#define SHB	     0x0a0d0d0a
#define IDB	     1
#define ISB	     5
#define EPB	     6
#define IF_NAME	     2
#define ISB_IFDROP   5
#define ISB_USRDELIV 8
#define IFACE_MAX    64

static int setup(void **state)
{
	char *dir = strdup("/tmp/test_sink_files.XXXXXX");

	*state = dir;
	return !mkdtemp(dir) || chdir(dir);
}

static int teardown(void **state)
{
	DIR *dir = opendir(".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlink(entry->d_name);
	if (dir)
		closedir(dir);
	if (chdir("/"))
		return -1;
	rmdir(*state);
	free(*state);
	return 0;
}

static struct sink *open_compressed(struct rotate_cfg files, enum compress_kind compress)
{
	const struct sink_info info = {
		.files = files,
		.compress = compress,
		.command_line = "pwru-cap",
		.expression = "icmp",
		.backend = "none",
		.skipped = "",
		.snaplen = 262144,
	};
	struct sink *sink;

	assert_int_equal(sink_pcapng_open(&info, &sink), 0);
	return sink;
}

static struct sink *open_sink(struct rotate_cfg files)
{
	return open_compressed(files, COMPRESS_NONE);
}

/* Packet number i is on one of five devices, "dev1" to "dev5", and its time says its number. */
static int put(struct sink *sink, uint64_t i)
{
	static const uint8_t bytes[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};
	struct ev_hdr hdr = {.ifindex = 1 + i % 5, .netns = 7, .wire_len = 60, .id = i + 1};
	struct record rec = {.hdr = &hdr};
	struct view view = {.rec = &rec, .func = "ip_rcv", .stack = "", .time_ns = i};

	/* Two others were lost before it. */
	view.dropped = i % 100 == 50 ? 2 : 0;

	snprintf(view.ifname, sizeof(view.ifname), "dev%u", hdr.ifindex);
	view.frame.caplen = sizeof(bytes);
	view.frame.pieces[0] = (struct pcapng_bytes){bytes, sizeof(bytes)};
	view.frame.n_pieces = 1;
	return sink->packet(sink, &view);
}

/* ---- reading back */

struct reader {
	char ifaces[IFACE_MAX][16];
	uint32_t n_ifaces;
	uint64_t first, packets;
	uint64_t delivered, dropped; /* by its statistics */
	uint32_t n_statistics;
	bool torn; /* ends within a block */
};

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void read_interface(struct reader *r, const uint8_t *block, uint32_t len)
{
	const uint8_t *opt = block + 16;

	assert_true(r->n_ifaces < IFACE_MAX);
	while (opt + 4 < block + len - 4) {
		uint16_t code, size;

		memcpy(&code, opt, 2);
		memcpy(&size, opt + 2, 2);
		if (code == IF_NAME)
			snprintf(r->ifaces[r->n_ifaces], 16, "%.*s", size, opt + 4);
		opt += 4 + (size + 3) / 4 * 4;
	}
	r->n_ifaces++;
}

static void read_statistics(struct reader *r, const uint8_t *block, uint32_t len)
{
	assert_int_equal(u32(block + 8), r->n_statistics++);
	for (const uint8_t *opt = block + 20; opt + 4 < block + len - 4;) {
		uint32_t head = u32(opt);
		uint64_t value = 0;

		if (head >> 16 == 8)
			memcpy(&value, opt + 4, 8);
		if ((uint16_t)head == ISB_IFDROP)
			r->dropped += value;
		if ((uint16_t)head == ISB_USRDELIV)
			r->delivered += value;
		opt += 4 + ((head >> 16) + 3) / 4 * 4;
	}
}

static void read_packet(struct reader *r, const uint8_t *block)
{
	uint64_t i = (uint64_t)u32(block + 12) << 32 | u32(block + 16);
	uint32_t ifid = u32(block + 8);
	char name[16];

	assert_true(ifid < r->n_ifaces);
	snprintf(name, sizeof(name), "dev%u", (unsigned int)(1 + i % 5));
	assert_string_equal(r->ifaces[ifid], name);
	if (!r->packets)
		r->first = i;
	assert_int_equal(i, r->first + r->packets);
	r->packets++;
}

/* Every block of a file. */
static struct reader read_blocks(const char *path)
{
	struct reader r = {0};
	size_t len, at = 0;
	char *text;
	const uint8_t *data;

	assert_int_equal(read_file(path, &text, &len), 0);
	data = (const uint8_t *)text;
	while (at < len) {
		uint32_t size = len - at < 12 ? UINT32_MAX : u32(data + at + 4);

		if (size > len - at) {
			r.torn = true;
			break;
		}
		assert_int_equal(u32(data + at + size - 4), size);
		/* One section, at the beginning. */
		assert_int_equal(u32(data + at) == SHB, at == 0);
		if (u32(data + at) == IDB)
			read_interface(&r, data + at, size);
		if (u32(data + at) == EPB)
			read_packet(&r, data + at);
		if (u32(data + at) == ISB)
			read_statistics(&r, data + at, size);
		at += size;
	}
	free(text);
	assert_true(r.n_ifaces > 0);
	assert_string_equal(r.ifaces[0], "none");
	return r;
}

/* ---- tests */

static void test_rotated(void **state)
{
	struct sink *sink = open_sink((struct rotate_cfg){.name = "f", .bytes = 5000});
	/* Five more were lost at the end. */
	const struct sink_totals totals = {.received = 1025, .dropped = 25, .lost = 25};
	struct sink_stats stats;
	uint64_t next = 0, dropped = 0;
	int files = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(put(sink, i), 0);
	assert_int_equal(sink->totals(sink, &totals), 0);
	assert_int_equal(sink->close(sink, &stats), 0);
	for (;; files++) {
		struct reader r;
		char name[16];

		snprintf(name, sizeof(name), files ? "f%d" : "f", files);
		if (access(name, F_OK))
			break;
		r = read_blocks(name);
		assert_false(r.torn);
		assert_int_equal(r.n_ifaces, r.packets < 5 ? r.packets + 1 : 6);
		assert_int_equal(r.first, next);
		next += r.packets;
		assert_int_equal(r.n_statistics, r.n_ifaces);
		assert_int_equal(r.delivered, r.packets);
		dropped += r.dropped;
	}
	assert_true(files > 10);
	assert_int_equal(dropped, 25);
	assert_int_equal(next, 1000);
	assert_int_equal(stats.written, 1000);
	assert_int_equal(stats.failed, 0);
}

/* Smaller than its head: each file has its packet all the same. */
static void test_tiny(void **state)
{
	struct sink *sink = open_sink((struct rotate_cfg){.name = "f", .bytes = 1, .files = 3});
	struct sink_stats stats;

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(put(sink, i), 0);
	assert_int_equal(sink->close(sink, &stats), 0);
	assert_int_equal(read_blocks("f0").first, 6);
	assert_int_equal(read_blocks("f1").first, 7);
	assert_int_equal(read_blocks("f2").first, 5);
	assert_int_equal(read_blocks("f2").packets, 1);
	assert_int_equal(stats.written, 8);
}

/* Complete: that packet is not taken, and no error. */
static void test_complete(void **state)
{
	struct sink *sink = open_sink((struct rotate_cfg){.name = "f%%", .seconds = 5, .files = 1});
	struct sink_stats stats;

	(void)state;
	assert_int_equal(put(sink, 0), 0);
	assert_int_equal(sink->sync(sink), 0);
	assert_int_equal(read_blocks("f%").packets, 1);
	assert_int_equal(sink->rotate(sink), -ECANCELED);
	assert_int_equal(put(sink, 1), -ECANCELED);
	assert_int_equal(sink->sync(sink), 0);
	assert_int_equal(sink->close(sink, &stats), 0);
	assert_int_equal(stats.written, 1);
	assert_int_equal(stats.failed, 0);
}

/* A packet that finds no next file is counted, and the message names that file. */
static void test_no_next(void **state)
{
	struct sink *sink = open_sink((struct rotate_cfg){.name = "f", .bytes = 1});
	struct sink_stats stats;

	assert_int_equal(put(sink, 0), 0);
	unlink("f");
	assert_int_equal(rmdir(*state), 0);
	assert_int_equal(put(sink, 1), -ENOENT);
	assert_string_equal(sink->path, "f1");
	assert_int_equal(sink->close(sink, &stats), 0);
	assert_int_equal(stats.written, 1);
	assert_int_equal(stats.failed, 1);
}

/* Writes until it is killed; says how many were flushed for sure. */
static void write_on(const struct rotate_cfg *files, enum compress_kind compress, int fd)
{
	struct sink *sink = open_compressed(*files, compress);

	for (uint64_t i = 0;; i++) {
		if (put(sink, i) || (i % 500 == 499 && sink->sync(sink)))
			_exit(1);
		if (i % 500 == 499 && write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

/* Runs write_on() for some time; returns the number that was flushed for sure. */
static uint64_t write_and_kill(const struct rotate_cfg *files, enum compress_kind compress,
			       unsigned int us)
{
	uint64_t flushed = 0, value;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		write_on(files, compress, fds[1]);
	close(fds[1]);
	usleep(us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	while (read(fds[0], &value, sizeof(value)) == sizeof(value))
		flushed = value;
	close(fds[0]);
	return flushed;
}

/* Replaces it by what is in it; a file that is cut is read as far as it goes. */
static void decompress(const char *name, enum compress_kind compress)
{
	char command[64];

	snprintf(command, sizeof(command), "%s <%s >plain 2>/dev/null",
		 compress == COMPRESS_GZIP ? "zcat" : "zstdcat", name);
	if (system(command) < 0 || rename("plain", name))
		fail_msg("%s", command);
}

/* The number of the last packet in the files, which go away. */
static uint64_t read_killed(enum compress_kind compress)
{
	static const char *const names[] = {"f", "f0", "f1", "f2"};
	uint64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct reader r;

		if (access(names[i], F_OK))
			continue;
		if (compress != COMPRESS_NONE)
			decompress(names[i], compress);
		r = read_blocks(names[i]);
		if (r.packets && r.first + r.packets - 1 > last)
			last = r.first + r.packets - 1;
		unlink(names[i]);
	}
	return last;
}

/* At twenty moments of each kind. */
static void test_killed(void **state)
{
	static const struct {
		struct rotate_cfg files;
		enum compress_kind compress;
	} kinds[] = {
		{{.name = "f"}, COMPRESS_NONE},
		{{.name = "f", .bytes = 300000, .files = 3}, COMPRESS_NONE},
		{{.name = "f", .bytes = 10000, .files = 3}, COMPRESS_GZIP},
		{{.name = "f", .bytes = 10000, .files = 3}, COMPRESS_ZSTD},
		{{.name = "f"}, COMPRESS_ZSTD},
	};
	uint64_t most = 0;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (unsigned int round = 0; round < 20; round++) {
			uint64_t flushed = write_and_kill(&kinds[k].files, kinds[k].compress,
							  10000 + round * 7919 % 20 * 2000);
			uint64_t last = read_killed(kinds[k].compress);

			assert_true(last >= flushed);
			if (flushed > most)
				most = flushed;
		}
	}
	assert_true(most > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rotated), TEST(test_tiny),   TEST(test_complete),
		TEST(test_no_next), TEST(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
