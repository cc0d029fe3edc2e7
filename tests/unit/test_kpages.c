// SPDX-License-Identifier: GPL-2.0-only
/* What src/kpages.c takes from the text of /proc/kallsyms. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/kpages.h"
#include "src/util.h"

#define VMEMMAP "ffffffff82a21a10 D vmemmap_base\n"
#define OFFSET	"ffffffff82a21a20 D page_offset_base\n"
#define HIDDEN	"0000000000000000 D vmemmap_base\n0000000000000000 D page_offset_base\n"

static const struct {
	const char *name;
	const char *text;
	int err;
} cases[] = {
	{"both", VMEMMAP OFFSET, 0},
	{"the other way round, among others",
	 "ffffffff81000000 T _text\n" OFFSET "ffffffff82a21a24 D jiffies\n" VMEMMAP
	 "ffffffff82b00000 B _end\n",
	 0},
	{"other letters of data",
	 "ffffffff82a21a10 b vmemmap_base\nffffffff82a21a20 R page_offset_base\n", 0},
	{"no line feed at the end", VMEMMAP "ffffffff82a21a20 D page_offset_base", 0},
	{"the first of two counts", VMEMMAP "ffffffff82a21fff D vmemmap_base\n" OFFSET, 0},
	{"one is not there", VMEMMAP, -ENOENT},
	{"one is there twice, the other not", VMEMMAP VMEMMAP, -ENOENT},
	{"empty", "", -ENOENT},
	{"hidden", HIDDEN, -EPERM},
	{"a function", VMEMMAP "ffffffff82a21a20 T page_offset_base\n", -ENOENT},
	{"a longer name", VMEMMAP "ffffffff82a21a20 D page_offset_base2\n", -ENOENT},
	{"a shorter name", VMEMMAP "ffffffff82a21a20 D page_offset_bas\n", -ENOENT},
	{"of a module", VMEMMAP "ffffffffc0a21a20 D page_offset_base\t[own]\n", -ENOENT},
	{"no address", VMEMMAP "D page_offset_base\n", -ENOENT},
	{"no letter", VMEMMAP "ffffffff82a21a20 page_offset_base\n", -ENOENT},
	{"cut", VMEMMAP "ffffffff82a21a20 ", -ENOENT},
	{"an address and no more", VMEMMAP "ffffffff82a21a20", -ENOENT},
};

static void test_scan(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kpages pages = {1, 2}, want = {1, 2};
		FILE *f = tmpfile();

		assert_non_null(f);
		fputs(cases[i].text, f);
		rewind(f);
		if (kpages_scan(f, &pages) != cases[i].err)
			fail_msg("%s: another result than %d", cases[i].name, cases[i].err);
		if (!cases[i].err)
			want = (struct kpages){.vmemmap_base = 0xffffffff82a21a10,
					       .page_offset_base = 0xffffffff82a21a20};
		/* Unchanged after an error. */
		if (memcmp(&pages, &want, sizeof(pages)))
			fail_msg("%s: other addresses", cases[i].name);
		fclose(f);
	}
}

static void test_cannot_be_read(void **state)
{
	struct kpages pages;
	FILE *f = fopen("/", "r");

	(void)state;
	assert_non_null(f);
	assert_int_equal(kpages_scan(f, &pages), -EIO);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
