/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PAGES_BPF_H
#define PWRU_CAP_PAGES_BPF_H
/*
 * Payload beyond the linear area: page fragments, and the skbs of a frag list.
 *
 * The ring reserves constants only, and to copy pieces of any length one behind the other into what
 * is reserved would have the verifier walk all of them for each size.  So a record with such
 * payload is put together in scratch memory, and the ring gets a copy of just its length.  Packets
 * that are linear, or whose linear area fills the snapshot length, take no part in this.
 *
 * The pieces are walked in steps.  What a step has to know lies in the scratch memory too, so a
 * step is a global function of one number, which the verifier looks at once.
 *
 * The filter has seen the linear bytes only.  Still the file's filter agrees: an expression matches
 * if each load that it made succeeded, and with more bytes each of them gives the same.
 *
 * A page is where the kernel has mapped all of memory.  That is known on x86-64, where two
 * variables of the kernel say where this map and the array of struct page begin (src/kpages.c).
 */
#include "compat.bpf.h"
#include "event.h"
#include "hold.bpf.h"
#include "kernel.h"
#include "maps.bpf.h"

/* Fragments' bytes are captured: where is known, and --linear-only was not given. */
const volatile bool cfg_pages;
/* Addresses of the kernel's variables. */
const volatile __u64 cfg_vmemmap_base;
const volatile __u64 cfg_page_offset_base;
/* Pieces of scratch memory, a power of two. */
const volatile __u32 cfg_page_slots = 1;

#define PAGE_BYTES 4096

/* The lowest bit of a fragment's page says that it is none: memory of a device (net_iov). */
#define NO_PAGE 1

/* At most this many bytes are copied at a time. */
#define PAGES_STEP 32768

/*
 * Rounds of steps for a record: 17 to 45 fragments, as the kernel is configured, and as many skbs
 * in a frag list as a packet of 64 KiB takes at an MTU of 576.  What is left is not captured, and
 * said to be.
 */
#define PAGES_STEPS  16
#define PAGES_ROUNDS 16

struct pages_walk {
	__u64 addr; /* what is left of a piece */
	__u64 info; /* the skb_shared_info whose fragments come next */
	__u64 next; /* the skb of a frag list that comes behind these; 0: none */
	__u64 up; /* where to go on at the end of that list, which is within another; 0: nowhere */
	__u32 left;	   /* bytes of the piece */
	__u32 room;	   /* bytes that are still wanted */
	__u32 at;	   /* where in the record they go */
	__u32 frag, frags; /* the next fragment, and how many there are */
	__u32 pad;
};

struct page_slot {
	__u32 held;
	__u32 pad;
	struct pages_walk walk;
	__u8 record[EV_RECORD_MAX + PAGES_STEP];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct page_slot);
} page_slots SEC(".maps");

/* For programs that nest, see hold.bpf.h. */
#define PAGE_SLOT_TRIES 4

/*
 * Takes a piece of scratch memory; NULL if all are in use.  They are for all CPUs, for each is
 * large.
 */
static __always_inline struct page_slot *page_slot_hold(__u32 *ret_index)
{
	__u32 first = bpf_get_smp_processor_id() * 2;

#pragma unroll
	for (__u32 i = 0; i < PAGE_SLOT_TRIES; i++) {
		__u32 index = (first + i) & (cfg_page_slots - 1);
		struct page_slot *slot = bpf_map_lookup_elem(&page_slots, &index);

		if (!slot)
			return NULL;
		if (hold(&slot->held)) {
			*ret_index = index;
			return slot;
		}
	}
	return NULL;
}

static __always_inline void page_slot_release(struct page_slot *slot)
{
	let_go(&slot->held);
}

/* Where a page's bytes are; 0 if that is not known. */
static __always_inline __u64 page_address(__u64 page)
{
	__u64 vmemmap = 0, map = 0;

	bpf_probe_read_kernel(&vmemmap, sizeof(vmemmap), (void *)cfg_vmemmap_base);
	bpf_probe_read_kernel(&map, sizeof(map), (void *)cfg_page_offset_base);
	if (!vmemmap || !map || page & NO_PAGE || page < vmemmap)
		return 0;
	return (page - vmemmap) / bpf_core_type_size(struct page) * PAGE_BYTES + map;
}

#define FRAG_AT(type, w)                                                             \
	((type *)((w)->info + bpf_core_field_offset(struct skb_shared_info, frags) + \
		  (w)->frag * bpf_core_type_size(type)))

