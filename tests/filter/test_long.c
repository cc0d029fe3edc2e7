// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long programs: what the verifier makes of them, its limit of conditional jumps, and jumps that
 * reach further than 16 bits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "filter/expr.h"
#include "tests/filter/kern.h"
#include "tests/filter/runner.h"

static int passed, failed, skipped;

static void check(bool ok, const char *what)
{
	if (ok) {
		passed++;
		return;
	}
	failed++;
	printf("FAILED: %s\n", what);
}

/* ---- in the kernel */

static char *many_terms(int cnt)
{
	size_t size = (size_t)cnt * 64;
	char *expr = malloc(size), *at = expr;

	for (int i = 0; i < cnt; i++)
		at += snprintf(at, size - (size_t)(at - expr),
			       "%s(host 10.%d.%d.1 and tcp port %d)", i ? " or " : "", i / 16,
			       i % 16, 1000 + i);
	return expr;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void load_in_modes(struct kern *k, const char *name, const struct cbpf_prog *prog)
{
	for (int mode = 0; mode < RUNNER_MODES; mode++) {
		struct translate_opts opts;
		struct insn_buf code;
		char err[256], what[128];
		double start;
		int fd;

		snprintf(what, sizeof(what), "%s, %s", name, runner_mode_name[mode]);
		if (!kern_opts(k, mode, &opts)) {
			skipped++;
			continue;
		}
		if (translate(prog, &opts, &code, err, sizeof(err))) {
			printf("%s\n", err);
			check(false, what);
			continue;
		}
		start = now();
		fd = kern_load(k, &code);
		printf("%-22s %-6s: %5zu cBPF, %6zu eBPF, %7u processed by the verifier, %.0f ms\n",
		       name, runner_mode_name[mode], prog->len, code.cnt,
		       fd < 0 ? 0 : kern_processed(fd), 1e3 * (now() - start));
		if (fd < 0)
			printf("%s\n", kern_log(k));
		check(fd >= 0, what);
		if (fd >= 0)
			close(fd);
		insn_buf_free(&code);
	}
}

static void load_expr(struct kern *k, const char *name, const char *expr)
{
	struct cbpf_prog prog;
	char err[256];

	if (expr_compile(expr, 262144, &prog, err, sizeof(err))) {
		printf("%s: %s\n", expr, err);
		failed++;
		return;
	}
	load_in_modes(k, name, &prog);
	cbpf_prog_free(&prog);
}

/* ---- the limit of conditional jumps */

#define BLOCK 200

/* "ld len", and @cnt comparisons, each of which may reject. */
static struct cbpf_prog conditions(size_t cnt)
{
	struct cbpf_insn *insns = calloc(cnt + 2 * (cnt / BLOCK + 1) + 2, sizeof(*insns));
	size_t at = 0;

	if (!insns)
		abort();
	insns[at++].code = CBPF_LD | CBPF_LEN;
	for (size_t i = 0; i < cnt; i++) {
		size_t left = BLOCK - 1 - i % BLOCK;

		if (left > cnt - 1 - i)
			left = cnt - 1 - i;
		/* To the "ret #0" at the end of the block, which is stepped over otherwise. */
		insns[at++] = (struct cbpf_insn){.code = CBPF_JMP | CBPF_JEQ | CBPF_K,
						 .jt = (uint8_t)(left + 1),
						 .k = (uint32_t)i + 100000};
		if (left == 0) {
			insns[at++] = (struct cbpf_insn){.code = CBPF_JMP | CBPF_JA, .k = 1};
			insns[at++].code = CBPF_RET | CBPF_K;
		}
	}
	insns[at++] = (struct cbpf_insn){.code = CBPF_RET | CBPF_K, .k = 1};
	return (struct cbpf_prog){.insns = insns, .len = at};
}

/* How many comparisons conditions() has to have for a depth: the last of each block is popped. */
static size_t conditions_for(size_t depth)
{
	size_t cnt = depth;

	while (cnt - (cnt + BLOCK - 1) / BLOCK + 1 < depth)
		cnt++;
	return cnt;
}

static void jump_limit(struct kern *k)
{
	struct translate_opts opts = runner_opts(FILTER_LOAD_PROBE);
	struct cbpf_prog prog = conditions(conditions_for(INSN_MAX_JUMP_DEPTH));
	struct insn_buf code = {0};
	char err[256] = "";
	int fd;

	check(translate(&prog, &opts, &code, err, sizeof(err)) == 0, err);
	if (k) {
		fd = kern_load(k, &code);
		check(fd >= 0, "as many conditional jumps as the verifier takes");
		if (fd >= 0)
			close(fd);
	}
	insn_buf_free(&code);
	cbpf_prog_free(&prog);
	prog = conditions(conditions_for(INSN_MAX_JUMP_DEPTH + 1));
	check(translate(&prog, &opts, &code, err, sizeof(err)) == -E2BIG, "one more");
	printf("one more: %s\n", err);
	check(strstr(err, "8190") && strstr(err, "verifier"), "words that name the limit");
	check(code.insns == NULL, "the output is not touched");
	insn_buf_free(&code);
	cbpf_prog_free(&prog);
}

/* ---- far jumps */

/* A group of far_jumps(). */
#define GROUP 4

/*
 * @cnt times "ldb [n]; jeq #v, else on; add #1; ja END", less most of the loads. The ends, of which
 * there are @ends, come last, so that all jumps to them are far.
 */
static struct cbpf_prog far_jumps(size_t cnt, size_t ends)
{
	size_t len = GROUP * cnt + 1 + ends;
	struct cbpf_insn *insns = calloc(len, sizeof(*insns));

	if (!insns)
		abort();
	for (size_t i = 0; i < cnt; i++) {
		struct cbpf_insn *in = &insns[GROUP * i];
		size_t end = GROUP * cnt + 1 + i % ends;

		/* Seldom, because a probe read is followed by a conditional jump, too. */
		if (i % 8 == 0)
			in[0] = (struct cbpf_insn){.code = CBPF_LD | CBPF_B | CBPF_ABS,
						   .k = i % 61};
		else
			in[0] = (struct cbpf_insn){.code = CBPF_ST};
		in[1] = (struct cbpf_insn){
			.code = CBPF_JMP | CBPF_JEQ | CBPF_K, .jf = 2, .k = i * 7 % 256};
		in[2] = (struct cbpf_insn){.code = CBPF_ALU | CBPF_ADD | CBPF_K, .k = 1};
		in[3] = (struct cbpf_insn){.code = CBPF_JMP | CBPF_JA,
					   .k = (uint32_t)(end - GROUP * (i + 1))};
	}
	for (size_t i = 0; i <= ends; i++)
		insns[GROUP * cnt + i] = (struct cbpf_insn){.code = CBPF_RET | CBPF_K,
							    .k = (uint32_t)(i % 5 ? i : 0)};
	return (struct cbpf_prog){.insns = insns, .len = len};
}

/* Frames whose bytes make one group in @cnt match, if any. */
static void run_far(const struct cbpf_prog *prog, size_t cnt)
{
	static struct frame f;
	struct compiled c;
	struct rng r = {11};
	int wrong = 0;
	size_t most = 0;

	if (runner_compile(prog, &c)) {
		check(false, "a far program translates");
		return;
	}
	for (int i = 0; i < 200; i++) {
		size_t group = rng_below(&r, (uint32_t)cnt);
		struct sighting s;

		/* 0x80 and up: groups compare with i * 7 % 256, so most of them do not match. */
		f.len = 80;
		memset(f.bytes, 0, sizeof(f.bytes));
		for (int b = 0; b < 64; b++)
			f.bytes[b] = (uint8_t)(b * 7 + 3);
		f.bytes[group % 64] = (uint8_t)(group * 7 % 256);
		frame_place(&f, rng_below(&r, L2_CASES), i % 9 ? 200 : 40, 0, &s);
		for (int mode = 0; mode < RUNNER_MODES; mode++) {
			struct interp_result res;

			if (runner_run(&c.code[mode], &s, 0, &res) ||
			    res.ret != runner_expect(&c, &s, 0))
				wrong++;
			if (c.code[mode].cnt > most)
				most = c.code[mode].cnt;
		}
	}
	printf("far jumps: %zu cBPF, %zu eBPF, 600 runs, %d differences\n", prog->len, most, wrong);
	check(wrong == 0, "far jumps");
	check(most > 40000, "the program is long enough");
	runner_free(&c);
}

int main(void)
{
	static const size_t ends[] = {1, 16, 700, 3000};
	char why[256], *terms;
	struct kern *k = kern_new(1, why, sizeof(why));

	if (k) {
		static struct frame f;
		struct sighting s;

		/* Without one the filter is never called, and then not verified either. */
		frame_icmp(&f);
		frame_place(&f, L2_PLAIN, FRAME_MAX, 0, &s);
		kern_add(k, &s, 0);
		terms = many_terms(200);
		load_expr(k, "tcp port 443", "tcp port 443");
		load_expr(k, "ip6 protochain 58", "ip6 protochain 58");
		load_expr(k, "200 x host and port", terms);
		free(terms);
	} else {
		printf("SKIP loading: %s\n", why);
		skipped++;
	}
	jump_limit(k);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct cbpf_prog prog = far_jumps(20000, ends[i]);

		run_far(&prog, 20000);
		cbpf_prog_free(&prog);
	}
	if (k)
		kern_free(k);
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed != 0;
}
