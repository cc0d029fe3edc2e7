// SPDX-License-Identifier: GPL-2.0-only
/* What /proc/modules says, and whom a file of sysfs that somebody opens is of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/modlist.h"
#include "src/unload.h"
#include "src/util.h"

static void parse(const char *text, struct modlist *ret_list)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	assert_int_equal(modlist_parse(copy, ret_list), 0);
}

static void test_lines(void **state)
{
	struct modlist list;

	(void)state;
	parse("ipip 20480 0 - Live 0xffffffffc0829000\n"
	      "tunnel4 12288 1 ipip, Live 0xffffffffc0821000\n"
	      "ip_tunnel 36864 1 ipip, Loading 0xffffffffc0815000 (O+)\n"
	      "zfs 1 2 a,b,[permanent], Unloading 0x0000000000000000 (POE)\n"
	      "short 1 2\n"
	      "\n"
	      "last 1 - - Live 0x0",
	      &list);
	assert_int_equal(list.n, 5);
	assert_string_equal(list.v[0].name, "ipip");
	assert_true(list.v[0].live);
	assert_string_equal(list.v[1].name, "tunnel4");
	assert_true(list.v[1].live);
	assert_string_equal(list.v[2].name, "ip_tunnel");
	assert_false(list.v[2].live);
	assert_false(list.v[3].live);
	assert_string_equal(list.v[4].name, "last");
	assert_true(list.v[4].live);
	modlist_free(&list);
	assert_null(list.v);
}

static void test_find(void **state)
{
	struct modlist list;

	(void)state;
	parse("ip_tunnel 36864 1 ipip, Live 0x1\nipip 20480 0 - Live 0x2\n", &list);
	assert_ptr_equal(modlist_find(&list, "ip_tunnel"), &list.v[0]);
	assert_ptr_equal(modlist_find(&list, "ipip"), &list.v[1]);
	assert_null(modlist_find(&list, "ip"));
	assert_null(modlist_find(&list, "ipip6"));
	modlist_free(&list);
	parse("", &list);
	assert_int_equal(list.n, 0);
	assert_null(modlist_find(&list, "ipip"));
	modlist_free(&list);
}

/* Of any size, also where the array grows. */
static void test_many(void **state)
{
	const char line[] = "m 1 0 - Live 0x0\n";
	char *text = malloc(1000 * strlen(line) + 1), *p = text;
	struct modlist list;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 1000; i++)
		p = stpcpy(p, line);
	assert_int_equal(modlist_parse(text, &list), 0);
	assert_int_equal(list.n, 1000);
	modlist_free(&list);
}

/* This machine's own, whatever it is. */
static void test_read(void **state)
{
	struct modlist list;

	(void)state;
	assert_int_equal(modlist_read(&list), 0);
	for (size_t i = 0; i < list.n; i++)
		assert_true(list.v[i].id || !list.v[i].live);
	modlist_free(&list);
}

static const struct {
	const char *path, *module; /* NULL: none */
} paths[] = {
	{"/sys/module/dummy/refcnt", "dummy"},
	{"/container/sys/module/nf_tables/refcnt", "nf_tables"},
	{"/sys/module/dummy/refcnt (deleted)", NULL},
	{"/sys/module/dummy/initstate", NULL},
	{"/sys/module/refcnt/refcnt", "refcnt"},
	{"/refcnt", NULL},
	{"//refcnt", NULL},
	{"refcnt", NULL},
	{"dummy/refcnt", NULL},
	{"", NULL},
};

static void test_module_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char path[128], *module;

		strcpy(path, paths[i].path);
		module = unload_module_of(path);
		if (paths[i].module)
			assert_string_equal(module, paths[i].module);
		else
			assert_null(module);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	  cmocka_unit_test(test_find),
		cmocka_unit_test(test_many),	  cmocka_unit_test(test_read),
		cmocka_unit_test(test_module_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
