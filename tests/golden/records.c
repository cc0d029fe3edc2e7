// SPDX-License-Identifier: GPL-2.0-only
#include "tests/golden/records.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/event.h"
#include "filter/frame_abi.h"
#include "src/util.h"
#include "tests/unit/dump_types.h"

/* Frames are written as hexadecimal digits; blanks do not count. */
#define MACS	  "020000000002 020000000001 "
#define ETH(type) MACS type " "
/* Headers from 10.0.0.1 to 10.0.0.2, and from 2001:db8::1 to 2001:db8::2; lengths in hexadecimal.
 */
#define IP4(len, proto)	     "4500" len "1234 0000 40" proto "0000 0a000001 0a000002 "
#define IP4_FRAG(len, frag)  "4500" len "1234" frag "4011 0000 0a000001 0a000002 "
#define IP6(len, next)	     "60000000" len next "40 " ADDR6("01") ADDR6("02")
#define ADDR6(last)	     "20010db8 00000000 00000000 000000" last " "
#define TCP(sport, dport, f) sport dport "00000001 00000000 50" f "ffff 0000 0000 "
#define UDP(sport, dport, l) sport dport l "0000 "
/* An inner IP packet of 28 bytes, 192.168.0.1 to 192.168.0.2, UDP 4000 to 53. */
#define INNER4 "4500001c 00010000 40110000 c0a80001 c0a80002 0fa0 0035 0008 0000 "
/* Of 60 bytes, fd00::1 to fd00::2, TCP 4000 to 80 with RST and ACK. */
#define INNER6                                                                                        \
	"60000000 0014 06 40 fd000000000000000000000000000001 fd000000000000000000000000000002 " TCP( \
		"0fa0", "0050", "14")

#define TEXT0	    0xffffffff81000000
#define IP_RCV	    (TEXT0 + 0x100)
#define LOCAL_OUT   (TEXT0 + 0x200)
#define LIST_RCV    (TEXT0 + 0x300)
#define CORE	    (TEXT0 + 0x400)
#define DROP	    (TEXT0 + 0x500)
#define DO_SYSCALL  (TEXT0 + 0x700)
#define VETH_XMIT   0xffffffffc0000100
#define PROG_TC_IP  (117 << 4)
#define PROG_XDP_IP (42 << 4)

static struct prog progs[] = {
	{.id = 42, .kind = PROG_XDP, .name = (char *)"xdp_firewall", .func_ip = PROG_XDP_IP},
	{.id = 117, .kind = PROG_TC, .name = (char *)"cil_from_netdev", .func_ip = PROG_TC_IP},
};

const struct progs records_progs = {.v = progs, .n = ARRAY_SIZE(progs)};

struct row {
	const char *name;
	const char *hex;
	uint64_t func;
	const char *comm;     /* NULL: curl */
	const char *ifname;   /* NULL: eth0, 2; "": none */
	uint16_t protocol;    /* 0: from the frame; 1: is zero */
	uint16_t synth, tag;  /* l2: the type; the TCI */
	uint32_t flags, mark; /* EV_F_* */
	uint32_t nonlinear, lost, tid;
	uint64_t stack[4];
	size_t n_stack;
	uint64_t drop_at;
	uint32_t drop_reason;
	const char *changed;
};

