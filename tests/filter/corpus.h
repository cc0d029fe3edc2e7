/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_CORPUS_H
#define PWRU_CAP_TESTS_FILTER_CORPUS_H

#include <stddef.h>

#include "filter/cbpf.h"

/* The expressions and hand-written programs of the differential tests. */

/** corpus_cnt() - How many */
size_t corpus_cnt(void);

/** corpus_get() - The nth: its name, and the program, to be freed by cbpf_prog_free() */
const char *corpus_get(size_t nth, struct cbpf_prog *ret_prog);

/**
 * corpus_coverage() - Count opcodes
 * @ret_by_expr: Output: how many of them appear in compiled expressions
 *
 * Return: how many opcodes are in the corpus.
 */
size_t corpus_coverage(size_t *ret_by_expr);

#endif
