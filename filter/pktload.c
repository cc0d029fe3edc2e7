// SPDX-License-Identifier: GPL-2.0-only
#include "filter/pktload.h"

#include "filter/ebpf.h"

#define LITTLE_ENDIAN_HOST (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Reads one value from a window: where, and how well aligned the verifier knows the place to be. */
struct place {
	uint8_t reg;
	int16_t off;
	unsigned int align;
};

static void emit(struct gen *g, struct bpf_insn insn)
{
	asm_emit(&g->as, insn);
}

static bool is_direct(const struct gen *g)
{
	return g->opts->load == FILTER_LOAD_DIRECT;
}

uint8_t pktload_size(unsigned int size)
{
	switch (size) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	default:
		return BPF_DW;
	}
}

static void to_host(struct gen *g, uint8_t reg, unsigned int size, bool raw)
{
	if (!raw && size > 1)
		emit(g, BPF_ENDIAN(BPF_TO_BE, reg, 8 * size));
}

/* ---- calls */

/* Save what has to live across a call. */
static void before_call(struct gen *g)
{
	if (g->keep & FLOW_A)
		emit(g, BPF_STX_MEM(BPF_W, BPF_REG_10, REG_A, gen_slot(g, SLOT_A)));
	if (g->keep & FLOW_X)
		emit(g, BPF_STX_MEM(BPF_W, BPF_REG_10, REG_X, gen_slot(g, SLOT_X)));
}

static void after_call(struct gen *g)
{
	if (g->keep & FLOW_A)
		emit(g, BPF_LDX_MEM(BPF_W, REG_A, BPF_REG_10, gen_slot(g, SLOT_A)));
	if (g->keep & FLOW_X)
		emit(g, BPF_LDX_MEM(BPF_W, REG_X, BPF_REG_10, gen_slot(g, SLOT_X)));
	g->now.base_in_tmp = false;
	g->now.linear = LINEAR_NONE;
	g->now.ptr = PTR_NONE;
}

/* Cast the address in REG_TMP, which is already less the bias; result in REG_PTR. */
static void cast(struct gen *g, enum ptr ptr)
{
	before_call(g);
	emit(g, BPF_MOV64_IMM(BPF_REG_2, g->opts->bytes_type_id));
	emit(g, BPF_CALL_KFUNC(g->opts->cast_func_id));
	after_call(g);
	g->now.ptr = ptr;
}

/* Read @size bytes at the address in REG_TMP2 to the stack at @off, or reject. */
static void probe_to_stack(struct gen *g, int16_t off, unsigned int size)
{
	before_call(g);
	emit(g, BPF_MOV64_REG(BPF_REG_1, BPF_REG_10));
	emit(g, BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, off));
	emit(g, BPF_MOV64_IMM(BPF_REG_2, size));
	emit(g, BPF_EMIT_CALL(BPF_FUNC_probe_read_kernel));
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JNE, BPF_REG_0, 0, 0), g->reject);
	after_call(g);
}

/* The register that takes the address of a read, and the read. */
static uint8_t addr_reg(const struct gen *g)
{
	return is_direct(g) ? REG_TMP : REG_TMP2;
}

static void read_addr(struct gen *g, uint8_t dst, unsigned int size)
{
	if (is_direct(g)) {
		cast(g, PTR_NONE);
		emit(g, BPF_LDX_MEM(pktload_size(size), dst, REG_PTR, g->opts->bytes_off));
		return;
	}
	probe_to_stack(g, gen_slot(g, SLOT_TMP), size);
	emit(g, BPF_LDX_MEM(pktload_size(size), dst, BPF_REG_10, gen_slot(g, SLOT_TMP)));
}

/* The base, less the bias, to @reg. */
static void get_base(struct gen *g, uint8_t reg)
{
	if (!g->now.base_in_tmp)
		emit(g, BPF_LDX_MEM(BPF_DW, reg, BPF_REG_10, gen_slot(g, SLOT_BASE)));
	else if (reg != REG_TMP)
		emit(g, BPF_MOV64_REG(reg, REG_TMP));
}

