// SPDX-License-Identifier: GPL-2.0-only
#include "filter/fexpr_load.h"

#include "filter/ebpf.h"

static void emit(struct fx *fx, struct bpf_insn insn)
{
	asm_emit(&fx->as, insn);
}

static bool is_direct(const struct fx *fx)
{
	return fx->opts->load == FILTER_LOAD_DIRECT;
}

/* BPF_B, BPF_H, BPF_W or BPF_DW. */
static uint8_t size_code(uint32_t size)
{
	static const uint8_t codes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

	return codes[size];
}

static struct fx_known meet(struct fx_known a, struct fx_known b)
{
	return (struct fx_known){.skb_in_reg = a.skb_in_reg && b.skb_in_reg,
				 .cast = a.cast == b.cast ? a.cast : FX_NO_CAST};
}

void fx_jump(struct fx *fx, struct bpf_insn insn, struct fx_target *to)
{
	to->known = to->seen ? meet(to->known, fx->now) : fx->now;
	to->seen = true;
	asm_jump(&fx->as, insn, to->label);
}

void fx_bind(struct fx *fx, struct fx_target *t)
{
	if (t->seen)
		fx->now = meet(fx->now, t->known);
	asm_bind(&fx->as, t->label);
}

/* ---- loads */

/* What a field loads from the skb itself. */
static void root_load(const struct fexpr_field *f, uint32_t *off, uint32_t *size)
{
	*off = f->deref_cnt ? f->deref[0] : f->offset;
	*size = f->deref_cnt ? 8 : f->size;
}

/* Let *@from be where @f begins, if that is lower and with it @end is still in the array. */
static void try_cast(const struct fx *fx, const struct fexpr_field *f, uint32_t end, uint32_t *from)
{
	uint32_t off, size;

	root_load(f, &off, &size);
	if (off < *from && end - off <= fx->opts->bytes_len)
		*from = off;
}

/*
 * From where to cast the skb to load @size bytes at @off: from the lowest offset that any field
 * needs and with which this one is still in the array, as the others are likely to be.
 */
static uint32_t choose_cast(const struct fx *fx, uint32_t off, uint32_t size)
{
	uint32_t from = off;

	for (size_t i = 0; i < fx->e->term_cnt; i++) {
		const struct fexpr_term *t = &fx->e->terms[i];

		try_cast(fx, &t->left.field, off + size, &from);
		if (t->right_is_field)
			try_cast(fx, &t->right.field, off + size, &from);
	}
	return from;
}

static void get_skb(struct fx *fx, uint8_t reg)
{
	if (!fx->now.skb_in_reg) {
		emit(fx, BPF_LDX_MEM(BPF_DW, reg, BPF_REG_10, FX_SLOT_SKB));
		fx->skb_used = true;
	} else if (reg != FX_ADDR) {
		emit(fx, BPF_MOV64_REG(reg, FX_ADDR));
	}
}

/* Cast what is @off behind FX_ADDR, to FX_PTR. */
static void cast(struct fx *fx, uint32_t off)
{
	int32_t add = (int32_t)off - fx->opts->bytes_off;

	if (add)
		emit(fx, BPF_ALU64_IMM(BPF_ADD, FX_ADDR, add));
	emit(fx, BPF_MOV64_IMM(BPF_REG_2, fx->opts->bytes_type_id));
	emit(fx, BPF_CALL_KFUNC(fx->opts->cast_func_id));
	fx->now = (struct fx_known){.cast = FX_NO_CAST};
}

/* Load to @dst what is @off behind the skb (@is_root), or behind FX_ADDR. */
static void load_direct(struct fx *fx, bool is_root, uint8_t dst, uint32_t off, uint32_t size)
{
	uint32_t from = off;

	if (is_root) {
		from = fx->now.cast;
		if (from == FX_NO_CAST || off < from || off + size - from > fx->opts->bytes_len) {
			from = choose_cast(fx, off, size);
			get_skb(fx, FX_ADDR);
			cast(fx, from);
			fx->now.cast = from;
		}
	} else {
		cast(fx, off);
	}
	emit(fx, BPF_LDX_MEM(size_code(size), dst, FX_PTR, fx->opts->bytes_off + off - from));
}

/* The same with FX_PROBE; to @failed if it cannot be read. */
static void load_probe(struct fx *fx, bool is_root, uint8_t dst, uint32_t off, uint32_t size,
		       struct fx_target *failed)
{
	if (is_root)
		get_skb(fx, FX_PROBE);
	if (off)
		emit(fx, BPF_ALU64_IMM(BPF_ADD, FX_PROBE, off));
	emit(fx, BPF_MOV64_REG(BPF_REG_1, BPF_REG_10));
	emit(fx, BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, FX_SLOT_READ));
	emit(fx, BPF_MOV64_IMM(BPF_REG_2, size));
	emit(fx, BPF_EMIT_CALL(BPF_FUNC_probe_read_kernel));
	fx->now = (struct fx_known){.cast = FX_NO_CAST};
	fx_jump(fx, BPF_JMP_IMM(BPF_JNE, BPF_REG_0, 0, 0), failed);
	emit(fx, BPF_LDX_MEM(size_code(size), dst, BPF_REG_10, FX_SLOT_READ));
}

static void load(struct fx *fx, bool is_root, uint8_t dst, uint32_t off, uint32_t size,
		 struct fx_target *failed)
{
	if (is_direct(fx))
		load_direct(fx, is_root, dst, off, size);
	else
		load_probe(fx, is_root, dst, off, size, failed);
}

void fx_load(struct fx *fx, const struct fexpr_field *f, struct fx_target *failed)
{
	uint8_t addr = is_direct(fx) ? FX_ADDR : FX_PROBE;

	for (unsigned int i = 0; i < f->deref_cnt; i++) {
		load(fx, i == 0, addr, f->deref[i], 8, failed);
		fx_jump(fx, BPF_JMP_IMM(BPF_JEQ, addr, 0, 0), failed);
	}
	load(fx, f->deref_cnt == 0, FX_VALUE, f->offset, f->size, failed);
}
