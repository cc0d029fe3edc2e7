// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replaces the body of a subprogram in a program that is about to be loaded.
 *
 * The program is one array of instructions in which subprograms follow one another; func_info
 * says where each begins. The stub is [start, end):
 *
 *	before            start        end             after
 *	[main ... f1 ...] [old body  ] [f2 ... f3 ...]
 *	[main ... f1 ...] [new body        ] [f2 ... f3 ...]
 *
 * All that is at end or after it moves by the difference in length. Calls (BPF_PSEUDO_CALL) and
 * addresses of functions (BPF_PSEUDO_FUNC) hold a distance, which changes if the two ends do not
 * move alike. Jumps stay within a subprogram, so they do not change.
 */
#include "filter/splice.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INSNS 1000000 /* BPF_COMPLEXITY_LIMIT_INSNS, what the kernel takes from root */

#define LD_IMM64  (BPF_LD | BPF_IMM | BPF_DW)

struct cut {
	size_t start, end; /* of the old body */
	int64_t shift;	   /* of what follows */
};

static uint32_t record_off(const void *records, uint32_t rec_size, size_t i)
{
	uint32_t off;

	/* struct bpf_func_info and bpf_line_info both begin with insn_off. */
	memcpy(&off, (const char *)records + i * rec_size, sizeof(off));
	return off;
}

static void set_record_off(void *records, uint32_t rec_size, size_t i, uint32_t off)
{
	memcpy((char *)records + i * rec_size, &off, sizeof(off));
}

/* Records rise, and none is past the program. */
static bool records_ok(const void *records, uint32_t cnt, uint32_t rec_size, size_t min_size,
		       size_t insn_cnt)
{
	if (cnt == 0)
		return true;
	if (!records || rec_size < min_size || rec_size % 4)
		return false;
	for (uint32_t i = 0; i < cnt; i++) {
		if (record_off(records, rec_size, i) >= insn_cnt)
			return false;
		if (i && record_off(records, rec_size, i) <= record_off(records, rec_size, i - 1))
			return false;
	}
	return true;
}

static bool input_ok(const struct splice_prog *in, uint32_t func, uint32_t func_cnt,
		     const struct bpf_insn *body, size_t body_cnt)
{
	if (!in->insns || in->insn_cnt == 0 || in->insn_cnt > MAX_INSNS)
		return false;
	if (!body || body_cnt == 0 || body_cnt > MAX_INSNS)
		return false;
	if (!records_ok(in->func_info, in->func_info_cnt, in->func_info_rec_size,
			sizeof(struct bpf_func_info), in->insn_cnt))
		return false;
	if (!records_ok(in->line_info, in->line_info_cnt, in->line_info_rec_size,
			sizeof(struct bpf_line_info), in->insn_cnt))
		return false;
	return func > 0 && func < in->func_info_cnt && func_cnt > 0 &&
	       func_cnt <= in->func_info_cnt - func;
}

static struct cut make_cut(const struct splice_prog *in, uint32_t func, uint32_t func_cnt,
			   size_t body_cnt)
{
	struct cut cut = {.end = in->insn_cnt};

	cut.start = record_off(in->func_info, in->func_info_rec_size, func);
	if (func + func_cnt < in->func_info_cnt)
		cut.end = record_off(in->func_info, in->func_info_rec_size, func + func_cnt);
	cut.shift = (int64_t)body_cnt - (int64_t)(cut.end - cut.start);
	return cut;
}

/* Where the instruction at @at is after the splice; @at is not inside the old body. */
static int64_t moved(const struct cut *cut, int64_t at)
{
	return at <= (int64_t)cut->start ? at : at + cut->shift;
}

static bool holds_distance(const struct bpf_insn *insn)
{
	if (insn->code == (BPF_JMP | BPF_CALL))
		return insn->src_reg == BPF_PSEUDO_CALL;
	return insn->code == LD_IMM64 && insn->src_reg == BPF_PSEUDO_FUNC;
}

/* Mend the instruction that was at @at in the old program. */
static int mend(const struct splice_prog *in, const struct cut *cut, size_t at,
		struct bpf_insn *new_insns)
{
	int64_t target = (int64_t)at + 1 + in->insns[at].imm;
	int64_t from = moved(cut, (int64_t)at);

	if (target < 0 || target >= (int64_t)in->insn_cnt)
		return -EINVAL;
	/* Into the middle of what is no longer there. */
	if (target > (int64_t)cut->start && target < (int64_t)cut->end)
		return -EINVAL;
	new_insns[from].imm = (int32_t)(moved(cut, target) - from - 1);
	return 0;
}

