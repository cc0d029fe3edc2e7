// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "tests/unit/command_line.h"

static void test_meta_filters(void **state)
{
	struct options o = GOOD("--filter-netns=inode:4026531840", "--filter-mark", "1/3",
				"--filter-ifname=lo", "-Qin", "--pid=7", "--filter-comm", "sh",
				"--filter-uid=0", "--family=netlink");

	(void)state;
	assert_int_equal(o.meta.on, (1u << META_FILTERS) - 1);
	assert_int_equal(o.meta.netns, 4026531840);
	assert_int_equal(o.meta.mark, 1);
	assert_int_equal(o.meta.mark_mask, 3);
	assert_string_equal((const char *)o.meta.ifname, "lo");
	assert_int_equal(o.meta.outgoing, 0);
	assert_int_equal(o.meta.pid, 7);
	assert_string_equal((const char *)o.meta.comm, "sh");
	assert_int_equal(o.meta.uid, 0);
	assert_int_equal(o.meta.family, 16);
	assert_null(o.expression);
	options_free(&o);
}

/* -i and --filter-ifname are the same; "any" is no condition. */
static void test_both_ifnames(void **state)
{
	static const struct {
		const char *words[5];
		const char *ifname; /* NULL: the filter is off */
	} rows[] = {
		{{"-i", "v0"}, "v0"},
		{{"--filter-ifname", "v0"}, "v0"},
		{{"-i", "v0", "--filter-ifname", "v0"}, "v0"},
		{{"-i", "any", "--filter-ifname", "v0"}, "v0"},
		{{"-i", "v0", "--filter-ifname", "any"}, "v0"},
		{{"-i", "any", "--filter-ifname", "any"}, NULL},
		{{NULL}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_int_equal(o.meta.on, rows[i].ifname ? META_ON(META_IFNAME) : 0);
		if (rows[i].ifname)
			assert_string_equal((const char *)o.meta.ifname, rows[i].ifname);
		options_free(&o);
	}
}

/* The simple flags are terms of the expression, but for families that are not in the packet. */
static void test_simple_flags(void **state)
{
	static const struct {
		const char *words[9];
		const char *expression;
		int family; /* 0: the filter is off */
	} rows[] = {
		{{"--port", "443"}, "port 443", 0},
		{{"--dport=443", "--sport=1"}, "src port 1 and dst port 443", 0},
		{{"icmp", "--src-ip", "10.0.0.1"}, "(icmp) and src host 10.0.0.1", 0},
		{{"--dst-ip", "::1/64", "udp", "or", "tcp"}, "(udp or tcp) and dst net ::/64", 0},
		{{"--proto=tcp", "--family=inet6"}, "ip6 and tcp", 0},
		{{"--family", "inet"}, "ip", 0},
		{{"--family", "2"}, "ip", 0},
		{{"--family", "10", "icmp6"}, "(icmp6) and ip6", 0},
		{{"--family", "unix"}, NULL, 1},
		{{"--family", "unix", "icmp"}, "icmp", 1},
		{{"--family", "inet", "--family", "unix"}, NULL, 1},
		{{"--family", "unix", "--family", "inet"}, "ip", 0},
		{{"-F", "/dev/null", "--proto", "tcp", "ignored"}, "tcp", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		if (rows[i].expression)
			assert_string_equal(o.expression, rows[i].expression);
		else
			assert_null(o.expression);
		assert_int_equal(o.meta.on, rows[i].family ? META_ON(META_FAMILY) : 0);
		if (rows[i].family)
			assert_int_equal(o.meta.family, rows[i].family);
		options_free(&o);
	}
}

static void test_wrong(void **state)
{
	static const struct {
		const char *words[5];
		const char *message;
	} rows[] = {
		{{"-i", "v0", "--filter-ifname", "v1"},
		 "-i v0: --filter-ifname asks for another device, v1"},
		{{"--filter-mark", "x"}, "--filter-mark x: neither M nor M/MASK"},
		{{"-Q", "up"}, "-Q up: not one of in, out, inout"},
		{{"--direction=up"}, "-Q up: not one of"},
		{{"--family", "x"}, "--family x: not one of inet, inet6, unix"},
		{{"--port", "x"}, "--port x: not a port number"},
		{{"--port", "1", "icmp) or (tcp"}, "parentheses do not pair up"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refused(rows[i].words, rows[i].message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meta_filters),
		cmocka_unit_test(test_both_ifnames),
		cmocka_unit_test(test_simple_flags),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
