// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "filter/ebpf.h"
#include "filter/splice.h"
#include "tests/filter/rng.h"
#include "tests/filter/unit.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

#define FUNC_ADDR(DST, DISTANCE)                                                    \
	BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, DST, BPF_PSEUDO_FUNC, 0, DISTANCE), \
		BPF_RAW_INSN(0, 0, 0, 0, 0)

/* main at 0, before at 8, stub at 10, after at 14, last at 18 */
static const struct bpf_insn program[] = {
	/*  0 */ BPF_CALL_REL(9),  /* stub */
	/*  1 */ BPF_CALL_REL(6),  /* before */
	/*  2 */ BPF_CALL_REL(11), /* after */
	/*  3 */ FUNC_ADDR(1, 14), /* last */
	/*  5 */ FUNC_ADDR(2, 4),  /* stub */
	/*  7 */ BPF_EXIT_INSN(),
	/*  8 */ BPF_CALL_REL(5), /* after */
	/*  9 */ BPF_EXIT_INSN(),
	/* 10: the stub */
	BPF_MOV64_IMM(0, 1), BPF_JMP_A(0), BPF_MOV64_IMM(0, 2), BPF_EXIT_INSN(),
	/* 14 */ BPF_CALL_REL(-7), /* before */
	/* 15 */ BPF_CALL_REL(-6), /* stub */
	/* 16 */ BPF_CALL_REL(1),  /* last */
	/* 17 */ BPF_EXIT_INSN(),
	/* 18 */ FUNC_ADDR(1, -5),  /* after */
	/* 20 */ FUNC_ADDR(1, -13), /* before */
	/* 22 */ BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, 3, 0, 0, 77),
	/* 23: data that looks like a call */
	BPF_RAW_INSN(0, 0, BPF_PSEUDO_CALL, 0, 5),
	/* 24 */ BPF_CALL_KFUNC(5), BPF_EMIT_CALL(5), BPF_EXIT_INSN()};

enum {
	STUB = 2,
	STUB_AT = 10,
	STUB_END = 14
};

static struct bpf_func_info funcs[] = {{0, 100}, {8, 101}, {10, 102}, {14, 103}, {18, 104}};

struct long_line {
	struct bpf_line_info line;
	uint32_t more;
};

static struct long_line lines[] = {{{0, 1, 10, 0}, 5},	{{8, 2, 20, 0}, 6},  {{10, 3, 30, 0}, 7},
				   {{11, 4, 40, 0}, 8}, {{13, 5, 50, 0}, 9}, {{14, 6, 60, 0}, 10},
				   {{22, 7, 70, 0}, 11}};

static struct splice_prog make_input(void)
{
	return (struct splice_prog){.insns = (struct bpf_insn *)program,
				    .insn_cnt = LEN(program),
				    .func_info = funcs,
				    .func_info_cnt = LEN(funcs),
				    .func_info_rec_size = sizeof(funcs[0]),
				    .line_info = lines,
				    .line_info_cnt = LEN(lines),
				    .line_info_rec_size = sizeof(lines[0])};
}

static void make_body(struct bpf_insn *body, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		body[i] = BPF_MOV64_IMM(BPF_REG_0, i);
	body[cnt - 1] = BPF_EXIT_INSN();
}

/* Where old instruction @at is when the body has @cnt instructions. */
static long place(long at, size_t cnt)
{
	return at <= STUB_AT ? at : at - (STUB_END - STUB_AT) + (long)cnt;
}

