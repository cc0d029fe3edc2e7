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
 *	struct ev_hdr | stack: stack_room x u64 | cb: cb_room bytes | fields: fields_room bytes |
 *	dump: dump_room bytes | packet: raw_len bytes | unused up to the class
 *
 * with nothing unused if the packet was not linear.
 *
 * The packet comes last, so that in most records it starts at an offset that the verifier knows.
 * ev_hdr.stack_room says how much room there is for the stack, stack_bytes how much is filled;
 * cb_room, fields_room and dump_room are the same in all records of a run.  The fields section is
 * described in filter/fetch_abi.h.
 *
 * Byte order is the host's, except where a comment says "network".
 */
#include <linux/types.h>

#define EV_COMM_LEN   16
#define EV_IFNAME_LEN 16

/* The deepest stack the kernel gives (kernel.perf_event_max_stack). */
#define EV_STACK_MAX 127

/* Few stacks are so deep: if they may be, a record has the room that its own stack takes. */
#define EV_STACK_DEEP 48

/* The bytes of skb->cb, the scratch space of whichever layer has the packet. */
#define EV_CB_LEN 48

/* The longest section of fields that the user has named. */
#define EV_FIELDS_MAX 4096

/*
 * The structs of the kernel that are recorded as they are, each a part of the dump section: a
 * struct ev_dump, and the bytes behind it.  Parts that are wanted are there in this order.
 */
enum ev_dump_kind {
	EV_DUMP_SKB,	/* struct sk_buff */
	EV_DUMP_SHINFO, /* struct skb_shared_info, behind the skb's linear bytes */
	EV_DUMP_DEV,	/* struct net_device, skb->dev */
	EV_DUMP_SK,	/* struct sock, skb->sk; of some only the struct sock_common is there */
	EV_DUMPS,	/* how many there are */
};

struct ev_dump {
	__u64 addr; /* of the struct; 0: there is none, the bytes are 0 */
	__s32 err;  /* 0; -errno: it could not be read, the bytes are 0 */
	__u16 kind; /* enum ev_dump_kind */
	__u16 len;  /* bytes behind this, a multiple of 8 */
};

_Static_assert(sizeof(struct ev_dump) == 16, "ev_dump has no hidden padding");

/* The longest dump section; all four structs take 4 to 5 KiB. */
#define EV_DUMP_MAX 8192

/* tcpdump's and Wireshark's largest packet; also the largest packet section. */
#define EV_SNAPLEN_MAX 262144

/* ev_hdr.flags */
#define EV_F_FAULT  (1u << 0) /* the packet's bytes could not be read: they are zero */
#define EV_F_OPAQUE (1u << 1) /* no header to start from: bytes follow a 0x88b5 Ethernet header */
#define EV_F_SOCK   (1u << 2) /* the headers are made from the socket: only payload is there */
#define EV_F_XDP    (1u << 3) /* an xdp_buff, no skb: skb, id, mark and what else an skb has are 0 */
#define EV_F_STACK  (1u << 4) /* a function without an skb, called for this packet */
#define EV_F_GONE   (1u << 5) /* nothing is known but skb and id: it was freed, or EV_F_RETURN */
#define EV_F_DROP   (1u << 6) /* the function frees the packet as dropped; once in its life */
#define EV_F_REASON (1u << 7) /* with it: the kernel says why, in drop_reason */
#define EV_F_RETURN (1u << 8) /* not the entry of the function: it has returned ret */
#define EV_F_NF	    (1u << 9) /* the packet is at the hook of netfilter that nf tells */

/* A hook of netfilter: NFPROTO_* and what struct nf_hook_state calls hook, see linux/netfilter.h.
 */
#define EV_NF(family, hook) ((__u32)(family) << 8 | (hook))
#define EV_NF_FAMILY(nf)    ((nf) >> 8)
#define EV_NF_HOOK(nf)	    ((nf)&0xff)

/* ev_hdr.pkt_type of no PACKET_* */
#define EV_PKT_TYPE_UNKNOWN 0xff

/*
 * One sighting of one packet in one function.
 *
 * The frame that the filter saw, and that is written, is described by l2 (see
 * filter/frame_abi.h), wire_len and the packet section: the section holds the bytes that are in
 * memory, l2 the head that has to be put in.
 *
 * The packet section is a beginning of the frame: the linear bytes, then those in page fragments,
 * then those of the frag list.  What of these could not be read, or was not wanted (--linear-only),
 * is missing at its end; nonlinear says how much.  So, but for what the snapshot length cuts,
 *
 *	length of the head + raw_len + nonlinear = wire_len
 */
