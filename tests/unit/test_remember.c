// SPDX-License-Identifier: GPL-2.0-only
/* What is remembered comes back as it was; what is damaged, or another's, does not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/remember.h"
#include "src/util.h"

#define KEY 0x1234567890abcdefULL

static struct found some[] = {
	{.name = "ip_rcv", .addr = 0xffffffff81000004, .btf_id = 4711, .pos = 1},
	{.name = "ip_output", .addr = 0xffffffff81000104, .pos = 3},
	{.name = "kfree_skbmem", .addr = 0xffffffff81000204, .skip = SKIP_FREED},
	{.name = "veth_xmit", .module = "veth", .addr = 0xffffffffc0000004, .pos = 1},
	{.name = "veth_poll", .module = "veth", .pos = 2, .skip = SKIP_NOT_TRACEABLE},
	{.name = "br_handle_frame", .module = "bridge", .addr = 0xffffffffc0010004, .pos = 5},
};

static const char some_types[] = {1, 2, 0, 4, 5};

static const struct memory memory = {
	.inventory =
		{
			.v = some,
			.n = ARRAY_SIZE(some),
			.roles = {.release = 0xffffffff81000300,
				  .tail = {1, 2, 3},
				  .end = {{4, 6}, {5, 7}}},
		},
	.best = {.translate = {.load = FILTER_LOAD_DIRECT, .cast_func_id = 7, .bytes_len = 128},
		 .skb_type_id = 8,
		 .dev_type_id = 9},
	.types = {.data = (void *)some_types, .size = sizeof(some_types)},
};

static int same_string(const char *a, const char *b)
{
	return (!a && !b) || (a && b && !strcmp(a, b));
}

static void assert_same(const struct memory *x, const struct memory *y)
{
	const struct inventory *a = &x->inventory, *b = &y->inventory;

	assert_memory_equal(&x->best, &y->best, sizeof(x->best));
	assert_int_equal(x->types.size, y->types.size);
	if (x->types.size)
		assert_memory_equal(x->types.data, y->types.data, x->types.size);
	assert_int_equal(a->n, b->n);
	assert_memory_equal(&a->roles, &b->roles, sizeof(a->roles));
	for (size_t i = 0; i < a->n; i++) {
		assert_string_equal(a->v[i].name, b->v[i].name);
		assert_true(same_string(a->v[i].module, b->v[i].module));
		assert_int_equal(a->v[i].addr, b->v[i].addr);
		assert_int_equal(a->v[i].btf_id, b->v[i].btf_id);
		assert_int_equal(a->v[i].pos, b->v[i].pos);
		assert_int_equal(a->v[i].skip, b->v[i].skip);
	}
}

/* Parses a copy of exactly size bytes, so that ASan sees a read behind it. */
static int parse(const void *data, size_t size, uint64_t key, struct memory *ret)
{
	void *copy = malloc(size ? size : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, data, size);
	err = recall_parse(copy, size, key, ret);
	if (err)
		free(copy);
	return err;
}

static void test_round_trip(void **state)
{
	static const struct memory empty;
	struct memory back;
	size_t size;
	void *data = remember_format(KEY, &memory, &size);

	(void)state;
	assert_non_null(data);
	assert_int_equal(recall_parse(data, size, KEY, &back), 0);
	assert_same(&back, &memory);
	memory_free(&back);

	data = remember_format(KEY, &empty, &size);
	assert_non_null(data);
	assert_int_equal(recall_parse(data, size, KEY, &back), 0);
	assert_int_equal(back.inventory.n, 0);
	memory_free(&back);
}

static void test_other_key(void **state)
{
	const struct memory untouched = {.inventory = {.n = 4711}};
	struct memory back = untouched;
	size_t size;
	void *data = remember_format(KEY, &memory, &size);

	(void)state;
	assert_non_null(data);
	assert_int_equal(parse(data, size, KEY + 1, &back), -ESTALE);
	assert_memory_equal(&back, &untouched, sizeof(back));
	free(data);
}

/* Each cut and each flipped bit is found. */
static void test_damage(void **state)
{
	const struct memory untouched = {.inventory = {.n = 4711}};
	struct memory back = untouched;
	size_t size;
	uint8_t *data = remember_format(KEY, &memory, &size);

	(void)state;
	assert_non_null(data);
	for (size_t n = 0; n < size; n++)
		assert_int_equal(parse(data, n, KEY, &back), -EBADMSG);
	for (size_t bit = 0; bit < size * 8; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(parse(data, size, KEY, &back), -EBADMSG);
		data[bit / 8] ^= 1 << bit % 8;
	}
	assert_memory_equal(&back, &untouched, sizeof(back));
	assert_int_equal(parse(data, size, KEY, &back), 0);
	memory_free(&back);
	free(data);
}

/* A right sum does not make a wrong entry right. */
static void test_bad_entries(void **state)
{
	static const struct found bad[] = {
		{.name = "", .addr = 1, .pos = 1},
		{.name = "f", .addr = 0, .pos = 1},
		{.name = "f", .addr = 1, .pos = 0},
		{.name = "f", .addr = 1, .pos = KBTF_MAX_POS + 1},
		{.name = "f", .addr = 1, .pos = 1, .skip = SKIP_REASONS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct found one = bad[i];
		struct memory in = {.inventory = {.v = &one, .n = 1}}, back;
		size_t size;
		void *data = remember_format(KEY, &in, &size);

		assert_non_null(data);
		assert_int_equal(parse(data, size, KEY, &back), -EBADMSG);
		free(data);
	}
}

static void test_key(void **state)
{
	uint64_t a, b;

	(void)state;
	assert_int_equal(remember_key(&a), 0);
	assert_int_equal(remember_key(&b), 0);
	assert_int_equal(a, b);
	assert_int_not_equal(a, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_damage),	   cmocka_unit_test(test_bad_entries),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
