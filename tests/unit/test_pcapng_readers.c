// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file with everything in it, which the readers must take without complaint, and from which they
 * must give back what went in. A reader that is not installed is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/pcapng.h"

/* Ethernet, IPv4, UDP from 10.0.0.1:1 to 10.0.0.2:9, no UDP checksum. */
/* clang-format off */
static const uint8_t frame[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
	0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0x66, 0xcb, 10, 0, 0, 1, 10, 0, 0, 2,
	0, 1, 0, 9, 0, 12, 0, 0, 'p', 'w', 'r', 'u',
};
/* clang-format on */

/* The time of packet i of the file. */
static uint64_t packet_ns(unsigned int i)
{
	return 1700000000123456789 + i;
}

/* Two interfaces, the second of which appears late, and three packets. */
static void build_file(struct buf *b)
{
	static const char *const shb_comments[] = {"first of the file", "second of the file"};
	static const char *const comments[] = {"ip_rcv", "caf\xc3\xa9 \xe2\x82\xac"};
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	static const struct pcapng_bytes pieces[] = {{frame, 14}, {frame + 14, sizeof(frame) - 14}};
	struct pcapng_idb idb = {
		.linktype = 1,
		.snaplen = 65535,
		.name = "eth0",
		.description = "the first",
		.filter = "udp port 9",
		.os = "Linux",
		.macaddr = mac,
		.speed = 1000000000,
		.comments = comments,
		.n_comments = 2,
	};
	struct pcapng_epb epb = {
		.origlen = sizeof(frame),
		.ts_ns = packet_ns(0),
		.pieces = pieces,
		.n_pieces = 2,
		.flags = pcapng_epb_flags(PACKET_BROADCAST),
		.has_queue = true,
		.queue = 5,
		.dropcount = 77,
		.packetid = 17,
		.comments = comments,
		.n_comments = 2,
	};
	struct pcapng_isb isb = {
		.ts_ns = packet_ns(9),
		.starttime_ns = packet_ns(0),
		.endtime_ns = packet_ns(8),
		.ifrecv = 99,
		.ifdrop = 1,
		.filteraccept = 80,
		.osdrop = 77,
		.usrdeliv = 3,
		.comment = "the end",
	};

	assert_int_equal(pcapng_append_shb(b,
					   &(struct pcapng_shb){
						   .hardware = "x86_64",
						   .os = "Linux 6.1",
						   .userappl = "pwru-cap 0",
						   .comments = shb_comments,
						   .n_comments = 2,
					   }),
			 0);
	assert_int_equal(pcapng_append_idb(b, &idb), 0);
	assert_int_equal(pcapng_append_epb(b, &epb), 0);

	idb = (struct pcapng_idb){.linktype = 1, .snaplen = 65535, .name = "veth@4026531840"};
	assert_int_equal(pcapng_append_idb(b, &idb), 0);
	epb.ifid = 1;
	epb.ts_ns = packet_ns(1);
	epb.flags = pcapng_epb_flags(PACKET_OUTGOING);
	epb.origlen = 1514;
	assert_int_equal(pcapng_append_epb(b, &epb), 0);
	epb = (struct pcapng_epb){
		.origlen = sizeof(frame), .ts_ns = packet_ns(2), .pieces = pieces, .n_pieces = 2};
	assert_int_equal(pcapng_append_epb(b, &epb), 0);
	assert_int_equal(pcapng_append_isb(b, &isb), 0);
	isb.ifid = 1;
	assert_int_equal(pcapng_append_isb(b, &isb), 0);
}

struct readers {
	char dir[32];
	char output[16384];
};

static int setup(void **state)
{
	struct readers *r = calloc(1, sizeof(*r));
	struct buf b = {0};
	char path[64];
	FILE *f;

	if (!r)
		return -1;
	strcpy(r->dir, "/tmp/test_pcapng.XXXXXX");
	if (!mkdtemp(r->dir))
		return -1;
	build_file(&b);
	snprintf(path, sizeof(path), "%s/in.pcapng", r->dir);
	f = fopen(path, "w");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f))
		return -1;
	buf_free(&b);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct readers *r = *state;
	char path[64];

	snprintf(path, sizeof(path), "%s/in.pcapng", r->dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/out.pcapng", r->dir);
	unlink(path);
	rmdir(r->dir);
	free(r);
	return 0;
}

/* Runs a command in the file's folder; its output and messages must be exactly `want`. */
static void assert_output(struct readers *r, const char *command, const char *want)
{
	char line[1024];
	size_t n;
	FILE *p;

	/* Away from the user's settings and time zone. Wireshark warns about root on stderr. */
	snprintf(line, sizeof(line),
		 "cd %s && { HOME=$PWD TZ=UTC0 LC_ALL=C.UTF-8 %s; } 2>&1"
		 " | grep -v '^Running as user'",
		 r->dir, command);
	p = popen(line, "r");
	assert_non_null(p);
	n = fread(r->output, 1, sizeof(r->output) - 1, p);
	r->output[n] = '\0';
	pclose(p);
	assert_string_equal(r->output, want);
}

static void need(const char *tool)
{
	char line[64];

	snprintf(line, sizeof(line), "command -v %s >/dev/null", tool);
	if (system(line) == 0)
		return;
	print_message("SKIP: no %s here\n", tool);
	skip();
}

