/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FRAMEDIFF_H
#define PWRU_CAP_FRAMEDIFF_H
/*
 * What differs between two frames, by name.
 */
#include <stdbool.h>
#include <stdint.h>

#include "src/buf.h"

struct frame_bytes {
	const uint8_t *bytes;
	uint32_t len;  /* how many are known */
	uint32_t wire; /* length of the whole frame */
	bool synth;    /* its Ethernet header is made up */
};

/**
 * framediff() - name what is different in the frame @b
 * @out: names are appended, each behind a comma if it is not the first in it: "len", fields of
 *	headers (src/headers.c), "vlan" for a tag that is there in one only, "bytes=A-B" for bytes
 *	A to B of @b that are in no field
 *
 * Of bytes that are known in one frame only nothing is said. If the Ethernet header of one is made
 * up, the frames are compared from the network header on.
 */
void framediff(const struct frame_bytes *a, const struct frame_bytes *b, struct buf *out);

/* framediff_name() - append a name as framediff() does */
void framediff_name(struct buf *out, const char *name);

#endif