static void add_const(struct gen *g, uint8_t reg, uint32_t k)
{
	if (k)
		emit(g, BPF_ALU64_IMM(BPF_ADD, reg, k));
}

/* ---- bounds */

static void get_linear(struct gen *g)
{
	if (g->now.linear != LINEAR_NONE)
		return;
	emit(g, BPF_LDX_MEM(BPF_W, REG_LINEAR, BPF_REG_10, gen_slot(g, SLOT_LINEAR)));
	g->now.linear = LINEAR_FULL;
}

void pktload_check(struct gen *g, uint32_t extent)
{
	if (g->now.proven >= extent)
		return;
	get_linear(g);
	asm_jump(&g->as, BPF_JMP32_IMM(BPF_JLT, REG_LINEAR, extent, 0), g->reject);
	g->now.proven = extent;
}

/* As long as X + extent can not wrap, 32 bits do. */
#define X_SMALL (1U << 30)

/*
 * X + @k to @reg. Not by copying X and adding to it: the verifier (6.12) would link the two, carry
 * over to X what a branch says about the sum, and get that wrong.
 */
static void sum_x(struct gen *g, uint8_t reg, uint32_t k)
{
	emit(g, BPF_MOV64_IMM(reg, k));
	emit(g, BPF_ALU64_REG(BPF_ADD, reg, REG_X));
}

/* Reject unless linear >= X + @extent. */
static void check_x(struct gen *g, uint32_t extent)
{
	bool small = g->now.x_max <= X_SMALL && extent <= X_SMALL;

	if (g->now.proven_x >= extent)
		return;
	if (!small || g->now.proven < g->now.x_max + extent) {
		get_linear(g);
		if (!small && g->now.linear == LINEAR_LOW) {
			emit(g, BPF_MOV32_REG(REG_LINEAR, REG_LINEAR));
			g->now.linear = LINEAR_FULL;
		}
		sum_x(g, REG_TMP2, extent);
		asm_jump(&g->as,
			 small ? BPF_JMP32_REG(BPF_JGT, REG_TMP2, REG_LINEAR, 0)
			       : BPF_JMP_REG(BPF_JGT, REG_TMP2, REG_LINEAR, 0),
			 g->reject);
	}
	g->now.proven_x = extent;
	if (g->now.proven < extent)
		g->now.proven = extent;
}

/* ---- window */

/* Put a value together from parts of @part bytes; @raw: such that it is as if loaded natively. */
static void compose(struct gen *g, uint8_t dst, struct place p, unsigned int size,
		    unsigned int part, bool raw)
{
	unsigned int cnt = size / part;

	for (unsigned int i = 0; i < cnt; i++) {
		/* The part that goes to the upper end comes first, and is shifted there. */
		unsigned int nth = raw && LITTLE_ENDIAN_HOST ? cnt - 1 - i : i;
		int16_t off = (int16_t)(p.off + (int)(nth * part));

		if (i == 0) {
			emit(g, BPF_LDX_MEM(pktload_size(part), dst, p.reg, off));
			continue;
		}
		emit(g, BPF_LDX_MEM(pktload_size(part), REG_TMP2, p.reg, off));
		emit(g, BPF_ALU32_IMM(BPF_LSH, dst, 8 * part));
		emit(g, BPF_ALU32_REG(BPF_OR, dst, REG_TMP2));
	}
}

static void load_window(struct gen *g, uint8_t dst, struct place p, unsigned int size, bool raw)
{
	unsigned int part = p.align < size ? p.align : size;

	if (part == 1) {
		compose(g, dst, p, size, 1, raw);
		return;
	}
	/* Halves are loaded natively, so the whole is put together natively, and then swapped. */
	compose(g, dst, p, size, part, true);
	to_host(g, dst, size, raw);
}

/* What an offset is a multiple of, as far as loads of 1, 2 and 4 bytes care. */
static unsigned int alignment(int32_t off)
{
	if (off % 4 == 0)
		return 4;
	return off % 2 == 0 ? 2 : 1;
}

static struct place const_place(const struct gen *g, uint32_t k)
{
	int16_t off = (int16_t)(g->window + (int32_t)k);

