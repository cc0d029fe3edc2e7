/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_GATHER_BPF_H
#define PWRU_CAP_GATHER_BPF_H
/*
 * Records that are put together in scratch memory, because what they hold cannot be placed before
 * it is read: packets of which more is wanted than their linear bytes (see pages.bpf.h), and deep
 * stacks, for few of them fill the room that the deepest takes.  The ring gets a copy of just the
 * record's length.
 *
 * Such a record has its time before its place in the ring, and whoever sorts records by time has to
 * know that one is to come: it is announced (src/ring_order.h).  An announcement is reserved before
 * the clock is read, and is discarded once the record is in the ring.
 */
#include "emit.bpf.h"
#include "pages.bpf.h"

/* The skb still stands for a packet, its pages are others' already. */
static __always_inline bool has_freed_pages(__u64 func_ip)
{
#pragma unroll
	for (int i = 0; i < EV_TAIL_FREED; i++)
		if (EV_ENTRY_BLOCK(func_ip) == cfg_tail_ips[i])
			return true;
	return false;
}

/* Of the skb's linear bytes, those that are in the frame. */
static __always_inline __u32 linear_in_frame(const struct frame *f)
{
	struct sk_buff *skb = (void *)f->skb;
	__u32 linear = BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len);

	return f->flags & EV_F_SOCK && linear > SOCK_PAYLOAD_MAX ? SOCK_PAYLOAD_MAX : linear;
}

/* Is more wanted than the linear bytes, and known where to find? */
static __always_inline bool may_want_pages(const struct frame *f)
{
	return cfg_pages && bytes_beyond(f);
}

/* And is it to be had in this function? */
static __always_inline bool wants_pages(const struct frame *f, __u64 func_ip)
{
	return may_want_pages(f) && !has_freed_pages(func_ip);
}

/* Should the record be put together in scratch memory? */
static __always_inline bool may_gather(const struct frame *f)
{
	return cfg_stack_room >= EV_STACK_DEEP || may_want_pages(f);
}

static __always_inline bool wants_gather(const struct frame *f, __u64 func_ip)
{
	return cfg_stack_room >= EV_STACK_DEEP || wants_pages(f, func_ip);
}

/* The stack section has room for what there is, and no more. Returns where it ends. */
static __always_inline __u64 gather_stack(const struct site *site, struct ev_hdr *e)
{
	__u64 filled;

	fill_stack(site, e);
	filled = e->stack_bytes < 0 ? 0 : e->stack_bytes / 8;
	FORGET(filled);
	if (filled > EV_STACK_MAX)
		filled = EV_STACK_MAX;
	e->stack_room = filled;
	return sizeof(*e) + filled * 8;
}

/* It takes 8 bytes, and 8 of the ring's own. Returns NULL if there is no room. */
static __always_inline void *announce(void)
{
	return bpf_ringbuf_reserve(&ring, sizeof(__u64), 0);
}

/* It wakes a reader who sleeps: the record does not, as it is not the first that he finds. */
static __always_inline void announced(void *announcement)
{
	bpf_ringbuf_discard(announcement, 0);
}

/* A record, put together in a slot that the caller holds, with pages if there are any. */
static __always_inline void emit_gathered(const bool direct, const struct site *site,
					  const struct frame *f, const struct facts *facts,
					  struct page_slot *slot, __u32 index)
{
	struct ev_stats *st = this_cpu_stats();
	struct ev_hdr *e = (void *)slot->record;
	__u64 len = raw_len(f), offset, end;
	__u32 flags = f->flags | facts->drop >> 32;
	void *announcement;

	if (stopped || !st)
		return;
	COUNT(st, matched);
	e->lost = st->lost_ring;
	announcement = announce();
	if (!announcement) {
		COUNT(st, lost_ring);
		return;
	}
	fill_header(direct, site, f, facts, e);
	offset = gather_stack(site, e);
	fill_asked(f, facts, e, offset);
	offset += cfg_asked_room;
	/* Old kernels forget what they know of a number that was put on the stack. */
	FORGET(len);
	if (len > cfg_snaplen)
		len = cfg_snaplen;
	if (bpf_probe_read_kernel((char *)e + offset, len, (void *)raw_start(f)))
		flags |= EV_F_FAULT;
	e->flags = flags;
	slot->walk.at = offset + len;
	slot->walk.room = bytes_beyond(f);
	if (wants_pages(f, site->func_ip)) {
		pages_begin(&slot->walk, f->skb, facts->frags ? 0 : linear_in_frame(f),
			    facts->frags);
		pages_copy(index);
	}
	e->nonlinear = slot->walk.room;
	end = slot->walk.at;
	FORGET(end);
	if (end > EV_RECORD_MAX)
		end = EV_RECORD_MAX;
	e->raw_len = end - offset;
	if (bpf_ringbuf_output(&ring, e, end, 0))
		COUNT(st, lost_ring);
	announced(announcement);
}

/* Returns false if there is no scratch memory to be had: then it is for emit_skb(). */
static __always_inline bool emit_gathered_skb(const bool direct, const struct site *site,
					      const struct frame *f)
{
	struct page_slot *slot;
	struct facts facts;
	__u32 index;

	slot = page_slot_hold(&index);
	if (!slot)
		return false;
	prepare_skb(direct, site, f, &facts);
	emit_gathered(direct, site, f, &facts, slot, index);
	release_facts(&facts);
	page_slot_release(slot);
	return true;
}

#endif
