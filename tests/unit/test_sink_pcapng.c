// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that a capture leaves: which blocks, which interfaces, and statistics whose sums are the
 * figures of the summary.  It is taken apart here by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/linktype.h"
#include "src/sink.h"
#include "src/util.h"

enum {
	IDB = 1,
	ISB = 5,
	EPB = 6,
};

static char path[] = "/tmp/test_sink_pcapng.XXXXXX";
static struct sink *sink;
static uint8_t *file;
static size_t file_len;

static void begin(enum linktype_mode linktype, enum ifaces_mode ifaces)
{
	const struct sink_info info = {
		.files = {.name = path},
		.command_line = "pwru-cap -w x",
		.expression = "icmp",
		.backend = "kprobe",
		.skipped = "",
		.snaplen = 262144,
		.linktype = linktype,
		.ifaces = ifaces,
	};

	assert_int_equal(sink_pcapng_open(&info, &sink), 0);
}

/* A sighting of a packet of 18 bytes, with a MAC header or (l2) without. */
static void put(const char *func, uint64_t func_ip, const char *dev, uint32_t ifindex, bool l2,
		uint64_t dropped, uint16_t queue)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6,    7,	   8,  9,
					0, 1, 2, 8, 0, 0x45, 0xab, 12, 13};
	struct ev_hdr hdr = {
		.func_ip = func_ip,
		.ifindex = ifindex,
		.netns = 4294967295,
		.wire_len = 18,
		.raw_len = l2 ? 18 : 4,
		.l2 = l2 ? 0 : FRAME_L2_SYNTH | 0x0008,
		.queue = queue,
		.id = 5,
	};
	struct record rec = {.hdr = &hdr, .raw = l2 ? bytes : bytes + 14};
	struct view view = {.rec = &rec, .func = func, .stack = "", .dropped = dropped};

	strcpy(view.ifname, dev);
	frame_build(hdr.l2, rec.raw, hdr.raw_len, 262144, &view.frame);
	assert_int_equal(sink->packet(sink, &view), 0);
}

static void end(uint64_t received, uint64_t dropped, uint64_t lost)
{
	const struct sink_totals totals = {
		.received = received,
		.dropped = dropped,
		.lost = lost,
		.start_ns = 0x100000002,
		.end_ns = 0x300000004,
	};
	struct sink_stats stats;

	assert_int_equal(sink->totals(sink, &totals), 0);
	assert_int_equal(sink->close(sink, &stats), 0);
	assert_int_equal(stats.failed, 0);
	assert_int_equal(stats.written, received - dropped);
	free(file);
	assert_int_equal(read_file(path, (char **)&file, &file_len), 0);
}

static uint32_t u32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Block number i of a type; NULL behind the last one. */
static const uint8_t *block(uint32_t type, size_t i)
{
	const uint8_t *p;

	for (p = file; p < file + file_len; p += u32(p + 4)) {
		assert_int_equal(u32(p + u32(p + 4) - 4), u32(p + 4));
		if (u32(p) == type && !i--)
			return p;
	}
	return NULL;
}

static size_t blocks(uint32_t type)
{
	size_t n = 0;

	while (block(type, n))
		n++;
	return n;
}

/* An option's value behind the fixed part of a block; NULL if it has none. */
static const uint8_t *option(const uint8_t *b, size_t fixed, uint16_t code, size_t *ret_len)
{
	const uint8_t *p = b + fixed, *last = b + u32(b + 4) - 4;

	while (p < last) {
		uint32_t head = u32(p);

		*ret_len = head >> 16;
		if ((uint16_t)head == code)
			return p + 4;
		p += 4 + ((*ret_len + 3) & ~3u);
	}
	return NULL;
}

static void assert_idb(size_t i, uint16_t linktype, const char *name)
{
	const uint8_t *b = block(IDB, i), *value;
	size_t len;

	assert_non_null(b);
	assert_int_equal(u32(b + 8) & 0xffff, linktype);
	value = option(b, 16, 2, &len);
	assert_non_null(value);
	assert_int_equal(len, strlen(name));
	assert_memory_equal(value, name, len);
}

/* A counter of the statistics of interface i; UINT64_MAX if it is left out. */
static uint64_t counter(size_t i, uint16_t code)
{
	const uint8_t *b = block(ISB, i), *value;
	uint64_t count;
	size_t len;

	assert_non_null(b);
	assert_int_equal(u32(b + 8), i);
	value = option(b, 20, code, &len);
	if (!value)
		return UINT64_MAX;
	assert_int_equal(len, 8);
	memcpy(&count, value, 8);
	return count;
}

enum {
	STARTTIME = 2,
	ENDTIME,
	IFRECV,
	IFDROP,
	FILTERACCEPT,
	OSDROP,
	USRDELIV,
};