	return (struct place){.reg = BPF_REG_10, .off = off, .align = alignment(off)};
}

static bool in_window(const struct gen *g, uint32_t k, unsigned int size)
{
	return k < g->body.head || k + size <= g->body.full;
}

/* ---- constant offsets */

static void load_memory(struct gen *g, uint8_t dst, uint32_t k, unsigned int size, bool raw)
{
	if (is_direct(g) && k + size <= g->opts->bytes_len) {
		if (g->now.ptr != PTR_FRAME) {
			get_base(g, REG_TMP);
			cast(g, PTR_FRAME);
		}
		emit(g, BPF_LDX_MEM(pktload_size(size), dst, REG_PTR, g->opts->bytes_off + k));
	} else {
		get_base(g, addr_reg(g));
		add_const(g, addr_reg(g), k);
		read_addr(g, dst, size);
	}
	to_host(g, dst, size, raw);
}

void pktload_abs(struct gen *g, uint8_t dst, uint32_t k, unsigned int size, bool raw)
{
	pktload_check(g, k + size);
	if (g->dead)
		return;
	if (in_window(g, k, size))
		load_window(g, dst, const_place(g, k), size, raw);
	else
		load_memory(g, dst, k, size, raw);
}

/* ---- X + k */

static void load_memory_x(struct gen *g, uint32_t k, unsigned int size, bool raw)
{
	if (is_direct(g) && k + size <= g->opts->bytes_len) {
		/* Cast base + X, which serves the next load at the same X as well. */
		if (g->now.ptr != PTR_FRAME_X) {
			get_base(g, REG_TMP);
			emit(g, BPF_ALU64_REG(BPF_ADD, REG_TMP, REG_X));
			cast(g, PTR_FRAME_X);
		}
		emit(g, BPF_LDX_MEM(pktload_size(size), REG_A, REG_PTR, g->opts->bytes_off + k));
	} else {
		get_base(g, addr_reg(g));
		emit(g, BPF_ALU64_REG(BPF_ADD, addr_reg(g), REG_X));
		add_const(g, addr_reg(g), k);
		read_addr(g, REG_A, size);
	}
	to_host(g, REG_A, size, raw);
}

/* The least 2^n - 1 that is not below @n. */
static uint32_t low_bits(uint32_t n)
{
	uint32_t bits = 0;

	while (bits < n)
		bits = bits << 1 | 1;
	return bits;
}

/*
 * X to REG_TMP, of which it is known to be at most @max. The "and" changes nothing, but the
 * verifier now knows how large and how aligned the value is. It may have forgotten (5.10, for what
 * was on the stack). Or it may hold contradictory ideas of X, on ways that no run takes: after
 * "jgt x" that 10497 <= X <= 60, or that X is 1, of a multiple of 4. Then it would refuse the
 * program.
 */
static void masked_x(struct gen *g, uint32_t max)
{
	emit(g, BPF_MOV64_REG(REG_TMP, REG_X));
	emit(g, BPF_ALU64_IMM(BPF_AND, REG_TMP, low_bits(max) & ~(g->now.x_align - 1U)));
	g->now.base_in_tmp = false;
}

/* Load from the window at X + @k, where REG_TMP holds X + @k - @off. */
static void load_window_at(struct gen *g, uint32_t k, uint32_t off, unsigned int size, bool raw)
{
	struct place p = {.reg = REG_TMP, .off = (int16_t)(g->window + (int32_t)off)};
	unsigned int align = alignment(g->window + (int32_t)k);

	p.align = align < g->now.x_align ? align : g->now.x_align;
	emit(g, BPF_ALU64_REG(BPF_ADD, REG_TMP, BPF_REG_10));
	load_window(g, REG_A, p, size, raw);
}

