// SPDX-License-Identifier: GPL-2.0-only
#include "filter/line.h"

#include <arpa/inet.h>

#include "filter/ebpf.h"
#include "filter/pktload.h"

static void emit(struct gen *g, struct bpf_insn insn)
{
	asm_emit(&g->as, insn);
}

/* ---- jumps and returns */

static bool is_ret_k(const struct cbpf_insn *in)
{
	return in->code == (CBPF_RET | CBPF_K);
}

/* Where a jump to @line leads in the end, through jumps that lead on. */
static size_t thread(const struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];

	while (in->code == (CBPF_JMP | CBPF_JA) && (int32_t)in->k >= 0) {
		line += 1 + (size_t)in->k;
		in = &g->prog->insns[line];
	}
	return line;
}

/* A jump to @line; @jump is conditional or not. */
static void jump_to(struct gen *g, struct bpf_insn jump, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];

	if (is_ret_k(in) && in->k == 0) {
		asm_jump(&g->as, jump, g->reject);
		return;
	}
	facts_meet(&g->at[line], &g->now);
	asm_jump(&g->as, jump, g->line_label[line]);
}

static void emit_return(struct gen *g, uint32_t k)
{
	/* This one serves all that waited for a reject so far. */
	if (k == 0) {
		asm_bind(&g->as, g->reject);
		g->reject = asm_reject_label(&g->as);
	}
	emit(g, BPF_MOV32_IMM(BPF_REG_0, k));
	emit(g, BPF_EXIT_INSN());
	g->now.seen = false;
}

/* Go on at @line, which need not be the next one. */
static void go_on(struct gen *g, size_t line)
{
	if (is_ret_k(&g->prog->insns[line])) {
		emit_return(g, g->prog->insns[line].k);
		return;
	}
	jump_to(g, BPF_JMP_A(0), line);
	g->now.seen = false;
}

static void count_loop(struct gen *g)
{
	emit(g, BPF_ALU64_IMM(BPF_ADD, REG_LOOPS, 1));
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JGT, REG_LOOPS, FILTER_MAX_LOOPS, 0), g->reject);
}

static void translate_ja(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];
	size_t target = (size_t)((int64_t)line + 1 + (int32_t)in->k);

	if (target == line + 1)
		return;
	if (target > line) {
		go_on(g, thread(g, target));
		return;
	}
	count_loop(g);
	asm_jump(&g->as, BPF_JMP_A(0), g->line_label[target]);
	g->now.seen = false;
}

/* A constant in the form that A has in this line. */
static uint32_t constant(const struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];

	switch (g->flow.raw[line]) {
	case 4:
		return htonl(in->k);
	case 2:
		/* A has no bits up there: they are lost on "and" and jset... */
		if (CBPF_CLASS(in->code) == CBPF_ALU || CBPF_OP(in->code) == CBPF_JSET)
			return htons((uint16_t)in->k);
		/* ...and make jeq fail, be they swapped or not. */
		return in->k > UINT16_MAX ? in->k : htons((uint16_t)in->k);
	default:
		return in->k;
	}
}

static struct bpf_insn condition(const struct gen *g, size_t line, uint8_t op)
{
	if (CBPF_SRC(g->prog->insns[line].code) == CBPF_X)
		return BPF_JMP32_REG(op, REG_A, REG_X, 0);
	return BPF_JMP32_IMM(op, REG_A, constant(g, line), 0);
}

/* The opposite of a cBPF jump, 0 if there is none. */
static uint8_t opposite(uint16_t op)
{
	switch (op) {
	case CBPF_JEQ:
		return BPF_JNE;
	case CBPF_JGT:
		return BPF_JLE;
	case CBPF_JGE:
		return BPF_JLT;
	default:
		return 0;
	}
}

/*
 * The line that is translated after @line. Jumps go through jumps that lead on, so these are left
 * out where no line falls through into them, as after a conditional jump.
 */
static size_t following(const struct gen *g, size_t line)
{
	size_t next = line + 1;

	while (thread(g, next) != next && !g->flow.loop_head[next])
		next++;
	return next;
}

static void translate_cond(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];
	uint8_t op = (uint8_t)CBPF_OP(in->code); /* the same in eBPF */
	size_t yes = thread(g, line + 1 + in->jt), no = thread(g, line + 1 + in->jf);
	size_t next = following(g, line);

	if (yes != no && yes == next && opposite(op)) {
		jump_to(g, condition(g, line, opposite(op)), no);
		no = next;
	} else if (yes != no) {
		jump_to(g, condition(g, line, op), yes);
	}
	if (no != next) {
		go_on(g, no);
		return;
	}
	/* What is between is left out. */
	facts_meet(&g->at[next], &g->now);
	g->now.seen = next == line + 1;
}

/* ---- the other classes */

