/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FLOW_H
#define PWRU_CAP_FILTER_FLOW_H

#include "filter/cbpf.h"

#include <stdbool.h>
#include <stdint.h>

/* What a line may use or define: M[0..15] by their bits, A and X. */
#define FLOW_M(k) (1U << (k))
#define FLOW_A	  (1U << 16)
#define FLOW_X	  (1U << 17)

/**
 * struct flow - What is known of a program before it is translated
 * @reach:	For each line, whether a run can reach it
 * @live_in:	For each line, what may be read later that was set before it
 * @live_out:	And what may be read after it
 * @raw:	For each line that loads, masks or tests A: 2 or 4 if A is there as the 2 or 4 bytes
 *		of the frame loaded natively, without a swap to host order; 0 if in host order
 * @loop_head:	For each line, whether a backward jump leads there
 */
struct flow {
	bool *reach;
	uint32_t *live_in;
	uint32_t *live_out;
	uint8_t *raw;
	bool *loop_head;
};

/** flow_use() - What an instruction reads */
uint32_t flow_use(const struct cbpf_insn *in);

/** flow_def() - What an instruction sets */
uint32_t flow_def(const struct cbpf_insn *in);

/**
 * flow_analyse() - Fill @flow for a valid program
 *
 * Return: 0, or -ENOMEM. Free with flow_free() in either case.
 */
int flow_analyse(const struct cbpf_prog *prog, struct flow *flow);

/** flow_free() - Free the contents */
void flow_free(struct flow *flow);

#endif
