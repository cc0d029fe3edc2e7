/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FRAME_ABI_H
#define PWRU_CAP_FILTER_FRAME_ABI_H

/*
 * The virtual frame, and how it is handed to the filter.
 *
 * The one place where it is written down; the kernel side (bpf/), the translator (filter/) and
 * the frame builder of user space include it. Only integer macros, so that BPF code may use it.
 *
 *	u32 pwru_filter(u64 base, u32 linear, u32 wire, u64 l2, u64 skb);
 *
 * base    Address: frame byte k is at base + k for every k >= H, H being the length of the head.
 * linear  Bytes of the frame that can be read, counted from its start, the head included; below
 *         2^31. A load that needs a byte at or past it rejects. The upper half of the register
 *         may hold anything, as may that of wire.
 * wire    Original length of the frame, the head included.
 * l2      0: every byte is in memory at base + k (H = 0). Otherwise a head that is not in memory,
 *         packed as the macros below say.
 * skb     Address of the struct sk_buff, 0 if there is none.
 *
 * Returns 0 to reject, else what the cBPF program returned.
 *
 * The head, by its flags:
 *
 *	flags         0..11              12..13  14..15  16..17  memory from
 *	SYNTH         zero               type                    14
 *	VLAN          memory base+4+k    tpid    tci             16 (the type is at base + 16)
 *	SYNTH | VLAN  zero               tpid    tci     type    18
 *
 * With VLAN alone base is the address of the MAC header less 4, so that all after the tag follows.
 *
 * The three 16-bit fields are as the two bytes in network order read when loaded natively:
 * storing such a value natively at its place in the frame gives the right bytes, without a swap.
 */
#define FRAME_L2_TYPE_SHIFT 0
#define FRAME_L2_TPID_SHIFT 16
#define FRAME_L2_TCI_SHIFT  32
#define FRAME_L2_FLAG_SHIFT 48
#define FRAME_L2_FIELD_MASK 0xffffULL

/* Flags in the word that is l2 >> FRAME_L2_FLAG_SHIFT. */
#define FRAME_L2_FLAG_SYNTH 1
#define FRAME_L2_FLAG_VLAN  2

#define FRAME_L2_SYNTH	    (1ULL << 48)
#define FRAME_L2_VLAN	    (1ULL << 49)

/* The fields of l2: 16-bit values in network order. */
#define FRAME_L2_TYPE(l2) ((l2) >> FRAME_L2_TYPE_SHIFT & FRAME_L2_FIELD_MASK)
#define FRAME_L2_TPID(l2) ((l2) >> FRAME_L2_TPID_SHIFT & FRAME_L2_FIELD_MASK)
#define FRAME_L2_TCI(l2)  ((l2) >> FRAME_L2_TCI_SHIFT & FRAME_L2_FIELD_MASK)

#define FRAME_MAC_LEN	  12 /* the two addresses */
#define FRAME_ETH_LEN	  14 /* and the type */
#define FRAME_TAG_LEN	  4

/* H: where memory begins. */
#define FRAME_HEAD_SYNTH      14
#define FRAME_HEAD_VLAN	      16
#define FRAME_HEAD_SYNTH_VLAN 18

#endif
