/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FIELDS_BPF_H
#define PWRU_CAP_FIELDS_BPF_H
/*
 * Fields that the user has named (--output-skb-metadata, --output-xdp-metadata).  User space makes
 * the code that reads them, and splices it over the stubs below (filter/fetch.h).  They are read
 * before space in the ring is reserved, to scratch memory, and copied to the record as a whole.
 *
 * Programs nest, see hold.bpf.h: so each CPU has some pieces of scratch memory, and each sighting
 * holds one until its record is complete.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "filter/fetch_abi.h"
#include "hold.bpf.h"

/* Bytes of the fields section; 0: no fields are wanted. */
const volatile __u32 cfg_fields_room;

_Static_assert(FETCH_SECTION_MAX == EV_FIELDS_MAX, "the section is part of a record");

struct fields_slot {
	struct fetch_scratch scratch; /* first, see filter/fetch_abi.h */
	__u32 held;
	__u32 index;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* FETCH_PIECES if it is to be used */
	__type(key, __u32);
	__type(value, struct fields_slot);
} fields_slots SEC(".maps");

/* Replaced at load time; user space takes from it how the map is loaded. */
#define FIELDS_STUB(name)                                                                      \
	__weak __noinline __u32 name(__u64 base, __u32 index)                                  \
	{                                                                                      \
		struct fields_slot *slot = bpf_map_lookup_elem(&fields_slots, &index);         \
		__u32 ret = slot != NULL;                                                      \
                                                                                               \
		asm volatile("%0 |= %1; %0 |= %2" : "+r"(ret) : "r"(base), "r"((__u64)index)); \
		return ret;                                                                    \
	}

FIELDS_STUB(pwru_fields)     /* --output-skb-metadata, of the sk_buff at base */
FIELDS_STUB(pwru_fields_xdp) /* --output-xdp-metadata, of the xdp_buff at base */

/*
 * Reads the fields of an sk_buff, or of an xdp_buff, to a piece of scratch memory, which the caller
 * has to give back with fields_release().
 *
 * Returns the address of a struct fields_slot as a number; 0 if all are in use: then all fields are
 * said not to have been read.
 */
#define FIELDS_READ(name, stub)                                                                \
	__weak __noinline __u64 name(__u64 base)                                               \
	{                                                                                      \
		__u64 addr = 0;                                                                \
                                                                                               \
		for (__u32 i = 0; i < FETCH_PIECES; i++) {                                     \
			__u32 index = i;                                                       \
			struct fields_slot *slot = bpf_map_lookup_elem(&fields_slots, &index); \
                                                                                               \
			if (!slot || !hold(&slot->held))                                       \
				continue;                                                      \
			slot->index = i;                                                       \
			stub(base, i);                                                         \
			/* The verifier takes no pointer for a number. */                      \
			bpf_probe_read_kernel(&addr, sizeof(addr), &slot);                     \
			break;                                                                 \
		}                                                                              \
		return addr;                                                                   \
	}

FIELDS_READ(fields_of_skb, pwru_fields)
FIELDS_READ(fields_of_xdp, pwru_fields_xdp)

/* addr: what one of these returned */
static __always_inline void fields_release(__u64 addr)
{
	struct fields_slot *slot;
	__u32 index = 0;

	if (!addr ||
	    bpf_probe_read_kernel(&index, sizeof(index), &((struct fields_slot *)addr)->index))
		return;
	slot = bpf_map_lookup_elem(&fields_slots, &index);
	if (slot)
		let_go(&slot->held);
}

#endif