/* The fragment that comes next becomes the piece. */
static __always_inline bool next_frag(struct pages_walk *w)
{
	__u64 page;
	__u32 offset;

	if (bpf_core_field_exists(((struct skb_frag *)0)->netmem)) {
		struct skb_frag *frag = FRAG_AT(struct skb_frag, w);

		page = BPF_CORE_READ(frag, netmem);
		offset = BPF_CORE_READ(frag, offset);
		w->left = BPF_CORE_READ(frag, len);
	} else {
		struct bio_vec *frag = FRAG_AT(struct bio_vec, w);

		page = (__u64)BPF_CORE_READ(frag, bv_page);
		offset = BPF_CORE_READ(frag, bv_offset);
		w->left = BPF_CORE_READ(frag, bv_len);
	}
	w->frag++;
	page = page_address(page);
	w->addr = page + offset;
	return page;
}

static __always_inline void walk_info(struct pages_walk *w, __u64 info)
{
	struct skb_shared_info *shinfo = (void *)info;

	w->info = info;
	w->frag = 0;
	w->frags = BPF_CORE_READ(shinfo, nr_frags);
}

/*
 * From an skb on, of whose linear bytes the first are in the record already: the others become the
 * piece.
 */
static __always_inline struct skb_shared_info *walk_skb(struct pages_walk *w, struct sk_buff *skb,
							__u32 have)
{
	__u32 linear = BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len);
	__u64 info = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, end);

	w->addr = (__u64)BPF_CORE_READ(skb, data) + have;
	w->left = linear > have ? linear - have : 0;
	walk_info(w, info);
	return (void *)info;
}

/*
 * The next skb of a frag list.  It may have a list itself: reassembly leaves that, if a fragment
 * was made of several skbs.
 */
static __always_inline bool next_skb(struct pages_walk *w)
{
	struct sk_buff *skb = (void *)(w->next ?: w->up), *inner;

	if (!skb)
		return false;
	if (!w->next)
		w->up = 0;
	w->next = (__u64)BPF_CORE_READ(skb, next);
	inner = BPF_CORE_READ(walk_skb(w, skb, 0), frag_list);
	if (!inner)
		return true;
	/* A list in a list in a list, behind which all of them go on. */
	if (w->next && w->up)
		return false;
	w->up = w->next ?: w->up;
	w->next = (__u64)inner;
	return true;
}

/* Copies a piece, or a step of it. Returns how many bytes are still wanted; 0 also if no more are
 * to be had.
 */
__weak __noinline __u32 pages_step(__u32 index)
{
	struct page_slot *slot = bpf_map_lookup_elem(&page_slots, &index);
	struct pages_walk *w;
	__u64 n, at;

	if (!slot)
		return 0;
	w = &slot->walk;
	if (!w->left && !(w->frag < w->frags ? next_frag(w) : next_skb(w)))
		return 0;
	n = w->left < w->room ? w->left : w->room;
	at = w->at;
	FORGET(n);
	FORGET(at);
	if (!n)
		return w->room;
	if (n > PAGES_STEP)
		n = PAGES_STEP;
	if (at > EV_RECORD_MAX || bpf_probe_read_kernel(slot->record + at, n, (void *)w->addr))
		return 0;
	w->addr += n;
	w->left -= n;
	w->at = at + n;
	w->room -= n;
	return w->room;
}

/* Some steps. Returns as pages_step(). */
__weak __noinline __u32 pages_steps(__u32 index)
{
	__u32 wanted = 0;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PAGES_STEPS; i++) {
		wanted = pages_step(index);
		if (!wanted)
			break;
	}
	return wanted;
}

/* All steps: a loop in a loop, each of which is short to the verifier. Returns 0. */
__weak __noinline int pages_copy(__u32 index)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PAGES_ROUNDS; i++)
		if (!pages_steps(index))
			break;
	return 0;
}

/*
 * Begins to append to a record: at and room are set already.
 * @skb: the skb of whose linear bytes the first @have are in the record
 * @info: the fragments of an xdp_buff instead; 0: of the skb
 */
static __always_inline void pages_begin(struct pages_walk *w, __u64 skb, __u32 have, __u64 info)
{
	struct skb_shared_info *shinfo;

	w->next = 0;
	w->up = 0;
	w->left = 0;
	if (info) {
		/* Nothing has set its frag_list. */
		walk_info(w, info);
		return;
	}
	shinfo = walk_skb(w, (void *)skb, have);
	w->next = (__u64)BPF_CORE_READ(shinfo, frag_list);
}

#endif
