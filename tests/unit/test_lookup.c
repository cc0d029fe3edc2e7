// SPDX-License-Identifier: GPL-2.0-only
/* Asks this machine's kernel, if it may be asked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/ksyms.h"
#include "src/lookup.h"

static int setup(void **state)
{
	static int fd;

	fd = lookup_open();
	*state = &fd;
	return 0;
}

static int teardown(void **state)
{
	int fd = *(int *)*state;

	if (fd >= 0)
		close(fd);
	return 0;
}

static void test_none(void **state)
{
	int fd = *(int *)*state;
	uint64_t addr = 4711;
	char longest[300];

	if (fd < 0)
		skip();
	assert_int_equal(lookup_function(fd, "no_such_module", "ip_rcv", &addr), -ENOENT);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(lookup_function(fd, "ipv6", longest, &addr), -ENAMETOOLONG);
	assert_int_equal(addr, 4711);
}

/* Each symbol of modules has an address that a symbol of that name has. */
static void test_all(void **state)
{
	int fd = *(int *)*state;
	struct ksyms *syms;
	const struct ksym *v;
	size_t n;

	if (fd < 0 || ksyms_read(NULL, NULL, &syms))
		skip();
	v = ksyms_all(syms, &n);
	for (size_t i = 0; i < n; i++) {
		const struct ksym *found;
		uint64_t addr;

		/* BPF programs are no module. */
		if (!v[i].module || !strcmp(v[i].module, "bpf") || v[i].module[0] == '_')
			continue;
		if (lookup_function(fd, v[i].module, v[i].name, &addr))
			continue; /* unloaded meanwhile */
		found = ksyms_find(syms, addr);
		assert_non_null(found);
		assert_string_equal(found->module, v[i].module);
	}
	ksyms_free(syms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
