/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_MAPS_BPF_H
#define PWRU_CAP_MAPS_BPF_H
/*
 * The maps and the settings.  User space sizes the maps and fills the settings before loading:
 * they are read-only data, so the verifier knows their values and drops what is switched off.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ev_stats);
} stats SEC(".maps");

const volatile __u32 cfg_snaplen = EV_SNAPLEN_MAX;
const volatile __u32 cfg_stack_room = 64;    /* entries; 0: no stacks */
const volatile __u32 cfg_cb_room;	     /* 0, or EV_CB_LEN: skb->cb is recorded */
const volatile __u32 cfg_dump_len[EV_DUMPS]; /* bytes of a struct, a multiple of 8; 0: not wanted */
const volatile __u32 cfg_dump_room;	     /* of their section */
/*
 * The sections of these two and of fields.bpf.h, in bytes.  The code that fills a record is
 * verified for each class of records, so that all of it is behind this one number.
 */
const volatile __u32 cfg_asked_room;
const volatile bool cfg_cgroup; /* the task's control group is recorded */
/* Functions that track.bpf.h knows by name, as EV_ENTRY_BLOCK(); 0 where the kernel has none. */
const volatile __u64 cfg_release_ip;
const volatile __u64 cfg_tail_ips[EV_TAIL_MAX];

/* Set when the capture ends: detaching may take long, and what would come meanwhile is not wanted.
 */
volatile bool stopped;

static __always_inline struct ev_stats *this_cpu_stats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

/*
 * An interrupt may count between load and store where programs nest (fentry), so the add is
 * atomic although the counter is this CPU's own.
 */
#define COUNT(st, field)                                       \
	do {                                                   \
		if (st)                                        \
			__sync_fetch_and_add(&(st)->field, 1); \
	} while (0)

#endif
