// SPDX-License-Identifier: GPL-2.0-only
#include "src/frame.h"

#include <string.h>

static void add_piece(struct frame *f, uint32_t snaplen, const void *data, uint32_t len)
{
	if (len > snaplen - f->caplen)
		len = snaplen - f->caplen;
	if (!len)
		return;
	f->pieces[f->n_pieces++] = (struct pcapng_bytes){.data = data, .len = len};
	f->caplen += len;
}

/* A field of l2 is the two bytes as they stand in the frame, loaded natively. */
static uint32_t put16(uint8_t *head, uint32_t at, uint64_t field)
{
	uint16_t bytes = field;

	memcpy(head + at, &bytes, sizeof(bytes));
	return at + sizeof(bytes);
}

void frame_build(uint64_t l2, const uint8_t *raw, uint32_t raw_len, uint32_t snaplen,
		 struct frame *ret_frame)
{
	struct frame *f = ret_frame;
	uint32_t macs = 0, head = 0;

	memset(f, 0, sizeof(*f));
	if (l2 & FRAME_L2_SYNTH)
		head = FRAME_MAC_LEN;
	else if (l2 & FRAME_L2_VLAN)
		macs = raw_len < FRAME_MAC_LEN ? raw_len : FRAME_MAC_LEN;
	if (l2 & FRAME_L2_VLAN) {
		head = put16(f->head, head, FRAME_L2_TPID(l2));
		head = put16(f->head, head, FRAME_L2_TCI(l2));
	}
	if (l2 & FRAME_L2_SYNTH)
		head = put16(f->head, head, FRAME_L2_TYPE(l2));
	/* The frame ends within the addresses (a small snaplen): the tag's place is behind that. */
	if (macs == raw_len && macs < FRAME_MAC_LEN && !(l2 & FRAME_L2_SYNTH))
		head = 0;
	add_piece(f, snaplen, raw, macs);
	add_piece(f, snaplen, f->head, head);
	add_piece(f, snaplen, raw + macs, raw_len - macs);
}
