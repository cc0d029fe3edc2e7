/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_KERN_H
#define PWRU_CAP_TESTS_FILTER_KERN_H

#include <stdbool.h>
#include <stdint.h>

#include "filter/translate.h"
#include "tests/filter/frames.h"

/*
 * Runs translated programs in this machine's kernel: spliced into a SCHED_CLS program, which
 * BPF_PROG_TEST_RUN calls, and which runs the filter over all frames of a map.
 */

struct kern;

/** kern_new() - Set up for up to @max_sightings. Return: NULL if the kernel refuses, @why says why
 */
struct kern *kern_new(uint32_t max_sightings, char *why, size_t size);

void kern_free(struct kern *k);

/** kern_opts() - Options for this kernel. Return: false if it has no such way to load */
bool kern_opts(const struct kern *k, enum filter_load load, struct translate_opts *ret);

/** kern_add() - Put a sighting, and the nth skb of the runner, into the map */
void kern_add(struct kern *k, const struct sighting *s, unsigned int skb);

/** kern_load() - Load a filter. Return: descriptor, or -errno; the verifier's words are in kern_log
 */
int kern_load(struct kern *k, const struct insn_buf *code);

const char *kern_log(const struct kern *k);

/** kern_processed() - How many instructions the verifier processed for a descriptor, 0 if unknown
 */
uint32_t kern_processed(int fd);

/** kern_run() - Run a filter over all sightings. Return: their results, or NULL */
const uint32_t *kern_run(struct kern *k, int fd);

#endif