/* Packets as tshark has them, one a line. */
#define TSHARK_FIELDS                                                                   \
	" -n -T fields -E separator=/s -E quote=s -E aggregator=, -e frame.comment"     \
	" -e frame.packet_id -e frame.interface_name -e frame.interface_description"    \
	" -e frame.interface_queue -e frame.packet_flags_direction"                     \
	" -e frame.packet_flags_reception_type -e frame.drop_count -e frame.time_epoch" \
	" -e frame.len -e frame.cap_len -e udp.port"

#define COMMENTS "'ip_rcv,caf\xc3\xa9 \xe2\x82\xac' "

static const char tshark_packets[] = COMMENTS
	"'17' 'eth0' 'the first' '5' '0x00000001' '3' '77'"
	" '1700000000.123456789' '46' '46' '1,9'\n" COMMENTS
	"'17' 'veth@4026531840'  '5' '0x00000002' '0' '77'"
	" '1700000000.123456790' '1514' '46' '1,9'\n"
	"  'eth0' 'the first'     '1700000000.123456791' '46' '46' '1,9'\n";

static void test_tshark(void **state)
{
	need("tshark");
	assert_output(*state, "tshark -r in.pcapng" TSHARK_FIELDS, tshark_packets);
	assert_output(*state,
		      "tshark -r in.pcapng -Y 'frame.packet_id == 17' -T fields -e frame.number",
		      "1\n2\n");
}

/* Wireshark's dissector of the file format itself sees every option of every block. */
static void test_tshark_blocks(void **state)
{
	static const char command[] = "tshark -X 'read_format:MIME Files Format' -r in.pcapng ";
	char line[256];

	need("tshark");
	snprintf(line, sizeof(line), "%s -Y '_ws.malformed or _ws.expert'", command);
	assert_output(*state, line, "");
	snprintf(line, sizeof(line), "%s -V | grep -E '^ *Block:' | sed 's/^ *//; s/ [0-9]*$//'",
		 command);
	assert_output(*state, line,
		      "Block: Section Header Block\n"
		      "Block: Interface Description Block\n"
		      "Block: Enhanced Packet Block\n"
		      "Block: Interface Description Block\n"
		      "Block: Enhanced Packet Block\n"
		      "Block: Enhanced Packet Block\n"
		      "Block: Interface Statistics Block\n"
		      "Block: Interface Statistics Block\n");
	snprintf(
		line, sizeof(line),
		"%s -V | grep -A99 'Statistics Block$' | sed -n 's/^ *Option: Num/Num/p' | head -5",
		command);
	assert_output(*state, line,
		      "Number of Received Packets = 99\n"
		      "Number of Dropped Packets = 1\n"
		      "Number of Accepted Packets = 80\n"
		      "Number of Packets Dropped by OS = 77\n"
		      "Number of Packets Delivered to the User = 3\n");
}

static void test_capinfos(void **state)
{
	need("capinfos");
	assert_output(*state,
		      "capinfos -M in.pcapng | tr -s ' ' | grep -E"
		      " '^(Number of (packets|interfaces)|File encap|Capture |Last)|Speed|Filter"
		      "|Comment|stat entries'",
		      "File encapsulation: ether\n"
		      "Number of packets: 3\n"
		      "Capture duration: 0.000000002 seconds\n"
		      "Last packet time: 2023-11-14 22:13:20.123456791\n"
		      "Capture hardware: x86_64\n"
		      "Capture oper-sys: Linux 6.1\n"
		      "Capture application: pwru-cap 0\n"
		      "Capture comment: first of the file\n"
		      "Capture comment: second of the file\n"
		      "Number of interfaces in file: 2\n"
		      " Speed = 1000000000\n"
		      " Filter string = udp port 9\n"
		      " Comment = ip_rcv\n"
		      " Number of stat entries = 1\n"
		      " Number of stat entries = 1\n");
}

static void test_tcpdump(void **state)
{
	need("tcpdump");
	assert_output(*state, "tcpdump -r in.pcapng --count 2>/dev/null", "3 packets\n");
	assert_output(*state, "tcpdump -r in.pcapng --count 'udp port 9' 2>/dev/null",
		      "3 packets\n");
	assert_output(
		*state, "tcpdump -r in.pcapng --nano -ttn",
		"reading from file in.pcapng, link-type EN10MB (Ethernet), snapshot length 65535\n"
		"1700000000.123456789 IP 10.0.0.1.1 > 10.0.0.2.9: UDP, length 4\n"
		"1700000000.123456790 IP 10.0.0.1.1 > 10.0.0.2.9: UDP, length 4\n"
		"1700000000.123456791 IP 10.0.0.1.1 > 10.0.0.2.9: UDP, length 4\n");
}

/* Read, written anew, and read again: nothing of a packet is lost. */
static void test_editcap(void **state)
{
	need("editcap");
	assert_output(*state, "editcap in.pcapng out.pcapng && echo good", "good\n");
	need("tshark");
	assert_output(*state, "tshark -r out.pcapng" TSHARK_FIELDS, tshark_packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tshark),	 cmocka_unit_test(test_tshark_blocks),
		cmocka_unit_test(test_capinfos), cmocka_unit_test(test_tcpdump),
		cmocka_unit_test(test_editcap),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