static void check_with_body(size_t cnt)
{
	struct splice_prog in = make_input(), out;
	struct bpf_insn body[32];

	make_body(body, cnt);
	assert_int_equal(splice(&in, STUB, body, cnt, &out), 0);
	assert_int_equal(out.insn_cnt, LEN(program) - 4 + cnt);
	assert_memory_equal(out.insns + STUB_AT, body, cnt * sizeof(*body));
	for (size_t i = 0; i < LEN(program); i++) {
		const struct bpf_insn *old = &program[i], *new = &out.insns[place((long)i, cnt)];
		bool relative = (old->code == (BPF_JMP | BPF_CALL) &&
				 old->src_reg == BPF_PSEUDO_CALL) ||
				(old->code == (BPF_LD | BPF_IMM | BPF_DW) &&
				 old->src_reg == BPF_PSEUDO_FUNC);

		if (i >= STUB_AT && i < STUB_END)
			continue;
		assert_int_equal(old->code, new->code);
		assert_int_equal(old->off, new->off);
		if (relative)
			assert_int_equal(place((long)i, cnt) + 1 + new->imm,
					 place((long)i + 1 + old->imm, cnt));
		else
			assert_int_equal(old->imm, new->imm);
	}
	splice_prog_free(&out);
	assert_null(out.insns);
}

static void longer_body(void **state)
{
	(void)state;
	check_with_body(32);
}

static void shorter_body(void **state)
{
	(void)state;
	check_with_body(1);
	check_with_body(2);
}

static void same_length(void **state)
{
	(void)state;
	check_with_body(4);
}

static void info_moves(void **state)
{
	static const uint32_t func_at[] = {0, 8, 10, 16, 20};
	static const uint32_t line_at[] = {0, 8, 10, 16, 24};
	static const uint32_t line_more[] = {5, 6, 7, 10, 11};
	struct splice_prog in = make_input(), out;
	const struct bpf_func_info *f;
	const struct long_line *l;
	struct bpf_insn body[6];

	(void)state;
	make_body(body, 6);
	assert_int_equal(splice(&in, STUB, body, 6, &out), 0);
	f = out.func_info;
	l = out.line_info;
	assert_int_equal(out.func_info_cnt, LEN(func_at));
	assert_int_equal(out.func_info_rec_size, sizeof(*f));
	for (size_t i = 0; i < LEN(func_at); i++) {
		assert_int_equal(f[i].insn_off, func_at[i]);
		assert_int_equal(f[i].type_id, 100 + i);
	}
	assert_int_equal(out.line_info_cnt, LEN(line_at));
	for (size_t i = 0; i < LEN(line_at); i++) {
		assert_int_equal(l[i].line.insn_off, line_at[i]);
		assert_int_equal(l[i].more, line_more[i]);
	}
	splice_prog_free(&out);
}

static void last_function(void **state)
{
	struct splice_prog in = make_input(), out;
	struct bpf_insn body[3];

	(void)state;
	make_body(body, 3);
	assert_int_equal(splice(&in, 4, body, 3, &out), 0);
	assert_int_equal(out.insn_cnt, 18 + 3);
	assert_int_equal(out.insns[16].imm, 1);
	assert_int_equal(out.line_info_cnt, LEN(lines) - 1);
	splice_prog_free(&out);
}

/* One body for the stub and what follows it; the others see their functions move, none is lost. */
static void several(void **state)
{
	struct bpf_insn insns[LEN(program)];
	struct splice_prog in = make_input(), out;
	const struct bpf_func_info *f;
	struct bpf_insn body[3];

	(void)state;
	make_body(body, 3);
	in.insns = insns;
	memcpy(insns, program, sizeof(insns));
	/* Functions 2 and 3, the latter of which is called from outside. */
	assert_int_equal(splice_several(&in, STUB, 2, body, 3, &out), -EINVAL);
	insns[2] = insns[8] = insns[18] = insns[19] = BPF_MOV64_IMM(0, 0);
	assert_int_equal(splice_several(&in, STUB, 2, body, 3, &out), 0);
	assert_int_equal(out.insn_cnt, LEN(program) - 8 + 3);
	assert_memory_equal(out.insns + STUB_AT, body, sizeof(body));
	assert_int_equal(out.insns[0].imm, STUB_AT - 1);
	/* From 3 to the last function, which was at 18 and is at 13; and back. */
	assert_int_equal(out.insns[3].imm, 13 - 4);
	assert_int_equal(out.insns[15].imm, 8 - 16);
	f = out.func_info;
	assert_int_equal(out.func_info_cnt, 4);
	assert_int_equal(f[STUB].insn_off, STUB_AT);
	assert_int_equal(f[STUB].type_id, 102);
	assert_int_equal(f[3].insn_off, 13);
	assert_int_equal(f[3].type_id, 104);
	splice_prog_free(&out);
	/* To the end of the program, and beyond it. */
	insns[3] = insns[4] = BPF_MOV64_IMM(0, 0);
	assert_int_equal(splice_several(&in, STUB, 3, body, 3, &out), 0);
	assert_int_equal(out.insn_cnt, STUB_AT + 3);
	splice_prog_free(&out);
	assert_int_equal(splice_several(&in, STUB, 4, body, 3, &out), -EINVAL);
	assert_int_equal(splice_several(&in, STUB, UINT32_MAX, body, 3, &out), -EINVAL);
	assert_int_equal(splice_several(&in, STUB, 0, body, 3, &out), -EINVAL);
}

