/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_EMIT_BPF_H
#define PWRU_CAP_EMIT_BPF_H
/*
 * From a matching packet to a record in the ring buffer.  Space is reserved here, after the filter,
 * in the smallest class that holds the record, and filled in place: the packet's bytes and the
 * stack are written once.
 */
#include "frame.bpf.h"
#include "maps.bpf.h"
#include "netns.bpf.h"
#include "track.bpf.h"

/* Where a sighting is. */
struct site {
	void *ctx;
	__u64 func_ip;
};

/* Returns whether it is a device, and not something else in its place. */
static __always_inline bool fill_device(const bool direct, struct net_device *dev, struct ev_hdr *e)
{
	__builtin_memset(e->ifname, 0, sizeof(e->ifname));
	e->ifindex = 0;
	e->netns = netns_of_dev(direct, dev);
	if (!e->netns)
		return false;
	e->ifindex = FIELD(direct, dev, ifindex);
	bpf_probe_read_kernel_str(e->ifname, sizeof(e->ifname), dev->name);
	return true;
}

/* What the skb says. */
static __always_inline void fill_skb(const bool direct, struct sk_buff *skb, struct ev_hdr *e)
{
	e->skb_len = FIELD(direct, skb, len);
	e->mark = FIELD(direct, skb, mark);
	e->protocol = FIELD(direct, skb, protocol);
	e->queue = FIELD(direct, skb, queue_mapping);
	e->pkt_type = BIT_FIELD(direct, skb, pkt_type);
	if (!fill_device(direct, FIELD(direct, skb, dev), e)) {
		e->flags |= EV_F_NO_DEV;
		e->netns = netns_of_sock(direct, skb);
	}
}

/* What is the same for all sightings: time, place, task and frame. */
static __always_inline void fill_header(const struct site *site, const struct frame *f,
					const struct ev_stats *st, struct ev_hdr *e)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	e->time_ns = bpf_ktime_get_ns();
	e->func_ip = site->func_ip;
	e->skb = f->skb;
	e->l2 = f->l2;
	e->lost = st ? st->lost_ring : 0;
	e->wire_len = f->wire;
	e->nonlinear = f->nonlinear;
	e->tgid = pid_tgid >> 32;
	e->tid = pid_tgid;
	e->cpu = bpf_get_smp_processor_id();
	e->flags = f->flags;
	__builtin_memset(e->pad, 0, sizeof(e->pad));
	bpf_get_current_comm(e->comm, sizeof(e->comm));
}

static __always_inline void fill_stack(const struct site *site, struct ev_hdr *e)
{
	long got;

	e->stack_room = cfg_stack_room;
	e->stack_len = 0;
	if (!cfg_stack_room)
		return;
	got = bpf_get_stack(site->ctx, (char *)e + sizeof(*e), cfg_stack_room * 8, 0);
	e->stack_len = got < 0 ? got : (__u64)got / 8;
}

/*
 * The bytes that are in memory: all of the frame behind the synthetic head (and, when a tag is
 * put into a MAC header that is there, the addresses in front of it).
 */
static __always_inline __u64 raw_start(const struct frame *f)
{
	if (!(f->l2 & FRAME_L2_VLAN))
		return f->l2 ? f->base + ETH_LEN : f->base;
	if (f->l2 & FRAME_L2_SYNTH)
		return f->base + ETH_LEN + VLAN_LEN;
	return f->base + VLAN_LEN;
}

static __always_inline __u32 head_len(const struct frame *f)
{
	return (f->l2 & FRAME_L2_SYNTH ? ETH_LEN : 0) + (f->l2 & FRAME_L2_VLAN ? VLAN_LEN : 0);
}

/*
 * What the packet section holds: the linear bytes, up to the snapshot length.  User space cuts the
 * frame to that length once the head is in.
 */
static __always_inline __u32 raw_len(const struct frame *f)
{
	__s32 raw = f->linear - head_len(f);

	if (raw < 0)
		return 0;
	return (__u32)raw > cfg_snaplen ? cfg_snaplen : (__u32)raw;
}

static __always_inline void fill_packet(const struct frame *f, struct ev_hdr *e, __u32 offset,
					__u32 room, __u64 len)
{
	e->raw_len = 0;
	if (len > room || !len)
		return;
	e->raw_len = len;
	if (bpf_probe_read_kernel((char *)e + offset, len, (void *)raw_start(f)))
		e->flags |= EV_F_FAULT;
}

/* A record on its way: reserved, not yet submitted. */
struct draft {
	struct ev_hdr *e;
	struct ev_stats *st;
	__u64 len;    /* of the packet section */
	__u32 offset; /* where that begins */
	__u32 size;   /* of the class */
};

/*
 * Reserves a record and fills what needs no skb.  Counts the sighting, and its loss: false if there
 * is no room.
 */
static __always_inline bool emit_begin(const struct site *site, const struct frame *f,
				       struct draft *d)
{
	d->st = this_cpu_stats();
	d->offset = sizeof(struct ev_hdr) + cfg_stack_room * 8;
	d->len = raw_len(f);
	COUNT(d->st, matched);
	FORGET(d->len);
	/* One reservation for each class: the size has to be a constant on each path. */
#define TRY_CLASS(bytes)                                     \
	d->size = bytes;                                     \
	if (d->offset + d->len <= d->size) {                 \
		d->e = bpf_ringbuf_reserve(&ring, bytes, 0); \
		goto reserved;                               \
	}
	EV_CLASSES(TRY_CLASS)
#undef TRY_CLASS
	COUNT(d->st, lost_size);
	return false;
reserved:
	if (!d->e) {
		COUNT(d->st, lost_ring);
		return false;
	}
	fill_header(site, f, d->st, d->e);
	return true;
}

static __always_inline void emit_end(const struct site *site, const struct frame *f,
				     const struct draft *d)
{
	fill_stack(site, d->e);
	fill_packet(f, d->e, d->offset, d->size - d->offset, d->len);
	bpf_ringbuf_submit(d->e, 0);
}

/* The record of an skb. */
static __always_inline void emit(const bool direct, const struct site *site, struct sk_buff *skb,
				 const struct frame *f)
{
	struct draft d;

	if (!emit_begin(site, f, &d))
		return;
	fill_skb(direct, skb, d.e);
	d.e->id = skb_id(direct, f->skb, site->func_ip);
	if (!d.e->id)
		COUNT(d.st, lost_id);
	emit_end(site, f, &d);
}

#endif
