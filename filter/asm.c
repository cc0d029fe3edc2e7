// SPDX-License-Identifier: GPL-2.0-only
#include "filter/asm.h"

#include <errno.h>
#include <stdlib.h>

#include "filter/ebpf.h"

#define NO_REF	  UINT32_MAX
#define NOT_BOUND SIZE_MAX

struct asm_label {
	size_t pos;    /* or NOT_BOUND */
	uint32_t refs; /* open jumps to it, or NO_REF */
	bool is_reject;
};

struct asm_ref {
	uint32_t at; /* the jump instruction */
	uint32_t label;
	uint32_t next; /* of the same label */
	bool open;
};

void asm_init(struct assembler *as, struct insn_buf *out)
{
	*as = (struct assembler){.out = out, .line = INSN_NO_LINE, .last_bind = NOT_BOUND};
}

int asm_finish(struct assembler *as)
{
	if (!as->err && as->open_labels)
		as->err = -EINVAL;
	free(as->labels);
	free(as->refs);
	as->labels = NULL;
	as->refs = NULL;
	return as->err;
}

void asm_emit(struct assembler *as, struct bpf_insn insn)
{
	if (!as->err)
		as->err = insn_buf_append(as->out, insn, as->line);
}

/* Room for one more element. */
static int grow(void **array, size_t cnt, size_t *cap, size_t size)
{
	size_t new_cap = *cap ? *cap * 2 : 64;
	void *bigger;

	if (cnt < *cap)
		return 0;
	bigger = realloc(*array, new_cap * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*cap = new_cap;
	return 0;
}

static uint32_t new_label(struct assembler *as, bool is_reject)
{
	if (!as->err)
		as->err = grow((void **)&as->labels, as->label_cnt, &as->label_cap,
			       sizeof(*as->labels));
	if (as->err)
		return 0;
	as->labels[as->label_cnt] = (struct asm_label){
		.pos = NOT_BOUND, .refs = NO_REF, .is_reject = is_reject};
	return (uint32_t)as->label_cnt++;
}

uint32_t asm_label(struct assembler *as)
{
	return new_label(as, false);
}

uint32_t asm_reject_label(struct assembler *as)
{
	return new_label(as, true);
}

/* Let the jump at @at go to @pos. */
static void aim(struct assembler *as, size_t at, size_t pos)
{
	int64_t off = (int64_t)pos - (int64_t)at - 1;

	if (off < INT16_MIN || off > INT16_MAX) {
		as->err = -E2BIG;
		return;
	}
	as->out->insns[at].off = (int16_t)off;
}

void asm_jump(struct assembler *as, struct bpf_insn jump, uint32_t label)
{
	size_t at = as->out->cnt;
	struct asm_label *l;

	asm_emit(as, jump);
	if (!as->err)
		as->err = grow((void **)&as->refs, as->ref_cnt, &as->ref_cap, sizeof(*as->refs));
	if (as->err)
		return;
	l = &as->labels[label];
	if (l->pos != NOT_BOUND) {
		aim(as, at, l->pos);
		return;
	}
	if (l->refs == NO_REF)
		as->open_labels++;
	as->refs[as->ref_cnt] = (struct asm_ref){
		.at = (uint32_t)at, .label = label, .next = l->refs, .open = true};
	l->refs = (uint32_t)as->ref_cnt++;
}

void asm_bind(struct assembler *as, uint32_t label)
{
	struct asm_label *l;

	if (as->err)
		return;
	l = &as->labels[label];
	l->pos = as->out->cnt;
	as->last_bind = l->pos;
	if (l->refs == NO_REF)
		return;
	as->open_labels--;
	for (uint32_t r = l->refs; r != NO_REF; r = as->refs[r].next) {
		aim(as, as->refs[r].at, l->pos);
		as->refs[r].open = false;
	}
	l->refs = NO_REF;
}

bool asm_awaited(const struct assembler *as, uint32_t label)
{
	return !as->err && as->labels[label].refs != NO_REF;
}

static bool island_due(struct assembler *as)
{
	while (as->first_open < as->ref_cnt && !as->refs[as->first_open].open)
		as->first_open++;
	if (as->first_open == as->ref_cnt)
		return false;
	/* A jump for each label, but two instructions for reject, and one to jump over it all. */
	return as->out->cnt + as->open_labels + 2 + ASM_STRIDE >
	       as->refs[as->first_open].at + (size_t)INT16_MAX;
}

static bool falls_through(const struct assembler *as)
{
	uint8_t code;

	if (as->out->cnt == 0 || as->last_bind == as->out->cnt)
		return true;
	code = as->out->insns[as->out->cnt - 1].code;
	return code != (BPF_JMP | BPF_EXIT) && code != (BPF_JMP | BPF_JA);
}

/* What the island holds for a label: the code itself, or a jump, which is then open. */
static void island_entry(struct assembler *as, uint32_t label)
{
	struct asm_label *l = &as->labels[label];
	bool is_reject = l->is_reject;

	l->refs = NO_REF;
	as->open_labels--;
	if (is_reject) {
		asm_emit(as, BPF_MOV32_IMM(BPF_REG_0, 0));
		asm_emit(as, BPF_EXIT_INSN());
	} else {
		asm_jump(as, BPF_JMP_A(0), label);
	}
}

/* Take in those of the first @end jumps that are open and before instruction @limit. */
static void island_fill(struct assembler *as, size_t end, size_t limit)
{
	for (size_t r = as->first_open; r < end && !as->err; r++) {
		struct asm_ref *ref = &as->refs[r];
		uint32_t label = ref->label;

		if (!ref->open || ref->at >= limit)
			continue;
		/* All jumps to the label go by the island, the younger ones too. */
		for (uint32_t i = as->labels[label].refs; i != NO_REF; i = as->refs[i].next) {
			aim(as, as->refs[i].at, as->out->cnt);
			as->refs[i].open = false;
		}
		island_entry(as, label);
	}
}

void asm_island(struct assembler *as)
{
	size_t skip = NOT_BOUND, end = as->ref_cnt, oldest;
	int32_t line = as->line;

	if (as->err || !island_due(as))
		return;
	oldest = as->refs[as->first_open].at;
	as->line = INSN_NO_LINE;
	if (falls_through(as)) {
		skip = as->out->cnt;
		asm_emit(as, BPF_JMP_A(0));
	}
	/* The older half, so that the next island is not due soon. */
	island_fill(as, end, oldest + (as->out->cnt - oldest) / 2);
	if (skip != NOT_BOUND && !as->err)
		aim(as, skip, as->out->cnt);
	as->last_bind = as->out->cnt;
	as->line = line;
}
