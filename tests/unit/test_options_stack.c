// SPDX-License-Identifier: GPL-2.0-only
/* --stack-depth and --no-stack, and what they go together with. */
#include "bpf/event.h"
#include "src/options_stack.h"
#include "tests/unit/command_line.h"

/* Where nothing shows stacks, none are recorded; a caller takes the two innermost entries. */
static void test_depth(void **state)
{
	static const struct {
		const char *words[6];
		uint32_t depth;
	} rows[] = {
		{{"icmp"}, 0},
		{{"--output-json"}, 0},
		{{"-w", "x"}, STACK_DEPTH_DEFAULT},
		{{"--output-stack"}, STACK_DEPTH_DEFAULT},
		{{"--output-json", "--output-stack"}, STACK_DEPTH_DEFAULT},
		{{"-w", "x", "--output-caller"}, STACK_DEPTH_DEFAULT},
		{{"--output-caller"}, 2},
		{{"-w", "x", "--stack-depth", "4"}, 4},
		{{"-w", "x", "--stack-depth=127"}, 127},
		{{"-w", "x", "--stack-depth", "all"}, EV_STACK_MAX},
		{{"-w", "x", "--stack-depth", "0"}, 0},
		{{"--output-stack", "--stack-depth", "1"}, 1},
		{{"--output-stack", "--output-caller", "--stack-depth", "2"}, 2},
		{{"-w", "x", "--output-caller", "--stack-depth", "2"}, 2},
		{{"-w", "x", "--no-stack"}, 0},
		{{"--no-stack"}, 0},
		{{"-w", "x", "--filter-non-skb-funcs", "f", "--no-stack"}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct options o = parse_good(rows[i].words);

		assert_int_equal(options_stack_depth(&o), rows[i].depth);
		options_free(&o);
	}
}

/* Both say how deep: the later one counts. */
static void test_later(void **state)
{
	struct options on = GOOD("-w", "x", "--no-stack", "--stack-depth", "8"),
		       off = GOOD("-w", "x", "--stack-depth", "8", "--no-stack"),
		       printed = GOOD("--no-stack", "--output-stack", "--stack-depth", "8");

	(void)state;
	assert_int_equal(options_stack_depth(&on), 8);
	assert_int_equal(options_stack_depth(&off), 0);
	assert_int_equal(options_stack_depth(&printed), 8);
	options_free(&on);
	options_free(&off);
	options_free(&printed);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *words[6];
		const char *message;
	} rows[] = {
		{{"-w", "x", "--stack-depth", "128"}, "--stack-depth 128: neither a number"},
		{{"-w", "x", "--stack-depth", "-1"}, "--stack-depth -1: neither a number"},
		{{"-w", "x", "--stack-depth", "8x"}, "--stack-depth 8x: neither a number"},
		{{"-w", "x", "--stack-depth", ""}, "--stack-depth : neither a number"},
		{{"-w", "x", "--stack-depth", "ALL"}, "--stack-depth ALL: neither a number"},
		{{"-w", "x", "--no-stack=4"}, "doesn't allow an argument"},
		{{"--output-stack", "--no-stack"}, "--output-stack: with --no-stack"},
		{{"-w", "x", "--output-stack", "--stack-depth", "0"}, "--output-stack: with"},
		{{"--output-caller", "--no-stack"}, "--output-caller: the caller is the second"},
		{{"-w", "x", "--output-caller", "--stack-depth", "1"}, "--stack-depth 2 at least"},
		{{"--stack-depth", "4"}, "--stack-depth: nothing shows stacks"},
		{{"--stack-depth", "all", "--output-caller"}, "nothing shows stacks"},
		{{"--stack-depth", "1", "--output-caller"}, "nothing shows stacks"},
		{{"--stack-depth"}, "requires an argument"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		refused(rows[i].words, rows[i].message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_wrong),
	};

	setenv("LC_ALL", "C", 1);
	unsetenv("POSIXLY_CORRECT");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
