// SPDX-License-Identifier: GPL-2.0-only
/* The small parts of filter/: validation, expressions, disassembly, and the cost of a run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter/disasm.h"
#include "filter/ebpf.h"
#include "filter/expr.h"
#include "tests/filter/runner.h"
#include "tests/filter/unit.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* ---- cbpf */

static void validation(void **state)
{
	static const struct {
		const char *message;
		struct cbpf_insn insns[3];
		size_t len;
	} rows[] = {
		{NULL, {{0x06, 0, 0, 1}}, 1},
		{NULL, {{0x28, 0, 0, 12}, {0x15, 0, 0, 1}, {0x06, 0, 0, 1}}, 3},
		{NULL, {{0x15, 0, 0, 1}, {0x05, 0, 0, 0xfffffffe}, {0x0e, 0, 0, 0}}, 3},
		{"empty program", {{0}}, 0},
		{"the last line, 1, does not return", {{0x06, 0, 0, 1}, {0x28, 0, 0, 1}}, 2},
		{"bad opcode 0xff at line 0", {{0xff, 0, 0, 0}}, 1},
		{"bad opcode 0x106 at line 0", {{0x106, 0, 0, 0}}, 1},
		{"bad opcode 0xf at line 1", {{0x06, 0, 0, 0}, {0x0f, 0, 0, 0}}, 2},
		{"bad opcode 0x21 at line 0", {{0x21, 0, 0, 0}, {0x06, 0, 0, 0}}, 2},
		{"bad opcode 0xa0 at line 0", {{0xa0, 0, 0, 0}, {0x06, 0, 0, 0}}, 2},
		{"bad opcode 0x55 at line 0", {{0x55, 0, 0, 0}, {0x06, 0, 0, 0}}, 2},
		{"no M[16], at line 0", {{0x02, 0, 0, 16}, {0x06, 0, 0, 0}}, 2},
		{"no M[99], at line 1", {{0, 0, 0, 1}, {0x61, 0, 0, 99}, {0x06, 0, 0, 0}}, 3},
		{"division by constant 0 at line 0", {{0x34, 0, 0, 0}, {0x06, 0, 0, 0}}, 2},
		{"division by constant 0 at line 0", {{0x94, 0, 0, 0}, {0x06, 0, 0, 0}}, 2},
		{"shift by 32 bits at line 0", {{0x64, 0, 0, 32}, {0x06, 0, 0, 0}}, 2},
		{"jump out of range at line 0", {{0x15, 1, 0, 0}, {0x06, 0, 0, 0}}, 2},
		{"jump out of range at line 0", {{0x15, 0, 9, 0}, {0x06, 0, 0, 0}}, 2},
		{"jump out of range at line 0", {{0x05, 0, 0, 5}, {0x06, 0, 0, 0}}, 2},
		{"jump out of range at line 0", {{0x05, 0, 0, 0xfffffffe}, {0x06, 0, 0, 0}}, 2},
		{"jump out of range at line 0", {{0x05, 0, 0, 0x7fffffff}, {0x06, 0, 0, 0}}, 2},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct cbpf_insn insns[3];
		struct cbpf_prog prog = {.insns = insns, .len = rows[i].len};
		char err[128] = "";
		int rc;

		memcpy(insns, rows[i].insns, sizeof(insns));
		rc = cbpf_validate(&prog, err, sizeof(err));
		assert_int_equal(rc, rows[i].message ? -EINVAL : 0);
		assert_string_equal(err, rows[i].message ? rows[i].message : "");
	}
}

static void reachability(void **state)
{
	/* ja +1; ldb [0] (not reached); ld [0xfffffffe] (rejects); ret #1 */
	struct cbpf_insn insns[] = {
		{0x05, 0, 0, 1}, {0x30, 0, 0, 0}, {0x20, 0, 0, 0xfffffffe}, {0x06, 0, 0, 1}};
	struct cbpf_prog prog = {.insns = insns, .len = LEN(insns)};
	bool reach[LEN(insns)];

	(void)state;
	assert_int_equal(cbpf_reachable(&prog, reach), 0);
	assert_true(reach[0] && !reach[1] && reach[2] && !reach[3]);
	assert_false(cbpf_jumps_back(&prog));
	insns[2].k = 12;
	assert_int_equal(cbpf_reachable(&prog, reach), 0);
	assert_true(reach[3]);
}

/* ---- expr */

static void expressions(void **state)
{
	struct cbpf_prog prog = {0};
	char err[256];

	(void)state;
	assert_int_equal(expr_compile(NULL, 96, &prog, err, sizeof(err)), 0);
	assert_int_equal(prog.len, 1);
	assert_int_equal(prog.insns[0].k, 96);
	assert_true(expr_matches_all(&prog));
	cbpf_prog_free(&prog);
	assert_int_equal(expr_compile("  ", 96, &prog, err, sizeof(err)), 0);
	assert_true(expr_matches_all(&prog));
	cbpf_prog_free(&prog);
	assert_int_equal(expr_compile("tcp port 443", 262144, &prog, err, sizeof(err)), 0);
	assert_int_equal(prog.len, 20);
	assert_false(expr_matches_all(&prog));
	cbpf_prog_free(&prog);
	assert_null(prog.insns);
}

