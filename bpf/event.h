/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_EVENT_H
#define PWRU_CAP_EVENT_H
/*
 * The ABI between the tracing programs and user space: the record that travels through the ring
 * buffer, the counters, and the limits that both sides rely on.  This is the only place where
 * any of it is declared.
 *
 * A record is
 *
 *	struct ev_hdr | stack: stack_room x u64 | cb: cb_room bytes | packet: raw_len bytes |
 *	unused up to the class
 *
 * The sections of fixed size come first, so that the one of variable size, the packet, starts at
 * an offset that the verifier knows.  stack_room is the same in all records of a run (it is
 * ev_hdr.stack_room), stack_bytes says how much of it is filled; cb_room likewise.
 *
 * Byte order is the host's, except where a comment says "network".
 */
#include <linux/types.h>

#define EV_COMM_LEN   16
#define EV_IFNAME_LEN 16

/* The deepest stack the kernel gives (kernel.perf_event_max_stack). */
#define EV_STACK_MAX 127

/* The bytes of skb->cb, the scratch space of whichever layer has the packet. */
#define EV_CB_LEN 48

/* tcpdump's and Wireshark's largest packet; also the largest packet section. */
#define EV_SNAPLEN_MAX 262144

/* ev_hdr.flags */
#define EV_F_FAULT  (1u << 0) /* the packet's bytes could not be read: they are zero */
#define EV_F_OPAQUE (1u << 1) /* no header to start from: bytes follow a 0x88b5 Ethernet header */
#define EV_F_SOCK   (1u << 2) /* the headers are made from the socket: only payload is there */
#define EV_F_XDP    (1u << 3) /* an xdp_buff, no skb: skb, id, mark and what else an skb has are 0 */

/*
 * One sighting of one packet in one function.
 *
 * The frame that the filter saw, and that is written, is described by l2 (see
 * filter/frame_abi.h), wire_len and the packet section: the section holds the bytes that are in
 * memory, l2 the head that has to be put in.
 */
struct ev_hdr {
	__u64 time_ns;	 /* CLOCK_MONOTONIC, taken after the filter matched */
	__u64 func_ip;	 /* address of the function's entry */
	__u64 skb;	 /* address of the sk_buff */
	__u64 id;	 /* identity of this skb during its life; 0: not tracked */
	__u64 l2;	 /* FRAME_L2_*: the synthetic head */
	__u64 lost;	 /* records lost on this CPU so far, ring full */
	__u32 wire_len;	 /* length of the frame, synthetic head included */
	__u32 raw_len;	 /* bytes in the packet section */
	__u32 nonlinear; /* skb->data_len: bytes that are in pages or fragments */
	__u32 skb_len;	 /* skb->len */
	__u32 mark;
	__u32 ifindex; /* 0: none, and ifname is empty */
	__u32 mtu;     /* the device's, bytes; 0: no device */
	__u32 netns;   /* inode number of the device's or else the socket's namespace; 0: unknown */
	__u32 tgid;    /* the process (what user space calls pid) */
	__u32 tid;     /* the thread */
	__u32 cpu;
	__u32 flags;	   /* EV_F_* */
	__u16 protocol;	   /* skb->protocol, network byte order */
	__u16 queue;	   /* skb->queue_mapping as stored */
	__u16 stack_room;  /* entries of the stack section */
	__s16 stack_bytes; /* of the stack section, filled; negative: -errno */
	__u8 pkt_type;	   /* PACKET_HOST ... PACKET_OUTGOING of linux/if_packet.h */
	__u8 cb_room;	   /* bytes of the cb section: 0 or EV_CB_LEN */
	__u8 pad[6];
	char comm[EV_COMM_LEN];	    /* may hold any byte; ends at the first NUL */
	char ifname[EV_IFNAME_LEN]; /* likewise */
};

_Static_assert(sizeof(struct ev_hdr) == 144, "ev_hdr has no hidden padding");
_Static_assert(sizeof(struct ev_hdr) % 8 == 0, "the stack section is aligned");

/*
 * The ring reserves constants only: a record takes the smallest of these that holds it.  The
 * steps are close where records are many (headers and small packets with a stack).
 */
#define EV_CLASSES(X) \
	X(256) X(384) X(512) X(768) X(1024) X(1536) X(2560) X(4608) X(17408) X(67584) X(264192)

_Static_assert(264192 >= sizeof(struct ev_hdr) + EV_STACK_MAX * 8 + EV_CB_LEN + EV_SNAPLEN_MAX,
	       "the largest class holds a full record");

/*
 * Counters, one set a CPU.  matched = written by user space + every lost_* below: nothing is
 * lost without a count.
 */
struct ev_stats {
	__u64 matched;	 /* sightings that passed all filters */
	__u64 lost_ring; /* no room in the ring buffer */
	__u64 lost_size; /* larger than the largest class */
	__u64 lost_id; /* sightings written with id 0, the table was full (not a loss of packets) */
};

/* Filters beyond the expression, which the programs are told of (bpf/filter.bpf.h). */
#define CFG_EXPR      (1u << 0)
#define CFG_TUNNEL_L2 (1u << 1)
#define CFG_TUNNEL_L3 (1u << 2)

/* Kernel functions that end an skb's life in steps; see track.bpf.h. */
#define EV_TAIL_MAX 24

/*
 * The same function entry has up to three addresses: that of the symbol, that of the call to
 * ftrace, which comes 4 bytes later behind an endbr64, and that behind the call (5 bytes), where
 * kprobes are put.  Functions are aligned to 16 bytes, so this makes them equal.
 */
#define EV_ENTRY_BLOCK(addr) ((addr) & ~15ULL)

#endif
