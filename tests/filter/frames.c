// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames for the differential tests. Values are taken from small pools, the ones that the
 * expressions ask for, so that expressions match often enough to get to their ends.
 */
#include "tests/filter/frames.h"

#include <string.h>

#include "filter/frame_abi.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void put8(struct frame *f, uint32_t v)
{
	if (f->len < FRAME_MAX)
		f->bytes[f->len++] = (uint8_t)v;
}

static void put16(struct frame *f, uint32_t v)
{
	put8(f, v >> 8);
	put8(f, v);
}

static void put32(struct frame *f, uint32_t v)
{
	put16(f, v >> 16);
	put16(f, v);
}

static void put_junk(struct frame *f, struct rng *r, uint32_t n)
{
	while (n--)
		put8(f, rng_one_in(r, 3) ? rng_below(r, 256) : rng_below(r, 4));
}

static void put_mac(struct frame *f, struct rng *r)
{
	static const uint64_t pool[] = {0x020000000001, 0x020000000002, 0xffffffffffff,
					0x01005e000001, 0x0180c2000000, 0x333300000001};
	uint64_t mac = pool[rng_below(r, LEN(pool))];

	put16(f, (uint32_t)(mac >> 32));
	put32(f, (uint32_t)mac);
}

static void put_ip4_addr(struct frame *f, struct rng *r)
{
	static const uint32_t pool[] = {0x0a000001, 0x0a000002, 0x0a000103, 0xc0a80001,
					0xe0000001, 0xffffffff, 0x7f000001};

	put32(f, pool[rng_below(r, LEN(pool))]);
}

static void put_ip6_addr(struct frame *f, struct rng *r)
{
	put32(f, rng_one_in(r, 4) ? 0xff020000 : 0x20010db8);
	put32(f, 0);
	put32(f, 0);
	put32(f, 1 + rng_below(r, 3));
}

static uint32_t port(struct rng *r)
{
	static const uint16_t pool[] = {443, 80, 53, 22, 4789, 6081, 67, 8080, 2152, 1024};

	return pool[rng_below(r, LEN(pool))];
}

static void put_l3(struct frame *f, struct rng *r, int depth);
static void put_eth(struct frame *f, struct rng *r, int depth);

static void put_tcp(struct frame *f, struct rng *r)
{
	uint32_t words = 5 + (rng_one_in(r, 2) ? rng_below(r, 11) : 0);

	put16(f, port(r));
	put16(f, port(r));
	put32(f, rng_below(r, 1000));
	put32(f, rng_below(r, 1000));
	put8(f, words << 4);
	put8(f, rng_one_in(r, 3) ? 0x12 : rng_below(r, 64));
	put16(f, 512);
	put32(f, 0);
	put_junk(f, r, 4 * (words - 5));
	if (rng_one_in(r, 2)) {
		put32(f, 0x47455420); /* GET */
		put_junk(f, r, rng_below(r, 40));
	}
}

static void put_udp(struct frame *f, struct rng *r, int depth)
{
	uint32_t dport = port(r);

	put16(f, port(r));
	put16(f, dport);
	put16(f, 8 + rng_below(r, 100));
	put16(f, 0);
	if (dport == 4789 && depth) {
		put32(f, 0x08000000);
		put32(f, rng_below(r, 4) << 8);
		put_eth(f, r, depth - 1);
	} else if (dport == 6081 && depth) {
		uint32_t opts = rng_below(r, 3);

		put8(f, opts);
		put8(f, 0);
		put16(f, 0x6558);
		put32(f, rng_below(r, 4) << 8);
		put_junk(f, r, 4 * opts);
		put_eth(f, r, depth - 1);
	} else {
		put_junk(f, r, rng_below(r, 60));
	}
}

static void put_gre(struct frame *f, struct rng *r, int depth)
{
	static const uint16_t inner[] = {0x0800, 0x86dd, 0x6558, 0x88be};
	uint32_t type = inner[rng_below(r, LEN(inner))];
	bool key = rng_one_in(r, 2);

	put16(f, key ? 0x2000 : 0);
	put16(f, type);
	if (key)
		put32(f, 42);
	if (!depth)
		put_junk(f, r, 20);
	else if (type == 0x6558)
		put_eth(f, r, depth - 1);
	else
		put_l3(f, r, depth - 1);
}

