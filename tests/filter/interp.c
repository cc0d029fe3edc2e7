// SPDX-License-Identifier: GPL-2.0-only
#include "tests/filter/interp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAX_EXECUTED 10000000

enum kind {
	UNSET,
	SCALAR,
	STACK,
	CAST
};

struct machine {
	uint64_t reg[11]; /* of STACK: offset from r10; of CAST: address */
	uint8_t kind[11];
	uint8_t stack[INTERP_STACK] __attribute__((aligned(8)));
	uint8_t set[INTERP_STACK];
	const struct interp_env *env;
	struct interp_result *res;
};

static int wrong(struct machine *m, const char *error)
{
	m->res->error = error;
	return -1;
}

/* ---- memory */

static const uint8_t *find_mem(const struct interp_env *env, uint64_t addr, size_t size)
{
	for (size_t i = 0; i < env->mem_cnt; i++) {
		const struct interp_mem *mem = &env->mem[i];

		if (addr >= mem->addr && addr - mem->addr <= mem->len &&
		    size <= mem->len - (addr - mem->addr))
			return mem->bytes + (addr - mem->addr);
	}
	return NULL;
}

static size_t access_size(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* Index into the stack array of [off, off + size), or -1. */
static int stack_index(struct machine *m, int64_t off, size_t size, bool aligned)
{
	if (off < -INTERP_STACK || off + (int64_t)size > 0)
		return wrong(m, "stack access out of bounds");
	if (aligned && off % (int64_t)size)
		return wrong(m, "stack access not aligned");
	if (-off > m->res->stack)
		m->res->stack = (int)-off;
	return (int)(INTERP_STACK + off);
}

static uint64_t get_bytes(const uint8_t *from, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, from, size); /* little endian, as the rest of the tests */
	return v;
}

static int load_stack(struct machine *m, int64_t off, size_t size, uint64_t *ret)
{
	int at = stack_index(m, off, size, true);

	if (at < 0)
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (!m->set[at + (int)i])
			return wrong(m, "stack read before it is written");
	}
	*ret = get_bytes(m->stack + at, size);
	return 0;
}

static int load_cast(struct machine *m, uint64_t addr, int16_t off, size_t size, uint64_t *ret)
{
	const struct interp_env *env = m->env;
	const uint8_t *from;

	if (off < env->bytes_off || off + (int)size > env->bytes_off + env->bytes_len)
		return wrong(m, "load outside of the type's array");
	from = find_mem(env, addr + (uint64_t)(int64_t)off, size);
	*ret = from ? get_bytes(from, size) : 0;
	return 0;
}

static int load(struct machine *m, const struct bpf_insn *in)
{
	size_t size = access_size(in->code);
	uint64_t v = 0;
	int rc;

	if (BPF_MODE(in->code) != BPF_MEM)
		return wrong(m, "unknown load");
	if (m->kind[in->src_reg] == STACK)
		rc = load_stack(m, (int64_t)m->reg[in->src_reg] + in->off, size, &v);
	else if (m->kind[in->src_reg] == CAST)
		rc = load_cast(m, m->reg[in->src_reg], in->off, size, &v);
	else
		return wrong(m, "load through what is no pointer");
	m->reg[in->dst_reg] = v;
	m->kind[in->dst_reg] = SCALAR;
	return rc;
}

static int store(struct machine *m, const struct bpf_insn *in)
{
	size_t size = access_size(in->code);
	bool imm = BPF_CLASS(in->code) == BPF_ST;
	uint64_t v = imm ? (uint64_t)(int64_t)in->imm : m->reg[in->src_reg];
	int at;

	if (BPF_MODE(in->code) != BPF_MEM || m->kind[in->dst_reg] != STACK)
		return wrong(m, "store to what is not the stack");
	if (!imm && m->kind[in->src_reg] != SCALAR)
		return wrong(m, "store of what is no number");
	at = stack_index(m, (int64_t)m->reg[in->dst_reg] + in->off, size, true);
	if (at < 0)
		return -1;
	memcpy(m->stack + at, &v, size);
	memset(m->set + at, 1, size);
	return 0;
}

/* ---- arithmetic */

