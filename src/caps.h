/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CAPS_H
#define PWRU_CAP_CAPS_H
/*
 * What this kernel, and this process, can do.
 */
#include <stdbool.h>
#include <stdint.h>

#include "filter/translate.h"
#include "src/kbtf.h"

struct caps {
	bool direct; /* skbs are read by plain loads (bpf_rdonly_cast()), else by probe reads */
	uint32_t sign_bits; /* of an address: the highest, which are copies of the one below */
	struct translate_opts translate; /* how the filter reads, with the type ids it needs */
};

/**
 * caps_privileged() - may this process load tracing programs?
 *
 * Says on stderr what is missing.
 *
 * Return: 0 or -EPERM.
 */
int caps_privileged(void);

/* caps_read() - the best way to read packets that the kernel's types offer */
void caps_read(const struct kbtf *btf, struct translate_opts *ret_best);

/**
 * caps_choose() - how packets will be read
 * @best: from caps_read()
 * @load: how the user wants it: "direct", "window" or "probe"; NULL for the best
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL if @load is no such name; -EOPNOTSUPP if the kernel cannot do it.
 */
int caps_choose(const struct translate_opts *best, const char *load, struct caps *ret_caps);

/*
 * caps_explain_refusal() - a sentence on why the kernel may refuse tracing programs (lockdown,
 * perf_event_paranoid, a container), for messages; "" if nothing is known
 */
const char *caps_explain_refusal(void);

#endif
