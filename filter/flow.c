// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data flow: what is alive where, and where A need not be in host order.
 *
 * Most loads are only compared with constants ("ldh [12]; jeq #0x800"). Then the swap to host
 * order can be saved: the bytes are loaded natively, and the constant is swapped instead, when
 * translating. This needs all the values of A that meet at a comparison to be of that form, and
 * all that is done with them to be jeq, jset or "and" with a constant, which do not care in which
 * order the bytes are. So values of A are put into classes (union-find): those that can meet at
 * some use are of one class, and a class is raw if all of it can be.
 */
#include "filter/flow.h"

#include <errno.h>
#include <stdlib.h>

uint32_t flow_use(const struct cbpf_insn *in)
{
	uint32_t x = CBPF_SRC(in->code) == CBPF_X ? FLOW_X : 0;

	switch (CBPF_CLASS(in->code)) {
	case CBPF_LD:
	case CBPF_LDX:
		if (CBPF_MODE(in->code) == CBPF_MEM)
			return FLOW_M(in->k);
		return CBPF_MODE(in->code) == CBPF_IND ? FLOW_X : 0;
	case CBPF_ST:
		return FLOW_A;
	case CBPF_STX:
		return FLOW_X;
	case CBPF_ALU:
		return FLOW_A | x;
	case CBPF_JMP:
		return CBPF_OP(in->code) == CBPF_JA ? 0 : FLOW_A | x;
	case CBPF_RET:
		if (CBPF_RVAL(in->code) == CBPF_A)
			return FLOW_A;
		return CBPF_RVAL(in->code) == CBPF_X ? FLOW_X : 0;
	default:
		return CBPF_MISCOP(in->code) == CBPF_TAX ? FLOW_A : FLOW_X;
	}
}

uint32_t flow_def(const struct cbpf_insn *in)
{
	switch (CBPF_CLASS(in->code)) {
	case CBPF_LD:
	case CBPF_ALU:
		return FLOW_A;
	case CBPF_LDX:
		return FLOW_X;
	case CBPF_ST:
	case CBPF_STX:
		return FLOW_M(in->k);
	case CBPF_MISC:
		return CBPF_MISCOP(in->code) == CBPF_TAX ? FLOW_X : FLOW_A;
	default:
		return 0;
	}
}

/* Backwards; without loops the first round does it all, and the second sees no change. */
static void find_live(const struct cbpf_prog *prog, struct flow *flow)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = prog->len; i-- > 0;) {
			const struct cbpf_insn *in = &prog->insns[i];
			uint32_t out = 0, live;
			size_t succ[2];
			unsigned int cnt = cbpf_successors(prog, i, succ);

			for (unsigned int s = 0; s < cnt; s++)
				out |= flow->live_in[succ[s]];
			live = (out & ~flow_def(in)) | flow_use(in);
			if (live != flow->live_in[i])
				changed = true;
			flow->live_in[i] = live;
			flow->live_out[i] = out;
		}
	}
}

#define NO_CLASS SIZE_MAX

/* Classes of values of A, each named by the line that sets it; prog->len is A at the start. */
struct classes {
	size_t *parent;
	uint8_t *width; /* of a root: 2 or 4, or 0 if not to be raw */
	size_t *at;	/* for each line, the class of A when it is reached, or NO_CLASS */
};

static size_t find(struct classes *c, size_t v)
{
	while (c->parent[v] != v) {
		c->parent[v] = c->parent[c->parent[v]];
		v = c->parent[v];
	}
	return v;
}

static bool unite(struct classes *c, size_t a, size_t b)
{
	a = find(c, a);
	b = find(c, b);
	if (a == b)
		return false;
	if (c->width[a] != c->width[b])
		c->width[a] = 0;
	c->parent[b] = a;
	return true;
}

static bool keeps_raw(uint16_t code)
{
	return code == (CBPF_JMP | CBPF_JEQ | CBPF_K) || code == (CBPF_JMP | CBPF_JSET | CBPF_K) ||
	       code == (CBPF_ALU | CBPF_AND | CBPF_K);
}

static uint8_t loaded_width(const struct cbpf_insn *in)
{
	if (CBPF_CLASS(in->code) != CBPF_LD || !cbpf_is_pkt_load(in) || cbpf_load_size(in) == 1)
		return 0;
	return (uint8_t)cbpf_load_size(in);
}