static const struct row rows[] = {
	{"TCP", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "02"), IP_RCV},
	{"TCP, no MAC header yet, no device", IP4("0028", "06") TCP("c350", "01bb", "18"),
	 LOCAL_OUT, .ifname = "", .synth = 0x0800},
	{"UDP, from a thread, with a mark",
	 ETH("0800") IP4("0020", "11") UDP("1388", "0035", "000c") "61626364", LOCAL_OUT,
	 .tid = 1240, .mark = 0xdeadbeef},
	{"ICMP echo, with a tag beside the packet",
	 ETH("0800") IP4("001c", "01") "0800 0000 0007 0001", CORE, .tag = 0x2064},
	{"ICMP, port unreachable",
	 ETH("0800") IP4("0038", "01") "0303 0000 00000000" IP4("001c", "11")
		 UDP("1388", "0035", "0008"),
	 IP_RCV},
	{"ICMP of an unknown type", ETH("0800") IP4("001c", "01") "2a05 0000 00000000", IP_RCV},
	{"IPv6 behind extension headers",
	 ETH("86dd") IP6("0024", "00") "3c00 000000000000"
				       "0600 000000000000" TCP("c350", "0050", "11"),
	 IP_RCV},
	{"IPv6, the first fragment",
	 ETH("86dd") IP6("0018", "2c") "1100 0001 00000099" UDP("1388", "0035",
								"0100") "6162636465666768",
	 IP_RCV},
	{"IPv6, another fragment",
	 ETH("86dd") IP6("0010", "2c") "1100 0010 00000099"
				       "6162636465666768",
	 IP_RCV},
	{"IPv4, the first fragment",
	 ETH("0800") IP4_FRAG("0024", "2000") UDP("1388", "0035", "0100") "6162636465666768",
	 IP_RCV},
	{"IPv4, the last fragment", ETH("0800") IP4_FRAG("001c", "00b9") "6162636465666768",
	 IP_RCV},
	{"IPv4 with options",
	 ETH("0800") "4600002c 12340000 40060000 0a000001 0a000002 01010101" TCP("c350", "01bb",
										 "10"),
	 IP_RCV},
	{"neighbor solicitation", ETH("86dd") IP6("0018", "3a") "8700 0000 00000000" ADDR6("02"),
	 CORE},
	{"ICMPv6 echo reply", ETH("86dd") IP6("0008", "3a") "8100 0000 0007 0002", CORE},
	{"ARP request",
	 ETH("0806") "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002", CORE},
	{"ARP reply",
	 ETH("0806") "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002", CORE},
	{"two tags in the data",
	 ETH("88a8") "00648100 00c80800" IP4("001c", "11") UDP("1388", "0035", "0008"), CORE},
	{"VXLAN",
	 ETH("0800") IP4("004e", "11") UDP("c000", "12b5", "003a") "08000000 00002a00" ETH("0800")
		 INNER4,
	 VETH_XMIT, .ifname = "vxlan0"},
	{"Geneve with an option",
	 ETH("0800") IP4("0072", "11")
		 UDP("c000", "17c1", "005e") "0100 6558 00002b00 00000000" ETH("86dd") INNER6,
	 VETH_XMIT},
	{"GRE with a key", ETH("0800") IP4("0038", "2f") "2000 0800 00000005" INNER4, IP_RCV},
	{"Ethernet in GRE", ETH("0800") IP4("0042", "2f") "0000 6558" ETH("0800") INNER4, IP_RCV},
	{"IP in IP", ETH("0800") IP4("0030", "04") INNER4, IP_RCV},
	{"IPv6 in IPv4", ETH("0800") IP4("0050", "29") INNER6, IP_RCV},
	{"in an XDP program", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "02"), PROG_XDP_IP,
	 .flags = EV_F_XDP},
	{"in a TC program", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "12"), PROG_TC_IP},
	{"headers made from the socket", IP4("0028", "06") TCP("c350", "01bb", "10"), LOCAL_OUT,
	 .ifname = "", .synth = 0x0800, .flags = EV_F_SOCK, .protocol = 1},
	{"no headers at all", "6162636465", LOCAL_OUT, .ifname = "", .synth = 0x88b5,
	 .flags = EV_F_OPAQUE, .protocol = 1},
	{"cut off in the IP header", ETH("0800") "45000028 12340000 4006", IP_RCV},
	{"cut off in the TCP header", ETH("0800") IP4("0028", "06") "c350 01bb 00000001", IP_RCV},
	{"spanning tree",
	 "0180c2000000 020000000001 0026 424203 0000020200 "
	 "00000000000000000000000000000000"
	 "00000000000000000000000000000000000000000000",
	 CORE},
	{"another type of Ethernet", ETH("88cc") "0207040200000000010403020001060200780000", CORE},
	{"another protocol", ETH("0800") IP4("0018", "c8") "00000000", IP_RCV},
	{"SCTP", ETH("0800") IP4("0020", "84") "0b59 0b59 00000000 00000000", IP_RCV},
	{"dropped", ETH("0800") IP4("001c", "11") UDP("1388", "0035", "0008"), DROP,
	 .stack = {DROP, TEXT0 + 0x680, TEXT0 + 0x710}, .n_stack = 3,
	 .flags = EV_F_DROP | EV_F_REASON, .drop_reason = RECORDS_REASON, .drop_at = TEXT0 + 0x680},
	{"a module's function, a stack", ETH("0800") IP4("001c", "11") UDP("1388", "0035", "0008"),
	 VETH_XMIT, .comm = "swapper/1", .ifname = "veth-long-name0",
	 .stack = {VETH_XMIT, TEXT0 + 0x410, 0x1000}, .n_stack = 3},
	{"an unknown function, bytes in pages, a fault",
	 ETH("0800") IP4("05dc", "06") TCP("c350", "01bb", "10"), 0x1000, .nonlinear = 1448,
	 .flags = EV_F_FAULT},
	{"records were lost before", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "01"),
	 IP_RCV, .lost = 7},
	{"a name of two lines", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "29"), IP_RCV,
	 .comm = "a\nb \"q\" \\ \t/"},
	{"a name that is no UTF-8", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "c2"), IP_RCV,
	 .comm = "\xff\xfe\xc3(\xed\xa0\x80\xf0\x9f"},
	{"a name in UTF-8", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "10"), IP_RCV,
	 .comm = "caf\xc3\xa9 \xce\xbb\xe2\x82\xac"},
	{"a name of escapes and control characters",
	 ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "10"), IP_RCV,
	 .comm = "\033[31m\x01\x7f\xc2\x85</script>"},
	{"no name", ETH("0800") IP4("0028", "06") TCP("c350", "01bb", "10"), IP_RCV, .comm = ""},
	{"dropped, for a reason without a name",
	 ETH("0800") IP4("001c", "11") UDP("1388", "0035", "0008"), DROP,
	 .flags = EV_F_DROP | EV_F_REASON, .drop_reason = 0x30001},
	{"dropped, the kernel gives no reason",
	 ETH("0800") IP4("001c", "11") UDP("1388", "0035", "0008"), DROP, .flags = EV_F_DROP,
	 .drop_at = TEXT0 + 0x690},
	{"changed", ETH("0800") IP4("001c", "11") UDP("1388", "0035", "0008"), IP_RCV,
	 .changed = "ttl,csum,bytes=40-41"},
	{"a function without an skb", ETH("0800") IP4("001c", "11") UDP("1388", "0035", "0008"),
	 DO_SYSCALL, .flags = EV_F_STACK},
	{"a function without an skb, the packet is gone", "", DO_SYSCALL, .ifname = "",
	 .synth = 0x88b5, .protocol = 1, .flags = EV_F_STACK | EV_F_GONE},
};

