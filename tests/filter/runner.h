/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_RUNNER_H
#define PWRU_CAP_TESTS_FILTER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "filter/translate.h"
#include "tests/filter/frames.h"
#include "tests/filter/interp.h"
#include "tests/filter/ref.h"

/* Runs a translated program natively, over a frame and an skb in made-up memory. */

#define RUNNER_MODES 3

extern const char *const runner_mode_name[RUNNER_MODES];

/* A program in each way to load. */
struct compiled {
	struct cbpf_prog prog;
	struct insn_buf code[RUNNER_MODES];
	bool is_bpf_filter; /* ref_is_bpf_filter() */
	bool loops;
};

/** runner_opts() - Options for native runs */
struct translate_opts runner_opts(enum filter_load load);

/** runner_compile() - Translate @prog, which is kept, in all modes. Return: 0, or -1, said why */
int runner_compile(const struct cbpf_prog *prog, struct compiled *ret);

/** runner_free() - Free the translations, not the cBPF */
void runner_free(struct compiled *c);

/** runner_skb() - One of RUNNER_SKBS skbs that differ in what they answer; 0 is none at all */
struct ref_skb runner_skb(unsigned int nth);
#define RUNNER_SKBS 5

/** runner_run() - Run. Return: 0, or -1 if the program did wrong, see @res */
int runner_run(const struct insn_buf *code, const struct sighting *s, unsigned int skb,
	       struct interp_result *res);

/** runner_expect() - What it should return; checks the reference against bpf_filter(), too */
uint32_t runner_expect(const struct compiled *c, const struct sighting *s, unsigned int skb);

/** runner_explain() - Print a program and a frame that gave a wrong result */
void runner_explain(const struct compiled *c, int mode, const struct sighting *s);

#endif