static void translate_ld(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];
	bool ldx = CBPF_CLASS(in->code) == CBPF_LDX, raw = g->flow.raw[line] != 0;
	uint8_t dst = ldx ? REG_X : REG_A;

	switch (CBPF_MODE(in->code)) {
	case CBPF_ABS:
		if (cbpf_is_ancillary(in))
			pktload_ancillary(g, in->k);
		else
			pktload_abs(g, dst, in->k, cbpf_load_size(in), raw);
		break;
	case CBPF_IND:
		pktload_ind(g, in->k, cbpf_load_size(in), raw);
		break;
	case CBPF_MSH:
		pktload_abs(g, dst, in->k, 1, false);
		if (g->dead)
			break;
		emit(g, BPF_ALU64_IMM(BPF_AND, dst, 0xf));
		emit(g, BPF_ALU64_IMM(BPF_LSH, dst, 2));
		break;
	case CBPF_IMM:
		emit(g, BPF_MOV32_IMM(dst, in->k));
		break;
	case CBPF_MEM:
		emit(g, BPF_LDX_MEM(BPF_W, dst, BPF_REG_10, gen_slot(g, SLOT_M + in->k)));
		break;
	case CBPF_LEN:
		emit(g, BPF_LDX_MEM(BPF_W, dst, BPF_REG_10, gen_slot(g, SLOT_WIRE)));
		break;
	}
	if (!ldx)
		return;
	if (CBPF_MODE(in->code) == CBPF_MSH)
		gen_new_x(g, 0xf << 2, 4);
	else if (CBPF_MODE(in->code) == CBPF_IMM)
		gen_new_x(g, in->k, in->k % 4 ? (in->k % 2 ? 1 : 2) : 4);
	else
		gen_new_x(g, X_UNKNOWN, 1);
}

/* cBPF gives 0 where eBPF would take the count modulo 32. */
static void translate_shift_x(struct gen *g, uint8_t op)
{
	uint32_t shift = asm_label(&g->as), done = asm_label(&g->as);

	asm_jump(&g->as, BPF_JMP32_IMM(BPF_JLE, REG_X, 31, 0), shift);
	emit(g, BPF_MOV32_IMM(REG_A, 0));
	asm_jump(&g->as, BPF_JMP_A(0), done);
	asm_bind(&g->as, shift);
	emit(g, BPF_ALU32_REG(op, REG_A, REG_X));
	asm_bind(&g->as, done);
}

static void translate_alu(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];
	uint8_t op = (uint8_t)CBPF_OP(in->code); /* the same in eBPF */
	bool x = CBPF_SRC(in->code) == CBPF_X;

	if (op == CBPF_NEG) {
		emit(g, BPF_ALU32_IMM(BPF_NEG, REG_A, 0));
		return;
	}
	if (!x) {
		emit(g, BPF_ALU32_IMM(op, REG_A, constant(g, line)));
		return;
	}
	if (op == CBPF_LSH || op == CBPF_RSH) {
		translate_shift_x(g, op);
		return;
	}
	if (op == CBPF_DIV || op == CBPF_MOD)
		asm_jump(&g->as, BPF_JMP32_IMM(BPF_JEQ, REG_X, 0, 0), g->reject);
	emit(g, BPF_ALU32_REG(op, REG_A, REG_X));
}

static void translate_ret(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];

	if (is_ret_k(in)) {
		emit_return(g, in->k);
		return;
	}
	emit(g, BPF_MOV32_REG(BPF_REG_0, CBPF_RVAL(in->code) == CBPF_A ? REG_A : REG_X));
	emit(g, BPF_EXIT_INSN());
	g->now.seen = false;
}

static void translate_store(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];
	uint8_t src = CBPF_CLASS(in->code) == CBPF_STX ? REG_X : REG_A;

	if (g->flow.live_out[line] & FLOW_M(in->k))
		emit(g, BPF_STX_MEM(BPF_W, BPF_REG_10, src, gen_slot(g, SLOT_M + in->k)));
}

static void translate_misc(struct gen *g, size_t line)
{
	if (CBPF_MISCOP(g->prog->insns[line].code) == CBPF_TXA) {
		emit(g, BPF_MOV32_REG(REG_A, REG_X));
		return;
	}
	emit(g, BPF_MOV32_REG(REG_X, REG_A));
	gen_new_x(g, X_UNKNOWN, 1);
}

void line_translate(struct gen *g, size_t line)
{
	const struct cbpf_insn *in = &g->prog->insns[line];

	g->keep = g->flow.live_out[line] & ~flow_def(in) & (FLOW_A | FLOW_X);
	g->dead = !(g->flow.live_out[line] & flow_def(in));
	if (cbpf_always_rejects(in)) {
		asm_jump(&g->as, BPF_JMP_A(0), g->reject);
		g->now.seen = false;
		return;
	}
	switch (CBPF_CLASS(in->code)) {
	case CBPF_LD:
	case CBPF_LDX:
		translate_ld(g, line);
		break;
	case CBPF_ST:
	case CBPF_STX:
		translate_store(g, line);
		break;
	case CBPF_ALU:
		translate_alu(g, line);
		break;
	case CBPF_JMP:
		if (CBPF_OP(in->code) == CBPF_JA)
			translate_ja(g, line);
		else
			translate_cond(g, line);
		break;
	case CBPF_RET:
		translate_ret(g, line);
		break;
	default:
		translate_misc(g, line);
	}
}
