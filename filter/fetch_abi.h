/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FETCH_ABI_H
#define PWRU_CAP_FILTER_FETCH_ABI_H
/*
 * Fields of the kernel's structs on their way into a record (--output-skb-metadata,
 * --output-xdp-metadata): the memory that generated code (filter/fetch.h) fills, one piece of it
 * for each sighting at hand.
 *
 * The code is the body of
 *
 *	u32 pwru_fields(u64 base, u32 index)
 *
 * base: address of the struct that the paths begin at; index: which piece, an element of the map
 * whose values begin with a struct fetch_scratch.
 *
 * The section becomes a part of the record as it is.  It begins with a byte for each field, an enum
 * fetch_status; the values follow in the same order, as they are in memory, without gaps.
 */
#include <linux/types.h>

/* Pieces of memory a CPU: for a task, a softirq, an interrupt and an NMI. */
#define FETCH_PIECES 4

/* Pointers to follow in a path, the base not counted: FEXPR_MAX_DEREFS, and one to a string. */
#define FETCH_POINTERS 9

/* The longest section, a multiple of 8. */
#define FETCH_SECTION_MAX 4096

enum fetch_status {
	FETCH_UNREAD, /* no piece of memory was left; and what a new piece holds */
	FETCH_OK,
	FETCH_NULL,  /* a pointer on the way is NULL */
	FETCH_FAULT, /* a pointer on the way, or the field's own address, cannot be read */
};

struct fetch_scratch {
	__u64 pointers[FETCH_POINTERS]; /* of the path at hand */
	__u8 section[FETCH_SECTION_MAX];
};

#endif
