/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_SPLICE_H
#define PWRU_CAP_FILTER_SPLICE_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct splice_prog - A program as it goes to BPF_PROG_LOAD
 * @insns:		Instructions, relocated; subprograms follow one another
 * @insn_cnt:		How many
 * @func_info:		Records that begin with struct bpf_func_info, sorted, the first at 0
 * @func_info_cnt:	How many
 * @func_info_rec_size:	Bytes a record, at least sizeof(struct bpf_func_info), multiple of 4
 * @line_info:		Records that begin with struct bpf_line_info, sorted; may be NULL
 * @line_info_cnt:	How many, 0 if there are none
 * @line_info_rec_size:	Bytes a record, at least sizeof(struct bpf_line_info), multiple of 4
 */
struct splice_prog {
	struct bpf_insn *insns;
	size_t insn_cnt;
	void *func_info;
	uint32_t func_info_cnt;
	uint32_t func_info_rec_size;
	void *line_info;
	uint32_t line_info_cnt;
	uint32_t line_info_rec_size;
};

/**
 * splice() - Replace the body of one subprogram
 * @in:		Program; not modified, its arrays may be libbpf's
 * @func:	Index in func_info of the subprogram to replace; not 0, which is the entry
 * @body:	New body; leaves by exit, jumps only within itself, calls no subprogram
 * @body_cnt:	Instructions in it
 * @ret_out:	Output, unchanged on error: arrays of its own, free with splice_prog_free()
 *
 * Calls and function addresses that cross the cut are mended, func_info of what follows is moved.
 * Line information inside the old body is dropped but for its first record.
 *
 * Return: 0; -EINVAL malformed input, or more instructions than the kernel takes; -ENOMEM.
 */
int splice(const struct splice_prog *in, uint32_t func, const struct bpf_insn *body,
	   size_t body_cnt, struct splice_prog *ret_out);

/**
 * splice_several() - The same for @func_cnt subprograms that follow one another
 *
 * The first of them is what the new body becomes, the others go: only these may have called them.
 */
int splice_several(const struct splice_prog *in, uint32_t func, uint32_t func_cnt,
		   const struct bpf_insn *body, size_t body_cnt, struct splice_prog *ret_out);

/* splice_copy() - the same program in arrays of its own; returns 0 or -ENOMEM */
int splice_copy(const struct splice_prog *in, struct splice_prog *ret_out);

/** splice_prog_free() - Free the arrays that splice() made */
void splice_prog_free(struct splice_prog *prog);

#endif
