/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_NETFILTER_H
#define PWRU_CAP_NETFILTER_H
/*
 * Netfilter's hooks and verdicts by their names.
 */
#include "src/buf.h"

/**
 * netfilter_put_hook() - append FAMILY/HOOK, as in ipv4/prerouting
 * @family: NFPROTO_*
 * @hook: NF_INET_* and such, by family
 *
 * What has no name is a number.
 */
void netfilter_put_hook(struct buf *out, unsigned int family, unsigned int hook);

/*
 * netfilter_verdict() - what has become of the packet, by what nf_hook_slow() returns: ACCEPT: it
 * goes on; DROP; STOLEN: somebody else has it, or it is queued
 */
const char *netfilter_verdict(int ret);

#endif
