// SPDX-License-Identifier: GPL-2.0-only
/*
 * format [RECORDS]: how many records a second become lines of text, of JSON, or packets of pcapng,
 * on one core: from the ring's bytes over record, view and sink to /dev/null; the median of five
 * runs.  And how long the symbols of a kernel take to read.  Judges what there are bounds for.
 *
 * Records are those of the golden tests, mixed as on a machine: mostly TCP and UDP over IPv4, each
 * tenth over IPv6 or something else.  Each has a time, a CPU and an id of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/event.h"
#include "src/capture.h"
#include "src/ksyms.h"
#include "src/util.h"
#include "tests/golden/records.h"

#define RUNS	5
#define POOL	100
#define SYMBOLS 200000

struct pool {
	uint64_t data[POOL][RECORD_SIZE / 8];
	size_t size[POOL];
};

struct bench {
	const char *name;
	int (*open)(const struct sink_info *info, struct sink **ret_sink);
	const char *options; /* as words */
	struct printing printing;
	double least; /* a second; 0: no bound */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v)
{
	qsort(v, RUNS, sizeof(*v), by_value);
	return v[RUNS / 2];
}

static void fill(struct pool *pool)
{
	for (size_t i = 0; i < POOL; i++)
		pool->size[i] = record_make(i % 10 ? i % 3 * 2 % 3 : i / 10 % records_len, 0,
					    pool->data[i]);
}

static int feed(struct capture *c, struct pool *pool, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		struct ev_hdr *hdr = (void *)pool->data[i % POOL];

		hdr->time_ns = i * 1000;
		hdr->cpu = 0;
		if (hdr->id)
			hdr->id = 1 + i / 30;
		capture_take(c, hdr, pool->size[i % POOL]);
	}
	return c->err;
}

/* Lines a second of processor time; negative: -errno. */
static double run(const struct bench *b, struct pool *pool, uint64_t n)
{
	const struct sink_info info = {
		.files = {.name = "/dev/null"},
		.command_line = "bench",
		.backend = "none",
		.skipped = "",
		.snaplen = 262144,
		.printing = &b->printing,
	};
	struct names *names = names_new();
	struct capture c = {0};
	struct sink_stats stats = {0};
	int err = names ? view_open(info.snaplen, names, &c.view) : -ENOMEM;
	double began;

	if (!err)
		err = b->open(&info, &c.sink);
	if (err)
		return err;
	names_use_file(names, RECORDS_KALLSYMS);
	view_set_progs(c.view, &records_progs);
	began = now();
	err = feed(&c, pool, n);
	if (!err)
		err = c.sink->close(c.sink, &stats);
	began = now() - began;
	view_close(c.view);
	names_free(names);
	if (!err && stats.written != n)
		err = -EIO;
	return err ? err : n / began;
}

/* Returns whether the bound is kept. */
static int bench(const struct bench *b, struct pool *pool, uint64_t n)
{
	double speed[RUNS];
	int ok;

	for (int i = 0; i < RUNS; i++) {
		speed[i] = run(b, pool, n);
		if (speed[i] < 0) {
			printf("  FAIL  %s: %s\n", b->name, strerror(-(int)speed[i]));
			return 0;
		}
	}
	ok = median(speed) >= b->least;
	printf("  %s  %s %s: %.0f a second (%.0f to %.0f)", ok ? "ok  " : "FAIL", b->name,
	       b->options, median(speed), speed[0], speed[RUNS - 1]);
	if (b->least)
		printf(", at least %.0f", b->least);
	putchar('\n');
	return ok;
}

/* As on a machine with modules: those of vmlinux are sorted, those of modules are not. */
static int write_symbols(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	for (unsigned int i = 0; i < SYMBOLS; i++) {
		if (i < SYMBOLS * 3 / 4)
			fprintf(f, "%016llx %c some_function_name_%u.part.0\n",
				0xffffffff81000000ULL + i * 64ULL, "tTdW"[i % 4], i);
		else
			fprintf(f, "%016llx t module_function_%u\t[module_%u]\n",
				0xffffffffc0000000ULL + (i / 100 * 7919 % 1000) * 0x10000 +
					i % 100 * 64,
				i, i / 100);
	}
	return fclose(f) ? -errno : 0;
}

static int bench_symbols(void)
{
	char path[] = "/tmp/format.XXXXXX";
	int fd = mkstemp(path), err = fd < 0 ? -errno : write_symbols(path), ok;
	double took[RUNS];

	for (int i = 0; i < RUNS && !err; i++) {
		struct ksyms *syms = NULL;

		took[i] = now();
		err = ksyms_read(path, NULL, &syms);
		took[i] = now() - took[i];
		ksyms_free(syms);
	}
	unlink(path);
	close(fd);
	if (err) {
		printf("  FAIL  reading symbols: %s\n", strerror(-err));
		return 0;
	}
	ok = median(took) <= 0.060;
	printf("  %s  reading %d symbols: %.0f ms (%.0f to %.0f), at most 60\n",
	       ok ? "ok  " : "FAIL", SYMBOLS, took[RUNS / 2] * 1e3, took[0] * 1e3,
	       took[RUNS - 1] * 1e3);
	return ok;
}

int main(int argc, char **argv)
{
	struct printing all = PRINTING_DEFAULT;
	const struct bench benches[] = {
		{"text", sink_text_open, "(all columns of the default)", PRINTING_DEFAULT, 500000},
		{"text", sink_text_open, "with more options", all, 0},
		{"JSON", sink_json_open, "", PRINTING_DEFAULT, 250000},
		{"pcapng", sink_pcapng_open, "", PRINTING_DEFAULT, 0},
	};
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	static struct pool pool;
	int failed = 0;

	fill(&pool);
	/* Where text goes is in the options. */
	for (size_t i = 0; i < ARRAY_SIZE(benches); i++) {
		struct bench b = benches[i];

		b.printing.path = "/dev/null";
		if (!strcmp(b.options, "with more options"))
			b.printing.tcp_flags = b.printing.tunnel = b.printing.number = true;
		failed += !bench(&b, &pool, n);
	}
	failed += !bench_symbols();
	printf("%zu passed, %d failed, 0 skipped\n", ARRAY_SIZE(benches) + 1 - failed, failed);
	return failed != 0;
}
