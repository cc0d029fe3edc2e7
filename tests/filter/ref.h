/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_REF_H
#define PWRU_CAP_TESTS_FILTER_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "filter/cbpf.h"

/* What ancillary loads are answered with. */
struct ref_skb {
	bool present;
	uint32_t pkt_type;
	bool has_dev;
	uint32_t ifindex;
};

/**
 * ref_run() - A cBPF interpreter of our own, for what bpf_filter() leaves open
 * @prog:	Valid program
 * @skb:	For ancillary loads; NULL rejects them
 * @max_loops:	Backward jumps that are allowed before it rejects
 *
 * M[] starts as 0, and RET X exists. The tests compare it with bpf_filter() wherever both say
 * something, so it is no second truth.
 */
uint32_t ref_run(const struct cbpf_prog *prog, const uint8_t *frame, uint32_t caplen,
		 uint32_t wirelen, const struct ref_skb *skb, unsigned int max_loops);

/** ref_is_bpf_filter() - Whether bpf_filter() is defined for a program, and needs no skb */
bool ref_is_bpf_filter(const struct cbpf_prog *prog);

#endif
