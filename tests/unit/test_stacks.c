// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/event.h"
#include "src/stacks.h"

#define BASE 0xffffffff81000000ULL

struct fixture {
	struct ksyms *syms;
	struct stacks *stacks;
};

static int setup(void **state)
{
	static const char text[] = "ffffffff81000000 T start\n"
				   "ffffffff81000100 T second\n"
				   "ffffffffc0100000 t veth_xmit\t[veth]\n"
				   "ffffffffc0200000 t bpf_prog_abc_main\t[bpf]\n";
	char path[] = "/tmp/test_stacks.XXXXXX";
	struct fixture *f = calloc(1, sizeof(*f));
	int fd = mkstemp(path), err;

	if (!f || fd < 0 || write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		return -1;
	close(fd);
	err = ksyms_read(path, NULL, &f->syms);
	unlink(path);
	f->stacks = stacks_new();
	*state = f;
	return err || !f->stacks ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	stacks_free(f->stacks);
	ksyms_free(f->syms);
	free(f);
	return 0;
}

static void test_text(void **state)
{
	static const uint64_t addrs[] = {
		BASE + 0x1f,	BASE, BASE + 0x100, 0xffffffffc0100abc, 0xffffffffc0200001,
		0x7fff12345678, 0,    UINT64_MAX,
	};
	const struct fixture *f = *state;

	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 1), "start+0x1f");
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 8),
			    "start+0x1f\n"
			    "start+0x0\n"
			    "second+0x0\n"
			    "veth_xmit+0xabc [veth]\n"
			    "bpf_prog_abc_main+0x1 [bpf]\n"
			    "0x7fff12345678\n"
			    "0x0\n"
			    "0xffffffffffffffff");
}

static void test_no_symbols(void **state)
{
	static const uint64_t addrs[] = {BASE + 1, 0x10};
	struct stacks *stacks = stacks_new();

	(void)state;
	assert_non_null(stacks);
	assert_string_equal(stacks_text(stacks, NULL, addrs, 2), "0xffffffff81000001\n0x10");
	stacks_free(stacks);
	stacks_free(NULL);
}

static void test_empty(void **state)
{
	static const uint64_t addrs[] = {BASE};
	const struct fixture *f = *state;

	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 0), "");
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 1), "start+0x0");
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 0), "");
}

/* The same stack is the same text, not made again; one that only begins alike is another. */
static void test_remembered(void **state)
{
	uint64_t addrs[] = {BASE + 1, BASE + 2, BASE + 3};
	const struct fixture *f = *state;
	const char *first = stacks_text(f->stacks, f->syms, addrs, 3);
	uint64_t copy[3];

	memcpy(copy, addrs, sizeof(copy));
	assert_ptr_equal(stacks_text(f->stacks, f->syms, copy, 3), first);
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 2), "start+0x1\nstart+0x2");
	/* It is the addresses that are remembered, not where they were. */
	addrs[2] = BASE + 0x102;
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 3),
			    "start+0x1\nstart+0x2\nsecond+0x2");
	assert_string_equal(stacks_text(f->stacks, f->syms, copy, 3),
			    "start+0x1\nstart+0x2\nstart+0x3");
}

/* Far more stacks than there are places for, so that each one is replaced: none is mixed up. */
static void test_replaced(void **state)
{
	const struct fixture *f = *state;
	char want[64];

	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 20000; i++) {
			const uint64_t addrs[] = {BASE + i % 256, 0x1000 + i, 0x2000};
			size_t n = 2 + (i & 1);

			snprintf(want, sizeof(want), "start+0x%x\n0x%x%s", (unsigned int)(i % 256),
				 (unsigned int)(0x1000 + i), n == 3 ? "\n0x2000" : "");
			assert_string_equal(stacks_text(f->stacks, f->syms, addrs, n), want);
		}
	}
}

/* Stacks that share a place and begin alike: for some of these addresses that is so. */
static void test_replaced_by_longer(void **state)
{
	const struct fixture *f = *state;
	char want[64];

	for (uint64_t i = 0; i < 40000; i++) {
		const uint64_t addrs[] = {BASE + 1, i};

		snprintf(want, sizeof(want), "start+0x1\n0x%x", (unsigned int)i);
		assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 2), want);
		assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 1), "start+0x1");
	}
}

static void test_deepest(void **state)
{
	char want[EV_STACK_MAX * 32];
	uint64_t addrs[EV_STACK_MAX];
	const struct fixture *f = *state;
	size_t len = 0;

	for (unsigned int i = 0; i < EV_STACK_MAX; i++) {
		addrs[i] = 0xffffffffc0100000 + i;
		len += snprintf(want + len, sizeof(want) - len, "%sveth_xmit+0x%x [veth]",
				i ? "\n" : "", i);
	}
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, EV_STACK_MAX), want);
	/* The last address counts too. */
	addrs[EV_STACK_MAX - 1] = BASE;
	strcpy(strrchr(want, '\n'), "\nstart+0x0");
	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, EV_STACK_MAX), want);
}

/* With other symbols the same addresses have another text. */
static void test_forget(void **state)
{
	const struct fixture *f = *state;
	const uint64_t addrs[] = {BASE + 1};
	char want[32];

	assert_string_equal(stacks_text(f->stacks, f->syms, addrs, 1), "start+0x1");
	assert_string_equal(stacks_text(f->stacks, NULL, addrs, 1), "start+0x1");
	stacks_forget(f->stacks);
	snprintf(want, sizeof(want), "0x%llx", (unsigned long long)addrs[0]);
	assert_string_equal(stacks_text(f->stacks, NULL, addrs, 1), want);
	stacks_forget(f->stacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forget),	   cmocka_unit_test(test_text),
		cmocka_unit_test(test_no_symbols), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_remembered), cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_deepest),	   cmocka_unit_test(test_replaced_by_longer),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
