// SPDX-License-Identifier: GPL-2.0-only
/* --filter-non-skb-funcs: names to functions, with a kernel that is a few lines of text. */
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

#include "src/log.h"
#include "src/nonskb.h"
#include "src/util.h"

static struct found some[] = {
	{.name = "ip_rcv", .addr = 0x1004, .pos = 1, .btf_id = 10},
	{.name = "ip_output", .addr = 0x2000, .pos = 3},
	{.name = "kfree_skbmem", .addr = 0x3000, .skip = SKIP_FREED},
};

static const struct inventory inventory = {.v = some, .n = ARRAY_SIZE(some)};

static const char kallsyms[] = "0000000000000800 T __entry_text_start\n"
			       "0000000000000900 T __entry_text_end\n"
			       "0000000000001000 T ip_rcv\n"
			       "0000000000001080 t ip_rcv_core\n"
			       "0000000000002000 T ip_output\n"
			       "0000000000003000 t kfree_skbmem\n"
			       "0000000000004000 T schedule\n"
			       "0000000000004000 T schedule_alias\n"
			       "0000000000005000 t twice\n"
			       "0000000000006000 t twice\n"
			       "0000000000006100 T notrace_one\n"
			       "0000000000007000 t br_fdb_find\t[bridge]\n"
			       "0000000000008000 t last\n";

static const char traceable[] = "ip_rcv\nip_output\nkfree_skbmem\nschedule\nschedule_alias\n"
				"twice\nbr_fdb_find [bridge]\nlast";

static struct ksyms *syms;

static int setup(void **state)
{
	char path[] = "/tmp/test_nonskb.XXXXXX";
	int fd = mkstemp(path), err;

	(void)state;
	if (fd < 0 || write(fd, kallsyms, sizeof(kallsyms) - 1) < 0)
		return -1;
	close(fd);
	err = ksyms_read(path, NULL, &syms);
	unlink(path);
	return err;
}

static int teardown(void **state)
{
	(void)state;
	ksyms_free(syms);
	return 0;
}

/* What stderr got. */
static char said[1024];

static int choose(const char *list, struct funcs *funcs)
{
	struct nonskb_sources sources = {.syms = syms, .traceable = strdup(traceable)};
	int saved = dup(STDERR_FILENO), err;
	FILE *file = tmpfile();

	assert_true(saved >= 0 && file && sources.traceable);
	dup2(fileno(file), STDERR_FILENO);
	err = nonskb_choose(list, &inventory, &sources, funcs);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	fclose(file);
	free(sources.traceable);
	return err;
}

static struct funcs select_funcs(const char *pattern)
{
	const struct funcs_wanted wanted = {.pattern = pattern};
	struct funcs funcs;

	assert_int_equal(funcs_select(&inventory, &wanted, &funcs), 0);
	return funcs;
}

/* All that is watched then, as NAME@ADDRESS-END:POSITION. */
static void check(const char *pattern, const char *list, size_t by_stack, const char *want)
{
	struct funcs funcs = select_funcs(pattern);
	char text[512] = "";

	assert_int_equal(choose(list, &funcs), 0);
	for (size_t i = 0; i < funcs.n; i++) {
		const struct func *f = &funcs.v[i];

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s%s@%lx-%lx:%d",
			 i ? " " : "", f->module ?: "", f->module ? "/" : "", f->name,
			 (unsigned long)f->addr, (unsigned long)f->end, f->pos);
	}
	assert_string_equal(text, want);
	assert_int_equal(funcs.by_stack, by_stack);
	if (by_stack) {
		assert_int_equal(funcs.entry_text[0], 0x800);
		assert_int_equal(funcs.entry_text[1], 0x900);
	}
	funcs_free(&funcs);
}

/* Behind those with an skb; each with where it ends. */
static void test_choose(void **state)
{
	(void)state;
	check(NULL, "schedule", 1, "ip_rcv@1004-1080:1 ip_output@2000-3000:3 schedule@4000-5000:6");
	assert_string_equal(said, "");
	check("ip_rcv", ",last,,schedule,", 2,
	      "ip_rcv@1004-1080:1 schedule@4000-5000:6 last@8000-0:6");
	check("ip_rcv", "schedule,schedule", 1, "ip_rcv@1004-1080:1 schedule@4000-5000:6");
	/* Two names of one function: it is watched once. */
	check("ip_rcv", "schedule_alias,schedule", 1, "ip_rcv@1004-1080:1 schedule@4000-5000:6");
	check("ip_rcv", "twice", 2, "ip_rcv@1004-1080:1 twice@5000-6000:6 twice@6000-6100:6");
	check("ip_rcv", "br_fdb_find", 1, "ip_rcv@1004-1080:1 bridge/br_fdb_find@7000-8000:6");
}

/* Watched as what it is, once, also if --filter-func leaves it out. */
static void test_with_skb(void **state)
{
	(void)state;
	check("ip_rcv", "ip_rcv", 0, "ip_rcv@1004-0:1");
	assert_non_null(strstr(said, "ip_rcv takes an skb"));
	check("ip_rcv", "ip_output,last", 1,
	      "ip_rcv@1004-1080:1 ip_output@2000-3000:3 last@8000-0:6");
	assert_non_null(strstr(said, "ip_output takes an skb"));
}

static void refuse(const char *list, int err, const char *words)
{
	struct funcs funcs = select_funcs("ip_rcv");

	assert_int_equal(choose(list, &funcs), err);
	if (!strstr(said, words))
		fail_msg("'%s' is not in '%s'", words, said);
	assert_int_equal(funcs.n, 1);
	assert_int_equal(funcs.by_stack, 0);
	funcs_free(&funcs);
}

static void test_refuse(void **state)
{
	(void)state;
	refuse("", -EINVAL, "names no function");
	refuse(",,", -EINVAL, "names no function");
	refuse("schedul", -ENOENT,
	       "no function schedul, or has it inlined everywhere; near: schedule");
	refuse("schedule,nosuch", -ENOENT, "no function nosuch");
	refuse("notrace_one", -EOPNOTSUPP, "does not let notrace_one be traced");
	refuse("kfree_skbmem", -EOPNOTSUPP, "kfree_skbmem takes an skb, and cannot be watched: it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_with_skb),
		cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
