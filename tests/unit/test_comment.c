// SPDX-License-Identifier: GPL-2.0-only
/* The line of src/comment.h, as text, and taken apart again as a reader of the file would. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/comment.h"
#include "src/util.h"

struct fixture {
	struct ev_hdr hdr;
	struct record rec;
	struct view view;
	struct buf line;
};

static void set_text(char *dst, size_t size, const char *raw, size_t len)
{
	utf8_sanitize(dst, size, raw, len);
}

/* A plain sighting, which the tests change. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->hdr = (struct ev_hdr){
		.func_ip = 0xffffffff81234560,
		.skb = 0xffff888012345600,
		.id = 17,
		.wire_len = 66,
		.skb_len = 52,
		.mark = 0x1f,
		.ifindex = 2,
		.mtu = 1500,
		.netns = 4026531840,
		.tgid = 1234,
		.tid = 1234,
		.cpu = 3,
	};
	f->rec.hdr = &f->hdr;
	f->view.rec = &f->rec;
	f->view.func = "ip_rcv";
	f->view.stack = "";
	f->view.protocol = 0x0800;
	strcpy(f->view.comm, "curl");
	strcpy(f->view.ifname, "eth0");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	buf_free(&f->line);
	free(f);
	return 0;
}

static const char *line(struct fixture *f)
{
	buf_reset(&f->line);
	comment_line(&f->line, &f->view);
	assert_int_equal(buf_error(&f->line), 0);
	return buf_str(&f->line);
}

static void test_plain(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(line(f),
			    "func=ip_rcv id=17 skb=0xffff888012345600 cpu=3 pid=1234 "
			    "comm=curl netns=4026531840 dev=eth0 ifindex=2 mtu=1500 mark=0x1f "
			    "protocol=0x0800 len=52");
}

static void test_everything(void **state)
{
	struct fixture *f = *state;

	f->view.func = "veth_xmit";
	f->view.module = "veth";
	f->view.dropped = UINT64_MAX;
	f->view.container = &(struct container){.id = "0123ab", .name = "my web"};
	f->hdr.tid = 1240;
	f->hdr.nonlinear = 1448;
	f->hdr.flags = EV_F_FAULT | EV_F_OPAQUE;
	f->hdr.l2 = FRAME_L2_SYNTH | FRAME_L2_VLAN | (uint64_t)htons(0x6123) << FRAME_L2_TCI_SHIFT;
	assert_string_equal(
		line(f),
		"func=veth_xmit module=veth id=17 skb=0xffff888012345600 cpu=3 "
		"pid=1234 tid=1240 comm=curl container=0123ab container_name=my\\x20web "
		"netns=4026531840 dev=eth0 ifindex=2 "
		"mtu=1500 mark=0x1f protocol=0x0800 len=52 l3=none l2=synth vlan=291 nonlinear=1448 fault=1 "
		"lost_before=18446744073709551615");
}

/* The return of a function: no word of the packet, which may be gone. */
static void test_return(void **state)
{
	struct fixture *f = *state;

	f->view.func = "nf_hook_slow";
	f->view.ret = "-EPERM";
	f->view.nf = "ipv4/input";
	f->view.verdict = "DROP";
	f->hdr.flags = EV_F_GONE | EV_F_RETURN | EV_F_NF;
	assert_string_equal(line(f),
			    "func=nf_hook_slow id=17 skb=0xffff888012345600 cpu=3 pid=1234 "
			    "comm=curl ret=-EPERM nf=ipv4/input verdict=DROP");
}

/* A BPF program; in XDP there is no skb. */
static void test_programs(void **state)
{
	static const struct prog tc = {.id = 42, .kind = PROG_TC},
				 xdp = {.id = 7, .kind = PROG_XDP};
	struct fixture *f = *state;

	f->view.func = "from_net";
	f->view.module = "bpf";
	f->view.prog = &tc;
	assert_string_equal(line(f), "func=from_net(tc) module=bpf prog=42 id=17 "
				     "skb=0xffff888012345600 cpu=3 pid=1234 comm=curl "
				     "netns=4026531840 dev=eth0 ifindex=2 mtu=1500 mark=0x1f "
				     "protocol=0x0800 len=52");
	f->view.prog = &xdp;
	f->hdr.flags = EV_F_XDP;
	f->hdr.id = 0;
	f->hdr.skb = 0;
	f->hdr.mark = 0;
	f->hdr.nonlinear = 2000;
	assert_string_equal(line(f),
			    "func=from_net(xdp) module=bpf prog=7 cpu=3 pid=1234 comm=curl "
			    "netns=4026531840 dev=eth0 ifindex=2 mtu=1500 protocol=0x0800 "
			    "len=52 nonlinear=2000");
}

