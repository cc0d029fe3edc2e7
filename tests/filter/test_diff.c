// SPDX-License-Identifier: GPL-2.0-only
/*
 * The translation of every program of the corpus, in every mode, over frames of every kind, must
 * return what bpf_filter() returns for the frame as it is written to the file.
 *
 *	test_diff [SEED [FRAMES]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/filter/corpus.h"
#include "tests/filter/runner.h"

#define FRAMES	  20800
#define WORKERS	  2
#define MAX_SHOWN 3

struct counts {
	uint64_t runs, differences, matches, frames;
	int stack;
};

static struct compiled *programs;
static const char **names;
static size_t program_cnt;
static struct program_counts {
	uint64_t matched;
	uint64_t wrong[RUNNER_MODES];
} * per_program;

static void compile_all(void)
{
	program_cnt = corpus_cnt();
	programs = calloc(program_cnt, sizeof(*programs));
	names = calloc(program_cnt, sizeof(*names));
	per_program = calloc(program_cnt, sizeof(*per_program));
	if (!programs || !names || !per_program)
		abort();
	for (size_t i = 0; i < program_cnt; i++) {
		struct cbpf_prog prog;

		names[i] = corpus_get(i, &prog);
		if (runner_compile(&prog, &programs[i]))
			exit(1);
	}
}

static void compare(size_t nth, int mode, const struct sighting *s, unsigned int skb,
		    uint32_t expected, struct counts *c)
{
	struct interp_result res;
	int rc = runner_run(&programs[nth].code[mode], s, skb, &res);

	c->runs++;
	if (res.stack > c->stack)
		c->stack = res.stack;
	if (rc == 0 && res.ret == expected)
		return;
	per_program[nth].wrong[mode]++;
	if (c->differences++ >= MAX_SHOWN)
		return;
	printf("%s, %s: %s at %zu, got %u, expected %u, skb %u\n", names[nth],
	       runner_mode_name[mode], rc ? res.error : "wrong result", res.at, res.ret, expected,
	       skb);
	runner_explain(&programs[nth], mode, s);
}

static void try_sighting(const struct sighting *s, unsigned int skb, struct counts *c)
{
	for (size_t i = 0; i < program_cnt; i++) {
		uint32_t expected = runner_expect(&programs[i], s, skb);

		if (expected) {
			c->matches++;
			per_program[i].matched++;
		}
		for (int mode = 0; mode < RUNNER_MODES; mode++)
			compare(i, mode, s, skb, expected, c);
	}
}

static void try_frame(const struct frame *f, uint32_t caplen, uint32_t more, unsigned int skb,
		      struct counts *c)
{
	c->frames++;
	for (enum l2_case l2 = 0; l2 < L2_CASES; l2++) {
		struct sighting s;

		frame_place(f, l2, caplen, more, &s);
		try_sighting(&s, skb, c);
	}
}

/* Half of the frames are whole, the others some frames cut at each length. */
static void work(uint64_t seed, uint64_t frames, struct counts *c)
{
	struct rng r = {seed};
	struct frame f;

	while (c->frames < frames / 2) {
		frame_random(&r, &f);
		try_frame(&f, FRAME_MAX + 32, rng_one_in(&r, 3) ? rng_below(&r, 2000) : 0,
			  rng_below(&r, RUNNER_SKBS), c);
	}
	while (c->frames < frames) {
		frame_random(&r, &f);
		for (uint32_t cap = 0; cap <= f.len + 8 && c->frames < frames; cap++)
			try_frame(&f, cap, 0, rng_below(&r, RUNNER_SKBS), c);
	}
}

/* Splits the frames between two processes. Their counts come back through pipes. */
static void fork_worker(uint64_t seed, uint64_t frames, int *fd)
{
	struct counts c = {0};
	int pipefd[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(pipefd) || (pid = fork()) < 0) {
		perror("fork");
		exit(1);
	}
	if (pid) {
		close(pipefd[1]);
		*fd = pipefd[0];
		return;
	}
	work(seed, frames, &c);
	fflush(stdout);
	if (write(pipefd[1], &c, sizeof(c)) != sizeof(c) ||
	    write(pipefd[1], per_program, program_cnt * sizeof(*per_program)) < 0)
		_exit(1);
	_exit(0);
}

static void collect(int fd, struct counts *total)
{
	struct program_counts *m = calloc(program_cnt, sizeof(*m));
	struct counts c;

	if (!m || read(fd, &c, sizeof(c)) != sizeof(c) ||
	    read(fd, m, program_cnt * sizeof(*m)) != (ssize_t)(program_cnt * sizeof(*m))) {
		printf("a worker died\n");
		exit(1);
	}
	total->runs += c.runs;
	total->differences += c.differences;
	total->matches += c.matches;
	total->frames += c.frames;
	if (c.stack > total->stack)
		total->stack = c.stack;
	for (size_t i = 0; i < program_cnt; i++) {
		per_program[i].matched += m[i].matched;
		for (int mode = 0; mode < RUNNER_MODES; mode++)
			per_program[i].wrong[mode] += m[i].wrong[mode];
	}
	free(m);
	close(fd);
	wait(NULL);
}

/* A check is a program in a mode, over all frames. Returns how many failed. */
static int report(void)
{
	int failed = 0;

	for (size_t i = 0; i < program_cnt; i++) {
		for (int mode = 0; mode < RUNNER_MODES; mode++)
			failed += per_program[i].wrong[mode] != 0;
	}
	printf("never matched:");
	for (size_t i = 0; i < program_cnt; i++) {
		if (!per_program[i].matched)
			printf(" (%s)", names[i]);
	}
	printf("\n");
	return failed;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t frames = argc > 2 ? strtoull(argv[2], NULL, 0) : FRAMES;
	struct counts total = {0};
	size_t by_expr, opcodes = corpus_coverage(&by_expr);
	int fd[WORKERS], failed;

	compile_all();
	printf("seed %llu, %zu programs, %zu of 50 opcodes, %zu of them in compiled expressions\n",
	       (unsigned long long)seed, program_cnt, opcodes, by_expr);
	for (int i = 0; i < WORKERS; i++)
		fork_worker(seed + (uint64_t)i * 1000003, frames / WORKERS, &fd[i]);
	for (int i = 0; i < WORKERS; i++)
		collect(fd[i], &total);
	failed = report();
	printf("%llu frames, 4 ways to lie in memory, 3 modes: %llu runs, %llu matches (of %llu), "
	       "stack %d bytes, %llu differences\n",
	       (unsigned long long)total.frames, (unsigned long long)total.runs,
	       (unsigned long long)total.matches, (unsigned long long)total.runs / RUNNER_MODES,
	       total.stack, (unsigned long long)total.differences);
	for (size_t i = 0; i < program_cnt; i++) {
		runner_free(&programs[i]);
		cbpf_prog_free(&programs[i].prog);
	}
	free(programs);
	free(names);
	free(per_program);
	failed += (opcodes < 50) + (total.stack > FILTER_MAX_STACK);
	printf("%d passed, %d failed, 0 skipped\n", (int)program_cnt * RUNNER_MODES + 2 - failed,
	       failed);
	return failed != 0;
}
