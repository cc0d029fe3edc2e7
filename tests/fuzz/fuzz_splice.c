// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a program with its records, all of any size: splice() must refuse it or give a
 * program whose parts fit together, and not read past its input.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* A copy of its own, for ASan to see its ends. NULL if there is not as much. */
static void *take_array(struct input *in, size_t cnt, size_t elem)
{
	void *copy;

	if (cnt * elem == 0 || cnt * elem > in->size)
		return NULL;
	copy = malloc(cnt * elem);
	if (!copy)
		return NULL;
	memcpy(copy, in->data, cnt * elem);
	in->data += cnt * elem;
	in->size -= cnt * elem;
	return copy;
}

static void check(const struct splice_prog *in, const struct splice_prog *out, size_t body_cnt)
{
	uint32_t last = 0;

	if (out->func_info_cnt != in->func_info_cnt || out->line_info_cnt > in->line_info_cnt ||
	    out->insn_cnt < body_cnt)
		abort();
	for (uint32_t i = 0; i < out->func_info_cnt; i++) {
		uint32_t off;

		memcpy(&off, (char *)out->func_info + (size_t)i * out->func_info_rec_size, 4);
		if (off >= out->insn_cnt || (i && off <= last))
			abort();
		last = off;
	}
	for (size_t i = 0; i < out->insn_cnt; i++)
		(void)*(volatile uint8_t *)&out->insns[i].code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input left = {data, size};
	struct splice_prog in = {0}, out = {0};
	uint8_t func = take(&left), body_cnt = take(&left);
	struct bpf_insn *body;

	in.insn_cnt = take(&left);
	in.func_info_cnt = take(&left) % 32;
	in.func_info_rec_size = take(&left) % 32;
	in.line_info_cnt = take(&left) % 32;
	in.line_info_rec_size = take(&left) % 40;
	in.func_info = take_array(&left, in.func_info_cnt, in.func_info_rec_size);
	in.line_info = take_array(&left, in.line_info_cnt, in.line_info_rec_size);
	body = take_array(&left, body_cnt, sizeof(*body));
	in.insns = take_array(&left, in.insn_cnt, sizeof(*in.insns));
	if (splice(&in, func, body, body_cnt, &out) == 0) {
		check(&in, &out, body_cnt);
		splice_prog_free(&out);
	} else if (out.insns || out.func_info || out.line_info) {
		abort();
	}
	free(in.insns);
	free(in.func_info);
	free(in.line_info);
	free(body);
	return 0;
}
