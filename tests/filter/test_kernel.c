// SPDX-License-Identifier: GPL-2.0-only
/*
 * As test_diff, with the programs run by this machine's kernel.
 *
 *	test_kernel [SEED [FRAMES]]
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/filter/corpus.h"
#include "tests/filter/kern.h"
#include "tests/filter/runner.h"

#define FRAMES	  20000
#define MAX_SHOWN 3

struct sample {
	struct sighting s;
	unsigned int skb;
};

static struct sample *samples;
static uint32_t sample_cnt;
static uint64_t runs, differences, refused;
static int passed, failed, skipped; /* programs in a mode */

static void make_samples(struct kern *k, uint64_t seed, uint32_t frames)
{
	static struct frame f;
	struct rng r = {seed};

	for (uint32_t i = 0; i < frames; i++) {
		uint32_t cap = FRAME_MAX + 32;

		/* Half of them whole, half of them cut. */
		frame_random(&r, &f);
		if (i % 2)
			cap = rng_below(&r, rng_one_in(&r, 2) ? 80 : f.len);
		for (enum l2_case l2 = 0; l2 < L2_CASES; l2++) {
			struct sample *sample = &samples[sample_cnt++];

			sample->skb = rng_below(&r, RUNNER_SKBS);
			frame_place(&f, l2, cap, rng_below(&r, 100), &sample->s);
			kern_add(k, &sample->s, sample->skb);
		}
	}
}

static bool compare(const struct compiled *c, const char *name, int mode, const uint32_t *results,
		    const uint32_t *expected)
{
	bool same = true;

	for (uint32_t i = 0; i < sample_cnt; i++) {
		runs++;
		if (results[i] == expected[i])
			continue;
		same = false;
		if (differences++ >= MAX_SHOWN)
			continue;
		printf("%s, %s: got %u, expected %u, skb %u\n", name, runner_mode_name[mode],
		       results[i], expected[i], samples[i].skb);
		runner_explain(c, mode, &samples[i].s);
	}
	return same;
}

static void try_program(struct kern *k, size_t nth, uint32_t *expected)
{
	struct compiled c;
	struct cbpf_prog prog;
	const char *name = corpus_get(nth, &prog);

	if (runner_compile(&prog, &c))
		exit(1);
	for (uint32_t i = 0; i < sample_cnt; i++)
		expected[i] = runner_expect(&c, &samples[i].s, samples[i].skb);
	for (int mode = 0; mode < RUNNER_MODES; mode++) {
		struct translate_opts opts;
		struct insn_buf code;
		const uint32_t *results;
		char err[256];
		int fd;

		if (!kern_opts(k, mode, &opts)) {
			skipped++;
			continue;
		}
		if (translate(&prog, &opts, &code, err, sizeof(err)))
			exit(1);
		fd = kern_load(k, &code);
		results = fd < 0 ? NULL : kern_run(k, fd);
		if (results && compare(&c, name, mode, results, expected))
			passed++;
		else
			failed++;
		if (!results) {
			refused++;
			printf("%s, %s: %s\n%s\n", name, runner_mode_name[mode], strerror(-fd),
			       kern_log(k));
		}
		insn_buf_free(&code);
		if (fd >= 0)
			close(fd);
	}
	runner_free(&c);
	cbpf_prog_free(&prog);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint32_t frames = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : FRAMES;
	struct translate_opts opts;
	uint32_t *expected;
	struct kern *k;
	char why[256];

	k = kern_new(frames * L2_CASES, why, sizeof(why));
	if (!k) {
		printf("SKIP %s\n0 passed, 0 failed, 1 skipped\n", why);
		return 0;
	}
	samples = calloc(frames * L2_CASES, sizeof(*samples));
	expected = calloc(frames * L2_CASES, sizeof(*expected));
	if (!samples || !expected)
		abort();
	make_samples(k, seed, frames);
	for (size_t i = 0; i < corpus_cnt(); i++)
		try_program(k, i, expected);
	printf("seed %llu, %zu programs, %u frames, 4 ways to lie in memory, %s: %llu runs in the "
	       "kernel, %llu programs refused, %llu differences\n",
	       (unsigned long long)seed, corpus_cnt(), frames,
	       kern_opts(k, FILTER_LOAD_DIRECT, &opts)
		       ? "3 modes"
		       : "2 modes (SKIP direct: no bpf_rdonly_cast)",
	       (unsigned long long)runs, (unsigned long long)refused,
	       (unsigned long long)differences);
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	free(samples);
	free(expected);
	kern_free(k);
	return failed != 0;
}