const size_t records_len = ARRAY_SIZE(rows);

static size_t unhex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;
	unsigned int byte;

	while (*hex) {
		if (isspace(*hex)) {
			hex++;
			continue;
		}
		assert(sscanf(hex, "%2x", &byte) == 1);
		bytes[n++] = byte;
		hex += 2;
	}
	return n;
}

static uint64_t l2_of(const struct row *row)
{
	uint64_t l2 = 0;

	if (row->synth)
		l2 |= FRAME_L2_SYNTH | (uint64_t)htons(row->synth) << FRAME_L2_TYPE_SHIFT;
	if (row->tag)
		l2 |= FRAME_L2_VLAN | (uint64_t)htons(0x8100) << FRAME_L2_TPID_SHIFT |
		      (uint64_t)htons(row->tag) << FRAME_L2_TCI_SHIFT;
	return l2;
}

static uint16_t protocol_of(const struct row *row, const uint8_t *raw)
{
	uint16_t type;

	if (row->protocol)
		return row->protocol == 1 ? 0 : htons(row->protocol);
	if (row->synth)
		return htons(row->synth);
	memcpy(&type, raw + FRAME_MAC_LEN, sizeof(type));
	return type;
}

/* What an skb has, and an xdp_buff has not. */
static void fill_skb(struct ev_hdr *h, const struct row *row, size_t i)
{
	h->id = 1 + i / 2;
	h->skb = 0xffff888012345600 + h->id * 0x100;
	h->mark = row->mark;
}

static void fill_device(struct ev_hdr *h, const struct row *row)
{
	const char *ifname = row->ifname ? row->ifname : "eth0";

	memcpy(h->ifname, ifname, strlen(ifname));
	h->ifindex = *ifname ? 2 : 0;
	h->mtu = *ifname ? 1500 : 0;
}

