// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classic BPF programs: validity, and who can reach whom.
 *
 * libpcap only hands out valid programs; the checks here are for the rest of filter/, which then
 * need not ask again whether a jump stays inside or a slot of M[] exists.
 */
#include "filter/cbpf.h"

#include <errno.h>
#include <stdlib.h>

#include "filter/fail.h"

static bool is_cond(uint16_t code)
{
	return CBPF_CLASS(code) == CBPF_JMP && CBPF_OP(code) != CBPF_JA;
}

static bool known_load(uint16_t code)
{
	switch (code) {
	case CBPF_LD | CBPF_W | CBPF_ABS:
	case CBPF_LD | CBPF_H | CBPF_ABS:
	case CBPF_LD | CBPF_B | CBPF_ABS:
	case CBPF_LD | CBPF_W | CBPF_IND:
	case CBPF_LD | CBPF_H | CBPF_IND:
	case CBPF_LD | CBPF_B | CBPF_IND:
	case CBPF_LD | CBPF_IMM:
	case CBPF_LD | CBPF_MEM:
	case CBPF_LD | CBPF_LEN:
	case CBPF_LDX | CBPF_IMM:
	case CBPF_LDX | CBPF_MEM:
	case CBPF_LDX | CBPF_LEN:
	case CBPF_LDX | CBPF_B | CBPF_MSH:
		return true;
	}
	return false;
}

static bool known_opcode(uint16_t code)
{
	uint16_t op = CBPF_OP(code);

	if (code > 0xff)
		return false;
	switch (CBPF_CLASS(code)) {
	case CBPF_LD:
	case CBPF_LDX:
		return known_load(code);
	case CBPF_ST:
	case CBPF_STX:
		return code == CBPF_ST || code == CBPF_STX;
	case CBPF_ALU:
		if (op == CBPF_NEG)
			return code == (CBPF_ALU | CBPF_NEG);
		return op <= CBPF_XOR;
	case CBPF_JMP:
		if (op == CBPF_JA)
			return code == (CBPF_JMP | CBPF_JA);
		return op <= CBPF_JSET;
	case CBPF_RET:
		return code == (CBPF_RET | CBPF_K) || code == (CBPF_RET | CBPF_X) ||
		       code == (CBPF_RET | CBPF_A);
	default: /* MISC */
		return code == (CBPF_MISC | CBPF_TAX) || code == (CBPF_MISC | CBPF_TXA);
	}
}

static bool uses_mem(uint16_t code)
{
	return CBPF_CLASS(code) == CBPF_ST || CBPF_CLASS(code) == CBPF_STX ||
	       code == (CBPF_LD | CBPF_MEM) || code == (CBPF_LDX | CBPF_MEM);
}

static int validate_alu(const struct cbpf_insn *in, size_t line, char *err, size_t errsz)
{
	uint16_t op = CBPF_OP(in->code);

	if (CBPF_SRC(in->code) != CBPF_K)
		return 0;
	if ((op == CBPF_DIV || op == CBPF_MOD) && in->k == 0)
		return filter_fail(-EINVAL, err, errsz, "division by constant 0 at line %zu", line);
	/* C leaves it undefined, and with it libpcap's interpreter. */
	if ((op == CBPF_LSH || op == CBPF_RSH) && in->k > 31)
		return filter_fail(-EINVAL, err, errsz, "shift by %u bits at line %zu", in->k,
				   line);
	return 0;
}

static int validate_jump(const struct cbpf_prog *prog, size_t line, char *err, size_t errsz)
{
	const struct cbpf_insn *in = &prog->insns[line];
	int64_t next = (int64_t)line + 1, far;

	if (is_cond(in->code))
		far = next + (in->jt > in->jf ? in->jt : in->jf);
	else
		far = next + (int32_t)in->k; /* signed: protochain jumps back */
	if (far < 0 || far >= (int64_t)prog->len)
		return filter_fail(-EINVAL, err, errsz, "jump out of range at line %zu", line);
	return 0;
}

