// SPDX-License-Identifier: GPL-2.0-only
/*
 * Terms to eBPF.
 *
 * Conditions become jumps: each is told where to go if it is true, where if it is false, and which
 * of the two comes next, so that && and || need no instruction of their own, and ! none at all. A
 * pointer that cannot be followed jumps to where its comparison is false.
 */
#include "filter/ebpf.h"
#include "filter/fexpr_load.h"

/* Where a condition leads. */
struct exits {
	struct fx_target *if_true, *if_false;
	bool true_is_next;
};

static void emit(struct fx *fx, struct bpf_insn insn)
{
	asm_emit(&fx->as, insn);
}

/* ---- values */

static bool fits_imm(uint64_t value)
{
	return (int64_t)value >= INT32_MIN && (int64_t)value <= INT32_MAX;
}

/* A constant to FX_OTHER. */
static void load_imm64(struct fx *fx, uint64_t value)
{
	emit(fx, BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, FX_OTHER, 0, 0, (uint32_t)value));
	emit(fx, BPF_RAW_INSN(0, 0, 0, 0, value >> 32));
}

/* An operation with 32 bits, which zeroes the upper half, or with all. */
static void alu_imm(struct fx *fx, bool wide, uint8_t op, uint64_t imm)
{
	emit(fx, wide ? BPF_ALU64_IMM(op, FX_VALUE, imm) : BPF_ALU32_IMM(op, FX_VALUE, imm));
}

/* Sign-extend the @bits that begin at bit @shift of FX_VALUE, to @wide or 32 bits. */
static void extend(struct fx *fx, unsigned int shift, unsigned int bits, bool wide)
{
	unsigned int width = wide ? 64 : 32;

	if (shift + bits < width)
		alu_imm(fx, wide, BPF_LSH, width - shift - bits);
	if (bits < width)
		alu_imm(fx, wide, BPF_ARSH, width - bits);
}

/* Leave the @bits of FX_VALUE, loaded as @size bytes, that begin at bit @shift. */
static void extract(struct fx *fx, unsigned int shift, unsigned int bits, unsigned int size)
{
	bool wide = size == 8;

	if (wide && shift + bits < 64) {
		alu_imm(fx, wide, BPF_LSH, 64 - shift - bits);
		alu_imm(fx, wide, BPF_RSH, 64 - bits);
		return;
	}
	if (shift)
		alu_imm(fx, wide, BPF_RSH, shift);
	if (shift + bits < 8 * size)
		alu_imm(fx, wide, BPF_AND, (1U << bits) - 1);
}

static void apply_mask(struct fx *fx, const struct fexpr_value *v)
{
	if (v->bits > 32 && !fits_imm(v->mask)) {
		load_imm64(fx, v->mask);
		emit(fx, BPF_ALU64_REG(BPF_AND, FX_VALUE, FX_OTHER));
	} else {
		alu_imm(fx, v->bits > 32, BPF_AND, v->mask);
	}
}

/*
 * A value to FX_VALUE. If @sign, a signed one is extended, to 64 bits if @wide and to 32 if not;
 * otherwise it is just its bits.
 */
static void load_value(struct fx *fx, const struct fexpr_value *v, bool sign, bool wide,
		       struct fx_target *failed)
{
	const struct fexpr_field *f = &v->field;

	fx_load(fx, f, failed);
	if (v->swap)
		emit(fx, BPF_ENDIAN(BPF_TO_BE, FX_VALUE, v->bits));
	if (sign && v->is_signed)
		extend(fx, f->bit_shift, v->bits, wide || f->size == 8);
	else if (f->bit_size)
		extract(fx, f->bit_shift, v->bits, f->size);
	if (v->has_mask)
		apply_mask(fx, v);
}

/* ---- conditions */

static uint8_t jump_op(enum fexpr_op cmp, bool is_signed)
{
	switch (cmp) {
	case FEXPR_EQ:
		return BPF_JEQ;
	case FEXPR_NE:
		return BPF_JNE;
	case FEXPR_LT:
		return is_signed ? BPF_JSLT : BPF_JLT;
	case FEXPR_LE:
		return is_signed ? BPF_JSLE : BPF_JLE;
	case FEXPR_GT:
		return is_signed ? BPF_JSGT : BPF_JGT;
	default:
		return is_signed ? BPF_JSGE : BPF_JGE;
	}
}

static enum fexpr_op opposite(enum fexpr_op cmp)
{
	switch (cmp) {
	case FEXPR_EQ:
		return FEXPR_NE;
	case FEXPR_NE:
		return FEXPR_EQ;
	case FEXPR_LT:
		return FEXPR_GE;
	case FEXPR_LE:
		return FEXPR_GT;
	case FEXPR_GT:
		return FEXPR_LE;
	default:
		return FEXPR_LT;
	}
}

