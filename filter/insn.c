// SPDX-License-Identifier: GPL-2.0-only
#include "filter/insn.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_CAP 256

void insn_buf_free(struct insn_buf *buf)
{
	free(buf->insns);
	free(buf->lines);
	*buf = (struct insn_buf){0};
}

static int grow(struct insn_buf *buf)
{
	size_t cap = buf->cap ? buf->cap * 2 : FIRST_CAP;
	struct bpf_insn *insns;
	int32_t *lines;

	insns = realloc(buf->insns, cap * sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	buf->insns = insns;
	lines = realloc(buf->lines, cap * sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	buf->lines = lines;
	buf->cap = cap;
	return 0;
}

int insn_buf_append(struct insn_buf *buf, struct bpf_insn insn, int32_t line)
{
	if (buf->cnt == buf->cap && grow(buf))
		return -ENOMEM;
	buf->insns[buf->cnt] = insn;
	buf->lines[buf->cnt] = line;
	buf->cnt++;
	return 0;
}

static bool is_jump(const struct bpf_insn *in)
{
	uint8_t class = BPF_CLASS(in->code);

	return (class == BPF_JMP || class == BPF_JMP32) && BPF_OP(in->code) != BPF_CALL &&
	       BPF_OP(in->code) != BPF_EXIT;
}

/* Open jumps from instruction i on, those of what follows it being known. */
static long depth_at(const struct insn_buf *buf, const long *depth, size_t i)
{
	const struct bpf_insn *in = &buf->insns[i];
	long next = depth[i + 1], target = 0;

	if (in->code == (BPF_JMP | BPF_EXIT))
		return 0;
	if (!is_jump(in))
		return next;
	if (in->off >= 0)
		target = depth[i + 1 + (size_t)in->off];
	if (in->code == (BPF_JMP | BPF_JA))
		return target;
	return next + 1 > target ? next + 1 : target;
}

/* Walk down the deepest path to the instruction at which the limit is passed. */
static int32_t line_at_limit(const struct insn_buf *buf, const long *depth)
{
	long left = depth[0] - INSN_MAX_JUMP_DEPTH;
	int32_t line = INSN_NO_LINE;
	size_t i = 0;

	/* depth[] falls along the path; the limit is passed where less than the excess is left. */
	while (i < buf->cnt && depth[i] > left) {
		const struct bpf_insn *in = &buf->insns[i];

		if (buf->lines[i] != INSN_NO_LINE)
			line = buf->lines[i];
		if (is_jump(in) && in->off >= 0 && depth[i + 1 + (size_t)in->off] == depth[i])
			i += (size_t)in->off;
		i++;
	}
	return line;
}

long insn_buf_jump_depth(const struct insn_buf *buf, int32_t *ret_line)
{
	long *depth = calloc(buf->cnt + 1, sizeof(*depth));
	long ret;

	*ret_line = INSN_NO_LINE;
	if (!depth)
		return -ENOMEM;
	for (size_t i = buf->cnt; i-- > 0;)
		depth[i] = depth_at(buf, depth, i);
	ret = depth[0];
	if (ret > INSN_MAX_JUMP_DEPTH)
		*ret_line = line_at_limit(buf, depth);
	free(depth);
	return ret;
}
