// SPDX-License-Identifier: GPL-2.0-only
#include "tests/filter/ref.h"

#include <stddef.h>

#include "filter/flow.h"

struct state {
	uint32_t a, x, m[CBPF_MEMWORDS];
	const uint8_t *frame;
	uint32_t caplen, wirelen;
	const struct ref_skb *skb;
};

static bool get(const struct state *s, uint64_t at, unsigned int size, uint32_t *ret)
{
	uint32_t v = 0;

	if (at + size > s->caplen)
		return false;
	for (unsigned int i = 0; i < size; i++)
		v = v << 8 | s->frame[at + i];
	*ret = v;
	return true;
}

static bool ancillary(const struct state *s, uint32_t k, uint32_t *ret)
{
	if (!s->skb || !s->skb->present)
		return false;
	if (k == CBPF_AD_PKTTYPE) {
		*ret = s->skb->pkt_type;
		return true;
	}
	*ret = s->skb->ifindex;
	return s->skb->has_dev;
}

static bool load(struct state *s, const struct cbpf_insn *in)
{
	bool ldx = CBPF_CLASS(in->code) == CBPF_LDX;
	uint32_t *dst = ldx ? &s->x : &s->a;

	switch (CBPF_MODE(in->code)) {
	case CBPF_IMM:
		*dst = in->k;
		return true;
	case CBPF_MEM:
		*dst = s->m[in->k];
		return true;
	case CBPF_LEN:
		*dst = s->wirelen;
		return true;
	case CBPF_MSH:
		if (!get(s, in->k, 1, dst))
			return false;
		*dst = (*dst & 0xf) << 2;
		return true;
	case CBPF_IND:
		return get(s, (uint64_t)s->x + in->k, cbpf_load_size(in), dst);
	default:
		if (cbpf_is_ancillary(in))
			return ancillary(s, in->k, dst);
		return get(s, in->k, cbpf_load_size(in), dst);
	}
}

static bool alu(struct state *s, const struct cbpf_insn *in)
{
	uint32_t v = CBPF_SRC(in->code) == CBPF_X ? s->x : in->k;

	switch (CBPF_OP(in->code)) {
	case CBPF_ADD:
		s->a += v;
		break;
	case CBPF_SUB:
		s->a -= v;
		break;
	case CBPF_MUL:
		s->a *= v;
		break;
	case CBPF_DIV:
		if (!v)
			return false;
		s->a /= v;
		break;
	case CBPF_MOD:
		if (!v)
			return false;
		s->a %= v;
		break;
	case CBPF_OR:
		s->a |= v;
		break;
	case CBPF_AND:
		s->a &= v;
		break;
	case CBPF_XOR:
		s->a ^= v;
		break;
	case CBPF_LSH:
		s->a = v > 31 ? 0 : s->a << v;
		break;
	case CBPF_RSH:
		s->a = v > 31 ? 0 : s->a >> v;
		break;
	default:
		s->a = 0 - s->a;
	}
	return true;
}

static bool jumps(const struct state *s, const struct cbpf_insn *in)
{
	uint32_t v = CBPF_SRC(in->code) == CBPF_X ? s->x : in->k;

	switch (CBPF_OP(in->code)) {
	case CBPF_JEQ:
		return s->a == v;
	case CBPF_JGT:
		return s->a > v;
	case CBPF_JGE:
		return s->a >= v;
	default:
		return (s->a & v) != 0;
	}
}

/* All but jumps and returns. */
static bool plain(struct state *s, const struct cbpf_insn *in)
{
	switch (CBPF_CLASS(in->code)) {
	case CBPF_LD:
	case CBPF_LDX:
		return load(s, in);
	case CBPF_ST:
		s->m[in->k] = s->a;
		return true;
	case CBPF_STX:
		s->m[in->k] = s->x;
		return true;
	case CBPF_ALU:
		return alu(s, in);
	default:
		if (CBPF_MISCOP(in->code) == CBPF_TAX)
			s->x = s->a;
		else
			s->a = s->x;
		return true;
	}
}

uint32_t ref_run(const struct cbpf_prog *prog, const uint8_t *frame, uint32_t caplen,
		 uint32_t wirelen, const struct ref_skb *skb, unsigned int max_loops)
{
	struct state s = {.frame = frame, .caplen = caplen, .wirelen = wirelen, .skb = skb};
	const struct cbpf_insn *in = prog->insns;
	unsigned int loops = 0;

	for (;; in++) {
		switch (CBPF_CLASS(in->code)) {
		case CBPF_RET:
			if (CBPF_RVAL(in->code) == CBPF_K)
				return in->k;
			return CBPF_RVAL(in->code) == CBPF_A ? s.a : s.x;
		case CBPF_JMP:
			if (CBPF_OP(in->code) != CBPF_JA) {
				in += jumps(&s, in) ? in->jt : in->jf;
				break;
			}
			if ((int32_t)in->k < 0 && ++loops > max_loops)
				return 0;
			in += (int32_t)in->k;
			break;
		default:
			if (!plain(&s, in))
				return 0;
		}
	}
}

/* Whether a slot of M[] may be read before it is set. */
static bool reads_unset(const struct cbpf_prog *prog)
{
	struct flow flow;
	bool ret = true;

	if (flow_analyse(prog, &flow) == 0)
		ret = flow.live_in[0] & (FLOW_M(CBPF_MEMWORDS) - 1);
	flow_free(&flow);
	return ret;
}

bool ref_is_bpf_filter(const struct cbpf_prog *prog)
{
	for (size_t i = 0; i < prog->len; i++) {
		const struct cbpf_insn *in = &prog->insns[i];

		if (cbpf_is_ancillary(in) || in->code == (CBPF_RET | CBPF_X))
			return false;
	}
	return !reads_unset(prog);
}
