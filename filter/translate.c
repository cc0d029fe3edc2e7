// SPDX-License-Identifier: GPL-2.0-only
/*
 * cBPF to eBPF.
 *
 * What is translated are lines, in order, each with what is known when it is reached (struct
 * facts): every way to a line has been translated before it, except for backward jumps, so the
 * facts are gathered on the way, and a line that no way leads to is left out (the verifier
 * refuses code that cannot be reached).
 *
 * The common run is one that rejects after a few loads, so the aim is that such a run executes as
 * little as possible: no length check that another one implies, no swap to host order where only
 * constants are compared (flow.c), no register to save, nothing stored that the body does not
 * read. The last is known only in the end, so the program is translated twice: the first time to
 * learn which stack slots are read.
 *
 * The result:
 *
 *	if l2 != 0 goto synth
 *	if linear < common goto generic
 *	[plain body]
 *   synth:
 *	if l2 is not SYNTH alone, or linear < common, goto generic
 *	[type to the stack, synth body]
 *   generic:
 *	[first 22 bytes to the stack, generic body]
 *
 * A program without loads, or in window mode, has one body; a very long one has no synth body.
 */
#include "filter/translate.h"

#include <errno.h>
#include <stdlib.h>

#include "filter/ebpf.h"
#include "filter/fail.h"
#include "filter/frame_abi.h"
#include "filter/gen.h"
#include "filter/head.h"
#include "filter/line.h"
#include "filter/pktload.h"

/* A special body for SYNTH pays while it is small; the verifier has to walk through it too. */
#define SYNTH_BODY_MAX_LINES 1000

static void emit(struct gen *g, struct bpf_insn insn)
{
	asm_emit(&g->as, insn);
}

/* ---- bodies */

/* Store what the body reads later and is in a register now. */
static void spill_args(struct gen *g)
{
	uint32_t spill = g->spill[g->body.kind];

	if (g->bias && g->has_loads)
		emit(g, BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, -(int32_t)g->bias));
	if (spill & 1U << SLOT_BASE)
		emit(g, BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_1, g->slot[SLOT_BASE]));
	if (spill & 1U << SLOT_LINEAR)
		emit(g, BPF_STX_MEM(BPF_W, BPF_REG_10, BPF_REG_2, g->slot[SLOT_LINEAR]));
	if (spill & 1U << SLOT_WIRE)
		emit(g, BPF_STX_MEM(BPF_W, BPF_REG_10, BPF_REG_3, g->slot[SLOT_WIRE]));
	if (spill & 1U << SLOT_SKB)
		emit(g, BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_5, g->slot[SLOT_SKB]));
}

/* A, X and M[] are 0 at the start: where that may be seen. */
static void zero_registers(struct gen *g)
{
	uint32_t live = g->flow.live_in[0];

	if (live & FLOW_A)
		emit(g, BPF_MOV32_IMM(REG_A, 0));
	if (live & FLOW_X)
		emit(g, BPF_MOV32_IMM(REG_X, 0));
	for (unsigned int k = 0; k < CBPF_MEMWORDS; k++) {
		if (live & FLOW_M(k))
			emit(g, BPF_ST_MEM(BPF_W, BPF_REG_10, gen_slot(g, SLOT_M + k), 0));
	}
	gen_new_x(g, 0, 4);
	if (g->loops)
		emit(g, BPF_MOV64_IMM(REG_LOOPS, 0));
}

static void enter_body(struct gen *g)
{
	const struct cbpf_insn *first = &g->prog->insns[0];

	/* What the first load needs is checked before anything is done for it. */
	if (cbpf_is_pkt_load(first) && CBPF_MODE(first->code) != CBPF_IND &&
	    !cbpf_always_rejects(first))
		pktload_check(g, first->k + cbpf_load_size(first));
	spill_args(g);
	head_fill(g);
	zero_registers(g);
}

