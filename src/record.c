// SPDX-License-Identifier: GPL-2.0-only
#include "src/record.h"

#include <errno.h>

#include "filter/frame_abi.h"

/* The parts fill their section. */
static int parse_dumps(const uint8_t *data, size_t room, const struct ev_dump *ret_dumps[EV_DUMPS])
{
	while (room) {
		const struct ev_dump *dump = (const void *)data;
		size_t size = sizeof(*dump);

		if (room < size)
			return -EBADMSG;
		size += dump->len;
		if (room < size || dump->len % 8 || dump->kind >= EV_DUMPS)
			return -EBADMSG;
		ret_dumps[dump->kind] = dump;
		data += size;
		room -= size;
	}
	return 0;
}

/* The synthetic head, the bytes that are there, and those that are said not to be. */
static uint64_t frame_length(const struct ev_hdr *hdr)
{
	uint64_t head = (hdr->l2 & FRAME_L2_SYNTH ? FRAME_ETH_LEN : 0) +
			(hdr->l2 & FRAME_L2_VLAN ? FRAME_TAG_LEN : 0);

	return head + hdr->raw_len + hdr->nonlinear;
}

int record_parse(const void *data, size_t size, struct record *ret_record)
{
	const struct ev_hdr *hdr = data;
	struct record rec = {.hdr = hdr};
	size_t packet, dump, fields, cb;

	if (size < sizeof(*hdr) || hdr->stack_room > EV_STACK_MAX ||
	    hdr->stack_bytes > (int)(hdr->stack_room * sizeof(uint64_t)) ||
	    (hdr->stack_bytes > 0 && hdr->stack_bytes % sizeof(uint64_t)) ||
	    (hdr->cb_room && hdr->cb_room != EV_CB_LEN) || hdr->dump_room > EV_DUMP_MAX ||
	    hdr->fields_room > EV_FIELDS_MAX || hdr->fields_room % 8 ||
	    hdr->raw_len > EV_SNAPLEN_MAX || frame_length(hdr) > hdr->wire_len)
		return -EBADMSG;
	cb = sizeof(*hdr) + hdr->stack_room * sizeof(uint64_t);
	fields = cb + hdr->cb_room;
	dump = fields + hdr->fields_room;
	packet = dump + hdr->dump_room;
	if (size < packet || size - packet < hdr->raw_len ||
	    parse_dumps((const uint8_t *)data + dump, hdr->dump_room, rec.dumps))
		return -EBADMSG;
	rec.stack = (const uint64_t *)(hdr + 1);
	rec.stack_len = hdr->stack_bytes > 0 ? hdr->stack_bytes / sizeof(uint64_t) : 0;
	rec.cb = hdr->cb_room ? (const uint8_t *)data + cb : NULL;
	rec.fields = hdr->fields_room ? (const uint8_t *)data + fields : NULL;
	rec.dump = (const uint8_t *)data + dump;
	rec.raw = (const uint8_t *)data + packet;
	*ret_record = rec;
	return 0;
}