/* Which of the two it is shows when it runs. */
static void load_either_x(struct gen *g, uint32_t k, unsigned int size, bool raw, uint32_t last)
{
	uint32_t window = asm_label(&g->as), done = asm_label(&g->as);
	struct facts before, memory;

	sum_x(g, REG_TMP, k);
	g->now.base_in_tmp = false;
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JLE, REG_TMP, last, 0), window);
	before = g->now;
	load_memory_x(g, k, size, raw);
	memory = g->now;
	asm_jump(&g->as, BPF_JMP_A(0), done);
	asm_bind(&g->as, window);
	g->now = before;
	/* The sum once more; that it is not above is known, but must be seen to be so. */
	masked_x(g, last);
	add_const(g, REG_TMP, k);
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JGT, REG_TMP, last, 0), g->reject);
	load_window_at(g, k, 0, size, raw);
	facts_meet(&g->now, &memory);
	asm_bind(&g->as, done);
}

void pktload_ind(struct gen *g, uint32_t k, unsigned int size, bool raw)
{
	/* Window offsets up to this one are read from the window. */
	int64_t last = g->body.full ? (int64_t)g->body.full - size : (int64_t)g->body.head - 1;

	check_x(g, k + size);
	if (g->dead)
		return;
	if (k > last) {
		load_memory_x(g, k, size, raw);
	} else if ((int64_t)low_bits(g->now.x_max) + k <= last) {
		masked_x(g, g->now.x_max);
		load_window_at(g, k, k, size, raw);
	} else {
		load_either_x(g, k, size, raw, (uint32_t)last);
	}
}

/* ---- the rest */

void pktload_ancillary(struct gen *g, uint32_t k)
{
	const struct translate_skb *skb = &g->opts->skb;
	uint8_t addr = addr_reg(g);
	bool pkt_type = k == CBPF_AD_PKTTYPE;

	if (pkt_type ? !skb->pkt_type_mask : !skb->dev_off || !skb->ifindex_off) {
		asm_jump(&g->as, BPF_JMP_A(0), g->reject);
		g->now.seen = false;
		return;
	}
	emit(g, BPF_LDX_MEM(BPF_DW, addr, BPF_REG_10, gen_slot(g, SLOT_SKB)));
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JEQ, addr, 0, 0), g->reject);
	if (addr == REG_TMP)
		g->now.base_in_tmp = false;
	emit(g,
	     BPF_ALU64_IMM(BPF_ADD, addr, (pkt_type ? skb->pkt_type_off : skb->dev_off) - g->bias));
	if (pkt_type) {
		read_addr(g, REG_A, 1);
		emit(g, BPF_ALU32_IMM(BPF_AND, REG_A, skb->pkt_type_mask));
		if (skb->pkt_type_shift)
			emit(g, BPF_ALU32_IMM(BPF_RSH, REG_A, skb->pkt_type_shift));
		return;
	}
	read_addr(g, addr, 8);
	asm_jump(&g->as, BPF_JMP_IMM(BPF_JEQ, addr, 0, 0), g->reject);
	emit(g, BPF_ALU64_IMM(BPF_ADD, addr, skb->ifindex_off - g->bias));
	read_addr(g, REG_A, 4);
}

unsigned int pktload_piece(const struct gen *g, uint32_t from, uint32_t to)
{
	int off = g->window + (int)from;
	unsigned int size = 8;

	while (size > to - from || off % (int)size)
		size /= 2;
	return size;
}

static void copy_direct(struct gen *g, uint32_t from, uint32_t to, uint32_t delta)
{
	if (g->now.ptr != PTR_FRAME) {
		get_base(g, REG_TMP);
		cast(g, PTR_FRAME);
	}
	while (from < to) {
		unsigned int size = pktload_piece(g, from, to);
		int16_t off = (int16_t)(g->window + (int)from);

		emit(g, BPF_LDX_MEM(pktload_size(size), REG_TMP2, REG_PTR,
				    g->opts->bytes_off + delta + from));
		emit(g, BPF_STX_MEM(pktload_size(size), BPF_REG_10, REG_TMP2, off));
		from += size;
	}
}

void pktload_copy(struct gen *g, uint32_t from, uint32_t to, uint32_t delta)
{
	if (from >= to)
		return;
	if (is_direct(g)) {
		copy_direct(g, from, to, delta);
		return;
	}
	get_base(g, REG_TMP2);
	add_const(g, REG_TMP2, from + delta);
	probe_to_stack(g, (int16_t)(g->window + (int32_t)from), to - from);
}
