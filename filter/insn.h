/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_INSN_H
#define PWRU_CAP_FILTER_INSN_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_NO_LINE (-1) /* not from a cBPF line: prologue, island, shared reject */

/**
 * struct insn_buf - eBPF instructions, each with where it came from
 * @insns:	Instructions
 * @lines:	For each the cBPF line, or INSN_NO_LINE
 * @cnt:	How many
 * @cap:	Room
 */
struct insn_buf {
	struct bpf_insn *insns;
	int32_t *lines;
	size_t cnt;
	size_t cap;
};

/** insn_buf_free() - Free the contents, leave an empty buffer */
void insn_buf_free(struct insn_buf *buf);

/**
 * insn_buf_append() - Append one instruction
 *
 * Return: 0, or -ENOMEM.
 */
int insn_buf_append(struct insn_buf *buf, struct bpf_insn insn, int32_t line);

/**
 * insn_buf_jump_depth() - Most conditional jumps that the verifier holds open at a time
 * @buf:	Program
 * @ret_line:	Output: cBPF line of the first instruction on the deepest path at which the limit
 *		is passed, or INSN_NO_LINE
 *
 * The verifier walks on where a jump is not taken and puts the other side on a stack, which it
 * limits (BPF_COMPLEXITY_LIMIT_JMP_SEQ, 8192). Backward jumps are not followed.
 *
 * Return: the depth, or -ENOMEM.
 */
long insn_buf_jump_depth(const struct insn_buf *buf, int32_t *ret_line);

#define INSN_MAX_JUMP_DEPTH 8190 /* measured: 8190 load, 8200 do not */

#endif
