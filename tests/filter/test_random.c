// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random valid programs over random frames, in all modes: natively, and some in the kernel.
 *
 *	test_random [SEED [PROGRAMS [PROGRAMS-IN-THE-KERNEL]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/filter/kern.h"
#include "tests/filter/randprog.h"
#include "tests/filter/runner.h"

#define PROGRAMS     52000
#define IN_KERNEL    1500
#define PER_PROGRAM  6
#define KERN_SAMPLES 64
#define MAX_SHOWN    3

static uint64_t runs, differences, matches, kern_runs, kern_refused, by_bpf_filter;
static uint64_t wrong_programs;

static void random_sighting(struct rng *r, struct frame *f, struct sighting *ret)
{
	uint32_t cap = rng_one_in(r, 2) ? FRAME_MAX + 32 : rng_below(r, 200);

	frame_random(r, f);
	frame_place(f, rng_below(r, L2_CASES), cap, rng_below(r, 50), ret);
}

static void report(const struct compiled *c, int mode, const struct sighting *s, const char *what,
		   uint32_t got, uint32_t expected)
{
	if (differences++ >= MAX_SHOWN)
		return;
	printf("%s: %s, got %u, expected %u\n", runner_mode_name[mode], what, got, expected);
	runner_explain(c, mode, s);
}

static void try_native(struct rng *r, const struct compiled *c, struct frame *f, struct sighting *s)
{
	for (int i = 0; i < PER_PROGRAM; i++) {
		unsigned int skb = rng_below(r, RUNNER_SKBS);
		uint32_t expected;

		/* The first one is the frame that the program's constants are from. */
		if (i)
			random_sighting(r, f, s);
		expected = runner_expect(c, s, skb);
		matches += expected != 0;
		for (int mode = 0; mode < RUNNER_MODES; mode++) {
			struct interp_result res;

			runs++;
			if (runner_run(&c->code[mode], s, skb, &res))
				report(c, mode, s, res.error, res.ret, expected);
			else if (res.ret != expected)
				report(c, mode, s, "wrong result", res.ret, expected);
		}
	}
}

struct kern_sample {
	struct frame f;
	struct sighting s;
	unsigned int skb;
};

static void try_kernel(struct kern *k, struct compiled *c, const struct kern_sample *samples)
{
	for (int mode = 0; mode < RUNNER_MODES; mode++) {
		struct translate_opts opts;
		const uint32_t *results;
		struct insn_buf code;
		char err[256];
		int fd;

		if (!kern_opts(k, mode, &opts) ||
		    translate(&c->prog, &opts, &code, err, sizeof(err)))
			continue;
		fd = kern_load(k, &code);
		results = fd < 0 ? NULL : kern_run(k, fd);
		if (!results && kern_refused++ < MAX_SHOWN) {
			printf("%s: %s\n%s\n", runner_mode_name[mode], strerror(-fd), kern_log(k));
			runner_explain(c, mode, &samples[0].s);
		}
		for (int i = 0; results && i < KERN_SAMPLES; i++) {
			uint32_t expected = runner_expect(c, &samples[i].s, samples[i].skb);

			kern_runs++;
			if (results[i] != expected)
				report(c, mode, &samples[i].s, "in the kernel", results[i],
				       expected);
		}
		insn_buf_free(&code);
		if (fd >= 0)
			close(fd);
	}
}

static struct kern_sample *kern_samples(struct rng *r, struct kern *k)
{
	struct kern_sample *samples = calloc(KERN_SAMPLES, sizeof(*samples));

	if (!samples)
		abort();
	for (int i = 0; i < KERN_SAMPLES; i++) {
		samples[i].skb = rng_below(r, RUNNER_SKBS);
		random_sighting(r, &samples[i].f, &samples[i].s);
		kern_add(k, &samples[i].s, samples[i].skb);
	}
	return samples;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t programs = argc > 2 ? strtoull(argv[2], NULL, 0) : PROGRAMS;
	uint64_t in_kernel = argc > 3 ? strtoull(argv[3], NULL, 0) : IN_KERNEL;
	struct kern_sample *samples = NULL;
	struct rng r = {seed};
	char why[256];
	struct kern *k = kern_new(KERN_SAMPLES, why, sizeof(why));

	if (k)
		samples = kern_samples(&r, k);
	else
		printf("SKIP the share in the kernel: %s\n", why);
	for (uint64_t i = 0; i < programs; i++) {
		uint64_t before = differences + kern_refused;
		struct cbpf_insn insns[RANDPROG_MAX];
		struct compiled c;
		struct sighting s;
		struct cbpf_prog prog;
		struct frame f;

		random_sighting(&r, &f, &s);
		prog = randprog(&r, s.file, s.linear, insns);
		if (runner_compile(&prog, &c))
			return 1;
		by_bpf_filter += c.is_bpf_filter;
		try_native(&r, &c, &f, &s);
		if (k && i < in_kernel)
			try_kernel(k, &c, samples);
		runner_free(&c);
		wrong_programs += differences + kern_refused != before;
	}
	printf("seed %llu: %llu programs (%llu of them checked by bpf_filter() itself), "
	       "%llu runs, %llu matches (of %llu); in the kernel %llu runs, %llu refused; "
	       "%llu differences\n",
	       (unsigned long long)seed, (unsigned long long)programs,
	       (unsigned long long)by_bpf_filter, (unsigned long long)runs,
	       (unsigned long long)matches, (unsigned long long)runs / RUNNER_MODES,
	       (unsigned long long)kern_runs, (unsigned long long)kern_refused,
	       (unsigned long long)differences);
	printf("%llu passed, %llu failed, %d skipped\n",
	       (unsigned long long)(programs - wrong_programs), (unsigned long long)wrong_programs,
	       k ? 0 : 1);
	free(samples);
	if (k)
		kern_free(k);
	return wrong_programs != 0;
}
