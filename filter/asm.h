/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_ASM_H
#define PWRU_CAP_FILTER_ASM_H

#include "filter/insn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An assembler: instructions with jumps to labels that are bound later.
 *
 * Errors stick: after one nothing is emitted, and asm_finish() returns it. So the code that emits
 * need not check each step.
 *
 * eBPF jumps reach 32767 instructions. Before an open jump gets too far from where the code is by
 * now, asm_island() emits a jump to its label within its reach, and sends it there.
 */

struct asm_label; /* asm.c */
struct asm_ref;

struct assembler {
	struct insn_buf *out;
	int32_t line; /* noted with each instruction emitted */
	int err;

	struct asm_label *labels;
	size_t label_cnt, label_cap;
	size_t open_labels; /* with a jump that waits for them */

	struct asm_ref *refs; /* in the order of emission */
	size_t ref_cnt, ref_cap;
	size_t first_open; /* no open one before */

	size_t last_bind; /* where the last label was bound, SIZE_MAX if none was */
};

/** asm_init() - Start to append to @out, which outlives the assembler */
void asm_init(struct assembler *as, struct insn_buf *out);

/** asm_finish() - End; frees all but the output. Return: 0, or the first error (-ENOMEM, -E2BIG) */
int asm_finish(struct assembler *as);

/** asm_emit() - Append an instruction */
void asm_emit(struct assembler *as, struct bpf_insn insn);

/** asm_label() - Return: a new label, not bound yet */
uint32_t asm_label(struct assembler *as);

/** asm_reject_label() - As asm_label(), for code that only returns 0; islands repeat that code */
uint32_t asm_reject_label(struct assembler *as);

/** asm_jump() - Append a jump, whose offset is filled in when @label is bound */
void asm_jump(struct assembler *as, struct bpf_insn jump, uint32_t label);

/** asm_bind() - Let a label be here. Once a label */
void asm_bind(struct assembler *as, uint32_t label);

/** asm_awaited() - Whether a jump waits for @label to be bound */
bool asm_awaited(const struct assembler *as, uint32_t label);

/** asm_island() - Emit an island if one is due; call it at least every ASM_STRIDE instructions */
void asm_island(struct assembler *as);

#define ASM_STRIDE 512

#endif