static void leave_body(struct gen *g)
{
	g->as.line = INSN_NO_LINE;
	if (!asm_awaited(&g->as, g->reject))
		return;
	asm_bind(&g->as, g->reject);
	emit(g, BPF_MOV32_IMM(BPF_REG_0, 0));
	emit(g, BPF_EXIT_INSN());
	g->reject = asm_reject_label(&g->as);
}

static void translate_body(struct gen *g, enum body_kind kind, uint32_t proven)
{
	static const struct facts nothing_known = {.seen = true, .x_max = X_UNKNOWN, .x_align = 1};

	asm_island(&g->as);
	g->body = head_body(g, kind);
	for (size_t i = 0; i < g->prog->len; i++) {
		g->line_label[i] = asm_label(&g->as);
		g->at[i] = (struct facts){0};
	}
	g->keep = 0;
	g->now = nothing_known;
	g->now.base_in_tmp = true;
	g->now.linear = LINEAR_LOW;
	g->now.proven = proven;
	enter_body(g);
	for (size_t i = 0; i < g->prog->len && !g->as.err; i++) {
		facts_meet(&g->at[i], &g->now);
		g->now = g->at[i];
		/* The way back is translated later. */
		if (g->flow.loop_head[i] && g->flow.reach[i])
			g->now = nothing_known;
		asm_island(&g->as);
		if (!g->now.seen)
			continue;
		asm_bind(&g->as, g->line_label[i]);
		g->as.line = (int32_t)i;
		line_translate(g, i);
	}
	leave_body(g);
}

/* All bodies, and the way into them; see the top of the file. */
static void translate_bodies(struct gen *g)
{
	uint32_t generic, synth;

	if (!g->has_loads || g->opts->load == FILTER_LOAD_WINDOW) {
		translate_body(g, g->has_loads ? BODY_GENERIC : BODY_PLAIN, 0);
		return;
	}
	generic = asm_label(&g->as);
	synth = g->prog->len <= SYNTH_BODY_MAX_LINES ? asm_label(&g->as) : generic;
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JNE, BPF_REG_4, 0, 0), synth);
	if (g->common)
		asm_jump(&g->as, BPF_JMP32_IMM(BPF_JLT, BPF_REG_2, g->common, 0), generic);
	translate_body(g, BODY_PLAIN, g->common);
	if (synth != generic) {
		asm_bind(&g->as, synth);
		emit(g, BPF_MOV64_REG(BPF_REG_0, BPF_REG_4));
		emit(g, BPF_ALU64_IMM(BPF_RSH, BPF_REG_0, FRAME_L2_FLAG_SHIFT));
		asm_jump(&g->as, BPF_JMP_IMM(BPF_JNE, BPF_REG_0, FRAME_L2_FLAG_SYNTH, 0), generic);
		if (g->common)
			asm_jump(&g->as, BPF_JMP32_IMM(BPF_JLT, BPF_REG_2, g->common, 0), generic);
		translate_body(g, BODY_SYNTH, g->common);
	}
	asm_bind(&g->as, generic);
	translate_body(g, BODY_GENERIC, 0);
}

/* ---- the whole */

/* Give places on the stack to the slots that bodies read, and to the window below them. */
static void layout(struct gen *g)
{
	uint32_t slots = 0, hi = 0;
	int off = 0;

	for (int kind = 0; kind < BODY_CNT; kind++) {
		struct body body = head_body(g, kind);

		slots |= g->spill[kind];
		if (body.lo < body.hi && body.hi > hi)
			hi = body.hi;
	}
	for (int s = 0; s < SLOT_CNT; s++) {
		if (!(slots & 1U << s))
			continue;
		off -= s <= SLOT_TMP ? 8 : 4;
		g->slot[s] = (int16_t)off;
	}
	/*
	 * Frame byte 2 is aligned to 4 and 6 to 8, as is 14, where the network header begins: the
	 * offset of byte 0 is 2 modulo 8.
	 */
	off -= (int)hi;
	while ((off & 7) != 2)
		off--;
	g->window = (int16_t)off;
}

