// SPDX-License-Identifier: GPL-2.0-only
/* Which functions of an inventory are chosen, and how they are listed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/funcs.h"
#include "src/util.h"

static struct found some[] = {
	{.name = "ip_output", .addr = 0x300, .pos = 3, .btf_id = 30},
	{.name = "ip_rcv", .addr = 0x100, .pos = 1, .btf_id = 10},
	{.name = "same", .addr = 0x500, .pos = 1},
	{.name = "same", .addr = 0x400, .pos = 1},
	{.name = "twice", .addr = 0x400, .pos = 1},
	{.name = "kfree_skbmem", .addr = 0x200, .skip = SKIP_FREED},
	{.name = "inlined", .pos = 2, .skip = SKIP_NOT_TRACEABLE},
	{.name = "veth_xmit", .module = "veth", .addr = 0x900, .pos = 1},
	{.name = "br_input", .module = "bridge", .addr = 0x800, .pos = 2},
};

static const struct inventory inventory = {.v = some, .n = ARRAY_SIZE(some)};

/* The names that are chosen, in their order, joined by blanks. */
static void check(const char *pattern, const char *modules, const char *names, size_t skipped)
{
	const struct funcs_wanted wanted = {.pattern = pattern, .modules = modules};
	char text[256] = "";
	struct funcs funcs;

	assert_int_equal(funcs_select(&inventory, &wanted, &funcs), 0);
	for (size_t i = 0; i < funcs.n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, funcs.v[i].name);
	}
	assert_string_equal(text, names);
	assert_int_equal(funcs_skipped(&funcs), skipped);
	funcs_free(&funcs);
}

static void refuse(const char *pattern, const char *modules, int err)
{
	const struct funcs_wanted wanted = {.pattern = pattern, .modules = modules};
	const struct funcs untouched = {.n = 4711};
	struct funcs funcs = untouched;

	assert_int_equal(funcs_select(&inventory, &wanted, &funcs), err);
	assert_memory_equal(&funcs, &untouched, sizeof(funcs));
}

/* By position, then by address, each address once. */
static void test_select(void **state)
{
	(void)state;
	check(NULL, NULL, "ip_rcv same same veth_xmit br_input ip_output", 2);
	check("ip_.*", NULL, "ip_rcv ip_output", 0);
	check("ip_rcv|kfree.*", NULL, "ip_rcv", 1);
	/* The whole name. */
	refuse("ip", NULL, -ENOENT);
	refuse("kfree_skbmem", NULL, -ENOENT);
	refuse("ip_(", NULL, -EINVAL);
}

static void test_modules(void **state)
{
	(void)state;
	check(NULL, "veth", "ip_rcv same same veth_xmit ip_output", 2);
	check(NULL, "bridge,veth", "ip_rcv same same veth_xmit br_input ip_output", 2);
	check(".*_xmit", ",veth,", "veth_xmit", 0);
	check(NULL, "", "ip_rcv same same ip_output", 2);
	refuse(NULL, "vet", -ENOENT);
	refuse(NULL, "veth,vethx", -ENOENT);
	refuse("veth_xmit", "bridge", -ENOENT);
}

static void test_list(void **state)
{
	const struct funcs_wanted wanted = {.pattern = "ip_rcv|kfree_skbmem|.*_xmit|same"};
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_non_null(to);
	assert_int_equal(funcs_list(&inventory, &wanted, to), 0);
	fclose(to);
	assert_string_equal(text,
			    "ip_rcv                                   vmlinux          1  yes\n"
			    "kfree_skbmem                             vmlinux          0  "
			    "it runs after the packet's data is freed; it ends an id\n"
			    "same                                     vmlinux          1  yes\n"
			    "same                                     vmlinux          1  yes\n"
			    "veth_xmit                                veth             1  yes\n");
	free(text);
}

static void test_list_by_stack(void **state)
{
	struct func f[] = {
		{.name = "ip_rcv", .pos = 1},
		{.name = "schedule", .pos = FUNC_BY_STACK},
		{.name = "br_fdb_find", .module = "bridge", .pos = FUNC_BY_STACK},
	};
	struct funcs funcs = {.v = f, .n = 3, .by_stack = 2};
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_non_null(to);
	assert_int_equal(funcs_list_by_stack(&funcs, to), 0);
	fclose(to);
	assert_string_equal(text,
			    "schedule                                 vmlinux          -  yes\n"
			    "br_fdb_find                              bridge           -  yes\n");
	free(text);
}

static void test_skipped(void **state)
{
	const struct funcs_wanted all = {0}, one = {.pattern = "ip_rcv"};
	char text[256], tiny[12];
	struct funcs funcs;

	(void)state;
	assert_int_equal(funcs_select(&inventory, &all, &funcs), 0);
	funcs_describe_skipped(&funcs, text, sizeof(text));
	assert_string_equal(text,
			    "2 left out (1: the kernel does not let it be traced, or has it "
			    "inlined everywhere; 1: it runs after the packet's data is freed; "
			    "it ends an id)");
	funcs_describe_skipped(&funcs, tiny, sizeof(tiny));
	assert_string_equal(tiny, "2 left out ");
	funcs_free(&funcs);
	assert_int_equal(funcs_select(&inventory, &one, &funcs), 0);
	funcs_describe_skipped(&funcs, text, sizeof(text));
	assert_string_equal(text, "");
	funcs_free(&funcs);
}

/* What is attached to apart, and what remains. */
static void test_part(void **state)
{
	const struct funcs_wanted all = {0}, none = {.pattern = "nothing"};
	struct funcs funcs, part;
	char *strings;

	(void)state;
	assert_int_equal(funcs_select_any(&inventory, &none, &funcs), 0);
	assert_int_equal(funcs.n, 0);
	funcs_free(&funcs);
	assert_int_equal(funcs_select_any(&inventory, &all, &funcs), 0);
	funcs.roles.release = 4711;
	assert_int_equal(funcs_of_module(&funcs, NULL, &part), 0);
	assert_int_equal(part.n, 4);
	assert_int_equal(part.roles.release, 4711);
	funcs_free(&part);
	assert_int_equal(funcs_of_module(&funcs, "bridg", &part), 0);
	assert_int_equal(part.n, 0);
	funcs_free(&part);
	assert_int_equal(funcs_of_module(&funcs, "bridge", &part), 0);
	assert_int_equal(part.n, 1);
	assert_int_equal(part.roles.release, 0);
	funcs_free(&part);
	assert_int_equal(funcs_copy(&funcs, &part), 0);
	assert_int_equal(part.n, funcs.n);
	assert_int_equal(part.roles.release, 4711);
	strings = funcs_own_strings(&part);
	assert_non_null(strings);
	for (size_t i = 0; i < part.n; i++) {
		assert_string_equal(part.v[i].name, funcs.v[i].name);
		assert_ptr_not_equal(part.v[i].name, funcs.v[i].name);
		if (funcs.v[i].module)
			assert_string_equal(part.v[i].module, funcs.v[i].module);
		else
			assert_null(part.v[i].module);
	}
	free(strings);
	funcs_free(&part);
	funcs_free(&funcs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),	cmocka_unit_test(test_modules),
		cmocka_unit_test(test_list),	cmocka_unit_test(test_list_by_stack),
		cmocka_unit_test(test_skipped), cmocka_unit_test(test_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
