/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PCAPNG_H
#define PWRU_CAP_PCAPNG_H

/*
 * The blocks of a pcapng file, as draft-ietf-opsawg-pcapng describes them ("the draft" below;
 * section names are given, since numbers differ between its versions).
 *
 * Each pcapng_append_*() appends one whole block in host byte order, or, when it returns an error,
 * nothing. A buffer that has already run out of memory (buf_error()) is left alone. Its length must
 * be a multiple of 4, as that of a buffer of whole blocks is.
 *
 * All strings are NUL-terminated UTF-8, the caller's job to ensure (utf8.h); the NUL is not
 * written. NULL and "" leave the option out. A value longer than PCAPNG_MAX_OPT bytes is cut there
 * at the end of a character.
 *
 * All times are nanoseconds since 1970-01-01 UTC (every interface gets if_tsresol 9).
 *
 * Errors of all of them:
 *   -EINVAL	what the function's comment says, or a buffer whose length is not a multiple of 4
 *   -E2BIG	the block is over PCAPNG_MAX_BLOCK, or a section header over PCAPNG_MAX_SHB
 *   -ENOMEM	no memory for the block
 */

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/buf.h"

/* Both libpcap and Wireshark give up on a file at a packet with more bytes than this. */
#define PCAPNG_MAX_CAPLEN 262144
/* Draft, "Options": Option Length has 16 bits. */
#define PCAPNG_MAX_OPT 65535
/*
 * libpcap takes a longer block for a broken file (INITIAL_MAX_BLOCKSIZE in its sf-pcapng.c), and
 * so a longer section header (BT_SHB_INSANE_MAX). Wireshark reads both.
 */
#define PCAPNG_MAX_BLOCK (16 * 1024 * 1024)
#define PCAPNG_MAX_SHB	 (1024 * 1024)
/* Pieces that a packet can be put together from. */
#define PCAPNG_MAX_PIECES 4
/* The value of a counter in struct pcapng_isb that is not known: the option is left out. */
#define PCAPNG_UNKNOWN UINT64_MAX

/* Section Header Block. */
struct pcapng_shb {
	const char *hardware;	     /* machine, e.g. "x86_64" */
	const char *os;		     /* e.g. "Linux 6.1.0-30-amd64" */
	const char *userappl;	     /* program and version that writes the file */
	const char *const *comments; /* @n_comments strings, in this order; NULL if none */
	size_t n_comments;
};

/* Interface Description Block. Its number (EPB, ISB: ifid) is its place among the file's IDBs. */
struct pcapng_idb {
	uint16_t linktype; /* LINKTYPE_*, 1 = Ethernet; the same for all IDBs, or libpcap stops */
	uint32_t snaplen;  /* bytes; 0 = no limit; the same for all IDBs, or libpcap stops */
	const char *name;  /* if_name */
	const char *description;     /* if_description */
	const char *filter;	     /* if_filter, as a libpcap filter expression */
	const char *os;		     /* if_os, when it differs from the section's */
	const uint8_t *macaddr;	     /* 6 bytes, or NULL for none */
	uint64_t speed;		     /* bits per second; 0 = leave out */
	const char *const *comments; /* @n_comments strings, in this order; NULL if none */
	size_t n_comments;
};

/* Some bytes in a row. */
struct pcapng_bytes {
	const void *data; /* may be NULL if @len is 0 */
	size_t len;
};

/*
 * Enhanced Packet Block. The bytes of the packet are the pieces one behind the other, so that
 * headers made up by the caller need no copy of the bytes that were captured; the captured length
 * is the sum of their lengths. Zero-filled fields are right for a packet that lacks them.
 */