/* Nothing was lost: everything is known of each interface. */
static void test_statistics(void **state)
{
	static const uint64_t packets[] = {1, 3, 1};

	(void)state;
	begin(LINKTYPES_ETHERNET, IFACES_DEVICE);
	put("f", 0x10, "", 0, true, 0, 0);
	put("f", 0x10, "eth0", 1, true, 0, 0);
	put("g", 0x20, "eth0", 1, false, 0, 0);
	put("g", 0x20, "eth1", 2, true, 0, 0);
	put("g", 0x20, "eth0", 1, true, 0, 0);
	end(5, 0, 0);
	assert_int_equal(blocks(IDB), 3);
	assert_idb(0, LINKTYPE_ETHERNET, "none");
	assert_idb(1, LINKTYPE_ETHERNET, "eth0");
	assert_idb(2, LINKTYPE_ETHERNET, "eth1");
	assert_int_equal(blocks(ISB), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(counter(i, IFRECV), packets[i]);
		assert_int_equal(counter(i, FILTERACCEPT), packets[i]);
		assert_int_equal(counter(i, USRDELIV), packets[i]);
		assert_int_equal(counter(i, IFDROP), 0);
		assert_int_equal(counter(i, OSDROP), 0);
		/* The upper half stands first. */
		assert_int_equal(counter(i, STARTTIME), 0x200000001);
		assert_int_equal(counter(i, ENDTIME), 0x400000003);
		assert_int_equal(u32(block(ISB, i) + 12), 3);
		assert_int_equal(u32(block(ISB, i) + 16), 4);
	}
}

/* What was lost is on the first interface, with a comment; of the others it is not known. */
static void test_lost(void **state)
{
	static const char comment[] = "7 packets of any interface were lost, and are counted here";
	const uint8_t *value;
	size_t len;

	(void)state;
	begin(LINKTYPES_ETHERNET, IFACES_DEVICE);
	put("f", 0x10, "", 0, true, 0, 0);
	put("f", 0x10, "eth0", 1, true, 4, 0);
	put("f", 0x10, "eth0", 1, true, 0, 0);
	end(10, 7, 6);
	assert_int_equal(counter(0, IFRECV), 8);
	assert_int_equal(counter(0, FILTERACCEPT), 8);
	assert_int_equal(counter(0, IFDROP), 7);
	assert_int_equal(counter(0, OSDROP), 6);
	assert_int_equal(counter(0, USRDELIV), 1);
	value = option(block(ISB, 0), 20, 1, &len);
	assert_non_null(value);
	assert_int_equal(len, strlen(comment));
	assert_memory_equal(value, comment, len);

	assert_int_equal(counter(1, IFRECV), 2);
	assert_int_equal(counter(1, FILTERACCEPT), 2);
	assert_int_equal(counter(1, USRDELIV), 2);
	assert_int_equal(counter(1, IFDROP), UINT64_MAX);
	assert_int_equal(counter(1, OSDROP), UINT64_MAX);
	assert_null(option(block(ISB, 1), 20, 1, &len));
}

/* The options of packets: a loss before it, and the queue, which is one less than what is stored.
 */
static void test_packets(void **state)
{
	const uint8_t *value;
	size_t len;

	(void)state;
	begin(LINKTYPES_ETHERNET, IFACES_DEVICE);
	put("f", 0x10, "eth0", 1, true, 4, 3);
	put("f", 0x10, "eth0", 1, true, 0, 0);
	end(2, 0, 0);
	/* 28 bytes, and the packet of 18, padded. */
	value = option(block(EPB, 0), 48, 4, &len);
	assert_true(value && len == 8 && u32(value) == 4 && u32(value + 4) == 0);
	value = option(block(EPB, 0), 48, 6, &len);
	assert_true(value && len == 4 && u32(value) == 2);
	value = option(block(EPB, 0), 48, 5, &len);
	assert_true(value && len == 8 && u32(value) == 5);
	assert_null(option(block(EPB, 1), 48, 4, &len));
	assert_null(option(block(EPB, 1), 48, 6, &len));
}

static void test_functions(void **state)
{
	(void)state;
	begin(LINKTYPES_SLL2, IFACES_BOTH);
	put("f", 0x10, "", 0, true, 0, 0);
	put("f", 0x10, "eth0", 1, false, 0, 0);
	put("g", 0x20, "eth0", 1, true, 0, 0);
	end(3, 0, 0);
	assert_int_equal(blocks(IDB), 4);
	assert_idb(0, LINKTYPE_LINUX_SLL2, "none");
	assert_idb(1, LINKTYPE_LINUX_SLL2, "none@f");
	assert_idb(2, LINKTYPE_LINUX_SLL2, "eth0@f");
	assert_idb(3, LINKTYPE_LINUX_SLL2, "eth0@g");
	assert_int_equal(counter(0, IFRECV), 0);
	assert_int_equal(u32(block(EPB, 2) + 8), 3);

	begin(LINKTYPES_NATIVE, IFACES_FUNCTION);
	put("f", 0x10, "eth0", 1, true, 0, 0);
	put("f", 0x10, "eth0", 1, false, 0, 0);
	put("f", 0x10, "eth1", 2, false, 0, 0);
	end(3, 0, 0);
	assert_int_equal(blocks(IDB), 3);
	assert_idb(1, LINKTYPE_ETHERNET, "f");
	assert_idb(2, LINKTYPE_RAW, "f");
	assert_int_equal(counter(2, USRDELIV), 2);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	free(file);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_functions),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
