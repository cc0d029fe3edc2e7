/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_RANDPROG_H
#define PWRU_CAP_TESTS_FILTER_RANDPROG_H

#include "filter/cbpf.h"
#include "tests/filter/rng.h"

#define RANDPROG_MAX 64

/**
 * randprog() - Make a random valid program
 * @hint:	A frame that programs are likely to be run over: constants are taken from it
 * @hint_len:	Its length
 * @insns:	Room for RANDPROG_MAX instructions
 *
 * Jumps are forward, all opcodes appear. Half of the programs begin by setting all of M[] that
 * they may read, such that bpf_filter() is defined for them.
 */
struct cbpf_prog randprog(struct rng *r, const uint8_t *hint, uint32_t hint_len,
			  struct cbpf_insn *insns);

#endif