static int endian(struct machine *m, const struct bpf_insn *in)
{
	uint64_t *r = &m->reg[in->dst_reg];

	if (in->code != (BPF_ALU | BPF_END | BPF_TO_BE) || m->kind[in->dst_reg] != SCALAR)
		return wrong(m, "unknown byte swap");
	if (in->imm == 16)
		*r = __builtin_bswap16((uint16_t)*r);
	else if (in->imm == 32)
		*r = __builtin_bswap32((uint32_t)*r);
	else
		return wrong(m, "unknown byte swap");
	return 0;
}

static int compute(struct machine *m, uint8_t op, bool wide, uint64_t a, uint64_t b, uint64_t *ret)
{
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (op) {
	case BPF_ADD:
		a += b;
		break;
	case BPF_SUB:
		a -= b;
		break;
	case BPF_MUL:
		a *= b;
		break;
	case BPF_DIV: /* the kernel's way with 0, which the filter must not need */
		a = b ? a / b : 0;
		break;
	case BPF_MOD:
		a = b ? a % b : a;
		break;
	case BPF_OR:
		a |= b;
		break;
	case BPF_AND:
		a &= b;
		break;
	case BPF_XOR:
		a ^= b;
		break;
	case BPF_LSH:
		a <<= b & (wide ? 63 : 31);
		break;
	case BPF_RSH:
		a >>= b & (wide ? 63 : 31);
		break;
	case BPF_NEG:
		a = -a;
		break;
	case BPF_MOV:
		a = b;
		break;
	default:
		return wrong(m, "unknown arithmetic");
	}
	*ret = wide ? a : (uint32_t)a;
	return 0;
}

static int alu(struct machine *m, const struct bpf_insn *in)
{
	bool wide = BPF_CLASS(in->code) == BPF_ALU64, reg = BPF_SRC(in->code) == BPF_X;
	uint8_t op = BPF_OP(in->code), *dst_kind = &m->kind[in->dst_reg];
	uint8_t src_kind = reg ? m->kind[in->src_reg] : SCALAR;
	uint64_t b = reg ? m->reg[in->src_reg] : (uint64_t)(int64_t)in->imm;

	if (in->dst_reg == BPF_REG_10)
		return wrong(m, "r10 is read only");
	if (op == BPF_END)
		return endian(m, in);
	if (src_kind == UNSET || (op != BPF_MOV && *dst_kind == UNSET))
		return wrong(m, "register read before it is written");
	if (src_kind == STACK || (op != BPF_MOV && *dst_kind == STACK)) {
		/* r1 = r10; r1 += n; or the other way round */
		if (!wide || (op != BPF_MOV && op != BPF_ADD))
			return wrong(m, "arithmetic on the stack pointer");
		if (op == BPF_ADD && (src_kind == STACK) == (*dst_kind == STACK))
			return wrong(m, "sum of two pointers");
		if (op == BPF_ADD && src_kind != SCALAR && *dst_kind != SCALAR)
			return wrong(m, "sum of two pointers");
		*dst_kind = STACK;
	} else if (src_kind == CAST || (op != BPF_MOV && *dst_kind == CAST)) {
		return wrong(m, "arithmetic on a typed pointer");
	} else {
		*dst_kind = SCALAR;
	}
	return compute(m, op, wide, m->reg[in->dst_reg], b, &m->reg[in->dst_reg]);
}

/* ---- jumps and calls */

static int compare(struct machine *m, const struct bpf_insn *in, bool *taken)
{
	bool wide = BPF_CLASS(in->code) == BPF_JMP, reg = BPF_SRC(in->code) == BPF_X;
	uint64_t a = m->reg[in->dst_reg];
	uint64_t b = reg ? m->reg[in->src_reg] : (uint64_t)(int64_t)in->imm;

	if (m->kind[in->dst_reg] != SCALAR || (reg && m->kind[in->src_reg] != SCALAR))
		return wrong(m, "comparison of what is no number");
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		*taken = a == b;
		return 0;
	case BPF_JNE:
		*taken = a != b;
		return 0;
	case BPF_JGT:
		*taken = a > b;
		return 0;
	case BPF_JGE:
		*taken = a >= b;
		return 0;
	case BPF_JLT:
		*taken = a < b;
		return 0;
	case BPF_JLE:
		*taken = a <= b;
		return 0;
	case BPF_JSET:
		*taken = (a & b) != 0;
		return 0;
	}
	return wrong(m, "unknown jump");
}

