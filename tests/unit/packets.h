/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_PACKETS_H
#define PWRU_CAP_TESTS_PACKETS_H
/*
 * For tests of what looks into frames: packets that are right, for the tests to change.  Offsets
 * are those of the frame: 14 is the network header, 34 the transport's behind IPv4, 54 behind IPv6.
 */
#include <stdint.h>
#include <string.h>

#include "src/util.h"

#define ETHER	"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
#define TYPE_IP "\x08\x00"
#define TAG_100 "\x81\x00\x60\x64"
#define IPV4(proto)                                             \
	"\x45\x00\x00\x3c\x1c\x46\x40\x00\x40" proto "\xb1\xe6" \
	"\x0a\x4d\x00\x01\x0a\x4f\x00\x02"
#define IPV6(next)                                                         \
	"\x60\x00\x00\x00\x00\x14" next "\x40"                             \
	"\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" \
	"\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
#define TCP                                                        \
	"\xc3\x50\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x02\x60\x10" \
	"\xfa\xf0\x12\x34\x00\x00\x02\x04\x05\xb4"
#define UDP	"\xc3\x50\x00\x35\x00\x28\x56\x78"
#define ICMP	"\x08\x00\x0c\x0d\x00\x07\x00\x01"
#define PAYLOAD "abcdefghijklmnopqrstuvwxyz012345"

struct packet_bytes {
	uint8_t bytes[256];
	uint32_t len;
};

/* A string's bytes, which may be 0. */
#define PACKET(text) packet_of(text, sizeof(text) - 1)

static inline struct packet_bytes packet_of(const char *text, size_t len)
{
	struct packet_bytes p = {.len = len};

	memcpy(p.bytes, text, len);
	return p;
}

#endif
