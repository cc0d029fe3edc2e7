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

/* What the kernel's types say of reading packets.  Type ids are 0 where they are not needed. */
struct caps_best {
	struct translate_opts translate; /* how the filter reads, with the type ids it needs */
	uint32_t skb_type_id;		 /* struct sk_buff, for the programs (bpf/cast.h) */
	uint32_t dev_type_id;		 /* struct net_device */
};

struct caps {
	bool direct; /* skbs are read by plain loads (bpf_rdonly_cast()), else by probe reads */
	uint32_t sign_bits; /* of an address: the highest, which are copies of the one below */
	struct translate_opts translate; /* as in struct caps_best, but as the user wants it */
	uint32_t skb_type_id;
	uint32_t dev_type_id;
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
void caps_read(const struct kbtf *btf, struct caps_best *ret_best);

/**
 * caps_choose() - how packets will be read
 * @best: from caps_read()
 * @load: how the user wants it: "direct", "window" or "probe"; NULL for the best
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL if @load is no such name; -EOPNOTSUPP if the kernel cannot do it.
 */
int caps_choose(const struct caps_best *best, const char *load, struct caps *ret_caps);

/*
 * caps_explain_refusal() - a sentence on why the kernel may refuse tracing programs (lockdown,
 * perf_event_paranoid, a container), for messages; "" if nothing is known
 */
const char *caps_explain_refusal(void);

#endif