static void wrong_expressions(void **state)
{
	struct cbpf_prog prog = {.len = 4711};
	char err[256];

	(void)state;
	assert_int_equal(expr_compile("tcp port", 96, &prog, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "can't parse filter expression: syntax error");
	assert_int_equal(expr_compile("tcp and udp", 96, &prog, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "expression rejects all packets");
	assert_int_equal(expr_compile("ip[0] / 0 = 1", 96, &prog, err, sizeof(err)), -EINVAL);
	assert_int_equal(expr_compile("ip", 0, &prog, err, sizeof(err)), -EINVAL);
	assert_int_equal(prog.len, 4711);
}

/* tcpdump's own words, if it is here. */
static void dump_is_tcpdumps(const char *expr, const char *flag, enum expr_dump_style style)
{
	char command[512], theirs[8192], *ours = NULL, err[256];
	struct cbpf_prog prog;
	size_t len = 0, n;
	FILE *p;

	assert_int_equal(expr_compile(expr, 262144, &prog, err, sizeof(err)), 0);
	p = open_memstream(&ours, &len);
	assert_int_equal(expr_dump(&prog, style, p), 0);
	fclose(p);
	cbpf_prog_free(&prog);
	snprintf(command, sizeof(command), "tcpdump -y EN10MB %s '%s' 2>/dev/null", flag, expr);
	p = popen(command, "r");
	assert_non_null(p);
	n = fread(theirs, 1, sizeof(theirs) - 1, p);
	theirs[n] = 0;
	if (pclose(p) == 0)
		assert_string_equal(ours, theirs);
	else
		print_message("tcpdump does not run here: %s not compared\n", flag);
	free(ours);
}

static void dumps(void **state)
{
	static const char *const exprs[] = {"tcp port 443", "ip6 protochain 58", "inbound",
					    "vlan 5 and ip[2:2] % 7 = len", ""};

	(void)state;
	for (size_t i = 0; i < LEN(exprs); i++) {
		dump_is_tcpdumps(exprs[i], "-d", EXPR_DUMP_HUMAN);
		dump_is_tcpdumps(exprs[i], "-dd", EXPR_DUMP_C);
		dump_is_tcpdumps(exprs[i], "-ddd", EXPR_DUMP_DECIMAL);
	}
}

/* ---- disasm */

static void disassembly(void **state)
{
	static const struct {
		const char *text;
		struct bpf_insn insn[2];
	} rows[] = {
		{"r0 = *(u16 *)(r6 +14)", {BPF_LDX_MEM(BPF_H, 0, 6, 14)}},
		{"r1 = *(u64 *)(r10 -8)", {BPF_LDX_MEM(BPF_DW, 1, 10, -8)}},
		{"*(u8 *)(r10 -1) = r2", {BPF_STX_MEM(BPF_B, 10, 2, -1)}},
		{"*(u32 *)(r10 -4) = -3", {BPF_ST_MEM(BPF_W, 10, -4, -3)}},
		{"if w7 != 0x800 goto +3", {BPF_JMP32_IMM(BPF_JNE, 7, 0x800, 3)}},
		{"if r1 <= r2 goto -3", {BPF_JMP_REG(BPF_JLE, 1, 2, -3)}},
		{"if w4 & 0xff goto +0", {BPF_JMP32_IMM(BPF_JSET, 4, 255, 0)}},
		{"if w2 < 0xffffffff goto +1", {BPF_JMP32_IMM(BPF_JLT, 2, -1, 1)}},
		{"goto -7", {BPF_JMP_A(-7)}},
		{"exit", {BPF_EXIT_INSN()}},
		{"call bpf_probe_read_kernel#113", {BPF_EMIT_CALL(113)}},
		{"call helper#1", {BPF_EMIT_CALL(1)}},
		{"call kernel-function#42", {BPF_CALL_KFUNC(42)}},
		{"call +9", {BPF_CALL_REL(9)}},
		{"r1 += -2", {BPF_ALU64_IMM(BPF_ADD, 1, -2)}},
		{"w1 ^= w2", {BPF_ALU32_REG(BPF_XOR, 1, 2)}},
		{"w3 %= 7", {BPF_ALU32_IMM(BPF_MOD, 3, 7)}},
		{"r3 = r4", {BPF_MOV64_REG(3, 4)}},
		{"w0 = 262144", {BPF_MOV32_IMM(0, 262144)}},
		{"w4 = -w4", {BPF_ALU32_IMM(BPF_NEG, 4, 0)}},
		{"r4 = be16 r4", {BPF_ENDIAN(BPF_TO_BE, 4, 16)}},
		{"r2 = 0x100000002",
		 {BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 2),
		  BPF_RAW_INSN(0, 0, 0, 0, 1)}},
		{"code 0xf7 dst r0 src r0 off 0 imm 0", {BPF_RAW_INSN(0xf7, 0, 0, 0, 0)}},
		{"code 0xc1 dst r1 src r2 off 3 imm 4", {BPF_RAW_INSN(0xc1, 1, 2, 3, 4)}},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char text[96];

		disasm_insn(rows[i].insn, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void disassembly_of_program(void **state)
{
	static const char expected[] =
		"    0: *(u32 *)(r10 -4) = r3\n"
		"    1: r4 = *(u32 *)(r10 -4)                    ; (000) ld       #pktlen\n"
		"    2: if w4 <= 0x64 goto +2                    ; (001) jgt      #0x64         "
		"   jt 2 jf 3\n"
		"    3: w0 = 96                                  ; (002) ret      #96\n"
		"    4: exit\n"
		"    5: w0 = 0\n" /* where all that rejects goes to, not one line */
		"    6: exit\n";
	struct translate_opts opts = runner_opts(FILTER_LOAD_PROBE);
	struct cbpf_prog prog;
	struct insn_buf code;
	char err[256], *text = NULL;
	size_t len;
	FILE *p = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(expr_compile("len > 100", 96, &prog, err, sizeof(err)), 0);
	assert_int_equal(translate(&prog, &opts, &code, err, sizeof(err)), 0);
	assert_int_equal(disasm_dump(&code, &prog, p), 0);
	fclose(p);
	assert_string_equal(text, expected);
	free(text);
	insn_buf_free(&code);
	cbpf_prog_free(&prog);
}

/* ---- translate */

static void wrong_options(void **state)
{
	struct cbpf_insn insns[] = {{0x06, 0, 0, 1}};
	struct cbpf_prog prog = {.insns = insns, .len = 1};
	struct translate_opts opts = {.load = FILTER_LOAD_DIRECT};
	struct insn_buf out = {.cnt = 4711};
	char err[128];

	(void)state;
	assert_int_equal(translate(&prog, &opts, &out, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "direct loads without a type to load through");
	opts.load = 9;
	assert_int_equal(translate(&prog, &opts, &out, err, sizeof(err)), -EINVAL);
	opts.load = FILTER_LOAD_PROBE;
	insns[0].code = 0x05;
	assert_int_equal(translate(&prog, &opts, &out, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "jump out of range at line 0");
	assert_int_equal(out.cnt, 4711);
}

/*
 * The cost of the tool: what a run over a packet that does not match executes. A change here is
 * no error in itself, but it should be one for the better. A cast is inlined by the verifier, a
 * probe read is a call.
 */
static void cost_of_no_match(void **state)
{
	static const struct {
		const char *expr;
		enum filter_load load;
		enum l2_case l2;
		unsigned int executed;
	} rows[] = {
		{"tcp port 443", FILTER_LOAD_DIRECT, L2_PLAIN, 14},
		{"tcp port 443", FILTER_LOAD_DIRECT, L2_SYNTH, 18},
		{"tcp port 443", FILTER_LOAD_DIRECT, L2_VLAN, 30},
		{"tcp port 443", FILTER_LOAD_WINDOW, L2_PLAIN, 19},
		{"tcp port 443", FILTER_LOAD_WINDOW, L2_SYNTH, 24},
		{"tcp port 443", FILTER_LOAD_PROBE, L2_PLAIN, 25},
		{"tcp port 443", FILTER_LOAD_PROBE, L2_SYNTH, 22},
		{"udp", FILTER_LOAD_DIRECT, L2_PLAIN, 12},
		{"host 192.168.7.7", FILTER_LOAD_DIRECT, L2_PLAIN, 13},
		{"arp", FILTER_LOAD_DIRECT, L2_PLAIN, 9},
		{"arp", FILTER_LOAD_DIRECT, L2_SYNTH, 11},
		{"arp", FILTER_LOAD_PROBE, L2_PLAIN, 13},
	};
	static struct frame f;

	(void)state;
	frame_icmp(&f);
	for (size_t i = 0; i < LEN(rows); i++) {
		struct interp_result res;
		struct cbpf_prog prog;
		struct compiled c;
		struct sighting s;
		char err[256];

		assert_int_equal(expr_compile(rows[i].expr, 96, &prog, err, sizeof(err)), 0);
		assert_int_equal(runner_compile(&prog, &c), 0);
		frame_place(&f, rows[i].l2, FRAME_MAX, 0, &s);
		assert_int_equal(runner_run(&c.code[rows[i].load], &s, 1, &res), 0);
		assert_int_equal(res.ret, 0);
		print_message("%-16s %-6s l2 case %d: %llu instructions\n", rows[i].expr,
			      runner_mode_name[rows[i].load], rows[i].l2,
			      (unsigned long long)res.executed);
		assert_int_equal(res.executed, rows[i].executed);
		runner_free(&c);
		cbpf_prog_free(&prog);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(validation),
	cmocka_unit_test(reachability),
	cmocka_unit_test(expressions),
	cmocka_unit_test(wrong_expressions),
	cmocka_unit_test(dumps),
	cmocka_unit_test(disassembly),
	cmocka_unit_test(disassembly_of_program),
	cmocka_unit_test(wrong_options),
	cmocka_unit_test(cost_of_no_match),
};

UNIT_MAIN(tests)
