// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>

#include "src/changes.h"

#include "filter/frame_abi.h"
#include "tests/unit/packets.h"
#include "tests/unit/stages.h"

#define MIB ((size_t)1 << 20)

struct fixture {
	struct changes *changes;
	struct catcher out;
	struct packet_bytes packet;
	struct ev_hdr hdr;
	uint64_t fed;
};

static void begin(struct fixture *f, size_t bytes)
{
	*f = (struct fixture){
		.changes = changes_new(200, bytes),
		.out.stage.take = catch_it,
		.packet = PACKET(ETHER TYPE_IP IPV4("\x06") TCP PAYLOAD),
		.hdr = {.id = 1, .skb = 0xff1234561000, .ifindex = 2, .netns = 7},
	};
	assert_non_null(f->changes);
	changes_stage(f->changes)->next = &f->out.stage;
}

/* All that went in is accounted for. */
static void end(struct fixture *f)
{
	assert_int_equal(f->out.caught + changes_unchanged(f->changes), f->fed);
	assert_int_equal(f->out.left_out, changes_unchanged(f->changes));
	changes_free(f->changes);
	buf_free(&f->out.text);
}

/* The packet as it is now, from this byte of it on: 0, or 14 for no MAC header. */
static void see_from(struct fixture *f, uint32_t from)
{
	f->hdr.time_ns = ++f->fed;
	f->hdr.wire_len = f->packet.len;
	f->hdr.raw_len = f->packet.len - from;
	f->hdr.l2 = from ? FRAME_L2_SYNTH | htons(0x0800) : 0;
	feed(changes_stage(f->changes), &f->hdr, NULL, f->packet.bytes + from);
}

static void see(struct fixture *f)
{
	see_from(f, 0);
}

static void test_route(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	see(&f);
	see(&f);
	f.packet.bytes[22]--; /* ttl */
	f.packet.bytes[24]++;
	see(&f);
	see(&f);
	f.hdr.ifindex = 3;
	see(&f);
	f.packet.bytes[26]++; /* NAT */
	f.packet.bytes[24]++;
	f.packet.bytes[50]++;
	see(&f);
	f.packet.bytes[0]++;
	f.packet.bytes[6]++;
	see(&f);
	f.hdr.mark = 5;
	f.hdr.netns = 8;
	f.hdr.ifindex = 4;
	see(&f);
	see(&f);
	assert_caught(&f.out, "1 3=ttl,csum 5=dev 6=csum,src,tcp-csum 7=dst-mac,src-mac "
			      "8=dev,netns,mark");
	assert_int_equal(changes_unchanged(f.changes), 3);
	end(&f);
}

/* A drop is always written, with what changed if something did. */
static void test_drop(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	see(&f);
	f.hdr.flags = EV_F_DROP;
	see(&f);
	f.hdr.mark++;
	see(&f);
	f.hdr.flags = 0;
	see(&f);
	assert_caught(&f.out, "1 2! 3=mark!");
	end(&f);
}

/* Packets are told apart by the id; without one each sighting is written. */
static void test_ids(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	see(&f);
	f.hdr.skb += 0x100;
	f.hdr.id = 2;
	f.hdr.mark = 1;
	see(&f);
	f.hdr.skb -= 0x100;
	f.hdr.id = 1;
	f.hdr.mark = 0;
	see(&f);
	/* The address of the first one is another packet's now. */
	f.hdr.id = 3;
	see(&f);
	see(&f);
	f.hdr.id = 0;
	see(&f);
	see(&f);
	f.hdr.id = 3;
	see(&f);
	assert_caught(&f.out, "1 2 4 6 7");
	end(&f);
}

/* A MAC header that is pulled, and comes back, is no change; another one is. */
static void test_mac_header(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	see(&f);
	see_from(&f, 14);
	see(&f);
	see_from(&f, 14);
	f.packet.bytes[3]++;
	see(&f);
	see_from(&f, 14);
	f.packet.bytes[22]--;
	see_from(&f, 14);
	see(&f);
	f.packet.bytes[3]++;
	see(&f);
	assert_caught(&f.out, "1 5=dst-mac 7=ttl 9=dst-mac");
	end(&f);
	/* Nor is one that is made up from the socket, or for bytes without a header. */
	begin(&f, MIB);
	f.hdr.flags = EV_F_SOCK;
	see(&f);
	f.hdr.flags = 0;
	f.packet.bytes[3]++;
	see(&f);
	f.hdr.flags = EV_F_OPAQUE;
	f.packet.bytes[12] = 0x88;
	see(&f);
	assert_caught(&f.out, "1");
	end(&f);
	/* First seen without: the one that is put in front is known from then on. */
	begin(&f, MIB);
	see_from(&f, 14);
	see(&f);
	f.packet.bytes[3]++;
	see(&f);
	assert_caught(&f.out, "1 3=dst-mac");
	end(&f);
}