static int mend_all(const struct splice_prog *in, const struct cut *cut, struct bpf_insn *new_insns)
{
	for (size_t i = 0; i < in->insn_cnt; i++) {
		bool wide = in->insns[i].code == LD_IMM64;

		if (wide && i + 1 == in->insn_cnt)
			return -EINVAL;
		if ((i < cut->start || i >= cut->end) && holds_distance(&in->insns[i])) {
			int rc = mend(in, cut, i, new_insns);

			if (rc)
				return rc;
		}
		/* The second half is data. */
		i += wide;
	}
	return 0;
}

static int splice_insns(const struct splice_prog *in, const struct cut *cut,
			const struct bpf_insn *body, size_t body_cnt, struct splice_prog *out)
{
	size_t tail = in->insn_cnt - cut->end;
	struct bpf_insn *insns;

	out->insn_cnt = cut->start + body_cnt + tail;
	if (out->insn_cnt > MAX_INSNS)
		return -EINVAL;
	insns = calloc(out->insn_cnt, sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	out->insns = insns;
	memcpy(insns, in->insns, cut->start * sizeof(*insns));
	memcpy(insns + cut->start, body, body_cnt * sizeof(*insns));
	memcpy(insns + cut->start + body_cnt, in->insns + cut->end, tail * sizeof(*insns));
	return mend_all(in, cut, insns);
}

/* Copy records, without those inside the old body, the others moved. */
static int splice_records(const void *records, uint32_t cnt, uint32_t rec_size,
			  const struct cut *cut, void **ret_records, uint32_t *ret_cnt)
{
	uint32_t kept = 0;
	char *copy;

	*ret_cnt = 0;
	if (cnt == 0)
		return 0;
	copy = calloc(cnt, rec_size);
	if (!copy)
		return -ENOMEM;
	for (uint32_t i = 0; i < cnt; i++) {
		uint32_t off = record_off(records, rec_size, i);

		if (off > cut->start && off < cut->end)
			continue;
		memcpy(copy + (size_t)kept * rec_size, (const char *)records + (size_t)i * rec_size,
		       rec_size);
		set_record_off(copy, rec_size, kept++, (uint32_t)moved(cut, off));
	}
	*ret_records = copy;
	*ret_cnt = kept;
	return 0;
}

int splice_several(const struct splice_prog *in, uint32_t func, uint32_t func_cnt,
		   const struct bpf_insn *body, size_t body_cnt, struct splice_prog *ret_out)
{
	struct splice_prog out = {.func_info_rec_size = in->func_info_rec_size,
				  .line_info_rec_size = in->line_info_rec_size};
	struct cut cut;
	int rc;

	if (!input_ok(in, func, func_cnt, body, body_cnt))
		return -EINVAL;
	cut = make_cut(in, func, func_cnt, body_cnt);
	rc = splice_insns(in, &cut, body, body_cnt, &out);
	if (!rc)
		rc = splice_records(in->func_info, in->func_info_cnt, in->func_info_rec_size, &cut,
				    &out.func_info, &out.func_info_cnt);
	if (!rc)
		rc = splice_records(in->line_info, in->line_info_cnt, in->line_info_rec_size, &cut,
				    &out.line_info, &out.line_info_cnt);
	if (rc) {
		splice_prog_free(&out);
		return rc;
	}
	*ret_out = out;
	return 0;
}

int splice(const struct splice_prog *in, uint32_t func, const struct bpf_insn *body,
	   size_t body_cnt, struct splice_prog *ret_out)
{
	return splice_several(in, func, 1, body, body_cnt, ret_out);
}

/* NULL of nothing, and without memory. */
static void *copy_bytes(const void *from, size_t len)
{
	void *copy = from && len ? malloc(len) : NULL;

	if (copy)
		memcpy(copy, from, len);
	return copy;
}

int splice_copy(const struct splice_prog *in, struct splice_prog *ret_out)
{
	size_t func_bytes = (size_t)in->func_info_cnt * in->func_info_rec_size;
	size_t line_bytes = (size_t)in->line_info_cnt * in->line_info_rec_size;
	struct splice_prog out = *in;

	out.insns = copy_bytes(in->insns, in->insn_cnt * sizeof(*in->insns));
	out.func_info = copy_bytes(in->func_info, func_bytes);
	out.line_info = copy_bytes(in->line_info, line_bytes);
	if (!out.insns || !out.func_info != !func_bytes || !out.line_info != !line_bytes) {
		splice_prog_free(&out);
		return -ENOMEM;
	}
	*ret_out = out;
	return 0;
}

void splice_prog_free(struct splice_prog *prog)
{
	free(prog->insns);
	free(prog->func_info);
	free(prog->line_info);
	*prog = (struct splice_prog){0};
}
