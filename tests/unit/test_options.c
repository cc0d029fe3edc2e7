// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "tests/unit/command_line.h"

#define MIB (1024 * 1024)

static void test_defaults(void **state)
{
	struct options o = GOOD();

	(void)state;
	assert_null(o.write_path);
	assert_int_equal(o.count, 0);
	assert_int_equal(o.snaplen, 262144);
	assert_int_equal(o.ring_bytes, 32 * MIB);
	assert_null(o.ifname);
	assert_int_equal(o.verbosity, 0);
	assert_false(o.packet_buffered);
	assert_false(o.linear_only);
	assert_null(o.kernel_btf);
	assert_false(o.test_attach);
	assert_false(o.trace_tc);
	assert_false(o.trace_xdp);
	assert_false(o.no_rcu_expedited);
	assert_false(o.ftrace_pause);
	assert_null(o.backend);
	assert_null(o.non_skb_funcs);
	assert_null(o.expression);
	assert_string_equal(o.command_line, "pwru-cap");
	options_free(&o);
}

static void test_all(void **state)
{
	struct options o = GOOD("-w", "out.pcapng", "-c", "10", "-s", "96", "-i", "eth0", "-B",
				"4096", "-U", "-n", "-v", "--kernel-btf", "/boot/btf", "icmp");

	(void)state;
	assert_string_equal(o.write_path, "out.pcapng");
	assert_int_equal(o.count, 10);
	assert_int_equal(o.snaplen, 96);
	assert_int_equal(o.ring_bytes, 4 * MIB);
	assert_string_equal(o.ifname, "eth0");
	assert_int_equal(o.verbosity, 1);
	assert_true(o.packet_buffered);
	assert_string_equal(o.kernel_btf, "/boot/btf");
	assert_string_equal(o.expression, "icmp");
	assert_string_equal(o.command_line, "pwru-cap -w out.pcapng -c 10 -s 96 -i eth0 -B 4096 -U "
					    "-n -v --kernel-btf /boot/btf icmp");
	options_free(&o);
}

static void test_long_names(void **state)
{
	struct options o = GOOD("--snapshot-length=100", "--interface", "lo", "--buffer-size=1024",
				"--packet-buffered", "--kernel-btf=x", "--test-attach",
				"--no-rcu-expedited", "--ftrace-pause", "--linear-only");

	(void)state;
	assert_int_equal(o.snaplen, 100);
	assert_string_equal(o.ifname, "lo");
	assert_int_equal(o.ring_bytes, MIB);
	assert_true(o.packet_buffered);
	assert_string_equal(o.kernel_btf, "x");
	assert_true(o.test_attach);
	assert_true(o.linear_only);
	assert_true(o.no_rcu_expedited);
	assert_true(o.ftrace_pause);
	assert_null(o.expression);
	options_free(&o);
}

static void test_trace_programs(void **state)
{
	struct options tc = GOOD("--filter-trace-tc", "icmp"), xdp = GOOD("--filter-trace-xdp");

	(void)state;
	assert_true(tc.trace_tc && !tc.trace_xdp);
	assert_string_equal(tc.expression, "icmp");
	assert_true(!xdp.trace_tc && xdp.trace_xdp);
	options_free(&tc);
	options_free(&xdp);
}

static void test_file_modes(void **state)
{
	struct options none = GOOD("icmp"),
		       o = GOOD("--linktype", "sll2", "--interfaces=both", "-D");
	struct options native = GOOD("--linktype=native", "--interfaces", "function");
	struct options back = GOOD("--linktype=native", "--linktype=ethernet", "--interfaces=both",
				   "--interfaces=device");

	(void)state;
	assert_int_equal(none.linktype, LINKTYPES_ETHERNET);
	assert_int_equal(none.ifaces, IFACES_DEVICE);
	assert_false(none.list_interfaces);
	assert_int_equal(o.linktype, LINKTYPES_SLL2);
	assert_int_equal(o.ifaces, IFACES_BOTH);
	assert_true(o.list_interfaces);
	assert_int_equal(native.linktype, LINKTYPES_NATIVE);
	assert_int_equal(native.ifaces, IFACES_FUNCTION);
	assert_int_equal(back.linktype, LINKTYPES_ETHERNET);
	assert_int_equal(back.ifaces, IFACES_DEVICE);
	options_free(&none);
	options_free(&o);
	options_free(&native);
	options_free(&back);
}

