/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_HEXDUMP_H
#define PWRU_CAP_HEXDUMP_H
/*
 * The bytes of packets as tcpdump prints them: below the packet's line, byte for byte the same.
 */
#include <stdbool.h>
#include <stddef.h>

#include "src/buf.h"
#include "src/frame.h"

struct hexdump {
	int hex;   /* -x: 1, -xx: 2, which begins with the link layer */
	int both;  /* -X, -XX: and as ASCII beside it */
	int ascii; /* -A, -AA: as ASCII alone */
};

/* hexdump_wanted() - is anything to be printed? */
static inline bool hexdump_wanted(const struct hexdump *h)
{
	return h->hex || h->both || h->ascii;
}

/**
 * hexdump_put() - append the lines, each with its newline
 * @h: which; of several, -X counts before -x, and that before -A
 * @frame: its bytes
 * @link_len: bytes of the link layer; where there are no more, nothing is appended without it
 */
void hexdump_put(struct buf *out, const struct hexdump *h, const struct frame *frame,
		 size_t link_len);

#endif
