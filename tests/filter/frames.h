/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_FRAMES_H
#define PWRU_CAP_TESTS_FILTER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/filter/rng.h"

#define FRAME_MAX  512
#define FRAME_TAIL 336 /* what follows the linear data in an skb: at least its shared info */

/* A whole Ethernet frame, at least 14 bytes; junk follows it. */
struct frame {
	uint32_t len;
	uint8_t bytes[FRAME_MAX + FRAME_TAIL];
};

/* How a frame lies in memory; see filter/frame_abi.h. */
enum l2_case {
	L2_PLAIN,
	L2_SYNTH,
	L2_VLAN,
	L2_SYNTH_VLAN,
	L2_CASES
};

/**
 * struct sighting - A frame as the filter gets it, and as it is in the file
 * @file:	Frame as written, @linear bytes of it readable
 * @mem:	Its bytes in memory, @mem_len with the tail
 * @base_off:	base - address of @mem
 */
struct sighting {
	uint8_t file[FRAME_MAX + 32];
	uint32_t linear, wire;
	const uint8_t *mem;
	size_t mem_len;
	int64_t base_off;
	uint64_t l2;
};

/** frame_random() - A frame of random protocols */
void frame_random(struct rng *r, struct frame *f);

/** frame_icmp() - An echo request over IPv4, 98 bytes */
void frame_icmp(struct frame *f);

/** frame_place() - Lay a frame out. @caplen: cut the frame as written there; @more: wire - cap */
void frame_place(const struct frame *f, enum l2_case l2, uint32_t caplen, uint32_t more,
		 struct sighting *ret);

#endif