/* The same bytes in other memory; what is not there stays so. */
static void copies(void **state)
{
	const struct splice_prog in = make_input(),
				 bare = {.insns = in.insns, .insn_cnt = in.insn_cnt};
	struct splice_prog out;

	(void)state;
	assert_int_equal(splice_copy(&in, &out), 0);
	assert_int_equal(out.insn_cnt, in.insn_cnt);
	assert_ptr_not_equal(out.insns, in.insns);
	assert_memory_equal(out.insns, in.insns, sizeof(program));
	assert_int_equal(out.func_info_cnt, in.func_info_cnt);
	assert_memory_equal(out.func_info, in.func_info, sizeof(funcs));
	assert_int_equal(out.line_info_cnt, in.line_info_cnt);
	assert_memory_equal(out.line_info, in.line_info, sizeof(lines));
	splice_prog_free(&out);
	assert_int_equal(splice_copy(&bare, &out), 0);
	assert_memory_equal(out.insns, in.insns, sizeof(program));
	assert_null(out.func_info);
	assert_null(out.line_info);
	splice_prog_free(&out);
}

static void without_lines(void **state)
{
	struct splice_prog in = make_input(), out;
	struct bpf_insn body[3];

	(void)state;
	make_body(body, 3);
	in.line_info = NULL;
	in.line_info_cnt = 0;
	in.line_info_rec_size = 0;
	assert_int_equal(splice(&in, STUB, body, 3, &out), 0);
	assert_null(out.line_info);
	assert_int_equal(out.line_info_cnt, 0);
	splice_prog_free(&out);
}

/* ---- malformed input; the output must stay as it is */

static void refused(const struct splice_prog *in, uint32_t func, size_t body_cnt)
{
	struct splice_prog out = {.insn_cnt = 4711};
	struct bpf_insn body[2];

	make_body(body, 2);
	assert_int_equal(splice(in, func, body, body_cnt, &out), -EINVAL);
	assert_int_equal(out.insn_cnt, 4711);
	assert_null(out.insns);
}

static void bad_arguments(void **state)
{
	struct splice_prog in = make_input();

	(void)state;
	refused(&in, 0, 2);	     /* the entry */
	refused(&in, LEN(funcs), 2); /* none such */
	refused(&in, STUB, 0);	     /* no body */
	refused(&in, STUB, 1000001); /* too long for the kernel */
	in.insn_cnt = 0;
	refused(&in, STUB, 2);
}

static void bad_records(void **state)
{
	struct bpf_func_info bad[LEN(funcs)];
	struct splice_prog in = make_input();

	(void)state;
	in.func_info_rec_size = 4;
	refused(&in, STUB, 2);
	in = make_input();
	in.line_info_rec_size = 18;
	refused(&in, STUB, 2);
	in = make_input();
	in.func_info = bad;
	memcpy(bad, funcs, sizeof(bad));
	bad[4].insn_off = LEN(program); /* past the end */
	refused(&in, STUB, 2);
	memcpy(bad, funcs, sizeof(bad));
	bad[3].insn_off = bad[2].insn_off; /* does not rise */
	refused(&in, STUB, 2);
}

