/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_META_H
#define PWRU_CAP_META_H
/*
 * The settings of the meta filters: what is asked of an skb and of the task that handles it,
 * beside the expression, which is asked of the bytes.  User space fills them (src/meta.c) before
 * loading, the tracing programs evaluate them (meta.bpf.h).
 *
 * All zero: no filter is on.
 */
#include <linux/types.h>

/* One bit each in meta_cfg.on. */
enum meta_filter {
	META_NETNS,
	META_MARK,
	META_IFNAME,
	META_DIRECTION,
	META_PID,
	META_COMM,
	META_UID,
	META_FAMILY,
	META_FILTERS, /* how many */
};

#define META_ON(filter) (1u << (filter))

/* No filter: entries are to be told to bystack.bpf.h.  It is here so that one load tells both. */
#define META_STACKS (1u << 31)

/* Names of devices and of tasks have room for 16 bytes, NUL included: compared as two words. */
#define META_NAME_LEN	16
#define META_NAME_WORDS (META_NAME_LEN / 8)

struct meta_cfg {
	__u32 on;	 /* META_ON() of those that are on, META_STACKS */
	__u32 netns;	 /* inode number of the network namespace */
	__u32 mark;	 /* skb->mark & mark_mask is to be this */
	__u32 mark_mask; /* bits of the mark that count */
	__u32 pid;	 /* of the process (thread group), in the initial PID namespace */
	__u32 uid;	 /* in the initial user namespace */
	__u16 family;	 /* AF_*, of skb->sk */
	__u8 outgoing;	 /* 1: only PACKET_OUTGOING; 0: all but that */
	__u8 pad[5];
	__u64 comm[META_NAME_WORDS];	    /* the name as it is in memory, padded with NULs */
	__u64 ifname[META_NAME_WORDS];	    /* likewise */
	__u64 ifname_mask[META_NAME_WORDS]; /* ones over the name and its NUL */
};

_Static_assert(sizeof(struct meta_cfg) == 80, "meta_cfg has no hidden padding");
_Static_assert(META_FILTERS <= 31, "a bit for each filter");

#endif
