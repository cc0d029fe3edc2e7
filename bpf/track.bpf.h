/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TRACK_BPF_H
#define PWRU_CAP_TRACK_BPF_H
/*
 * Identity: each skb gets a number when it is first written, and keeps it for its life.  The
 * address does not serve: the kernel hands a freed skb out again at once.
 *
 * The hard part is the end of a life.  There is no one function that every freed skb passes last:
 *
 *   kfree_skbmem()		most skbs, last of all
 *   napi_skb_cache_put()	those freed in NAPI context
 *   (inlined bulk free)	lists of skbs: no function at all
 *
 * But all pass skb_release_head_state(), the first step of freeing, followed only by a handful of
 * functions that take the skb (the "tail": the socket's destructor, skb_release_data() ...).  So
 * that step marks the id as dying.  A dying id is still used in tail functions; seen in any other
 * function, the address has been given to a new packet, which gets a new id.  The functions that
 * come last delete the id, which keeps the table small.
 */
#include "compat.bpf.h"
#include "maps.bpf.h"

struct skb_id {
	__u64 id;
	__u32 dying;
	__u32 dropped; /* has been told, see drop.bpf.h */
};

/* LRU: an id whose end was not seen (bulk free) gives way by itself. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct skb_id);
} skb_ids SEC(".maps");

/* The direct variant counts in one atomic counter: ids are 1, 2, 3 ... */
__u64 last_id;

/* Kernels before 5.12 have no atomic add that returns a value: a counter a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} last_id_cpu SEC(".maps");

const volatile __u32 cfg_cpus = 1;

#define ID_TRIES 4

/*
 * The counter is this CPU's own, but an interrupt may take numbers while we do.  It is over before
 * we go on: if the counter is one more than before, that one is ours.
 */
static __always_inline __u64 next_id_cpu(void)
{
	volatile __u64 *last;
	__u32 zero = 0;

	last = bpf_map_lookup_elem(&last_id_cpu, &zero);
	if (!last)
		return 0;
#pragma unroll
	for (int i = 0; i < ID_TRIES; i++) {
		__u64 before = *last;

		__sync_fetch_and_add(last, 1);
		/* Interleaved, so that ids of different CPUs never meet. */
		if (*last == before + 1)
			return before * cfg_cpus + bpf_get_smp_processor_id() + 1;
	}
	return 0;
}

/* The next number; 0 if there is none to be had. */
static __always_inline __u64 next_id(const bool direct)
{
	return direct ? __sync_fetch_and_add(&last_id, 1) + 1 : next_id_cpu();
}

static __always_inline bool is_release(__u64 func_ip)
{
	return EV_ENTRY_BLOCK(func_ip) == cfg_release_ip;
}

static __always_inline bool is_tail(__u64 func_ip)
{
#pragma unroll
	for (int i = 0; i < EV_TAIL_MAX; i++)
		if (EV_ENTRY_BLOCK(func_ip) == cfg_tail_ips[i])
			return true;
	return false;
}

static __always_inline __u64 find_id(const bool direct, __u64 skb, __u64 func_ip)
{
	struct skb_id *known, fresh = {};

	known = bpf_map_lookup_elem(&skb_ids, &skb);
	if (known) {
		if (known->dying && !is_tail(func_ip)) {
			known->id = next_id(direct);
			known->dying = 0;
			known->dropped = 0;
		}
		if (is_release(func_ip))
			known->dying = 1;
		return known->id;
	}
	fresh.id = next_id(direct);
	fresh.dying = is_release(func_ip);
	if (bpf_map_update_elem(&skb_ids, &skb, &fresh, BPF_ANY))
		return 0;
	return fresh.id;
}

/*
 * The id of the skb at this address, seen in this function; 0 if the table is full.  Global, so
 * that its many ways are verified once.
 */
__weak __noinline __u64 skb_id_direct(__u64 skb, __u64 func_ip)
{
	return find_id(true, skb, func_ip);
}

__weak __noinline __u64 skb_id_probed(__u64 skb, __u64 func_ip)
{
	return find_id(false, skb, func_ip);
}

/* Runs in the functions that come last in an skb's life. */
static __always_inline void skb_end(__u64 skb)
{
	/* A look-up takes no lock; most skbs were never written. */
	if (bpf_map_lookup_elem(&skb_ids, &skb))
		bpf_map_delete_elem(&skb_ids, &skb);
}

#endif