static void put_l4(struct frame *f, struct rng *r, uint32_t proto, int depth)
{
	switch (proto) {
	case 6:
		put_tcp(f, r);
		break;
	case 17:
		put_udp(f, r, depth);
		break;
	case 1:
	case 58:
		put8(f, rng_one_in(r, 3) ? rng_below(r, 256) : (proto == 1 ? 8 : 128));
		put8(f, rng_below(r, 3));
		put16(f, 0);
		put32(f, 7);
		put_junk(f, r, rng_below(r, 56));
		break;
	case 132:
		put16(f, port(r));
		put16(f, port(r));
		put32(f, 1);
		put_junk(f, r, rng_below(r, 30));
		break;
	case 47:
		put_gre(f, r, depth);
		break;
	case 4:
	case 41:
		if (depth) {
			put_l3(f, r, depth - 1);
			break;
		}
		/* fall through */
	default:
		put_junk(f, r, rng_below(r, 40));
	}
}

static uint32_t protocol(struct rng *r)
{
	static const uint8_t pool[] = {6, 6, 6, 17, 17, 17, 1, 58, 132, 47, 4, 41, 51, 89, 2};

	return pool[rng_below(r, LEN(pool))];
}

static void put_ip4(struct frame *f, struct rng *r, int depth)
{
	uint32_t proto = protocol(r), words = 5, frag = 0;

	if (rng_one_in(r, 4))
		words = rng_below(r, 16); /* below 5 is malformed */
	if (rng_one_in(r, 5))
		frag = rng_one_in(r, 2) ? 0x2000 : rng_below(r, 0x4000);
	put8(f, 0x40 | words);
	put8(f, rng_below(r, 8) << 2);
	put16(f, 20 + rng_below(r, 1400));
	put16(f, rng_below(r, 65536));
	put16(f, frag);
	put8(f, rng_one_in(r, 2) ? 64 : rng_below(r, 256));
	put8(f, proto);
	put16(f, 0);
	put_ip4_addr(f, r);
	put_ip4_addr(f, r);
	put_junk(f, r, words > 5 ? 4 * (words - 5) : 0);
	put_l4(f, r, proto, depth);
}

static void put_ip6(struct frame *f, struct rng *r, int depth)
{
	static const uint8_t ext[] = {0, 43, 44, 60, 51};
	uint32_t cnt = rng_one_in(r, 2) ? 0 : rng_below(r, rng_one_in(r, 4) ? 12 : 4);
	uint32_t proto = protocol(r), next = cnt ? ext[rng_below(r, LEN(ext))] : proto;

	put32(f, 0x60000000 | rng_below(r, 1 << 20));
	put16(f, rng_below(r, 1400));
	put8(f, next);
	put8(f, 64);
	put_ip6_addr(f, r);
	put_ip6_addr(f, r);
	while (cnt--) {
		uint32_t kind = next, units = rng_below(r, 2);

		next = cnt ? ext[rng_below(r, LEN(ext))] : proto;
		put8(f, next);
		if (kind == 44) {
			put8(f, 0);
			put16(f, rng_below(r, 3) << 3);
			put32(f, 9);
		} else if (kind == 51) {
			put8(f, 1 + units); /* in words, less 2 */
			put_junk(f, r, 4 * (3 + units) - 2);
		} else {
			put8(f, units);
			put_junk(f, r, 8 * (1 + units) - 2);
		}
	}
	put_l4(f, r, proto, depth);
}

static void put_l3(struct frame *f, struct rng *r, int depth)
{
	if (rng_one_in(r, 3))
		put_ip6(f, r, depth);
	else
		put_ip4(f, r, depth);
}

static void put_arp(struct frame *f, struct rng *r)
{
	put32(f, 0x00010800);
	put16(f, 0x0604);
	put16(f, 1 + rng_below(r, 2));
	put_mac(f, r);
	put_ip4_addr(f, r);
	put_mac(f, r);
	put_ip4_addr(f, r);
}

static void put_mpls(struct frame *f, struct rng *r, int depth)
{
	uint32_t labels = 1 + rng_below(r, 3);

	while (labels--)
		put32(f, (1000 + rng_below(r, 3)) << 12 | (labels ? 0 : 0x100) | 64);
	put_l3(f, r, depth);
}

static void put_pppoe(struct frame *f, struct rng *r, int depth)
{
	bool v6 = rng_one_in(r, 3);

	put16(f, 0x1100);
	put16(f, 1 + rng_below(r, 3));
	put16(f, 100);
	put16(f, v6 ? 0x0057 : 0x0021);
	if (v6)
		put_ip6(f, r, depth);
	else
		put_ip4(f, r, depth);
}

