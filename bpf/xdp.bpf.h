/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_XDP_BPF_H
#define PWRU_CAP_XDP_BPF_H
/*
 * Packets in XDP programs.  There is no skb yet: an xdp_buff says where the bytes are, and on which
 * device they came.  The frame is these bytes, with nothing put in.
 *
 * A few probe reads a packet are all that is needed, so there is no direct variant of this.
 */
#include "emit.bpf.h"
#include "meta.bpf.h"

#define XDP_FLAGS_HAS_FRAGS 1

/* The alignment of skb_shared_info behind the data: SMP_CACHE_BYTES of x86 and arm64. */
#define SHINFO_ALIGN 64

/* The skb_shared_info behind the first piece, if there are others; or else 0. */
static __always_inline __u64 xdp_frags(struct xdp_buff *xdp)
{
	struct xdp_buff___frags *flagged = (void *)xdp;
	__u64 size;

	if (!bpf_core_field_exists(flagged->flags) ||
	    !(BPF_CORE_READ(flagged, flags) & XDP_FLAGS_HAS_FRAGS))
		return 0;
	/* xdp_get_shared_info_from_buff() */
	size = (bpf_core_type_size(struct skb_shared_info) + SHINFO_ALIGN - 1) & -SHINFO_ALIGN;
	return (__u64)BPF_CORE_READ(xdp, data_hard_start) + BPF_CORE_READ(xdp, frame_sz) - size;
}

/* Bytes in fragments, which follow those between data and data_end. */
static __always_inline __u32 xdp_frags_len(struct xdp_buff *xdp)
{
	struct skb_shared_info___frags *shinfo = (void *)xdp_frags(xdp);

	return shinfo ? BPF_CORE_READ(shinfo, xdp_frags_size) : 0;
}

/* Returns 0, or -1 if there are no bytes. */
static __always_inline int frame_of_xdp(struct xdp_buff *xdp, struct frame *f)
{
	__u64 start = (__u64)BPF_CORE_READ(xdp, data);
	__u64 end = (__u64)BPF_CORE_READ(xdp, data_end);

	if (!start || end <= start)
		return -1;
	*f = (struct frame){.base = start, .flags = EV_F_XDP};
	f->linear = end - start;
	f->wire = f->linear + xdp_frags_len(xdp);
	return 0;
}

/*
 * The meta filters.  What they ask of an skb, and an xdp_buff does not have, does not match; all
 * XDP is on the way in.
 */
static __always_inline bool xdp_meta_matches(struct net_device *dev)
{
	const __u32 on = cfg_meta.on;

	if (!on)
		return true;
	if (on & (META_ON(META_MARK) | META_ON(META_FAMILY)))
		return false;
	if (on & META_ON(META_DIRECTION) && cfg_meta.outgoing)
		return false;
	if (!task_matches(on))
		return false;
	if (on & META_ON(META_NETNS) && netns_of_dev(false, dev) != cfg_meta.netns)
		return false;
	if (on & META_ON(META_IFNAME) && !ifname_matches(false, dev))
		return false;
	return !(on & META_ON(META_COMM)) || comm_matches();
}

/* The record of an xdp_buff. */
static __always_inline void emit_xdp(const struct site *site, struct xdp_buff *xdp,
				     struct net_device *dev, const struct frame *f)
{
	struct facts facts = {
		.dev = (__u64)dev,
		.netns = netns_of_dev(false, dev),
		.frags = xdp_frags(xdp),
		.fields = cfg_fields_room ? fields_of_xdp((__u64)xdp) : 0,
		.len = f->wire,
		/* As skb_record_rx_queue() would store it: 0 is for none. */
		.queue = BPF_CORE_READ(xdp, rxq, queue_index) + 1,
	};
	struct page_slot *slot = NULL;
	__u32 index;

	if (wants_pages(f, site->func_ip))
		slot = page_slot_hold(&index);
	if (slot) {
		emit_paged(false, site, f, &facts, slot, index);
		page_slot_release(slot);
	} else {
		emit(false, site, f, &facts);
	}
	release_facts(&facts);
}

#endif
