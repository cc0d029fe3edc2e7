/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LINKTYPE_H
#define PWRU_CAP_LINKTYPE_H
/*
 * From the virtual frame, which is always Ethernet and what the filter has seen, to the packet that
 * is written.
 */
#include <stdint.h>

#include "src/filemode.h"
#include "src/view.h"

/* https://www.tcpdump.org/linktypes.html */
#define LINKTYPE_ETHERNET   1
#define LINKTYPE_RAW	    101
#define LINKTYPE_LINUX_SLL2 276

/* Bytes of the header of LINKTYPE_LINUX_SLL2. */
#define SLL2_HEADER_LEN 20

struct link_packet {
	uint16_t linktype;			       /* LINKTYPE_* */
	struct pcapng_bytes pieces[PCAPNG_MAX_PIECES]; /* into the view, and into head */
	size_t n_pieces;
	uint32_t caplen;  /* bytes of all pieces, at most the snapshot length */
	uint32_t origlen; /* bytes that the packet has, at most PCAPNG_MAX_CAPLEN or caplen */
	uint8_t head[SLL2_HEADER_LEN];
};

/**
 * linktype_packet() - the packet of a view
 * @mode: how it is to be written
 * @snaplen: it is cut to this many bytes
 * @ret_packet: receives the pieces, valid as long as the view
 */
void linktype_packet(enum linktype_mode mode, const struct view *view, uint32_t snaplen,
		     struct link_packet *ret_packet);

/* linktype_first() - LINKTYPE_* of an interface that no packet has come on yet */
uint16_t linktype_first(enum linktype_mode mode);

/* linktype_describe() - "EN10MB (Ethernet)": as tcpdump names it */
const char *linktype_describe(enum linktype_mode mode);

#endif
