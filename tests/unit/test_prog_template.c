// SPDX-License-Identifier: GPL-2.0-only
/* What makes a copy of a program that of its function. */
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/copy.h"
#include "src/prog_template.h"
#include "src/util.h"

#define WIDE(reg, src, value)                             \
	{.code = BPF_LD | BPF_IMM | BPF_DW,               \
	 .dst_reg = (reg),                                \
	 .src_reg = (src),                                \
	 .imm = (int32_t)(value)},                        \
	{                                                 \
		.imm = (int32_t)((uint64_t)(value) >> 32) \
	}
#define NARROW(reg, value)                                                                     \
	{                                                                                      \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (int32_t)(value) \
	}

static const struct bpf_insn program[] = {
	WIDE(1, 0, COPY_FUNC_IP),		  /* 0: to be changed */
	WIDE(2, 0, COPY_POS),			  /* 2: the other one */
	NARROW(3, COPY_FUNC_IP),		  /* 4: half of it, as anybody's number */
	NARROW(3, COPY_FUNC_IP >> 32),		  /* 5 */
	WIDE(4, BPF_PSEUDO_MAP_FD, COPY_FUNC_IP), /* 6: a map, not a number */
	WIDE(5, 0, COPY_FUNC_IP ^ 1ULL << 32),	  /* 8: the lower half is the same */
	WIDE(6, 0, COPY_FUNC_IP ^ 1),		  /* 10: the upper half is */
	WIDE(7, 0, COPY_FUNC_IP),		  /* 12: once more */
	{.code = BPF_JMP | BPF_EXIT},
};

static uint64_t wide_at(const struct bpf_insn *insns, size_t i)
{
	return (uint32_t)insns[i].imm | (uint64_t)(uint32_t)insns[i + 1].imm << 32;
}

static void test_patch(void **state)
{
	const uint64_t ip = 0xffffffffc0de1234;
	struct bpf_insn insns[ARRAY_SIZE(program)], expected[ARRAY_SIZE(program)];

	(void)state;
	memcpy(insns, program, sizeof(program));
	memcpy(expected, program, sizeof(program));
	assert_int_equal(prog_template_patch(insns, ARRAY_SIZE(insns), COPY_FUNC_IP, ip), 2);
	assert_int_equal(wide_at(insns, 0), ip);
	assert_int_equal(wide_at(insns, 12), ip);
	for (size_t i = 0; i <= 12; i += 12) {
		expected[i].imm = (int32_t)ip;
		expected[i + 1].imm = (int32_t)(ip >> 32);
	}
	assert_memory_equal(insns, expected, sizeof(insns));
	assert_int_equal(prog_template_patch(insns, ARRAY_SIZE(insns), COPY_FUNC_IP, ip), 0);
	assert_int_equal(prog_template_patch(insns, ARRAY_SIZE(insns), COPY_POS, 5), 1);
	assert_int_equal(wide_at(insns, 2), 5);
}

/* The second half of a number may look like the first half of another. */
static void test_halves(void **state)
{
	struct bpf_insn insns[] = {
		WIDE(1, 0, 7),
		{.code = BPF_LD | BPF_IMM | BPF_DW, .imm = (int32_t)COPY_FUNC_IP},
	};

	(void)state;
	insns[1] = insns[2];
	assert_int_equal(prog_template_patch(insns, ARRAY_SIZE(insns), COPY_FUNC_IP, 1), 0);
	assert_int_equal(prog_template_patch(insns, 0, COPY_FUNC_IP, 1), 0);
}

/* What the template is loaded as has to be a function, and each position fits into the mask. */
static void test_constants(void **state)
{
	(void)state;
	assert_int_not_equal(COPY_POS & COPY_POS_MASK, LOAD_END);
	assert_in_range(COPY_POS & COPY_POS_MASK, 1, KBTF_MAX_POS);
	assert_in_range(KBTF_MAX_POS, 1, COPY_POS_MASK);
	assert_int_equal(LOAD_END, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patch),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_constants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
