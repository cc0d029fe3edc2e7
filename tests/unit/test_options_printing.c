// SPDX-License-Identifier: GPL-2.0-only
/* What is printed: tcpdump's and pwru's options. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/options.h"
#include "src/util.h"
#include "tests/unit/command_line.h"

static void test_defaults(void **state)
{
	struct options o = GOOD("icmp");
	const struct printing *p = &o.printing;

	(void)state;
	assert_true(p->meta && p->tuple);
	assert_false(p->json || p->print || p->tcp_flags || p->tunnel || p->caller || p->stack ||
		     p->cb || p->container || p->number || p->micro);
	assert_int_equal(p->time, TIME_DAY);
	assert_false(hexdump_wanted(&p->dump));
	assert_null(p->path);
	assert_true(printing_wanted(p, NULL));
	assert_false(printing_wanted(p, "x.pcapng"));
	assert_true(printing_to_stdout(p));
	options_free(&o);
}

/* Of -t and --timestamp the last one counts. */
static void test_times(void **state)
{
	static const struct {
		const char *words[6];
		enum time_style style;
	} rows[] = {
		{{"-t"}, TIME_NONE},
		{{"-tt"}, TIME_EPOCH},
		{{"-t", "-t"}, TIME_EPOCH},
		{{"-ttt"}, TIME_DELTA},
		{{"-tttt"}, TIME_DATE},
		{{"-ttttt"}, TIME_ELAPSED},
		{{"--timestamp", "none"}, TIME_NONE},
		{{"--timestamp=relative"}, TIME_RELATIVE},
		{{"--timestamp", "current"}, TIME_MONOTONIC},
		{{"--timestamp", "absolute"}, TIME_DAY},
		{{"-tttt", "--timestamp", "relative"}, TIME_RELATIVE},
		{{"-tttt", "--timestamp", "absolute", "-tt"}, TIME_EPOCH},
		{{"-ttttt", "--timestamp", "none", "-ttttt"}, TIME_ELAPSED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_int_equal(o.printing.time, rows[i].style);
		options_free(&o);
	}
}

static void test_precision(void **state)
{
	struct options micro = GOOD("--micro"), nano = GOOD("--micro", "--nano"),
		       unit = GOOD("--time-stamp-precision=micro"),
		       other = GOOD("--time-stamp-precision", "nano");

	(void)state;
	assert_true(micro.printing.micro);
	assert_false(nano.printing.micro);
	assert_true(unit.printing.micro);
	assert_false(other.printing.micro);
	options_free(&micro);
	options_free(&nano);
	options_free(&unit);
	options_free(&other);
}

static void test_switches(void **state)
{
	struct options on = GOOD("--output-json", "--output-tcp-flags=true", "--output-tunnel",
				 "--output-caller=1", "--output-stack", "--output-skb-cb",
				 "--output-container", "--output-ret", "-#", "--print");
	struct options off = GOOD("--output-meta=false", "--output-tuple=0", "--output-json=true",
				  "--output-json=false");

	(void)state;
	assert_true(on.printing.json && on.printing.tcp_flags && on.printing.tunnel &&
		    on.printing.caller && on.printing.stack && on.printing.cb &&
		    on.printing.container && on.printing.ret && on.printing.number &&
		    on.printing.print);
	assert_false(off.printing.meta || off.printing.tuple || off.printing.json);
	options_free(&on);
	options_free(&off);
}

/* Given again, they add. */
static void test_fields(void **state)
{
	struct options none = GOOD("icmp"),
		       some = GOOD("--output-skb-metadata", "skb->mark,skb->len:x",
				   "--output-xdp-metadata=xdp->data",
				   "--output-skb-metadata=skb->dev");

	(void)state;
	assert_null(none.fields[FIELDS_SKB]);
	assert_null(none.fields[FIELDS_XDP]);
	assert_string_equal(some.fields[FIELDS_SKB], "skb->mark,skb->len:x,skb->dev");
	assert_string_equal(some.fields[FIELDS_XDP], "xdp->data");
	options_free(&none);
	options_free(&some);
}

static void test_dumps(void **state)
{
	struct options o = GOOD("-xx", "-X", "-AAA");

	(void)state;
	assert_int_equal(o.printing.dump.hex, 2);
	assert_int_equal(o.printing.dump.both, 1);
	assert_int_equal(o.printing.dump.ascii, 2);
	options_free(&o);
}

static void test_ret(void **state)
{
	static const char *const others[] = {"--changes", "--all-kmods",
					     "--filter-non-skb-funcs=f"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct options off = GOOD("--output-ret=false", others[i]);

		options_free(&off);
		refused((const char *const[]){"--output-ret", others[i], NULL},
			"--output-ret does not go together with --");
	}
}

/* What is dumped comes together from three options; the last word on each struct counts. */
static void test_structs(void **state)
{
	static const struct {
		const char *words[6];
		unsigned int structs;
	} rows[] = {
		{{NULL}, 0},
		{{"--output-skb", NULL}, 1 << EV_DUMP_SKB},
		{{"--output-skb-shared-info=true", NULL}, 1 << EV_DUMP_SHINFO},
		{{"--output-skb", "--output-skb-shared-info", "--output-skb=false", NULL},
		 1 << EV_DUMP_SHINFO},
		{{"--dump", "sk", NULL}, 1 << EV_DUMP_SK},
		{{"--dump=dev,skb", "--dump", "shinfo", NULL},
		 1 << EV_DUMP_SKB | 1 << EV_DUMP_SHINFO | 1 << EV_DUMP_DEV},
		{{"--dump=skb,shinfo,dev,sk", "--output-skb=0", NULL},
		 1 << EV_DUMP_SHINFO | 1 << EV_DUMP_DEV | 1 << EV_DUMP_SK},
		{{"-w", "f", "--output-json", "--dump", "sk", NULL}, 1 << EV_DUMP_SK},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_int_equal(o.printing.structs, rows[i].structs);
		options_free(&o);
	}
}

/* A value that follows without = belongs to the expression. */
static void test_optional(void **state)
{
	struct options o = GOOD("--output-meta", "icmp");

	(void)state;
	assert_true(o.printing.meta);
	assert_string_equal(o.expression, "icmp");
	options_free(&o);
}

static void test_limits(void **state)
{
	struct options neither = GOOD("icmp"), lines = GOOD("--output-limit-lines", "5"),
		       both = GOOD("-c", "7", "--output-limit-lines", "5"),
		       other = GOOD("-c", "3", "--output-limit-lines=5"),
		       none = GOOD("-c", "3", "--output-limit-lines=0");

	(void)state;
	assert_int_equal(options_limit(&neither), 0);
	assert_int_equal(options_limit(&lines), 5);
	assert_int_equal(options_limit(&both), 5);
	assert_int_equal(options_limit(&other), 3);
	assert_int_equal(options_limit(&none), 3);
	options_free(&neither);
	options_free(&lines);
	options_free(&both);
	options_free(&other);
	options_free(&none);
}

static void test_where(void **state)
{
	struct options file = GOOD("--output-file", "x.txt"), beside = GOOD("-w", "a", "--print"),
		       piped = GOOD("-w", "-", "--output-file", "x.txt"),
		       dash = GOOD("--output-file", "-");

	(void)state;
	assert_string_equal(file.printing.path, "x.txt");
	assert_true(printing_wanted(&file.printing, "x.pcapng"));
	assert_false(printing_to_stdout(&file.printing));
	assert_true(printing_wanted(&beside.printing, beside.write_path));
	assert_true(printing_wanted(&piped.printing, piped.write_path));
	assert_true(printing_to_stdout(&dash.printing));
	options_free(&file);
	options_free(&beside);
	options_free(&piped);
	options_free(&dash);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *words[6];
		const char *message;
	} rows[] = {
		{{"-tttttt"}, "-t: is given at most 5 times"},
		{{"--timestamp", "utc"},
		 "--timestamp utc: not one of none, relative, current, absolute"},
		{{"--time-stamp-precision", "milli"}, "--time-stamp-precision milli"},
		{{"--output-meta=maybe"}, "--output-meta=maybe: neither true nor false"},
		{{"--output-limit-lines", "many"}, "--output-limit-lines many: not a number"},
		{{"--output-file", ""}, "--output-file: the name of the file is empty"},
		{{"-w", "-", "--print"}, "-w - and --print: both go to standard output"},
		{{"-w", "-", "--output-json"},
		 "-w - and --output-json: both go to standard output"},
		{{"-w", "-", "--output-file", "-"}, "both go to standard output"},
		{{"-w", "x", "--output-file", "x"}, "-w and --output-file name the same file, x"},
		{{"--timestamp"}, "requires an argument"},
		{{"--dump", "skb,sock"}, "--dump sock: not one of skb, shinfo, dev, sk"},
		{{"--dump", "skb,"}, "--dump : not one of skb, shinfo, dev, sk"},
		{{"--dump="}, "--dump : not one of"},
		{{"--dump"}, "requires an argument"},
		{{"--output-skb=perhaps"}, "--output-skb=perhaps: neither true nor false"},
		{{"-w", "x", "--output-skb"}, "add --print or --output-json"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refused(rows[i].words, rows[i].message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),  cmocka_unit_test(test_times),
		cmocka_unit_test(test_precision), cmocka_unit_test(test_switches),
		cmocka_unit_test(test_ret),	  cmocka_unit_test(test_dumps),
		cmocka_unit_test(test_optional),  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_where),	  cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_structs),	  cmocka_unit_test(test_fields),
	};

	setenv("LC_ALL", "C", 1);
	unsetenv("POSIXLY_CORRECT");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
