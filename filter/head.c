// SPDX-License-Identifier: GPL-2.0-only
/*
 * The head of the frame, where it is not in memory (frame_abi.h).
 *
 * Which bytes of the frame are in memory depends on l2, so on the run. To look there at each load
 * would cost every run; instead the program is translated for each case:
 *
 * - BODY_PLAIN, l2 = 0: every load is from memory.
 * - BODY_SYNTH, the other frequent case (an skb on its way through L3): bytes below 14 are on the
 *   stack, which costs one store as long as the program asks for the type alone.
 * - BODY_GENERIC, all others: the first 22 bytes are put together on the stack; loads that start
 *   below 18, where memory begins at the latest, are from there.
 *
 * So a window ends 3 bytes past the head: a load of 4 bytes may start at the head's last byte.
 *
 * In window mode there is a copy of the first bytes on the stack anyway, and it is filled in the
 * ways that l2 asks for: one body, generic.
 */
#include "filter/head.h"

#include "filter/ebpf.h"
#include "filter/frame_abi.h"
#include "filter/pktload.h"

#define WINDOW_MAX    128 /* in window mode */
#define LOAD_OVERHANG 3

/* ARP over Ethernet, and IPv4 with 8 bytes: what is shorter is hardly ever seen. */
#define SHORTEST_COMMON 42

static void emit(struct gen *g, struct bpf_insn insn)
{
	asm_emit(&g->as, insn);
}

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Whether a line is a load at a constant (or @x: a variable) offset that can succeed. */
static bool is_load(const struct gen *g, size_t line, bool x)
{
	const struct cbpf_insn *in = &g->prog->insns[line];

	return g->flow.reach[line] && cbpf_is_pkt_load(in) && !cbpf_always_rejects(in) &&
	       (CBPF_MODE(in->code) == CBPF_IND) == x;
}

/* How much of the frame the window is to cover in window mode. */
static uint32_t full_window(const struct gen *g)
{
	uint32_t full = 0;

	for (size_t i = 0; i < g->prog->len; i++) {
		const struct cbpf_insn *in = &g->prog->insns[i];
		uint32_t extent = in->k + cbpf_load_size(in);

		if (is_load(g, i, true) && extent <= WINDOW_MAX)
			return WINDOW_MAX;
		if (is_load(g, i, false) && extent <= WINDOW_MAX)
			full = max32(full, extent);
	}
	return full;
}

/* Which bytes the loads of the program may want from the window. */
static void find_range(const struct gen *g, struct body *body)
{
	body->lo = UINT32_MAX;
	body->hi = 0;
	for (size_t i = 0; i < g->prog->len; i++) {
		const struct cbpf_insn *in = &g->prog->insns[i];
		uint32_t size = cbpf_load_size(in), hi = in->k + size;

		if (is_load(g, i, true))
			hi = max32(body->full, body->head ? body->head - 1 + size : 0);
		else if (!is_load(g, i, false))
			continue;
		if (in->k >= body->head && in->k + size > body->full)
			continue;
		/* From even to even offsets, as the fields of the head are. */
		body->lo = min32(body->lo, in->k & ~1U);
		body->hi = max32(body->hi, (hi + 1) & ~1U);
	}
}

struct body head_body(const struct gen *g, enum body_kind kind)
{
	struct body body = {.kind = kind};

	if (kind == BODY_SYNTH)
		body.head = FRAME_HEAD_SYNTH;
	else if (kind == BODY_GENERIC && g->opts->load == FILTER_LOAD_WINDOW)
		body.full = full_window(g);
	else if (kind == BODY_GENERIC)
		body.head = FRAME_HEAD_SYNTH_VLAN;
	find_range(g, &body);
	return body;
}

uint32_t head_common(const struct gen *g)
{
	uint32_t common = 0;

	for (size_t i = 0; i < g->prog->len; i++) {
		const struct cbpf_insn *in = &g->prog->insns[i];
		uint32_t extent = in->k + cbpf_load_size(in);

		if (is_load(g, i, false) && extent <= SHORTEST_COMMON)
			common = max32(common, extent);
	}
	return common;
}

/* ---- filling the window; a byte that no load wants is left out */

