/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FRAME_H
#define PWRU_CAP_FRAME_H
/*
 * The virtual frame in user space: the bytes of a record with the synthetic head put in, which is
 * what the filter saw (filter/frame_abi.h) and what is written.
 */
#include <stdint.h>

#include "filter/frame_abi.h"
#include "src/pcapng.h"

/* A frame in pieces, so that the packet's bytes are not copied. */
struct frame {
	struct pcapng_bytes pieces[PCAPNG_MAX_PIECES];
	size_t n_pieces;
	uint32_t caplen; /* bytes of all pieces */
	uint8_t head[FRAME_HEAD_SYNTH_VLAN];
};

/**
 * frame_build() - put a frame together
 * @l2: ev_hdr.l2
 * @raw: the bytes that were in memory: from the MAC header, or from the network header if l2 says
 *	that the Ethernet header is synthetic
 * @raw_len: how many
 * @snaplen: the frame is cut to this many bytes
 * @ret_frame: receives the pieces, which point into @raw and into @ret_frame itself
 */
void frame_build(uint64_t l2, const uint8_t *raw, uint32_t raw_len, uint32_t snaplen,
		 struct frame *ret_frame);

#endif