static void fill_task(struct ev_hdr *h, const struct row *row)
{
	const char *comm = row->comm ? row->comm : "curl";

	h->tgid = 1234;
	h->tid = row->tid ? row->tid : 1234;
	memcpy(h->comm, comm, strlen(comm) < EV_COMM_LEN ? strlen(comm) : EV_COMM_LEN);
}

/* ---- fields, of each kind */

static struct shown_enumerator states[] = {{1, (char *)"UP"}, {(uint64_t)-1, (char *)"GONE"}};

static struct shown_field skb_fields[] = {
	{.name = (char *)"skb->mark:x", .kind = SHOWN_HEX, .size = 4},
	{.name = (char *)"skb->pkt_type", .kind = SHOWN_UINT, .size = 1, .bits = 3, .shift = 2},
	{.name = (char *)"skb->level", .kind = SHOWN_INT, .size = 4, .is_signed = true},
	{.name = (char *)"skb->tstamp", .kind = SHOWN_INT, .size = 8, .is_signed = true},
	{.name = (char *)"skb->cookie:x", .kind = SHOWN_HEX, .size = 8},
	{.name = (char *)"skb->protocol:be", .kind = SHOWN_BE, .size = 2},
	{.name = (char *)"skb->dev", .kind = SHOWN_ADDR, .size = 8},
	{.name = (char *)"skb->cloned:bool", .kind = SHOWN_BOOL, .size = 1},
	{.name = (char *)"skb->dev->state",
	 .kind = SHOWN_ENUM,
	 .size = 4,
	 .is_signed = true,
	 .enumerators = states,
	 .n_enumerators = ARRAY_SIZE(states)},
	{.name = (char *)"skb->dev->name", .kind = SHOWN_STR, .size = 16},
	{.name = (char *)"skb->sk->daddr", .kind = SHOWN_IP4, .size = 4},
	{.name = (char *)"skb->sk->v6_daddr", .kind = SHOWN_IP6, .size = 16},
	{.name = (char *)"skb->dev->dev_addr:mac", .kind = SHOWN_MAC, .size = 6},
	{.name = (char *)"skb->cb:x", .kind = SHOWN_BYTES, .size = 5},
	{.name = (char *)"skb->sizes", .kind = SHOWN_INT, .size = 6, .elems = 3, .is_signed = true},
};

static struct shown_field xdp_fields[] = {
	{.name = (char *)"xdp->rxq->queue_index", .kind = SHOWN_UINT, .size = 4},
};

const struct shown records_skb_fields = {.v = skb_fields, .n = ARRAY_SIZE(skb_fields)};
const struct shown records_xdp_fields = {.v = xdp_fields, .n = ARRAY_SIZE(xdp_fields)};

/* Statuses, then values: filter/fetch_abi.h. */
#define FIELDS_ROOM 128

#define ALL_READ    "01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 "
#define VALUES                                                                                       \
	"efbeadde 12 feffffff 00dacaf4b8e3a717 1032547698badcfe 0800 00563412 8088ffff 02 01000000 " \
	"65 74 68 20 30 0a 22 5c 00 78787878787878 0a000002 20010db8000000000000000000000002 "       \
	"020000000001 00017fff80 0100 ffff 0080"

/* What cannot be read is 0, and is not to be taken for that. */
static void fill_fields(const struct row *row, size_t i, uint8_t *section)
{
	static const char *const sections[] = {
		ALL_READ VALUES,
		"01 02 03 00 01 01 01 01 01 01 01 02 02 01 03 "
		"00000000 ff 00000000 0000000000000000 ffffffff00000000 88cc 0000000000000000 00 "
		"05000000",
		"02 02 02 02 02 02 02 02 02 02 02 02 02 02 02",
	};

	if (row->flags & EV_F_XDP)
		unhex("01 07000000", section);
	else
		unhex(sections[i % ARRAY_SIZE(sections)], section);
}

/* ---- structs, as --dump has them recorded */