struct ev_hdr {
	__u64 time_ns; /* CLOCK_MONOTONIC, taken after the filter matched */
	__u64 func_ip; /* address of the function's entry */
	__u64 skb;     /* address of the sk_buff */
	__u64 id;      /* identity of this skb during its life; 0: not tracked */
	__u64 l2;      /* FRAME_L2_*: the synthetic head */
	__u64 lost;    /* records lost on this CPU so far, ring full */
	union {
		__u64 drop_at; /* EV_F_DROP: where the caller goes on; 0: unknown */
		__u64 ret;     /* EV_F_RETURN: the register; how much of it counts, its type says */
	};
	__u64 cgroup;	 /* number of the task's control group (v2); 0: not asked for */
	__u32 wire_len;	 /* length of the frame, synthetic head included */
	__u32 raw_len;	 /* bytes in the packet section */
	__u32 nonlinear; /* bytes within the snapshot length that are not there: see below */
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
	__u16 hatype;	   /* ARPHRD_* of the device; 0 on no device */
	__u8 pkt_type;	   /* PACKET_HOST ... PACKET_OUTGOING of linux/if_packet.h */
	__u8 cb_room;	   /* bytes of the cb section: 0 or EV_CB_LEN */
	union {
		__u32 drop_reason; /* EV_F_REASON: enum skb_drop_reason, or of a subsystem */
		__u32 nf;	   /* EV_F_NF: EV_NF() */
	};
	__u16 fields_room; /* bytes of the fields section, a multiple of 8 */
	__u16 dump_room;   /* bytes of the dump section, a multiple of 8 */
	__u16 pad[2];
	char comm[EV_COMM_LEN];	    /* may hold any byte; ends at the first NUL */
	char ifname[EV_IFNAME_LEN]; /* likewise */
};

_Static_assert(sizeof(struct ev_hdr) == 168, "ev_hdr has no hidden padding");
_Static_assert(sizeof(struct ev_hdr) % 8 == 0, "the stack section is aligned");

/*
 * The ring reserves constants only: a record takes the smallest of these that holds it.  The
 * steps are close where records are many (headers and small packets, with a stack or without): up
 * to 4608 bytes at most a quarter of a record is unused, up to 69120 a third, then half.
 */
/* clang-format off */
#define EV_CLASSES(X) \
	X(192) X(256) X(320) X(384) X(448) X(512) X(640) X(768) X(896) X(1024) X(1280) X(1536) \
	X(1792) X(2240) X(2816) X(3584) X(4608) X(6656) X(9216) X(13312) X(17408) X(25088) \
	X(34304) X(50688) X(69120) X(138240) X(276480)
/* clang-format on */

/* The longest record, without what a class leaves unused. */
#define EV_RECORD_MAX                                                                         \
	(sizeof(struct ev_hdr) + EV_STACK_MAX * 8 + EV_CB_LEN + EV_FIELDS_MAX + EV_DUMP_MAX + \
	 EV_SNAPLEN_MAX)

_Static_assert(276480 >= EV_RECORD_MAX, "the largest class holds a full record");

/*
 * Counters, one set a CPU.  matched = written by user space + every lost_* below: nothing is
 * lost without a count.
 */
struct ev_stats {
	__u64 matched;	 /* sightings that passed all filters */
	__u64 lost_ring; /* no room in the ring buffer */
	__u64 lost_size; /* larger than the largest class */
	__u64 lost_id; /* sightings written with id 0, the table was full (not a loss of packets) */
	/* functions whose frame was not noted: those without an skb below them were not written */
	__u64 no_frame;
	__u64 no_head; /* skbs whose headers only the socket knows, which were not put together */
};

/* Filters beyond the expression, which the programs are told of (bpf/filter.bpf.h). */
#define CFG_EXPR      (1u << 0)
#define CFG_TUNNEL_L2 (1u << 1)
#define CFG_TUNNEL_L3 (1u << 2)

/* Kernel functions that end an skb's life in steps; see track.bpf.h. */
#define EV_TAIL_MAX 24
/* The first of these run when the pages of the skb have been given back. */
#define EV_TAIL_FREED 2

/* Functions that free an skb, and how they tell that it was dropped; see drop.bpf.h. */
#define EV_DROP_FUNCS 12

enum ev_drop_kind {
	EV_DROP_ALWAYS,	     /* whoever calls it has dropped the packet */
	EV_DROP_REASON,	     /* an argument is an enum skb_drop_reason */
	EV_DROP_FREE_REASON, /* an argument is an enum skb_free_reason: dropped or not */
	EV_DROP_RELEASE,     /* as EV_DROP_REASON, of a packet that is freed already */
};

struct ev_drop_func {
	__u64 ip;   /* as EV_ENTRY_BLOCK(); 0: none */
	__u32 kind; /* enum ev_drop_kind */
	__u32 pos;  /* argument register of the reason, from 1 */
};

/*
 * The same function entry has up to three addresses: that of the symbol, that of the call to
 * ftrace, which comes 4 bytes later behind an endbr64, and that behind the call (5 bytes), where
 * kprobes are put.  Functions are aligned to 16 bytes, so this makes them equal.
 */
#define EV_ENTRY_BLOCK(addr) ((addr) & ~15ULL)

/* One of 64, the same for all of these. */
#define EV_DROP_BIT(addr) (1ULL << ((addr) >> 4 & 63))

#endif