static int translate_pass(struct gen *g, struct insn_buf *out)
{
	layout(g);
	for (int kind = 0; kind < BODY_CNT; kind++)
		g->used[kind] = 0;
	out->cnt = 0;
	asm_init(&g->as, out);
	g->reject = asm_reject_label(&g->as);
	translate_bodies(g);
	return asm_finish(&g->as);
}

static int check_opts(const struct translate_opts *opts, char *err, size_t errsz)
{
	if (opts->load == FILTER_LOAD_WINDOW || opts->load == FILTER_LOAD_PROBE)
		return 0;
	if (opts->load != FILTER_LOAD_DIRECT)
		return filter_fail(-EINVAL, err, errsz, "unknown way to load: %d", (int)opts->load);
	/* The generic body copies its window through the array. */
	if (!opts->cast_func_id || !opts->bytes_type_id || opts->bytes_len < 32 ||
	    opts->bytes_off + opts->bytes_len > INT16_MAX)
		return filter_fail(-EINVAL, err, errsz,
				   "direct loads without a type to load through");
	return 0;
}

static int check_depth(const struct insn_buf *buf, char *err, size_t errsz)
{
	int32_t line;
	long depth = insn_buf_jump_depth(buf, &line);

	if (depth < 0)
		return filter_fail((int)depth, err, errsz, "out of memory");
	if (depth <= INSN_MAX_JUMP_DEPTH)
		return 0;
	return filter_fail(
		-E2BIG, err, errsz,
		"the filter is too long: it makes up to %ld conditional jumps in a row, the "
		"kernel's verifier takes %d (reached at line %d of tcpdump -d)",
		depth, INSN_MAX_JUMP_DEPTH, line);
}

static bool has_loads(const struct gen *g)
{
	for (size_t i = 0; i < g->prog->len; i++) {
		const struct cbpf_insn *in = &g->prog->insns[i];

		if (g->flow.reach[i] && cbpf_is_pkt_load(in) && !cbpf_always_rejects(in))
			return true;
	}
	return false;
}

static int translate_twice(struct gen *g, struct insn_buf *out, char *err, size_t errsz)
{
	int rc = flow_analyse(g->prog, &g->flow);

	if (!rc && (!g->at || !g->line_label))
		rc = -ENOMEM;
	if (rc)
		return filter_fail(rc, err, errsz, "out of memory");
	g->has_loads = has_loads(g);
	g->common = head_common(g);
	for (int kind = 0; kind < BODY_CNT; kind++)
		g->spill[kind] = (1U << SLOT_CNT) - 1;
	rc = translate_pass(g, out);
	if (!rc) {
		for (int kind = 0; kind < BODY_CNT; kind++)
			g->spill[kind] = g->used[kind];
		rc = translate_pass(g, out);
	}
	if (rc == -E2BIG)
		return filter_fail(rc, err, errsz,
				   "the filter is too long: a loop spans more than %d instructions",
				   INT16_MAX);
	if (rc)
		return filter_fail(rc, err, errsz, "out of memory");
	return check_depth(out, err, errsz);
}

int translate(const struct cbpf_prog *prog, const struct translate_opts *opts,
	      struct insn_buf *ret_out, char *err, size_t errsz)
{
	struct gen g = {.prog = prog, .opts = opts};
	struct insn_buf out = {0};
	int rc;

	rc = cbpf_validate(prog, err, errsz);
	if (!rc)
		rc = check_opts(opts, err, errsz);
	if (rc)
		return rc;
	g.bias = opts->load == FILTER_LOAD_DIRECT ? opts->bytes_off : 0;
	g.loops = cbpf_jumps_back(prog);
	g.at = calloc(prog->len, sizeof(*g.at));
	g.line_label = calloc(prog->len, sizeof(*g.line_label));
	rc = translate_twice(&g, &out, err, errsz);
	flow_free(&g.flow);
	free(g.at);
	free(g.line_label);
	if (rc)
		insn_buf_free(&out);
	else
		*ret_out = out;
	return rc;
}
