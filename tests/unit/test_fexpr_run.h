/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_UNIT_TEST_FEXPR_RUN_H
#define PWRU_CAP_TESTS_UNIT_TEST_FEXPR_RUN_H
/*
 * Runs compiled field expressions over a world (test_fexpr_world.h), by the interpreter of
 * tests/filter/ and what that has no need for: signed comparisons and shifts, 64-bit constants.
 */
#include "tests/unit/test_fexpr_world.h"

#include "tests/filter/interp.c"

static const enum filter_load loads[] = {FILTER_LOAD_DIRECT, FILTER_LOAD_PROBE};
#define LOADS (sizeof(loads) / sizeof(loads[0]))

static inline struct translate_opts load_opts(enum filter_load load)
{
	return (struct translate_opts){.load = load,
				       .cast_func_id = 4711,
				       .bytes_type_id = 815,
				       .bytes_off = 2,
				       .bytes_len = 126};
}

static inline int step_signed(struct machine *m, const struct bpf_insn *in, size_t *pc)
{
	bool wide = BPF_CLASS(in->code) == BPF_JMP || BPF_CLASS(in->code) == BPF_ALU64;
	bool reg = BPF_SRC(in->code) == BPF_X, taken;
	uint64_t b = reg ? m->reg[in->src_reg] : (uint64_t)(int64_t)in->imm;
	int64_t x = (int64_t)m->reg[in->dst_reg], y = (int64_t)b;

	if (m->kind[in->dst_reg] != SCALAR || (reg && m->kind[in->src_reg] != SCALAR))
		return wrong(m, "operands that are no numbers");
	if (!wide) {
		x = (int32_t)x;
		y = (int32_t)y;
	}
	if (BPF_CLASS(in->code) == BPF_ALU || BPF_CLASS(in->code) == BPF_ALU64) {
		m->reg[in->dst_reg] = wide ? (uint64_t)(x >> (y & 63)) : (uint32_t)(x >> (y & 31));
		return 0;
	}
	switch (BPF_OP(in->code)) {
	case BPF_JSGT:
		taken = x > y;
		break;
	case BPF_JSGE:
		taken = x >= y;
		break;
	case BPF_JSLT:
		taken = x < y;
		break;
	default:
		taken = x <= y;
	}
	if (taken)
		*pc += (size_t)(int64_t)in->off;
	return 0;
}

static inline int step_any(struct machine *m, const struct bpf_insn *in, size_t *pc)
{
	uint8_t class = BPF_CLASS(in->code), op = BPF_OP(in->code);
	bool is_jump = class == BPF_JMP || class == BPF_JMP32;

	if (in->code == (BPF_LD | BPF_IMM | BPF_DW)) {
		if (in[1].code || in->src_reg)
			return wrong(m, "unknown 64-bit constant");
		m->reg[in->dst_reg] = (uint32_t)in->imm | (uint64_t)(uint32_t)in[1].imm << 32;
		m->kind[in->dst_reg] = SCALAR;
		++*pc;
		return 0;
	}
	if (is_jump && (op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE))
		return step_signed(m, in, pc);
	if ((class == BPF_ALU || class == BPF_ALU64) && op == BPF_ARSH)
		return step_signed(m, in, pc);
	return step(m, in, pc);
}

/* As interp_run(). */
static inline int run_code(const struct insn_buf *code, uint64_t skb, const struct interp_env *env,
			   struct interp_result *res)
{
	struct machine m = {.env = env, .res = res};
	int rc = 0;

	m.reg[BPF_REG_1] = skb;
	m.kind[BPF_REG_1] = SCALAR;
	m.kind[BPF_REG_10] = STACK;
	*res = (struct interp_result){0};
	for (size_t pc = 0; rc == 0;) {
		res->at = pc;
		if (pc >= code->cnt)
			return wrong(&m, "ran off the program");
		res->executed++;
		pc++;
		rc = step_any(&m, &code->insns[pc - 1], &pc);
	}
	res->ret = (uint32_t)m.reg[BPF_REG_0];
	return rc < 0 ? -1 : 0;
}

/* Run over a world; all of it can be read, and nothing else. Return: 0 or 1. */
static UNUSED unsigned int run_world(const struct insn_buf *code, const struct world *w,
				     const char *text)
{
	const struct translate_opts opts = load_opts(FILTER_LOAD_DIRECT);
	const struct interp_mem mem = {(uint64_t)(uintptr_t)w, (const uint8_t *)w, sizeof(*w)};
	const struct interp_env env = {.mem = &mem,
				       .mem_cnt = 1,
				       .cast_func_id = opts.cast_func_id,
				       .bytes_type_id = opts.bytes_type_id,
				       .bytes_off = opts.bytes_off,
				       .bytes_len = opts.bytes_len};
	struct interp_result res;

	if (run_code(code, (uint64_t)(uintptr_t)&w->skb, &env, &res))
		fail_msg("%s: %s at %zu", text, res.error, res.at);
	if (res.ret > 1 || res.stack > FEXPR_STACK)
		fail_msg("%s: returns %u, uses %d bytes of stack", text, res.ret, res.stack);
	return res.ret;
}

/* A world in which nothing is 0 that need not be. */
static UNUSED void fill_world(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->skb = (struct sk_buff){.dev = &w->dev,
				  .s8 = -5,
				  .u8 = 200,
				  .s16 = -300,
				  .u16 = 0x0800,
				  .s32 = -70000,
				  .mark = 0x1234,
				  .s64 = -5000000000,
				  .u64 = 0xfedcba9876543210,
				  .flag = true,
				  .pkt_type = 4,
				  .ip_summed = 3,
				  .sb1 = -1,
				  .sb5 = -16,
				  .sb17 = -65536,
				  .ub31 = 0x7fffffff,
				  .wide40 = 0xffffffffff,
				  .tail24 = 0xabcdef,
				  .swide33 = -4294967296,
				  .swide28 = -2,
				  .scross24 = -4,
				  .sign = SIGN_MINUS,
				  .color = GREEN,
				  .len = 0x80000001,
				  .data = w->data,
				  .last_byte = 255,
				  .whole = 0x4321};
	w->skb.pack.across = 0x2fffffffffffffff;
	w->skb.cb[0] = 'x';
	w->skb.cb[3] = -1;
	w->skb.cb[47] = 47;
	w->skb.grid[1][2] = 12;
	w->dev = (struct device){.ifindex = 3, .name = "eth0", .nd_net = {&w->net}};
	w->net = (struct net){.inum = 4026531840, .cookie = -1};
	w->data[0] = 0x45;
	w->data[9] = 6;
}

static UNUSED void compile(const char *text, const struct fexpr_types *types, enum filter_load load,
			   struct insn_buf *code)
{
	struct translate_opts opts = load_opts(load);
	char err[512] = "";
	int rc = fexpr_compile(text, types, &opts, code, err, sizeof(err));

	if (rc)
		fail_msg("%.300s: %d: %s", text, rc, err);
}

/* What an expression gives for a world: 0 or 1. */
static UNUSED unsigned int evaluate(const char *text, const struct fexpr_types *types,
				    const struct world *w, enum filter_load load)
{
	struct insn_buf code = {0};
	unsigned int ret;

	compile(text, types, load, &code);
	ret = run_world(&code, w, text);
	insn_buf_free(&code);
	return ret;
}

#endif
