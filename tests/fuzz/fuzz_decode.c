// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a packet, with any synthetic head: it is decoded, and written as text and as JSON
 * would have it, without a look behind its end, and no text holds what a line must not.
 */
#include <stdlib.h>
#include <string.h>

#include "src/decode.h"
#include "src/frame.h"
#include "src/hexdump.h"
#include "src/tuple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One word: nothing but what can be seen. */
static void check_word(struct buf *out)
{
	if (buf_error(out) || !out->len)
		abort();
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] <= ' ' || out->data[i] >= 0x7f)
			abort();
	buf_reset(out);
}

static void check_headers(const struct headers *h)
{
	if (h->net == NET_NONE && h->transport != TRANSPORT_NONE)
		abort();
	if (h->flags & HEADERS_MORE && !(h->flags & HEADERS_FRAGMENT))
		abort();
	/* A later fragment begins with payload. */
	if (h->frag_offset && h->transport != TRANSPORT_NONE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decode_input in = {0};
	struct packet packet;
	struct buf out = {0};
	struct frame frame;

	if (size < sizeof(in.l2))
		return 0;
	memcpy(&in.l2, data, sizeof(in.l2));
	in.raw = data + sizeof(in.l2);
	in.raw_len = size - sizeof(in.l2);
	decode_packet(&in, &packet);
	check_headers(&packet.outer);
	check_headers(&packet.inner);
	if (packet.n_tags > PACKET_TAGS || packet.tunnel >= TUNNEL_KINDS)
		abort();
	tuple_put_packet(&out, &packet, true);
	check_word(&out);
	tuple_put_tunnel(&out, &packet, true);
	check_word(&out);
	frame_build(in.l2, in.raw, in.raw_len, 262144, &frame);
	for (int style = 0; style < 6; style++)
		hexdump_put(&out,
			    &(struct hexdump){.hex = style % 2 + 1,
					      .both = style / 2 == 1,
					      .ascii = style / 2 == 2},
			    &frame, packet.link_len);
	buf_free(&out);
	return 0;
}
