/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DUMP_BPF_H
#define PWRU_CAP_DUMP_BPF_H
/*
 * Structs of the kernel as they are, for --dump: one probe read each, straight into the record.
 * How large they are user space knows from the kernel's types.
 */
#include "compat.bpf.h"
#include "kernel.h"
#include "maps.bpf.h"

/* Addresses; 0: there is none, or it is not wanted. */
struct dump_places {
	__u64 shinfo;
	__u64 sk;
};

/*
 * These are global functions so that what follows them is verified once, see emit.bpf.h; without
 * direct variants, for where a struct is dumped a read more or less does not count.
 */
__weak __noinline __u64 shinfo_of(__u64 addr)
{
	struct sk_buff *skb = (void *)addr;
	__u64 head = (__u64)BPF_CORE_READ(skb, head);

	return head ? head + BPF_CORE_READ(skb, end) : 0;
}

/* Old kernels keep an offset there while fragments wait for each other. */
__weak __noinline __u64 sock_of(__u64 addr)
{
	struct sk_buff *skb = (void *)addr;
	struct sock *sk = BPF_CORE_READ(skb, sk);

	return is_kernel_address(false, sk) ? (__u64)sk : 0;
}

static __always_inline void dump_places_of(__u64 skb, struct dump_places *places)
{
	places->shinfo = cfg_dump_len[EV_DUMP_SHINFO] ? shinfo_of(skb) : 0;
	places->sk = cfg_dump_len[EV_DUMP_SK] ? sock_of(skb) : 0;
}

/*
 * Puts a part of the dump section where it belongs, if it is wanted.  Without a branch that the
 * verifier does not know, and the read of address 0 fails and gives zeros.
 * Returns where the next part goes.
 */
static __always_inline char *dump_put(char *at, enum ev_dump_kind kind, __u64 addr)
{
	struct ev_dump *dump = (void *)at;
	const __u32 len = cfg_dump_len[kind];

	if (!len)
		return at;
	dump->addr = addr;
	dump->kind = kind;
	dump->len = len;
	dump->err = bpf_probe_read_kernel(dump + 1, len, (void *)addr);
	return at + sizeof(*dump) + len;
}

#endif
