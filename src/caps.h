/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CAPS_H
#define PWRU_CAP_CAPS_H
/*
 * What this kernel, and this process, can do.
 */
#include <stdbool.h>

#include "filter/translate.h"
#include "src/kbtf.h"

struct caps {
	bool direct; /* bpf_rdonly_cast(): packets and skbs are read by plain loads */
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

/* caps_detect() - ask the kernel's types what it offers */
void caps_detect(const struct kbtf *btf, struct caps *ret_caps);

/*
 * caps_explain_refusal() - a sentence on why the kernel may refuse tracing programs (lockdown,
 * perf_event_paranoid, a container), for messages; "" if nothing is known
 */
const char *caps_explain_refusal(void);

#endif
