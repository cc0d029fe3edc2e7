// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a cBPF program and a frame: what is valid is translated in every mode, and the
 * result must do what the reference does.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/filter/runner.h"

/* Byte 0: how the frame lies in memory; 1: skb; 2: instructions; then these; the rest is frame. */
#define HEADER 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_frame(const uint8_t *data, size_t size, struct frame *f)
{
	memset(f, 0x5a, sizeof(*f));
	f->len = size > FRAME_MAX ? FRAME_MAX : (uint32_t)size;
	memcpy(f->bytes, data, f->len);
	if (f->len < 14)
		f->len = 14;
}

static void run(const struct compiled *c, const struct sighting *s, unsigned int skb)
{
	uint32_t expected = runner_expect(c, s, skb);

	for (int mode = 0; mode < RUNNER_MODES; mode++) {
		struct interp_result res;

		if (runner_run(&c->code[mode], s, skb, &res) || res.ret != expected) {
			runner_explain(c, mode, s);
			abort();
		}
	}
}

/* bpf_filter() does not limit loops, so of these only what ends for sure is run by it. */
static bool ends(const struct cbpf_prog *prog)
{
	return !cbpf_jumps_back(prog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cbpf_prog prog;
	struct compiled c;
	struct sighting s;
	struct frame f;
	char err[128];
	size_t bytes;

	if (size < HEADER || (data[2] + 1U) * sizeof(struct cbpf_insn) > size - HEADER)
		return 0;
	prog.len = data[2] + 1U;
	bytes = prog.len * sizeof(*prog.insns);
	prog.insns = malloc(bytes);
	if (!prog.insns)
		return 0;
	memcpy(prog.insns, data + HEADER, bytes);
	if (cbpf_validate(&prog, err, sizeof(err)) == 0) {
		if (runner_compile(&prog, &c))
			abort();
		if (!ends(&prog)) {
			c.is_bpf_filter = false;
			c.loops = false;
		}
		make_frame(data + HEADER + bytes, size - HEADER - bytes, &f);
		frame_place(&f, data[0] % L2_CASES, (uint32_t)(size - HEADER - bytes), data[0] / 4,
			    &s);
		run(&c, &s, data[1]);
		runner_free(&c);
	}
	free(prog.insns);
	return 0;
}
