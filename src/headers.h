/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_HEADERS_H
#define PWRU_CAP_HEADERS_H
/*
 * The headers of an Ethernet frame, and the fields in them.
 */
#include <stddef.h>
#include <stdint.h>

/* In the order in which they come. */
enum header_kind {
	HEADER_MACS, /* both addresses */
	HEADER_VLAN, /* one tag: TPID and TCI */
	HEADER_TYPE, /* the Ethernet type */
	HEADER_IPV4,
	HEADER_IPV6,
	HEADER_TCP,
	HEADER_UDP,
	HEADER_ICMP, /* and ICMPv6 */
	HEADER_REST, /* all that is behind; always there, perhaps empty */
};

struct header {
	enum header_kind kind;
	uint32_t at;  /* offset in the frame */
	uint32_t len; /* bytes of it that are in the frame, options included */
};

/* Two addresses, tags, the type, IP, the transport and the rest. */
#define HEADERS_MAX_TAGS 4
#define HEADERS_MAX	 (HEADERS_MAX_TAGS + 5)

struct headers {
	struct header v[HEADERS_MAX];
	size_t n;
	size_t l3; /* index of the first one behind the Ethernet type */
};

/* Bits are counted from the header's first byte's highest one. */
struct header_field {
	const char *name;
	uint16_t bit;
	uint16_t bits;
};

struct header_layout {
	const struct header_field *fields;
	size_t n;
	uint32_t len;	     /* of the fields, bytes */
	const char *options; /* what may follow them; NULL: nothing */
};

/*
 * headers_parse() - find the headers of a frame of which @len bytes are there. A header that is not
 * there to the end of its fields, or is of an unknown kind, belongs to the rest.
 */
void headers_parse(const uint8_t *frame, uint32_t len, struct headers *ret_headers);

/* header_layout() - the fields of a kind; none for HEADER_REST */
const struct header_layout *header_layout(enum header_kind kind);

#endif
