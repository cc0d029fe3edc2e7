/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FEXPR_LOAD_H
#define PWRU_CAP_FILTER_FEXPR_LOAD_H

#include "filter/asm.h"
#include "filter/fexpr_ast.h"

/*
 * State of code generation, and loads of fields; internal to fexpr_gen.c and fexpr_load.c.
 *
 * Registers. r0 is the typed pointer of the last direct load, which serves the next one too if that
 * is near enough. r1 is the skb's address until the first call; later that comes from the stack. r2
 * is the value, r3 a constant or the other value. Nothing else outlives a load.
 */
#define FX_PTR	     BPF_REG_0
#define FX_ADDR	     BPF_REG_1 /* of direct loads, and at the start the skb */
#define FX_VALUE     BPF_REG_2
#define FX_OTHER     BPF_REG_3
#define FX_PROBE     BPF_REG_3 /* address of probe reads: their third argument */

#define FX_SLOT_SKB  (-8)
#define FX_SLOT_READ (-16) /* what a probe read reads into */
#define FX_SLOT_LEFT (-24) /* the first of two fields */

#define FX_NO_CAST   UINT32_MAX

/**
 * struct fx_known - What holds at a place in the code
 * @skb_in_reg:	FX_ADDR is the skb
 * @cast:	Byte 0 of what FX_PTR can load is at this offset in the skb, or FX_NO_CAST
 */
struct fx_known {
	bool skb_in_reg;
	uint32_t cast;
};

/**
 * struct fx_target - A place to jump to, later in the code
 * @label:	Its label
 * @seen:	There is a jump to it
 * @known:	What holds on all of them
 */
struct fx_target {
	uint32_t label;
	bool seen;
	struct fx_known known;
};

/**
 * struct fx - State of code generation
 * @e:		Checked expression
 * @opts:	How to load
 * @as:		Assembler
 * @now:	What holds here
 * @save_skb:	The skb's address is in FX_SLOT_SKB
 * @skb_used:	And is taken from there
 */
struct fx {
	const struct fexpr *e;
	const struct translate_opts *opts;
	struct assembler as;
	struct fx_known now;
	bool save_skb;
	bool skb_used;
};

/** fx_jump() - Emit a jump */
void fx_jump(struct fx *fx, struct bpf_insn insn, struct fx_target *to);

/** fx_bind() - Let the code go on here, both from before and from jumps */
void fx_bind(struct fx *fx, struct fx_target *t);

/**
 * fx_load() - Load a field's integer to FX_VALUE
 *
 * Goes to @failed if a pointer on the way is NULL, or something cannot be read.
 */
void fx_load(struct fx *fx, const struct fexpr_field *f, struct fx_target *failed);

#endif