/* A function without an skb: the packet as it is, or only which one it was. */
static void test_by_stack(void **state)
{
	struct fixture *f = *state;

	f->view.func = "fib_table_lookup";
	f->hdr.flags = EV_F_STACK;
	assert_string_equal(line(f),
			    "func=fib_table_lookup via=stack id=17 skb=0xffff888012345600 cpu=3 "
			    "pid=1234 comm=curl netns=4026531840 dev=eth0 ifindex=2 mtu=1500 "
			    "mark=0x1f protocol=0x0800 len=52");
	f->hdr.flags = EV_F_STACK | EV_F_GONE;
	f->hdr.l2 = FRAME_L2_SYNTH;
	f->view.dropped = 3;
	assert_string_equal(line(f), "func=fib_table_lookup via=stack id=17 skb=0xffff888012345600 "
				     "cpu=3 pid=1234 comm=curl freed=1 lost_before=3");
}

static void test_appends(void **state)
{
	struct fixture *f = *state;

	buf_puts(&f->line, "12:00 ");
	comment_line(&f->line, &f->view);
	assert_memory_equal(buf_str(&f->line), "12:00 func=ip_rcv id=", 21);
	assert_null(strchr(buf_str(&f->line), '\n'));
}

/*
 * Takes the line apart: pairs, single blanks between them, each key once. Returns the value of one
 * key in value, or false.
 */
static bool find_pair(const char *text, const char *key, char *value, size_t size)
{
	char keys[32][16];
	size_t n = 0, len;
	bool found = false;

	for (const char *p = text; *p; p += len + (p[len] == ' ')) {
		const char *eq = strchr(p, '=');

		len = strcspn(p, " ");
		assert_true(p[len] == '\0' || p[len + 1] != '\0');
		assert_true(eq && eq > p && eq < p + len);
		assert_true(n < ARRAY_SIZE(keys));
		assert_true((size_t)(eq - p) < sizeof(keys[n]));
		memcpy(keys[n], p, eq - p);
		keys[n][eq - p] = '\0';
		assert_int_equal(strspn(keys[n], "abcdefghijklmnopqrstuvwxyz_0123456789"), eq - p);
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(keys[i], keys[n]);
		if (!strcmp(keys[n++], key)) {
			assert_true(len - (eq + 1 - p) < size);
			memcpy(value, eq + 1, len - (eq + 1 - p));
			value[len - (eq + 1 - p)] = '\0';
			found = true;
		}
	}
	return found;
}

/* \xNN back to bytes. */
static size_t unescape(const char *text, char *out)
{
	size_t n = 0;

	while (*text) {
		char hex[3] = "";

		if (*text != '\\') {
			out[n++] = *text++;
			continue;
		}
		assert_int_equal(text[1], 'x');
		memcpy(hex, text + 2, 2);
		assert_int_equal(strspn(hex, "0123456789abcdef"), 2);
		out[n++] = strtoul(hex, NULL, 16);
		text += 4;
	}
	return n;
}

#define S(s) s, sizeof(s) - 1

static const struct {
	const char *raw;
	size_t len;
	const char *value;
} names[] = {
	{S("curl"), "curl"},
	{S(""), ""},
	{S(" "), "\\x20"},
	{S("   "), "\\x20\\x20\\x20"},
	{S("Web Content"), "Web\\x20Content"},
	{S(" pid=1 "), "\\x20pid=1\\x20"},
	{S("a\nfunc=evil"), "a\\x0afunc=evil"},
	{S("a\tb\r"), "a\\x09b\\x0d"},
	{S("a=b=c"), "a=b=c"},
	{S("="), "="},
	{S("back\\slash"), "back\\x5cslash"},
	{S("\\x20"), "\\x5cx20"},
	{S("caf\xc3\xa9"), "caf\xc3\xa9"},
	{S("\xff\xfe\x80"), "\\xff\\xfe\\x80"},
	{S("\xc2\x85next line"), "\\xc2\\x85next\\x20line"},
	{S("%s%n%d"), "%s%n%d"},
	{S("\033[2J"), "\\x1b[2J"},
	{S("kworker/0:1-eve"), "kworker/0:1-eve"},
	{S("                "), "\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20\\x20"
				"\\x20\\x20\\x20"},
};

/* A process and a device may have any name; the line keeps its shape, and the name comes back. */
static void test_odd_names(void **state)
{
	struct fixture *f = *state;
	char value[128], raw[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		set_text(f->view.comm, sizeof(f->view.comm), names[i].raw, names[i].len);
		assert_true(find_pair(line(f), "comm", value, sizeof(value)));
		assert_string_equal(value, names[i].value);
		assert_int_equal(unescape(value, raw), names[i].len);
		assert_memory_equal(raw, names[i].raw, names[i].len);
		assert_true(find_pair(line(f), "pid", value, sizeof(value)));
		assert_string_equal(value, "1234");

		set_text(f->view.ifname, sizeof(f->view.ifname), names[i].raw, names[i].len);
		assert_int_equal(find_pair(line(f), "dev", value, sizeof(value)), names[i].len > 0);
		if (names[i].len)
			assert_string_equal(value, names[i].value);
	}
}