/* One round over the lines. Returns whether something changed. */
static bool join_classes(const struct cbpf_prog *prog, const struct flow *flow, struct classes *c)
{
	bool changed = false;

	for (size_t i = 0; i < prog->len; i++) {
		const struct cbpf_insn *in = &prog->insns[i];
		size_t out = c->at[i], succ[2];
		unsigned int cnt;

		if (!flow->reach[i])
			continue;
		if ((flow_use(in) & FLOW_A) && !keeps_raw(in->code) && out != NO_CLASS)
			c->width[find(c, out)] = 0;
		if ((flow_def(in) & FLOW_A) && !keeps_raw(in->code))
			out = i;
		/* Only reached from further down, in a loop: the next round knows more. */
		if (out == NO_CLASS)
			continue;
		cnt = cbpf_successors(prog, i, succ);
		for (unsigned int s = 0; s < cnt; s++) {
			if (!(flow->live_in[succ[s]] & FLOW_A))
				continue;
			if (c->at[succ[s]] == NO_CLASS) {
				c->at[succ[s]] = out;
				changed = true;
			} else if (unite(c, c->at[succ[s]], out)) {
				changed = true;
			}
		}
	}
	return changed;
}

static void find_raw(const struct cbpf_prog *prog, struct flow *flow, struct classes *c)
{
	for (size_t i = 0; i < prog->len; i++) {
		c->parent[i] = i;
		c->width[i] = loaded_width(&prog->insns[i]);
		c->at[i] = NO_CLASS;
	}
	c->parent[prog->len] = prog->len;
	c->width[prog->len] = 0;
	c->at[0] = prog->len;
	while (join_classes(prog, flow, c))
		;
	for (size_t i = 0; i < prog->len; i++) {
		if (!flow->reach[i])
			continue;
		if (loaded_width(&prog->insns[i]))
			flow->raw[i] = c->width[find(c, i)];
		else if (keeps_raw(prog->insns[i].code))
			flow->raw[i] = c->width[find(c, c->at[i])];
	}
}

static int analyse_raw(const struct cbpf_prog *prog, struct flow *flow)
{
	struct classes c = {
		.parent = calloc(prog->len + 1, sizeof(*c.parent)),
		.width = calloc(prog->len + 1, sizeof(*c.width)),
		.at = calloc(prog->len + 1, sizeof(*c.at)),
	};
	int rc = -ENOMEM;

	if (c.parent && c.width && c.at) {
		find_raw(prog, flow, &c);
		rc = 0;
	}
	free(c.parent);
	free(c.width);
	free(c.at);
	return rc;
}

static void find_loop_heads(const struct cbpf_prog *prog, struct flow *flow)
{
	for (size_t i = 0; i < prog->len; i++) {
		const struct cbpf_insn *in = &prog->insns[i];
		size_t succ[2];

		if (in->code != (CBPF_JMP | CBPF_JA) || (int32_t)in->k >= 0)
			continue;
		cbpf_successors(prog, i, succ);
		flow->loop_head[succ[0]] = true;
	}
}

int flow_analyse(const struct cbpf_prog *prog, struct flow *flow)
{
	int rc;

	*flow = (struct flow){
		.reach = calloc(prog->len, sizeof(*flow->reach)),
		.live_in = calloc(prog->len, sizeof(*flow->live_in)),
		.live_out = calloc(prog->len, sizeof(*flow->live_out)),
		.raw = calloc(prog->len, sizeof(*flow->raw)),
		.loop_head = calloc(prog->len, sizeof(*flow->loop_head)),
	};
	if (!flow->reach || !flow->live_in || !flow->live_out || !flow->raw || !flow->loop_head)
		return -ENOMEM;
	rc = cbpf_reachable(prog, flow->reach);
	if (rc)
		return rc;
	find_live(prog, flow);
	find_loop_heads(prog, flow);
	return analyse_raw(prog, flow);
}

void flow_free(struct flow *flow)
{
	free(flow->reach);
	free(flow->live_in);
	free(flow->live_out);
	free(flow->raw);
	free(flow->loop_head);
	*flow = (struct flow){0};
}
