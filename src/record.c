// SPDX-License-Identifier: GPL-2.0-only
#include "src/record.h"

#include <errno.h>

int record_parse(const void *data, size_t size, struct record *ret_record)
{
	const struct ev_hdr *hdr = data;
	size_t packet, cb, fields;

	if (size < sizeof(*hdr) || hdr->stack_room > EV_STACK_MAX ||
	    hdr->stack_bytes > (int)(hdr->stack_room * sizeof(uint64_t)) ||
	    (hdr->cb_room && hdr->cb_room != EV_CB_LEN) || hdr->fields_room > EV_FIELDS_MAX ||
	    hdr->fields_room % 8 || hdr->raw_len > EV_SNAPLEN_MAX)
		return -EBADMSG;
	cb = sizeof(*hdr) + hdr->stack_room * sizeof(uint64_t);
	fields = cb + hdr->cb_room;
	packet = fields + hdr->fields_room;
	if (size < packet || size - packet < hdr->raw_len)
		return -EBADMSG;
	*ret_record = (struct record){
		.hdr = hdr,
		.stack = (const uint64_t *)(hdr + 1),
		.stack_len = hdr->stack_bytes > 0 ? hdr->stack_bytes / sizeof(uint64_t) : 0,
		.cb = hdr->cb_room ? (const uint8_t *)data + cb : NULL,
		.fields = hdr->fields_room ? (const uint8_t *)data + fields : NULL,
		.raw = (const uint8_t *)data + packet,
	};
	return 0;
}