/* From the type field on. */
static void put_type(struct frame *f, struct rng *r, int depth)
{
	switch (rng_below(r, 14)) {
	case 0:
		put16(f, 0x8100);
		put16(f, 5 + rng_below(r, 3));
		put_type(f, r, depth);
		break;
	case 1:
		put16(f, 0x88a8);
		put16(f, 5 + rng_below(r, 3));
		put16(f, 0x8100);
		put16(f, 100);
		put_type(f, r, depth);
		break;
	case 2:
		put16(f, 0x8847);
		put_mpls(f, r, depth);
		break;
	case 3:
		put16(f, rng_one_in(r, 4) ? 0x8863 : 0x8864);
		put_pppoe(f, r, depth);
		break;
	case 4:
		put16(f, rng_one_in(r, 3) ? 0x8035 : 0x0806);
		put_arp(f, r);
		break;
	case 5: /* 802.3: a length, and LLC */
		put16(f, 20 + rng_below(r, 40));
		put16(f, rng_one_in(r, 2) ? 0x4242 : 0xaaaa);
		put_junk(f, r, 40);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		put16(f, 0x86dd);
		put_ip6(f, r, depth);
		break;
	default:
		put16(f, 0x0800);
		put_ip4(f, r, depth);
	}
}

static void put_eth(struct frame *f, struct rng *r, int depth)
{
	put_mac(f, r);
	put_mac(f, r);
	put_type(f, r, depth);
}

static void fill_tail(struct frame *f, struct rng *r)
{
	for (uint32_t i = f->len; i < sizeof(f->bytes); i++)
		f->bytes[i] = (uint8_t)rng_next(r);
}

void frame_random(struct rng *r, struct frame *f)
{
	f->len = 0;
	put_eth(f, r, 2);
	fill_tail(f, r);
}

void frame_icmp(struct frame *f)
{
	struct rng r = {1};

	f->len = 0;
	put32(f, 0x02000000);
	put32(f, 0x00010200);
	put32(f, 0x00000002);
	put16(f, 0x0800);
	put32(f, 0x45000054);
	put32(f, 0x00004000);
	put32(f, 0x40010000);
	put32(f, 0x0a000001);
	put32(f, 0x0a000002);
	put32(f, 0x08000000);
	put32(f, 0x00070001);
	put_junk(f, &r, 56);
	fill_tail(f, &r);
}

/* The frame as written: where the head is put in, and @from, the rest of the frame. */
static uint32_t write_head(const struct frame *f, bool synth, bool vlan, const uint8_t tag[4],
			   uint8_t *file)
{
	uint32_t at = 0;

	if (synth)
		memset(file, 0, FRAME_MAC_LEN);
	else
		memcpy(file, f->bytes, FRAME_MAC_LEN);
	at += FRAME_MAC_LEN;
	if (vlan) {
		memcpy(file + at, tag, FRAME_TAG_LEN);
		at += FRAME_TAG_LEN;
	}
	memcpy(file + at, f->bytes + FRAME_MAC_LEN, f->len - FRAME_MAC_LEN);
	return at + f->len - FRAME_MAC_LEN;
}

static uint64_t load_native(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

void frame_place(const struct frame *f, enum l2_case l2, uint32_t caplen, uint32_t more,
		 struct sighting *ret)
{
	bool synth = l2 == L2_SYNTH || l2 == L2_SYNTH_VLAN, vlan = l2 >= L2_VLAN;
	static const uint8_t tags[2][4] = {{0x81, 0x00, 0x00, 0x05}, {0x88, 0xa8, 0x20, 0x06}};
	const uint8_t *tag = tags[f->len & 1];
	uint32_t skip = synth ? FRAME_ETH_LEN : 0, len;

	len = write_head(f, synth, vlan, tag, ret->file);
	ret->linear = caplen < len ? caplen : len;
	ret->wire = len + more;
	ret->mem = f->bytes + skip;
	ret->mem_len = f->len - skip + FRAME_TAIL;
	ret->base_off = -(int64_t)(skip + (vlan ? FRAME_TAG_LEN : 0));
	ret->l2 = 0;
	if (synth)
		ret->l2 |= FRAME_L2_SYNTH | load_native(f->bytes + FRAME_MAC_LEN)
						    << FRAME_L2_TYPE_SHIFT;
	if (vlan)
		ret->l2 |= FRAME_L2_VLAN | load_native(tag) << FRAME_L2_TPID_SHIFT |
			   load_native(tag + 2) << FRAME_L2_TCI_SHIFT;
}
