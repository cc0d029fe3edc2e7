// SPDX-License-Identifier: GPL-2.0-only
/* What types say that functions return: types made up with libbpf, written to a file and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "src/returns_btf.h"
#include "src/util.h"

static int add_func(struct btf *btf, const char *name, int ret, const int *params)
{
	int proto = btf__add_func_proto(btf, ret);

	for (; *params; params++)
		assert_int_equal(btf__add_func_param(btf, "p", *params), 0);
	return btf__add_func(btf, name, BTF_FUNC_STATIC, proto);
}

#define PARAMS(...) ((const int[]){__VA_ARGS__, 0})

/* Gives the path of a file, to be freed. */
static char *write_types(void)
{
	struct btf *btf = btf__new_empty();
	char *path = strdup("/tmp/pwru-cap-test.XXXXXX");
	int fd = mkstemp(path), i32, u8, flag, ptr, tx, tx_t, wide, s12;
	uint32_t size;
	const void *data;

	assert_non_null(btf);
	i32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	u8 = btf__add_int(btf, "u8", 1, 0);
	flag = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	ptr = btf__add_ptr(btf, btf__add_struct(btf, "sk_buff", 0));
	tx = btf__add_enum(btf, "netdev_tx", 4);
	assert_int_equal(btf__add_enum_value(btf, "TX_MIN", -2147483648), 0);
	assert_int_equal(btf__add_enum_value(btf, "TX_OK", 0), 0);
	assert_int_equal(btf__add_enum_value(btf, "TX_BUSY", 16), 0);
	tx_t = btf__add_typedef(btf, "netdev_tx_t", tx);
	wide = btf__add_enum64(btf, "wide", 8, false);
	assert_int_equal(btf__add_enum64_value(btf, "WIDE", 1ULL << 40), 0);
	s12 = btf__add_struct(btf, "s12", 12);
	assert_int_equal(btf__add_field(btf, "a", i32, 0, 0), 0);
	add_func(btf, "gives_void", 0, PARAMS(ptr));
	add_func(btf, "gives_int", i32, PARAMS(ptr, i32, u8));
	add_func(btf, "gives_u8", u8, PARAMS(ptr, s12, ptr));
	add_func(btf, "gives_bool", flag, PARAMS(ptr));
	add_func(btf, "gives_ptr", ptr, PARAMS(ptr));
	add_func(btf, "gives_enum", tx_t, PARAMS(ptr));
	add_func(btf, "gives_wide", wide, PARAMS(ptr));
	add_func(btf, "gives_struct", s12, PARAMS(ptr));
	add_func(btf, "twice", i32, PARAMS(ptr));
	add_func(btf, "twice", 0, PARAMS(ptr));
	add_func(btf, "twice_same", i32, PARAMS(ptr));
	add_func(btf, "twice_same", i32, PARAMS(ptr));
	data = btf__raw_data(btf, &size);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	btf__free(btf);
	return path;
}

static void test_types(void **state)
{
	static const struct {
		const char *name;
		uint64_t value;
		const char *text;
		bool is_void;
		uint8_t arg_words;
	} rows[] = {
		{"gives_wide", 1ULL << 40, "WIDE", false, 1},
		{"gives_enum", 16, "TX_BUSY", false, 1},
		{"gives_enum", 0x80000000, "TX_MIN", false, 1},
		{"gives_void", 5, "0x5", true, 1},
		{"gives_int", 0xffffffff, "-EPERM", false, 3},
		{"gives_u8", 0x1ff, "255", false, 4},
		{"gives_bool", 0xf01, "true", false, 1},
		{"gives_ptr", 0, "NULL", false, 1},
		{"gives_struct", 7, "0x7", false, 1},
		/* Nobody knows which one it is. */
		{"twice", 0xffffffff, "0xffffffff", false, 0},
		{"twice_same", 0xffffffff, "-EPERM", false, 1},
		{"unheard_of", 1, "0x1", false, 0},
	};
	struct func v[ARRAY_SIZE(rows)] = {0};
	struct funcs funcs = {.v = v, .n = ARRAY_SIZE(rows)};
	struct returns *returns = returns_new();
	char *path = write_types();
	struct buf out = {0};
	struct kbtf *btf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		v[i] = (struct func){.name = rows[i].name, .addr = 0x1004 + 16 * i, .pos = 1};
	assert_int_equal(kbtf_open(path, &btf), 0);
	assert_int_equal(returns_of_types(btf, &funcs, returns), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(v[i].is_void, rows[i].is_void);
		assert_int_equal(v[i].arg_words, rows[i].arg_words);
		buf_reset(&out);
		returns_put(returns, &out, 0x1000 + 16 * i, rows[i].value);
		assert_string_equal(buf_str(&out), rows[i].text);
	}
	buf_free(&out);
	returns_free(returns);
	kbtf_close(btf);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_types)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
