/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RECORD_H
#define PWRU_CAP_RECORD_H
/*
 * A record of the ring buffer, checked and taken apart.
 */
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

struct record {
	const struct ev_hdr *hdr;
	const uint64_t *stack; /* stack_len addresses, innermost first */
	size_t stack_len;      /* 0 if there is none, or it could not be read */
	const uint8_t *cb;     /* EV_CB_LEN bytes of skb->cb; NULL: not recorded */
	const uint8_t *fields; /* hdr->fields_room bytes, filter/fetch_abi.h; NULL: none */
	const uint8_t *dump;   /* hdr->dump_room bytes */
	/* its parts, with bytes behind each; NULL: not recorded */
	const struct ev_dump *dumps[EV_DUMPS];
	const uint8_t *raw; /* hdr->raw_len bytes, see frame_build() */
};

/**
 * record_parse() - take a record apart
 * @data: what the ring gave, aligned to 8; the result points into it
 * @size: its bytes
 * @ret_record: filled on success
 *
 * Return: 0, or -EBADMSG if the sections do not fit into @size, parts of the dump into theirs, or
 * the packet's bytes into the frame.
 */
int record_parse(const void *data, size_t size, struct record *ret_record);

#endif