/* A tag beside the packet, or within. */
static void test_tag(void **state)
{
	struct packet_bytes tagged = PACKET(ETHER TAG_100 TYPE_IP IPV4("\x06") TCP PAYLOAD);
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	see(&f);
	f.hdr.time_ns = ++f.fed;
	f.hdr.l2 = FRAME_L2_VLAN | (uint64_t)htons(0x8100) << FRAME_L2_TPID_SHIFT |
		   (uint64_t)htons(0x6064) << FRAME_L2_TCI_SHIFT;
	f.hdr.wire_len += 4;
	feed(changes_stage(f.changes), &f.hdr, NULL, f.packet.bytes);
	f.packet = tagged;
	see(&f);
	f.packet.bytes[15]++;
	see(&f);
	assert_caught(&f.out, "1 2=len,vlan 4=vlan-id");
	end(&f);
}

/* Bytes come into reach, and go out of it: as long as they are the same, nothing changed. */
static void test_reach(void **state)
{
	struct fixture f;
	uint32_t len;

	(void)state;
	begin(&f, MIB);
	len = f.packet.len;
	for (uint32_t raw = 10; raw <= len; raw += 20) {
		f.hdr.time_ns = ++f.fed;
		f.hdr.wire_len = len;
		f.hdr.raw_len = raw;
		feed(changes_stage(f.changes), &f.hdr, NULL, f.packet.bytes);
	}
	f.hdr.time_ns = ++f.fed;
	f.hdr.raw_len = 40;
	feed(changes_stage(f.changes), &f.hdr, NULL, f.packet.bytes);
	assert_caught(&f.out, "1");
	/* What was seen before is not forgotten. */
	f.packet.bytes[80]++;
	see(&f);
	assert_caught(&f.out, "7=bytes=80-80");
	/* A shorter packet is a change. */
	f.packet.len--;
	see(&f);
	assert_caught(&f.out, "8=len");
	/* What cannot be read says nothing. */
	f.hdr.flags = EV_F_FAULT;
	memset(f.packet.bytes, 0, sizeof(f.packet.bytes));
	see(&f);
	assert_caught(&f.out, "");
	f.hdr.mark++;
	see(&f);
	assert_caught(&f.out, "10=mark");
	end(&f);
}

/* A namespace that is not known is no other one. */
static void test_netns(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	f.hdr.netns = 0;
	see(&f);
	f.hdr.netns = 7;
	see(&f);
	f.hdr.netns = 0;
	see(&f);
	f.hdr.netns = 8;
	see(&f);
	assert_caught(&f.out, "1 4=dev,netns");
	/* On no device it is the socket's. */
	f.hdr.ifindex = 0;
	see(&f);
	f.hdr.netns = 7;
	see(&f);
	assert_caught(&f.out, "5=dev 6=netns");
	strcpy(f.hdr.ifname, "v1");
	see(&f);
	assert_caught(&f.out, "7=dev");
	end(&f);
}

/* Without memory for all, sightings are written that need not be; none is left out. */
static void test_bound(void **state)
{
	const uint64_t packets = 10000;
	struct fixture f;

	(void)state;
	begin(&f, MIB);
	for (int round = 1; round <= 2; round++) {
		for (uint64_t id = 1; id <= packets; id++) {
			f.hdr.id = id;
			f.hdr.skb = 0xff1234560000 + id * 0x100;
			see(&f);
		}
		assert_int_equal(f.out.caught, round * packets);
	}
	/* The latest are still known. */
	for (uint64_t id = packets - 1000; id <= packets; id++) {
		f.hdr.id = id;
		f.hdr.skb = 0xff1234560000 + id * 0x100;
		see(&f);
	}
	assert_int_equal(f.out.caught, 2 * packets);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route), cmocka_unit_test(test_drop),
		cmocka_unit_test(test_ids),   cmocka_unit_test(test_mac_header),
		cmocka_unit_test(test_tag),   cmocka_unit_test(test_reach),
		cmocka_unit_test(test_netns), cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
