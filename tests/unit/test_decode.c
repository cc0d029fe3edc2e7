// SPDX-License-Identifier: GPL-2.0-only
/* Headers that are cut off anywhere, and shapes that the golden tests have not. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/decode.h"
/* The records that the golden tests know the text of. */
#include "tests/golden/records.c"

/* Bytes that end where memory ends, so that ASan sees a read behind them. */
static struct packet decode(uint64_t l2, const uint8_t *raw, size_t len, uint8_t **ret_copy)
{
	struct packet packet;
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, raw, len);
	memset(&packet, 0xa5, sizeof(packet));
	decode_packet(&(struct decode_input){.l2 = l2, .raw = copy, .raw_len = len}, &packet);
	*ret_copy = copy;
	return packet;
}

static struct packet decode_hex(const char *hex)
{
	uint8_t raw[512], *copy;
	struct packet packet = decode(0, raw, unhex(hex, raw), &copy);

	free(copy);
	packet.macs = NULL;
	return packet;
}

/*
 * What a part of a packet tells is what the whole tells, as far as it goes: nothing changes with
 * more bytes but from not known to known.
 */
static void check_part(const struct headers *part, const struct headers *whole)
{
	if (part->net == NET_NONE)
		return;
	assert_int_equal(part->net, whole->net);
	assert_memory_equal(part->saddr, whole->saddr, 16);
	assert_memory_equal(part->daddr, whole->daddr, 16);
	if (part->flags & HEADERS_SHORT)
		return;
	assert_int_equal(part->proto, whole->proto);
	assert_int_equal(part->transport, whole->transport);
	assert_int_equal(part->sport, whole->sport);
	assert_int_equal(part->dport, whole->dport);
	assert_int_equal(part->tcp_flags, whole->tcp_flags);
}

static void test_prefixes(void **state)
{
	static uint64_t data[RECORD_SIZE / 8];

	(void)state;
	for (size_t i = 0; i < records_len; i++) {
		const struct ev_hdr *hdr = (void *)data;
		const uint8_t *raw = (uint8_t *)(hdr + 1);
		struct packet whole, part;
		uint8_t *copy, *other;

		record_make(i, 0, data);
		whole = decode(hdr->l2, raw, hdr->raw_len, &copy);
		for (size_t len = 0; len <= hdr->raw_len; len++) {
			part = decode(hdr->l2, raw, len, &other);
			if (part.macs)
				assert_ptr_equal(part.macs, other);
			/* ARP has its operation before its addresses. */
			if (part.outer.net != NET_ARP || !(part.outer.flags & HEADERS_SHORT))
				check_part(&part.outer, &whole.outer);
			check_part(&part.inner, &whole.inner);
			free(other);
		}
		assert_int_equal(part.outer.flags, whole.outer.flags);
		free(copy);
	}
}

/* A chain of extension headers without end is given up, not followed. */
static void test_extensions(void **state)
{
	uint8_t raw[14 + 40 + 100 * 8] = {0}, *copy;
	struct packet packet;

	(void)state;
	memcpy(raw + 12, "\x86\xdd\x60\0\0\0\x03\x20\0\x40", 10);
	/* 100 times hop-by-hop, each of 8 bytes. */
	packet = decode(0, raw, sizeof(raw), &copy);
	free(copy);
	assert_int_equal(packet.outer.net, NET_IPV6);
	assert_int_equal(packet.outer.proto, 0);
	assert_int_equal(packet.outer.transport, TRANSPORT_NONE);

	/* AH counts in words of four bytes. */
	packet = decode_hex(ETH("86dd") IP6(
		"0024", "33") "0604 0000 00000000 00000000 000000000000000000000000" TCP("c350",
											 "0050",
											 "02"));
	assert_int_equal(packet.outer.proto, 6);
	assert_int_equal(packet.outer.dport, 80);
	/* ESP hides what follows. */
	packet = decode_hex(ETH("86dd") IP6("0024", "32") TCP("c350", "0050", "02"));
	assert_int_equal(packet.outer.proto, 50);
	assert_int_equal(packet.outer.transport, TRANSPORT_NONE);
}

static void test_tags(void **state)
{
	uint8_t raw[64], *copy;
	size_t len = unhex(ETH("8100") "00c80800" IP4("0014", "c8"), raw);
	struct packet packet;

	(void)state;
	/* One beside the packet, one in it. */
	packet = decode(FRAME_L2_VLAN | (uint64_t)htons(100) << FRAME_L2_TCI_SHIFT, raw, len,
			&copy);
	free(copy);
	assert_int_equal(packet.n_tags, 2);
	assert_int_equal(packet.tags[0], 100);
	assert_int_equal(packet.tags[1], 200);
	assert_int_equal(packet.link_len, 22);
	assert_int_equal(packet.outer.net, NET_IPV4);
	/* More than are kept are still walked over. */
	packet = decode_hex(ETH("8100") "00018100 00028100 00038100 00048100 00058100 00060800" IP4(
		"0014", "c8"));
	assert_int_equal(packet.n_tags, PACKET_TAGS);
	assert_int_equal(packet.tags[3], 4);
	assert_int_equal(packet.outer.net, NET_IPV4);
}

/* What looks like a tunnel, and is none. */
static void test_no_tunnels(void **state)
{
	(void)state;
	/* VXLAN without the flag, Geneve of another version, PPTP's GRE, a source port. */
	assert_int_equal(decode_hex(ETH("0800") IP4("0040", "11")
					    UDP("c000", "12b5",
						"002c") "00000000 00002a00" ETH("0800") INNER4)
				 .tunnel,
			 TUNNEL_NONE);
	assert_int_equal(decode_hex(ETH("0800") IP4("0040", "11")
					    UDP("c000", "17c1", "002c") "40000800 00002a00" INNER4)
				 .tunnel,
			 TUNNEL_NONE);
	assert_int_equal(
		decode_hex(ETH("0800") IP4("0040", "2f") "3001880b 00000000" INNER4).tunnel,
		TUNNEL_NONE);
	assert_int_equal(decode_hex(ETH("0800") IP4("0040", "11")
					    UDP("12b5", "c000",
						"002c") "08000000 00002a00" ETH("0800") INNER4)
				 .tunnel,
			 TUNNEL_NONE);
	/* GRE that holds what is not known. */
	assert_int_equal(decode_hex(ETH("0800") IP4("0040", "2f") "0000880b 00000000").inner.net,
			 NET_NONE);
	/* In VXLAN on Linux's own port, GRE with all its fields, a tag within. */
	assert_int_equal(decode_hex(ETH("0800") IP4("0040", "11")
					    UDP("c000", "2118", "002c") "08000000 00002a00" ETH(
						    "8100") "00050800" INNER4)
				 .inner.dport,
			 53);
	assert_int_equal(
		decode_hex(ETH("0800")
				   IP4("0040", "2f") "b0000800 00000000 00000007 00000001" INNER4)
			.vni,
		7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_no_tunnels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