static void bad_targets(void **state)
{
	struct bpf_insn insns[LEN(program)];
	struct splice_prog in = make_input();

	(void)state;
	in.insns = insns;
	memcpy(insns, program, sizeof(insns));
	insns[2].imm = 10; /* into the middle of the stub */
	refused(&in, STUB, 2);
	insns[2].imm = LEN(program);
	refused(&in, STUB, 2);
	insns[2].imm = -4;
	refused(&in, STUB, 2);
	insns[2].imm = INT32_MIN;
	refused(&in, STUB, 2);
	memcpy(insns, program, sizeof(insns));
	insns[LEN(program) - 1] = BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0);
	refused(&in, STUB, 2); /* half of a 64-bit immediate */
}

/* ---- random programs of functions that call one another */

#define MAX_FUNCS 12

static void random_program(struct rng *r, struct bpf_insn *insns, struct bpf_func_info *info,
			   uint32_t cnt, size_t *ret_len)
{
	size_t len = 0;

	for (uint32_t f = 0; f < cnt; f++) {
		info[f] = (struct bpf_func_info){(uint32_t)len, f};
		len += 1 + rng_below(r, 20);
	}
	for (size_t i = 0; i < len; i++) {
		int32_t distance = (int32_t)info[rng_below(r, cnt)].insn_off - (int32_t)i - 1;

		insns[i] = BPF_MOV64_IMM(BPF_REG_0, i);
		if (rng_one_in(r, 3))
			insns[i] = BPF_CALL_REL(distance);
	}
	*ret_len = len;
}

static void random_programs(void **state)
{
	struct rng r = {3};

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct bpf_func_info info[MAX_FUNCS];
		struct bpf_insn insns[MAX_FUNCS * 20], body[40];
		uint32_t cnt = 2 + rng_below(&r, MAX_FUNCS - 2), func = 1 + rng_below(&r, cnt - 1);
		size_t len, body_cnt = 1 + rng_below(&r, 39);
		struct splice_prog in = {.insns = insns,
					 .func_info = info,
					 .func_info_cnt = cnt,
					 .func_info_rec_size = sizeof(*info)};
		struct splice_prog out;
		const struct bpf_func_info *moved;

		random_program(&r, insns, info, cnt, &len);
		in.insn_cnt = len;
		make_body(body, body_cnt);
		assert_int_equal(splice(&in, func, body, body_cnt, &out), 0);
		moved = out.func_info;
		/* Function by function: each call goes to the function that it went to. */
		for (uint32_t f = 0; f < cnt; f++) {
			size_t end = f + 1 < cnt ? info[f + 1].insn_off : len;

			for (size_t i = info[f].insn_off; f != func && i < end; i++) {
				size_t at = moved[f].insn_off + i - info[f].insn_off;
				uint32_t to = 0;

				assert_int_equal(out.insns[at].code, insns[i].code);
				if (insns[i].code != (BPF_JMP | BPF_CALL)) {
					assert_int_equal(out.insns[at].imm, insns[i].imm);
					continue;
				}
				while (info[to].insn_off != i + 1 + (size_t)(int64_t)insns[i].imm)
					to++;
				assert_int_equal((int64_t)at + 1 + out.insns[at].imm,
						 moved[to].insn_off);
			}
		}
		splice_prog_free(&out);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(longer_body),	 cmocka_unit_test(shorter_body),
	cmocka_unit_test(same_length),	 cmocka_unit_test(info_moves),
	cmocka_unit_test(last_function), cmocka_unit_test(copies),
	cmocka_unit_test(without_lines), cmocka_unit_test(several),
	cmocka_unit_test(bad_arguments), cmocka_unit_test(bad_records),
	cmocka_unit_test(bad_targets),	 cmocka_unit_test(random_programs),
};

UNIT_MAIN(tests)