/* bpf_probe_read_kernel() zeroes the target when it fails. */
static int probe_read(struct machine *m)
{
	uint64_t size = m->reg[BPF_REG_2];
	const uint8_t *from;
	int at;

	if (m->kind[BPF_REG_1] != STACK || m->kind[BPF_REG_2] != SCALAR ||
	    m->kind[BPF_REG_3] != SCALAR)
		return wrong(m, "arguments of bpf_probe_read_kernel()");
	if (size == 0 || size > INTERP_STACK)
		return wrong(m, "size for bpf_probe_read_kernel()");
	at = stack_index(m, (int64_t)m->reg[BPF_REG_1], size, false);
	if (at < 0)
		return -1;
	from = find_mem(m->env, m->reg[BPF_REG_3], size);
	if (from)
		memcpy(m->stack + at, from, size);
	else
		memset(m->stack + at, 0, size);
	memset(m->set + at, 1, size);
	m->reg[BPF_REG_0] = from ? 0 : (uint64_t)-EFAULT;
	m->kind[BPF_REG_0] = SCALAR;
	return 0;
}

static int call(struct machine *m, const struct bpf_insn *in)
{
	if (in->src_reg == 0 && in->imm == BPF_FUNC_probe_read_kernel) {
		if (probe_read(m))
			return -1;
	} else if (in->src_reg == BPF_PSEUDO_KFUNC_CALL &&
		   (uint32_t)in->imm == m->env->cast_func_id) {
		if (m->kind[BPF_REG_1] != SCALAR || m->kind[BPF_REG_2] != SCALAR ||
		    m->reg[BPF_REG_2] != m->env->bytes_type_id)
			return wrong(m, "arguments of bpf_rdonly_cast()");
		m->reg[BPF_REG_0] = m->reg[BPF_REG_1];
		m->kind[BPF_REG_0] = CAST;
	} else {
		return wrong(m, "unknown call");
	}
	for (int r = BPF_REG_1; r <= BPF_REG_5; r++) {
		m->kind[r] = UNSET;
		m->reg[r] = 0xdeadbeefdeadbeefULL;
	}
	return 0;
}

/* Moves *pc. Returns 1 at exit. */
static int jump(struct machine *m, const struct bpf_insn *in, size_t *pc)
{
	bool taken = true;

	if (in->code == (BPF_JMP | BPF_EXIT)) {
		if (m->kind[BPF_REG_0] != SCALAR)
			return wrong(m, "r0 is no number at exit");
		return 1;
	}
	if (in->code == (BPF_JMP | BPF_CALL))
		return call(m, in);
	if (in->code != (BPF_JMP | BPF_JA) && compare(m, in, &taken))
		return -1;
	if (taken)
		*pc += (size_t)(int64_t)in->off;
	return 0;
}

static int step(struct machine *m, const struct bpf_insn *in, size_t *pc)
{
	if (in->dst_reg > BPF_REG_10 || in->src_reg > BPF_REG_10)
		return wrong(m, "no such register");
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu(m, in);
	case BPF_JMP:
	case BPF_JMP32:
		return jump(m, in, pc);
	case BPF_LDX:
		return load(m, in);
	case BPF_ST:
	case BPF_STX:
		return store(m, in);
	}
	return wrong(m, "unknown instruction");
}

int interp_run(const struct bpf_insn *insns, size_t cnt, const uint64_t args[5],
	       const struct interp_env *env, struct interp_result *res)
{
	struct machine m;
	size_t pc = 0;
	int rc = 0;

	m.env = env;
	m.res = res;
	memset(m.kind, UNSET, sizeof(m.kind));
	memset(m.reg, 0xa5, sizeof(m.reg));
	memset(m.set, 0, sizeof(m.set));
	for (int i = 0; i < 5; i++) {
		m.reg[BPF_REG_1 + i] = args[i];
		m.kind[BPF_REG_1 + i] = SCALAR;
	}
	m.reg[BPF_REG_10] = 0;
	m.kind[BPF_REG_10] = STACK;
	*res = (struct interp_result){0};
	while (rc == 0) {
		res->at = pc;
		if (pc >= cnt)
			return wrong(&m, "ran off the program");
		if (res->executed++ > MAX_EXECUTED)
			return wrong(&m, "does not end");
		pc++;
		rc = step(&m, &insns[pc - 1], &pc);
	}
	if (rc < 0)
		return -1;
	res->ret = (uint32_t)m.reg[BPF_REG_0];
	return 0;
}