struct pcapng_epb {
	uint32_t ifid;			   /* number of the IDB */
	uint32_t origlen;		   /* bytes on the wire, at least the captured length */
	uint64_t ts_ns;			   /* time of the sighting */
	const struct pcapng_bytes *pieces; /* @n_pieces of them; NULL if none */
	size_t n_pieces;		   /* at most PCAPNG_MAX_PIECES */
	uint32_t flags;			   /* PCAPNG_DIR_* | PCAPNG_RECEPTION_*; 0 = leave out */
	bool has_queue;			   /* is @queue known? */
	uint32_t queue;			   /* queue of the interface, from 0 */
	uint64_t dropcount; /* packets lost between the one before and this; 0 = leave out */
	uint64_t packetid;  /* the same for all sightings of a packet; 0 = leave out */
	const char *const *comments; /* @n_comments strings, in this order; NULL if none */
	size_t n_comments;
};

/* Interface Statistics Block. A counter that is PCAPNG_UNKNOWN is left out; 0 is written. */
struct pcapng_isb {
	uint32_t ifid;	       /* number of the IDB */
	uint64_t ts_ns;	       /* time of these figures */
	uint64_t starttime_ns; /* start of the capture; 0 = leave out */
	uint64_t endtime_ns;   /* end of the capture; 0 = leave out */
	uint64_t ifrecv;       /* packets that the interface (here: the hooks) saw */
	uint64_t ifdrop; /* of those, packets dropped by the interface for want of resources */
	uint64_t filteraccept; /* packets that the filter accepted */
	uint64_t osdrop;       /* of those, packets dropped before the program got them */
	uint64_t usrdeliv;     /* packets delivered to the program */
	const char *comment;   /* NULL if none */
};

/* Draft, "Enhanced Packet Block Flags Word": bits 0-1, direction. */
#define PCAPNG_DIR_IN  (1u << 0)
#define PCAPNG_DIR_OUT (2u << 0)
/* The same: bits 2-4, reception type. */
#define PCAPNG_RECEPTION_UNICAST     (1u << 2)
#define PCAPNG_RECEPTION_MULTICAST   (2u << 2)
#define PCAPNG_RECEPTION_BROADCAST   (3u << 2)
#define PCAPNG_RECEPTION_PROMISCUOUS (4u << 2)

/**
 * pcapng_epb_flags() - epb_flags for a packet type of the kernel
 * @pkt_type: skb->pkt_type, a PACKET_* of linux/if_packet.h
 *
 * Beware that PACKET_HOST is 0, and so what an skb has that nobody has classified yet, such as one
 * on its way from a socket to the device.
 *
 * Return: the flags, or 0 (nothing known) for the kernel's internal types.
 */
static inline uint32_t pcapng_epb_flags(unsigned int pkt_type)
{
	switch (pkt_type) {
	case PACKET_HOST:
		return PCAPNG_DIR_IN | PCAPNG_RECEPTION_UNICAST;
	case PACKET_BROADCAST:
		return PCAPNG_DIR_IN | PCAPNG_RECEPTION_BROADCAST;
	case PACKET_MULTICAST:
		return PCAPNG_DIR_IN | PCAPNG_RECEPTION_MULTICAST;
	case PACKET_OTHERHOST:
		return PCAPNG_DIR_IN | PCAPNG_RECEPTION_PROMISCUOUS;
	case PACKET_OUTGOING:
		return PCAPNG_DIR_OUT;
	default:
		return 0;
	}
}

/* pcapng_append_shb() - begin a section, of unknown length; the first block of a file */
int pcapng_append_shb(struct buf *out, const struct pcapng_shb *shb);

/* pcapng_append_idb() - describe an interface; before the first packet that names it */
int pcapng_append_idb(struct buf *out, const struct pcapng_idb *idb);

/*
 * pcapng_append_epb() - write a packet
 *
 * -EINVAL: the pieces are more than PCAPNG_MAX_PIECES, together longer than PCAPNG_MAX_CAPLEN, or
 * longer than origlen. Not refused, though tcpdump (not Wireshark) marks them as invalid: a packet
 * of 0 captured bytes, and an origlen above 262144.
 */
int pcapng_append_epb(struct buf *out, const struct pcapng_epb *epb);

/* pcapng_append_isb() - write the statistics of an interface; usually the last blocks of a file */
int pcapng_append_isb(struct buf *out, const struct pcapng_isb *isb);

#endif
