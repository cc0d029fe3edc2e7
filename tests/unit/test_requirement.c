// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/requirement.h"

static const struct requirement fprobe = {5, 18, "CONFIG_FPROBE", "register_fprobe"};
static const struct requirement newest = {.major = 7, .minor = 3};
static const struct requirement events = {.config = "CONFIG_KPROBE_EVENTS",
					  .symbol = "register_kprobe_event"};

static void test_text(void **state)
{
	char text[128];

	(void)state;
	requirement_text(&fprobe, text, sizeof(text));
	assert_string_equal(text, "Linux 5.18 or newer with CONFIG_FPROBE=y");
	requirement_text(&newest, text, sizeof(text));
	assert_string_equal(text, "Linux 7.3 or newer");
	requirement_text(&events, text, sizeof(text));
	assert_string_equal(text, "CONFIG_KPROBE_EVENTS=y");
}

static void lacks(const struct requirement *r, const char *release, bool there,
		  const char *expected)
{
	char text[128] = "untouched";

	assert_int_equal(requirement_lack(r, release, there, text, sizeof(text)), *expected != 0);
	assert_string_equal(text, expected);
}

static void test_lack(void **state)
{
	(void)state;
	lacks(&fprobe, "5.10.0-33-cloud-amd64", false, "this is Linux 5.10.0-33-cloud-amd64");
	lacks(&fprobe, "4.19.0", true, "this is Linux 4.19.0");
	lacks(&fprobe, "5.18.0", true, "");
	lacks(&fprobe, "5.18.0", false, "this kernel (5.18.0) is built without CONFIG_FPROBE");
	/* 6.1 is newer than 5.18, and 5.100 than 5.18. */
	lacks(&fprobe, "6.1.0-37", false, "this kernel (6.1.0-37) is built without CONFIG_FPROBE");
	lacks(&fprobe, "5.100.0", true, "");
	lacks(&newest, "6.12.38+deb12-amd64", true, "this is Linux 6.12.38+deb12-amd64");
	lacks(&newest, "7.2.9", true, "this is Linux 7.2.9");
	lacks(&newest, "7.3-rc1", false, "");
	lacks(&newest, "10.0.1", true, "");
	lacks(&events, "5.10.0", false,
	      "this kernel (5.10.0) is built without CONFIG_KPROBE_EVENTS");
	lacks(&events, "5.10.0", true, "");
	lacks(&fprobe, "custom", true, "");
}

static void test_symbol(void **state)
{
	static const char kallsyms[] = "ffffffff81000000 T register_fprobe_ips\n"
				       "ffffffff81000010 t unregister_fprobe\n"
				       "0000000000000000 T in_module\t[veth]\n"
				       "0000000000000000 T last";

	(void)state;
	assert_true(has_symbol(kallsyms, "register_fprobe_ips"));
	assert_false(has_symbol(kallsyms, "register_fprobe"));
	assert_true(has_symbol(kallsyms, "unregister_fprobe"));
	assert_true(has_symbol(kallsyms, "in_module"));
	assert_true(has_symbol(kallsyms, "last"));
	assert_false(has_symbol(kallsyms, "veth"));
	assert_false(has_symbol("", "last"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_lack),
		cmocka_unit_test(test_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