static int validate_line(const struct cbpf_prog *prog, size_t line, char *err, size_t errsz)
{
	const struct cbpf_insn *in = &prog->insns[line];

	if (!known_opcode(in->code))
		return filter_fail(-EINVAL, err, errsz, "bad opcode 0x%x at line %zu", in->code,
				   line);
	if (uses_mem(in->code) && in->k >= CBPF_MEMWORDS)
		return filter_fail(-EINVAL, err, errsz, "no M[%u], at line %zu", in->k, line);
	if (CBPF_CLASS(in->code) == CBPF_ALU)
		return validate_alu(in, line, err, errsz);
	if (CBPF_CLASS(in->code) == CBPF_JMP)
		return validate_jump(prog, line, err, errsz);
	return 0;
}

int cbpf_validate(const struct cbpf_prog *prog, char *err, size_t errsz)
{
	int rc;

	if (prog->len == 0)
		return filter_fail(-EINVAL, err, errsz, "empty program");
	if (prog->len > INT32_MAX)
		return filter_fail(-EINVAL, err, errsz, "program of %zu lines", prog->len);
	for (size_t i = 0; i < prog->len; i++) {
		rc = validate_line(prog, i, err, errsz);
		if (rc)
			return rc;
	}
	if (CBPF_CLASS(prog->insns[prog->len - 1].code) != CBPF_RET)
		return filter_fail(-EINVAL, err, errsz, "the last line, %zu, does not return",
				   prog->len - 1);
	return 0;
}

bool cbpf_is_ancillary(const struct cbpf_insn *in)
{
	return CBPF_CLASS(in->code) == CBPF_LD && CBPF_MODE(in->code) == CBPF_ABS &&
	       (in->k == CBPF_AD_PKTTYPE || in->k == CBPF_AD_IFINDEX);
}

bool cbpf_is_pkt_load(const struct cbpf_insn *in)
{
	uint16_t mode = CBPF_MODE(in->code);

	if (CBPF_CLASS(in->code) == CBPF_LDX)
		return mode == CBPF_MSH;
	return CBPF_CLASS(in->code) == CBPF_LD && (mode == CBPF_ABS || mode == CBPF_IND) &&
	       !cbpf_is_ancillary(in);
}

unsigned int cbpf_load_size(const struct cbpf_insn *in)
{
	switch (CBPF_SIZE(in->code)) {
	case CBPF_B:
		return 1;
	case CBPF_H:
		return 2;
	default:
		return 4;
	}
}

bool cbpf_always_rejects(const struct cbpf_insn *in)
{
	return cbpf_is_pkt_load(in) && (uint64_t)in->k + cbpf_load_size(in) > CBPF_MAX_OFFSET;
}

unsigned int cbpf_successors(const struct cbpf_prog *prog, size_t line, size_t succ[2])
{
	const struct cbpf_insn *in = &prog->insns[line];

	if (CBPF_CLASS(in->code) == CBPF_RET || cbpf_always_rejects(in))
		return 0;
	if (in->code == (CBPF_JMP | CBPF_JA)) {
		succ[0] = (size_t)((int64_t)line + 1 + (int32_t)in->k);
		return 1;
	}
	succ[0] = line + 1;
	if (!is_cond(in->code))
		return 1;
	succ[0] += in->jt;
	succ[1] = line + 1 + in->jf;
	return in->jt == in->jf ? 1 : 2;
}

int cbpf_reachable(const struct cbpf_prog *prog, bool *reach)
{
	size_t *todo = malloc(prog->len * sizeof(*todo)), n = 0;

	if (!todo)
		return -ENOMEM;
	for (size_t i = 0; i < prog->len; i++)
		reach[i] = false;
	reach[0] = true;
	todo[n++] = 0;
	while (n) {
		size_t succ[2];
		unsigned int cnt = cbpf_successors(prog, todo[--n], succ);

		/* Marked when put on the list, so that each line is there once at most. */
		for (unsigned int s = 0; s < cnt; s++) {
			if (reach[succ[s]])
				continue;
			reach[succ[s]] = true;
			todo[n++] = succ[s];
		}
	}
	free(todo);
	return 0;
}

bool cbpf_jumps_back(const struct cbpf_prog *prog)
{
	for (size_t i = 0; i < prog->len; i++) {
		if (prog->insns[i].code == (CBPF_JMP | CBPF_JA) && (int32_t)prog->insns[i].k < 0)
			return true;
	}
	return false;
}

void cbpf_prog_free(struct cbpf_prog *prog)
{
	free(prog->insns);
	*prog = (struct cbpf_prog){0};
}
