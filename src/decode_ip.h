/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DECODE_IP_H
#define PWRU_CAP_DECODE_IP_H
/*
 * The network and transport headers, for src/decode.c.
 *
 * A cursor walks over the bytes: take() hands out so many of them or, where they are not there,
 * NULL, and marks the headers as short.  No function looks at bytes by other means.
 */
#include "src/decode.h"

/* Ethernet types. */
#define TYPE_IPV4 0x0800
#define TYPE_ARP  0x0806
#define TYPE_IPV6 0x86dd

struct cursor {
	const uint8_t *p;
	size_t left;
	struct headers *h; /* what is being filled */
};

static inline const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (n > c->left) {
		c->h->flags |= HEADERS_SHORT;
		c->left = 0;
		return NULL;
	}
	c->p += n;
	c->left -= n;
	return p;
}

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/*
 * decode_network() - from the network header on; leaves the cursor at the transport header, or
 * returns false: there is none (another type, a later fragment, cut off)
 */
bool decode_network(struct cursor *c, uint16_t type);

/* decode_transport() - the header that the cursor stands at, of the protocol in c->h */
void decode_transport(struct cursor *c);

#endif