/* Returns where the next one goes. */
static uint8_t *put_struct(uint8_t *p, struct ev_dump dump, const void *bytes, size_t size)
{
	dump.len = (size + 7) & ~7U;
	memcpy(p, &dump, sizeof(dump));
	if (dump.addr && !dump.err)
		memcpy(p + sizeof(dump), bytes, size);
	return p + sizeof(dump) + dump.len;
}

/* Sockets as they come: full ones, none, one that cannot be read, one in TIME_WAIT. */
static uint8_t *put_sock(uint8_t *p, size_t i)
{
	struct small_sock sk = {.skc_family = 2, .skc_state = 1, .sk_rcvbuf = 212992};
	struct ev_dump dump = {.addr = 0xffff888000200000, .kind = EV_DUMP_SK};

	if (i % 4 == 1) {
		dump.addr = 0;
		dump.err = -EFAULT;
	}
	if (i % 4 == 2)
		dump.err = -EFAULT;
	if (i % 4 == 3)
		sk.skc_state = 6;
	return put_struct(p, dump, &sk, sizeof(sk));
}

static uint8_t *put_structs(uint8_t *p, const struct ev_hdr *h, size_t i)
{
	const struct small_shinfo shinfo = {.nr_frags = h->nonlinear ? 1 : 0, .frags = {i % 3}};
	struct small_skb skb = {.len = 100 + i, .mark = h->mark, .bits = i % 16};
	struct small_dev dev = {.ifindex = h->ifindex, .mtu = h->mtu};
	const uint64_t dev_addr = h->ifindex ? 0xffff888000100000 : 0;

	memcpy(dev.name, h->ifname, sizeof(dev.name));
	skb.dev = dev_addr;
	p = put_struct(p, (struct ev_dump){.addr = h->skb, .kind = EV_DUMP_SKB}, &skb, sizeof(skb));
	p = put_struct(p, (struct ev_dump){.addr = h->skb + 0x80, .kind = EV_DUMP_SHINFO}, &shinfo,
		       sizeof(shinfo));
	p = put_struct(p, (struct ev_dump){.addr = dev_addr, .kind = EV_DUMP_DEV}, &dev,
		       sizeof(dev));
	return put_sock(p, i);
}

size_t record_make(size_t i, unsigned int with, void *ret_data)
{
	const struct row *row = &rows[i];
	struct ev_hdr *h = ret_data;
	uint8_t *p = (uint8_t *)(h + 1);

	memset(ret_data, 0, RECORD_SIZE);
	h->time_ns = i * 1000000001;
	h->func_ip = row->func;
	h->l2 = l2_of(row);
	h->lost = row->lost;
	h->nonlinear = row->nonlinear;
	h->flags = row->flags;
	h->drop_at = row->drop_at;
	h->drop_reason = row->drop_reason;
	h->netns = row->flags & EV_F_GONE ? 0 : 4026531840;
	if (!(row->flags & EV_F_XDP))
		fill_skb(h, row, i);
	fill_device(h, row);
	fill_task(h, row);
	if (with & RECORDS_STACK) {
		h->stack_room = ARRAY_SIZE(row->stack);
		h->stack_bytes = row->n_stack * sizeof(row->stack[0]);
		memcpy(p, row->stack, sizeof(row->stack));
		p += sizeof(row->stack);
		h->cb_room = EV_CB_LEN;
		for (int k = 0; k < EV_CB_LEN; k++)
			*p++ = row->flags & EV_F_XDP ? 0 : k;
		h->fields_room = FIELDS_ROOM;
		fill_fields(row, i, p);
		p += FIELDS_ROOM;
	}
	if (with & RECORDS_DUMP) {
		const uint8_t *end = put_structs(p, h, i);

		h->dump_room = end - p;
		p += h->dump_room;
	}
	h->raw_len = unhex(row->hex, p);
	h->protocol = row->flags & EV_F_XDP ? 0 : protocol_of(row, p);
	h->wire_len = h->raw_len + h->nonlinear + (row->synth ? FRAME_ETH_LEN : 0) +
		      (row->tag ? FRAME_TAG_LEN : 0);
	h->skb_len = h->raw_len + h->nonlinear - (row->synth ? 0 : FRAME_ETH_LEN);
	return p + h->raw_len - (uint8_t *)ret_data;
}

const char *record_changed(size_t i)
{
	return rows[i].changed;
}

const char *record_name(size_t i)
{
	return rows[i].name;
}
