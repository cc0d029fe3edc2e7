// SPDX-License-Identifier: GPL-2.0-only
#include "tests/filter/randprog.h"

struct gen {
	struct rng *r;
	const uint8_t *hint;
	uint32_t hint_len;
	uint32_t last_off; /* of the last load, for constants to compare with */
	unsigned int last_size;
};

static uint32_t offset(struct gen *g)
{
	static const uint32_t odd[] = {0x7ffffffcU, 0x7fffffffU, 0x80000000U,	  0xfffffffcU,
				       0xffffffffU, 0xfffff000U, CBPF_AD_PKTTYPE, CBPF_AD_IFINDEX,
				       65535,	    0x40000000U};

	switch (rng_below(g->r, 16)) {
	case 0:
		return odd[rng_below(g->r, sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return 110 + rng_below(g->r, 30); /* around the window's end */
	case 2:
	case 3:
		return g->hint_len > 3 ? g->hint_len - rng_below(g->r, 6) : 0;
	case 4:
	case 5:
	case 6:
		return 12;
	default:
		return rng_below(g->r, 40);
	}
}

/* A number that the last load may have given. */
static uint32_t loaded(struct gen *g)
{
	uint32_t v = 0;

	if (g->last_off > g->hint_len || g->last_size > g->hint_len - g->last_off)
		return 0;
	for (unsigned int i = 0; i < g->last_size; i++)
		v = v << 8 | g->hint[g->last_off + i];
	return v;
}

static uint32_t constant(struct gen *g)
{
	switch (rng_below(g->r, 8)) {
	case 0:
		return rng_below(g->r, 2) ? 0xffffffffU : 0x80000000U;
	case 1:
		return (uint32_t)rng_next(g->r);
	case 2:
		return rng_below(g->r, 0x20000);
	case 3:
	case 4:
		return rng_below(g->r, 16);
	default:
		return loaded(g);
	}
}

static struct cbpf_insn load(struct gen *g)
{
	static const uint16_t codes[] = {
		CBPF_LD | CBPF_W | CBPF_ABS,  CBPF_LD | CBPF_H | CBPF_ABS,
		CBPF_LD | CBPF_B | CBPF_ABS,  CBPF_LD | CBPF_W | CBPF_ABS,
		CBPF_LD | CBPF_H | CBPF_ABS,  CBPF_LD | CBPF_B | CBPF_ABS,
		CBPF_LD | CBPF_W | CBPF_IND,  CBPF_LD | CBPF_H | CBPF_IND,
		CBPF_LD | CBPF_B | CBPF_IND,  CBPF_LD | CBPF_H | CBPF_IND,
		CBPF_LDX | CBPF_B | CBPF_MSH, CBPF_LDX | CBPF_B | CBPF_MSH,
	};
	struct cbpf_insn in = {.code = codes[rng_below(g->r, sizeof(codes) / sizeof(codes[0]))],
			       .k = offset(g)};

	g->last_off = in.k;
	g->last_size = cbpf_load_size(&in);
	return in;
}

static struct cbpf_insn other_load(struct gen *g)
{
	static const uint16_t codes[] = {CBPF_LD | CBPF_IMM,
					 CBPF_LD | CBPF_MEM,
					 CBPF_LD | CBPF_LEN,
					 CBPF_LDX | CBPF_IMM,
					 CBPF_LDX | CBPF_MEM,
					 CBPF_LDX | CBPF_LEN,
					 CBPF_ST,
					 CBPF_STX,
					 CBPF_MISC | CBPF_TAX,
					 CBPF_MISC | CBPF_TXA};
	uint16_t code = codes[rng_below(g->r, sizeof(codes) / sizeof(codes[0]))];
	bool imm = CBPF_CLASS(code) <= CBPF_LDX && CBPF_MODE(code) == CBPF_IMM;

	return (struct cbpf_insn){.code = code,
				  .k = imm ? constant(g) : rng_below(g->r, CBPF_MEMWORDS)};
}

static struct cbpf_insn alu(struct gen *g)
{
	uint16_t op = (uint16_t)(rng_below(g->r, 11) << 4);
	bool x = rng_one_in(g->r, 2);
	uint32_t k = constant(g);

	/* What can stay in network order gets its share. */
	if (rng_one_in(g->r, 3)) {
		op = CBPF_AND;
		x = false;
	}
	if (op == CBPF_NEG)
		return (struct cbpf_insn){.code = CBPF_ALU | CBPF_NEG};
	if (op == CBPF_LSH || op == CBPF_RSH)
		k &= 31;
	if ((op == CBPF_DIV || op == CBPF_MOD) && !k)
		k = 3;
	return (struct cbpf_insn){.code = CBPF_ALU | op | (x ? CBPF_X : CBPF_K), .k = k};
}

/* @left lines follow this one, of which the last returns. */
static struct cbpf_insn jump(struct gen *g, uint32_t left)
{
	static const uint16_t ops[] = {CBPF_JEQ, CBPF_JEQ,  CBPF_JEQ, CBPF_JGT,
				       CBPF_JGE, CBPF_JSET, CBPF_JSET};
	struct cbpf_insn in = {.k = constant(g)};

	if (rng_one_in(g->r, 10)) {
		in.code = CBPF_JMP | CBPF_JA;
		in.k = rng_below(g->r, left < 4 ? left : 4);
		return in;
	}
	in.code = CBPF_JMP | ops[rng_below(g->r, 7)] | (rng_one_in(g->r, 5) ? CBPF_X : CBPF_K);
	/* Mostly near, and one side mostly the next line, as compilers do. */
	in.jt = (uint8_t)rng_below(g->r, rng_one_in(g->r, 3) ? left : (left < 4 ? left : 4));
	in.jf = (uint8_t)rng_below(g->r, rng_one_in(g->r, 3) ? left : (left < 3 ? left : 3));
	if (rng_one_in(g->r, 2))
		in.jf = 0;
	return in;
}

static struct cbpf_insn ret(struct gen *g)
{
	switch (rng_below(g->r, 8)) {
	case 0:
		return (struct cbpf_insn){.code = CBPF_RET | CBPF_X};
	case 1:
	case 2:
		return (struct cbpf_insn){.code = CBPF_RET | CBPF_A};
	case 3:
	case 4:
		return (struct cbpf_insn){.code = CBPF_RET | CBPF_K};
	default:
		return (struct cbpf_insn){.code = CBPF_RET | CBPF_K, .k = 1 + rng_below(g->r, 9)};
	}
}

struct cbpf_prog randprog(struct rng *r, const uint8_t *hint, uint32_t hint_len,
			  struct cbpf_insn *insns)
{
	struct gen g = {.r = r, .hint = hint, .hint_len = hint_len};
	struct cbpf_prog prog = {.insns = insns, .len = 2 + rng_below(r, RANDPROG_MAX - 20)};
	size_t i = 0;

	if (rng_one_in(r, 2)) {
		prog.len += CBPF_MEMWORDS;
		for (; i < CBPF_MEMWORDS; i++)
			insns[i] = (struct cbpf_insn){.code = rng_one_in(r, 2) ? CBPF_ST : CBPF_STX,
						      .k = (uint32_t)i};
	}
	for (; i < prog.len - 1; i++) {
		switch (rng_below(r, 16)) {
		case 0:
		case 1:
			insns[i] = other_load(&g);
			break;
		case 2:
		case 3:
			insns[i] = alu(&g);
			break;
		case 4:
			insns[i] = rng_one_in(r, 4) ? ret(&g) : load(&g);
			break;
		case 5:
		case 6:
		case 7:
		case 8:
		case 9:
			insns[i] = jump(&g, (uint32_t)(prog.len - 1 - i));
			break;
		default:
			insns[i] = load(&g);
		}
	}
	insns[i] = ret(&g);
	return prog;
}