static void test_no_device(void **state)
{
	struct fixture *f = *state;
	char value[64];

	f->view.ifname[0] = '\0';
	f->hdr.ifindex = 0;
	f->hdr.netns = 0;
	assert_false(find_pair(line(f), "dev", value, sizeof(value)));
	assert_true(find_pair(line(f), "ifindex", value, sizeof(value)));
	assert_string_equal(value, "0");
	assert_true(find_pair(line(f), "netns", value, sizeof(value)));
	assert_string_equal(value, "0");
}

static void test_function(void **state)
{
	struct fixture *f = *state;
	char value[64];

	f->view.func = "?";
	assert_true(find_pair(line(f), "func", value, sizeof(value)));
	assert_string_equal(value, "0xffffffff81234560");
	assert_false(find_pair(line(f), "module", value, sizeof(value)));

	f->view.func = "tcp_v4_rcv.isra.0";
	f->view.module = "nf_tables";
	assert_true(find_pair(line(f), "func", value, sizeof(value)));
	assert_string_equal(value, "tcp_v4_rcv.isra.0");
	assert_true(find_pair(line(f), "module", value, sizeof(value)));
	assert_string_equal(value, "nf_tables");
}

static void test_thread(void **state)
{
	struct fixture *f = *state;
	char value[64];

	assert_false(find_pair(line(f), "tid", value, sizeof(value)));
	f->hdr.tid = 0;
	assert_true(find_pair(line(f), "tid", value, sizeof(value)));
	assert_string_equal(value, "0");
	f->hdr.tid = UINT32_MAX;
	assert_true(find_pair(line(f), "tid", value, sizeof(value)));
	assert_string_equal(value, "4294967295");
}

/* The pairs that are there only when they say something: each one alone. */
static void test_notes(void **state)
{
	static const char *const keys[] = {"l3", "l2", "vlan", "nonlinear", "fault", "lost_before"};
	static const char *const values[] = {"none", "synth", "4095", "1", "1", "1"};
	struct fixture *f = *state;
	const struct ev_hdr plain = f->hdr;
	char value[64];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		f->hdr = plain;
		f->hdr.flags = i == 0 ? EV_F_OPAQUE : i == 4 ? EV_F_FAULT : 0;
		f->hdr.l2 = i == 1 ? FRAME_L2_SYNTH : 0;
		if (i == 2)
			f->hdr.l2 = FRAME_L2_VLAN | 0xffffULL << FRAME_L2_TCI_SHIFT;
		f->hdr.nonlinear = i == 3;
		f->view.dropped = i == 5;
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			assert_int_equal(find_pair(line(f), keys[k], value, sizeof(value)), k == i);
			if (k == i)
				assert_string_equal(value, values[k]);
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* What the modes and drops add; values with blanks stay values. */
static void test_drop_and_changes(void **state)
{
	static const char plain[] =
		"func=ip_rcv id=17 skb=0xffff888012345600 cpu=3 pid=1234 "
		"comm=curl netns=4026531840 dev=eth0 ifindex=2 mtu=1500 mark=0x1f "
		"protocol=0x0800 len=52";
	struct fixture *f = *state;
	char want[512];

	f->view.changed = "ttl,csum,bytes=40-41";
	snprintf(want, sizeof(want), "%s changed=ttl,csum,bytes=40-41", plain);
	assert_string_equal(line(f), want);
	f->view.drop = "NETFILTER_DROP";
	f->view.drop_at = "nft_do_chain+0x12 [nf_tables]";
	snprintf(want, sizeof(want),
		 "%s changed=ttl,csum,bytes=40-41 drop=NETFILTER_DROP "
		 "drop_at=nft_do_chain+0x12\\x20[nf_tables]",
		 plain);
	assert_string_equal(line(f), want);
	f->view.changed = NULL;
	f->view.drop = "yes";
	f->view.drop_at = NULL;
	snprintf(want, sizeof(want), "%s drop=yes", plain);
	assert_string_equal(line(f), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),     TEST(test_return),	   TEST(test_everything),
		TEST(test_plain),     TEST(test_programs),	   TEST(test_everything),
		TEST(test_by_stack),  TEST(test_appends),	   TEST(test_odd_names),
		TEST(test_no_device), TEST(test_function),	   TEST(test_thread),
		TEST(test_notes),     TEST(test_drop_and_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
