// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TC program for tests/live/progs: it drops what is marked with 66, and lets all else pass.  To
 * have work for the verifier of fentry programs it calls a function of its own.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__attribute__((noinline)) int tc_verdict(struct __sk_buff *skb)
{
	return skb->mark == 66 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int tc_drops_mark_66(struct __sk_buff *skb)
{
	return tc_verdict(skb);
}