/* Letters together, values without a blank, as tcpdump's users type them. */
static void test_clustered(void **state)
{
	struct options o = GOOD("-nUvvw-", "-c5", "-s0");

	(void)state;
	assert_string_equal(o.write_path, "-");
	assert_true(o.packet_buffered);
	assert_int_equal(o.verbosity, 2);
	assert_int_equal(o.count, 5);
	assert_int_equal(o.snaplen, 262144);
	options_free(&o);
}

static void test_expression(void **state)
{
	static const struct {
		const char *words[8];
		const char *expression;
	} rows[] = {
		{{"icmp"}, "icmp"},
		{{"tcp port 443"}, "tcp port 443"},
		{{"tcp", "port", "443"}, "tcp port 443"},
		{{"tcp and", "(port 80", "or port 443)"}, "tcp and (port 80 or port 443)"},
		{{"tcp", "-c", "3", "port", "443"}, "tcp port 443"},
		{{"tcp", "port", "443", "-c", "3"}, "tcp port 443"},
		{{"--", "tcp", "-c", "3"}, "tcp -c 3"},
		{{"-c", "3", "--", "-x"}, "-x"},
		{{""}, ""},
		{{"", "icmp"}, " icmp"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_non_null(o.expression);
		assert_string_equal(o.expression, rows[i].expression);
		options_free(&o);
	}
}

/* getopt puts the words of the expression behind the options; the line is from before that. */
static void test_command_line(void **state)
{
	struct options o = GOOD("tcp", "-w", "x", "port", "443", "--packet-buffered");

	(void)state;
	assert_string_equal(o.command_line, "pwru-cap tcp -w x port 443 --packet-buffered");
	assert_string_equal(o.expression, "tcp port 443");
	assert_string_equal(o.write_path, "x");
	options_free(&o);
}

/* The last of several counts. */
static void test_repeated(void **state)
{
	struct options o = GOOD("-i", "eth0", "-i", "any", "-c", "1", "-c", "2", "-w", "a", "-w",
				"b", "-s", "5", "-s", "0");

	(void)state;
	assert_null(o.ifname);
	assert_int_equal(o.count, 2);
	assert_string_equal(o.write_path, "b");
	assert_int_equal(o.snaplen, 262144);
	options_free(&o);
}

static void test_verbosity(void **state)
{
	static const struct {
		const char *words[4];
		int sign;
	} rows[] = {{{"-v"}, 1},   {{"-vv"}, 2},      {{"-v", "-v"}, 2}, {{"-q"}, -1},
		    {{"-qq"}, -1}, {{"--quiet"}, -1}, {{"-vvv"}, 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_int_equal(o.verbosity, rows[i].sign);
		options_free(&o);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *words[3];
		uint64_t count;
		uint32_t snaplen, ring;
	} rows[] = {
		{{"-c", "1"}, 1, 262144, 32 * MIB},
		{{"-c", "18446744073709551615"}, UINT64_MAX, 262144, 32 * MIB},
		{{"-s", "1"}, 0, 1, 32 * MIB},
		{{"-s", "0"}, 0, 262144, 32 * MIB},
		{{"-s", "0x40"}, 0, 64, 32 * MIB},
		{{"-s", "262144"}, 0, 262144, 32 * MIB},
		{{"-B", "1"}, 0, 262144, MIB},
		{{"-B", "1024"}, 0, 262144, MIB},
		{{"-B", "1025"}, 0, 262144, 2 * MIB},
		{{"-B", "16385"}, 0, 262144, 32 * MIB},
		{{"-B", "1048575"}, 0, 262144, 1024 * MIB},
		{{"-B", "1048576"}, 0, 262144, 1024 * MIB},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_true(o.count == rows[i].count);
		assert_int_equal(o.snaplen, rows[i].snaplen);
		assert_int_equal(o.ring_bytes, rows[i].ring);
		options_free(&o);
	}
}

static void test_backend(void **state)
{
	struct options o = GOOD("--backend", "kprobe");

	(void)state;
	assert_string_equal(o.backend, "kprobe");
	options_free(&o);
	o = GOOD("--backend", "kprobe", "--backend=auto");
	assert_null(o.backend);
	options_free(&o);
}

/* Of the two, the later one counts. */
static void test_modules(void **state)
{
	struct options o = GOOD("icmp");

	(void)state;
	assert_true(!o.all_kmods && !o.kmods);
	options_free(&o);
	o = GOOD("--kmods", "veth", "--all-kmods");
	assert_true(o.all_kmods && !o.kmods);
	options_free(&o);
	o = GOOD("--all-kmods", "--kmods=veth");
	assert_string_equal(o.kmods, "veth");
	assert_false(o.all_kmods);
	options_free(&o);
}

/* Each is refused, in words that name what is wrong. */
static void test_wrong(void **state)
{
	static const struct {
		const char *words[4];
		const char *message;
	} rows[] = {
		{{"-c", "0"}, "-c 0: not a number from 1 to 18446744073709551615"},
		{{"-c", "ten"}, "-c ten: not a number"},
		{{"-c", "-1"}, "-c -1: not a number"},
		{{"-c", ""}, "-c : not a number"},
		{{"-c", "18446744073709551616"}, "-c 18446744073709551616: not a number"},
		{{"-s", "262145"}, "-s 262145: not a number from 0 to 262144"},
		{{"-s", "96b"}, "-s 96b: not a number"},
		{{"-s", "+5"}, "-s +5: not a number"},
		{{"-B", "0"}, "-B 0: not a number from 1 to 1048576"},
		{{"--linktype", "sll"}, "--linktype sll: not one of ethernet, sll2, native"},
		{{"--interfaces", ""}, "--interfaces : not one of device, function, both"},
		{{"-B", "1048577"}, "-B 1048577: not a number"},
		{{"-i", "0123456789abcdef"}, "-i 0123456789abcdef: not a name of a device"},
		{{"-i", ""}, "-i : not a name of a device"},
		{{"-c", "1", "-y"}, "--help"},
		{{"--last", "3"}, "--last: is for --on-drop or --filter-drop-reason"},
		{{"--on-drop", "--last", "0"}, "--last 0: not a number from 1 to"},
		{{"--on-drop", "--filter-drop-reason", "any"}, "are one mode"},
		{{"--filter-drop-reason"}, "requires an argument"},
		{{"-Y"}, "invalid option -- 'Y'"},
		{{"--no-such-thing"}, "unrecognized option '--no-such-thing'"},
		{{"--packet-buffered=1"}, "doesn't allow an argument"},
		{{"-w"}, "requires an argument -- 'w'"},
		{{"icmp", "-c"}, "requires an argument -- 'c'"},
		{{"--kernel-btf"}, "requires an argument"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refused(rows[i].words, rows[i].message);
}

static void test_longest_ifname(void **state)
{
	struct options o = GOOD("-i", "0123456789abcde");

	(void)state;
	assert_string_equal(o.ifname, "0123456789abcde");
	options_free(&o);
}

/* Answered on stdout, whatever else was typed behind it. */
static void test_answered(void **state)
{
	static const struct {
		const char *words[3];
		const char *answer;
	} rows[] = {
		{{"-h"}, "usage: pwru-cap "},
		{{"--help"}, "usage: pwru-cap "},
		{{"--version"}, "pwru-cap " PWRU_CAP_VERSION "\nlibbpf "},
		{{"-h", "-Y"}, "usage: pwru-cap "},
		{{"icmp", "--version"}, "libpcap "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum options_action action = OPTIONS_RUN;
		struct options o;

		assert_int_equal(parse(rows[i].words, &o, &action), 0);
		assert_int_equal(action, OPTIONS_DONE);
		assert_string_equal(err_text, "");
		assert_non_null(strstr(out_text, rows[i].answer));
		options_free(&o);
	}
}

/* Every option that can be given is in the help, on a line of at most 100 columns. */
static void test_help(void **state)
{
	static const char *const lines[] = {
		"\n  -w FILE ",
		"\n  -c COUNT ",
		"\n  -s, --snapshot-length BYTES ",
		"\n  -i, --interface NAME ",
		"\n  -B, --buffer-size KIB ",
		"\n  -U, --packet-buffered ",
		"\n  -n ",
		"\n  -v ",
		"\n  -q, --quiet ",
		"\n      --kernel-btf FILE ",
		"\n      --backend NAME ",
		"\n      --filter-netns NS ",
		"\n      --filter-mark M[/MASK] ",
		"\n  -Q, --direction DIR ",
		"\n      --family FAMILY ",
		"\n      --src-ip ADDR[/BITS] ",
		"\n      --test-attach ",
		"\n  -h, --help ",
		"\n      --version ",
	};
	enum options_action action;
	struct options o;

	(void)state;
	assert_int_equal(parse((const char *const[]){"-h", NULL}, &o, &action), 0);
	options_free(&o);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strstr(out_text, lines[i]))
			fail_msg("no '%s' in the help", lines[i] + 1);
	for (const char *p = out_text; *p; p += strcspn(p, "\n") + 1)
		assert_in_range(strcspn(p, "\n"), 0, 100);
}

static void test_modes(void **state)
{
	static const struct {
		const char *words[MAX_WORDS];
		bool changes;
		const char *option, *reasons;
		uint64_t last;
	} rows[] = {
		{{"icmp"}, false, NULL, NULL, 0},
		{{"--changes"}, true, NULL, NULL, 0},
		{{"--on-drop", "icmp"}, false, "--on-drop", NULL, 20},
		{{"--on-drop=no_socket,x", "icmp"}, false, "--on-drop", "no_socket,x", 20},
		{{"--on-drop", "--last", "3"}, false, "--on-drop", NULL, 3},
		{{"--last=1", "--on-drop", "--changes"}, true, "--on-drop", NULL, 1},
		{{"--filter-drop-reason", "any"}, false, "--filter-drop-reason", "any", UINT64_MAX},
		{{"--filter-drop-reason=x", "--last", "7"}, false, "--filter-drop-reason", "x", 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum options_action action;
		struct options o;

		assert_int_equal(parse(rows[i].words, &o, &action), 0);
		assert_int_equal(o.changes, rows[i].changes);
		assert_string_equal(o.drop_option ?: "none", rows[i].option ?: "none");
		assert_string_equal(o.drop_reasons ?: "none", rows[i].reasons ?: "none");
		assert_int_equal(o.last, rows[i].last);
		options_free(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),       cmocka_unit_test(test_all),
		cmocka_unit_test(test_long_names),     cmocka_unit_test(test_clustered),
		cmocka_unit_test(test_file_modes),     cmocka_unit_test(test_expression),
		cmocka_unit_test(test_command_line),   cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_verbosity),      cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_wrong),	       cmocka_unit_test(test_trace_programs),
		cmocka_unit_test(test_backend),	       cmocka_unit_test(test_modules),
		cmocka_unit_test(test_longest_ifname), cmocka_unit_test(test_answered),
		cmocka_unit_test(test_help),	       cmocka_unit_test(test_modes),
	};

	/* getopt's messages are compared. */
	setenv("LC_ALL", "C", 1);
	unsetenv("POSIXLY_CORRECT");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