static void compare_const(struct fx *fx, const struct fexpr_term *t, uint8_t op,
			  struct fx_target *failed, struct bpf_insn *ret)
{
	bool wide = t->left.bits > 32;

	load_value(fx, &t->left, t->is_signed, wide, failed);
	if (!wide) {
		*ret = BPF_JMP32_IMM(op, FX_VALUE, t->constant, 0);
	} else if (fits_imm(t->constant)) {
		*ret = BPF_JMP_IMM(op, FX_VALUE, t->constant, 0);
	} else {
		load_imm64(fx, t->constant);
		*ret = BPF_JMP_REG(op, FX_VALUE, FX_OTHER, 0);
	}
}

static void compare_fields(struct fx *fx, const struct fexpr_term *t, uint8_t op,
			   struct fx_target *failed, struct bpf_insn *ret)
{
	load_value(fx, &t->left, true, true, failed);
	emit(fx, BPF_STX_MEM(BPF_DW, BPF_REG_10, FX_VALUE, FX_SLOT_LEFT));
	load_value(fx, &t->right, true, true, failed);
	emit(fx, BPF_LDX_MEM(BPF_DW, FX_OTHER, BPF_REG_10, FX_SLOT_LEFT));
	*ret = BPF_JMP_REG(op, FX_OTHER, FX_VALUE, 0);
}

static void gen_term(struct fx *fx, const struct fexpr_term *t, struct exits to)
{
	enum fexpr_op cmp = to.true_is_next ? opposite(t->cmp) : t->cmp;
	uint8_t op = jump_op(cmp, t->is_signed);
	struct bpf_insn insn;

	asm_island(&fx->as);
	fx->as.line = (int32_t)t->pos;
	if (t->right_is_field)
		compare_fields(fx, t, op, to.if_false, &insn);
	else
		compare_const(fx, t, op, to.if_false, &insn);
	fx_jump(fx, insn, to.true_is_next ? to.if_false : to.if_true);
}

static void gen_condition(struct fx *fx, uint32_t node, struct exits to)
{
	const struct fexpr_node *n = &fx->e->nodes[node];
	struct exits first = to;
	struct fx_target second;

	switch (n->op) {
	case FEXPR_TERM:
		gen_term(fx, &fx->e->terms[n->left], to);
		return;
	case FEXPR_NOT:
		gen_condition(fx, n->left,
			      (struct exits){to.if_false, to.if_true, !to.true_is_next});
		return;
	default:
		break;
	}
	second = (struct fx_target){.label = asm_label(&fx->as)};
	first.true_is_next = n->op == FEXPR_AND;
	if (n->op == FEXPR_AND)
		first.if_true = &second;
	else
		first.if_false = &second;
	gen_condition(fx, n->left, first);
	fx_bind(fx, &second);
	gen_condition(fx, n->right, to);
}

static int gen_pass(struct fx *fx, struct insn_buf *out)
{
	struct fx_target accept, reject;

	out->cnt = 0;
	asm_init(&fx->as, out);
	accept = (struct fx_target){.label = asm_label(&fx->as)};
	reject = (struct fx_target){.label = asm_reject_label(&fx->as)};
	fx->now = (struct fx_known){.skb_in_reg = true, .cast = FX_NO_CAST};
	fx->skb_used = false;
	fx_jump(fx, BPF_JMP_IMM(BPF_JEQ, FX_ADDR, 0, 0), &reject);
	if (fx->save_skb)
		emit(fx, BPF_STX_MEM(BPF_DW, BPF_REG_10, FX_ADDR, FX_SLOT_SKB));
	gen_condition(fx, fx->e->root, (struct exits){&accept, &reject, true});
	fx->as.line = INSN_NO_LINE;
	fx_bind(fx, &accept);
	emit(fx, BPF_MOV32_IMM(BPF_REG_0, 1));
	emit(fx, BPF_EXIT_INSN());
	fx_bind(fx, &reject);
	emit(fx, BPF_MOV32_IMM(BPF_REG_0, 0));
	emit(fx, BPF_EXIT_INSN());
	return asm_finish(&fx->as);
}

int fexpr_gen(const struct fexpr *e, const struct translate_opts *opts, struct insn_buf *out)
{
	struct fx fx = {.e = e, .opts = opts, .save_skb = true};
	int rc = gen_pass(&fx, out);

	/* Whether the skb has to be saved is known only now. */
	if (rc || fx.skb_used)
		return rc;
	fx.save_skb = false;
	return gen_pass(&fx, out);
}