static int16_t place(const struct gen *g, uint32_t k)
{
	return (int16_t)(g->window + (int32_t)k);
}

static void copy(struct gen *g, uint32_t from, uint32_t to, uint32_t delta)
{
	pktload_copy(g, max32(from, g->body.lo), min32(to, g->body.hi), delta);
}

static void zero_macs(struct gen *g)
{
	uint32_t from = g->body.lo, to = min32(FRAME_MAC_LEN, g->body.hi);

	while (from < to) {
		unsigned int size = pktload_piece(g, from, to);

		emit(g, BPF_ST_MEM(pktload_size(size), BPF_REG_10, place(g, from), 0));
		from += size;
	}
}

/* Store a field of the head, which begins at an even offset, as does the window. */
static void store_field(struct gen *g, uint8_t reg, uint32_t at)
{
	if (at >= g->body.lo && at < g->body.hi)
		emit(g, BPF_STX_MEM(BPF_H, BPF_REG_10, reg, place(g, at)));
}

/* REG_PTR is free: nothing is cast before l2 has been used up. */
static void store_tag(struct gen *g)
{
	if (g->body.lo >= FRAME_MAC_LEN + FRAME_TAG_LEN || g->body.hi <= FRAME_MAC_LEN)
		return;
	emit(g, BPF_MOV64_REG(REG_PTR, REG_A));
	emit(g, BPF_ALU64_IMM(BPF_RSH, REG_PTR, FRAME_L2_TPID_SHIFT));
	store_field(g, REG_PTR, FRAME_MAC_LEN);
	emit(g, BPF_ALU64_IMM(BPF_RSH, REG_PTR, FRAME_L2_TCI_SHIFT - FRAME_L2_TPID_SHIFT));
	store_field(g, REG_PTR, FRAME_MAC_LEN + 2);
}

static void fill_synth(struct gen *g)
{
	zero_macs(g);
	store_field(g, REG_A, FRAME_MAC_LEN);
	copy(g, FRAME_HEAD_SYNTH, UINT32_MAX, 0);
}

static void fill_vlan(struct gen *g)
{
	store_tag(g);
	copy(g, 0, FRAME_MAC_LEN, FRAME_TAG_LEN);
	copy(g, FRAME_HEAD_VLAN, UINT32_MAX, 0);
}

static void fill_synth_vlan(struct gen *g)
{
	zero_macs(g);
	store_tag(g);
	store_field(g, REG_A, FRAME_MAC_LEN + FRAME_TAG_LEN);
	copy(g, FRAME_HEAD_SYNTH_VLAN, UINT32_MAX, 0);
}

static void fill_plain(struct gen *g)
{
	copy(g, 0, UINT32_MAX, 0);
}

void head_fill(struct gen *g)
{
	static void (*const fill[])(struct gen *) = {fill_synth_vlan, fill_vlan, fill_synth,
						     fill_plain};
	struct facts start = g->now, end = {0};
	uint32_t way[4], done;

	if (g->body.lo >= g->body.hi)
		return;
	if (g->body.kind == BODY_SYNTH) {
		fill_synth(g);
		return;
	}
	for (int i = 0; i < 4; i++)
		way[i] = asm_label(&g->as);
	done = asm_label(&g->as);
	/* The plain way comes last, for it to be the shortest: one jump there, none after it. */
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JEQ, REG_A, 0, 0), way[3]);
	emit(g, BPF_MOV64_REG(REG_PTR, REG_A));
	emit(g, BPF_ALU64_IMM(BPF_RSH, REG_PTR, FRAME_L2_FLAG_SHIFT));
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JEQ, REG_PTR, FRAME_L2_FLAG_SYNTH, 0), way[2]);
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JEQ, REG_PTR, FRAME_L2_FLAG_VLAN, 0), way[1]);
	for (int i = 0; i < 4; i++) {
		asm_bind(&g->as, way[i]);
		g->now = start;
		fill[i](g);
		if (i < 3)
			asm_jump(&g->as, BPF_JMP_A(0), done);
		facts_meet(&end, &g->now);
	}
	asm_bind(&g->as, done);
	g->now = end;
}
