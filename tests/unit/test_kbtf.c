// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types made up with libbpf, written to a file and read back. kbtf_skb_funcs() also reads the types
 * of the modules of the machine that the test runs on, which have nothing to do with these: only
 * functions that are not of a module are looked at. What goes wrong is in test_kbtf_errors.c.
 */
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

#include "src/kbtf.h"
#include "src/util.h"

#define MAX_PARAMS 8

/* Types of parameters and results; VOID is also what is behind the last parameter of a row. */
enum type {
	VOID,
	INT,
	LONG,
	INT128,
	SKB,
	TO_CONST,     /* const struct sk_buff * */
	TO_VOLATILE,  /* const volatile struct sk_buff * */
	CONST_PTR,    /* struct sk_buff *const */
	RESTRICT_PTR, /* struct sk_buff *restrict */
	TO_TYPEDEF,   /* skb_t * */
	TYPEDEF_PTR,  /* skb_ptr_t, of skb_t * */
	TO_TAGGED,    /* struct sk_buff __tag * */
	TO_FWD,	      /* declared only */
	PTR_PTR,      /* struct sk_buff ** */
	TO_OTHER,     /* struct other * */
	TO_SIMILAR,   /* struct sk_buff_head * */
	TO_VOID,
	SKB_ITSELF, /* struct sk_buff by value */
	S0,
	S1,
	S8,
	S9,
	S16,
	S17,
	S24,
	CONST_S16, /* const s16_t, a typedef */
	UNION16,
	ENUM,
	VARARG,
	N_TYPES
};

struct row {
	const char *name;
	int pos; /* -1: not there */
	enum type ret;
	enum type params[MAX_PARAMS];
};

static int add_struct(struct btf *btf, const char *name, int size)
{
	int byte = btf__find_by_name_kind(btf, "byte", BTF_KIND_INT), id, array;

	array = btf__add_array(btf, byte, byte, size);
	id = btf__add_struct(btf, name, size);
	if (size)
		assert_int_equal(btf__add_field(btf, "bytes", array, 0, 0), 0);
	return id;
}

static void add_pointers(struct btf *btf, int *id)
{
	int skb = add_struct(btf, "sk_buff", 232), skb_t, inner;

	id[SKB_ITSELF] = skb;
	id[SKB] = btf__add_ptr(btf, skb);
	id[TO_CONST] = btf__add_ptr(btf, btf__add_const(btf, skb));
	inner = btf__add_const(btf, btf__add_volatile(btf, skb));
	id[TO_VOLATILE] = btf__add_ptr(btf, inner);
	id[CONST_PTR] = btf__add_const(btf, id[SKB]);
	id[RESTRICT_PTR] = btf__add_restrict(btf, id[SKB]);
	skb_t = btf__add_typedef(btf, "skb_t", skb);
	id[TO_TYPEDEF] = btf__add_ptr(btf, btf__add_const(btf, skb_t));
	inner = btf__add_ptr(btf, skb_t);
	id[TYPEDEF_PTR] = btf__add_typedef(btf, "skb_ptr_t", inner);
	id[TO_TAGGED] = btf__add_ptr(btf, btf__add_type_tag(btf, "tag", skb));
	id[TO_FWD] = btf__add_ptr(btf, btf__add_fwd(btf, "sk_buff", BTF_FWD_STRUCT));
	id[PTR_PTR] = btf__add_ptr(btf, id[SKB]);
	id[TO_OTHER] = btf__add_ptr(btf, add_struct(btf, "other", 8));
	id[TO_SIMILAR] = btf__add_ptr(btf, add_struct(btf, "sk_buff_head", 24));
	id[TO_VOID] = btf__add_ptr(btf, 0);
}

static void add_types(struct btf *btf, int *id)
{
	assert_true(btf__add_int(btf, "byte", 1, 0) > 0);
	id[INT] = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	id[LONG] = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	id[INT128] = btf__add_int(btf, "__int128", 16, BTF_INT_SIGNED);
	add_pointers(btf, id);
	id[S0] = add_struct(btf, "s0", 0);
	id[S1] = add_struct(btf, "s1", 1);
	id[S8] = add_struct(btf, "s8", 8);
	id[S9] = add_struct(btf, "s9", 9);
	id[S16] = add_struct(btf, "s16", 16);
	id[S17] = add_struct(btf, "s17", 17);
	id[S24] = add_struct(btf, "s24", 24);
	id[CONST_S16] = btf__add_const(btf, btf__add_typedef(btf, "s16_t", id[S16]));
	id[UNION16] = btf__add_union(btf, "u16", 16);
	id[ENUM] = btf__add_enum(btf, "e", 4);
	for (int type = INT; type < VARARG; type++)
		assert_true(id[type] > 0);
}

static void add_func(struct btf *btf, const int *id, const struct row *row)
{
	int proto = btf__add_func_proto(btf, id[row->ret]);

	assert_true(proto > 0);
	for (int i = 0; i < MAX_PARAMS && row->params[i]; i++)
		assert_int_equal(btf__add_func_param(btf, row->params[i] == VARARG ? NULL : "p",
						     id[row->params[i]]),
				 0);
	assert_true(btf__add_func(btf, row->name, BTF_FUNC_STATIC, proto) > 0);
}

/* Writes types and functions to a file, and opens that. */
static struct kbtf *open_rows(const struct row *rows, size_t n)
{
	char path[] = "/tmp/test_kbtf.XXXXXX";
	struct btf *btf = btf__new_empty();
	struct kbtf *opened = NULL;
	int id[N_TYPES] = {0}, fd = mkstemp(path);
	const void *data;
	__u32 size;

	assert_non_null(btf);
	assert_true(fd >= 0);
	add_types(btf, id);
	for (size_t i = 0; i < n; i++)
		add_func(btf, id, &rows[i]);
	data = btf__raw_data(btf, &size);
	assert_non_null(data);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	btf__free(btf);
	assert_int_equal(kbtf_open(path, &opened), 0);
	unlink(path);
	return opened;
}

/* How often a function is there; ret_pos gets its position. */
static int count(const struct kbtf_func *funcs, size_t n, const char *name, int *ret_pos)
{
	int found = 0;

	for (size_t i = 0; i < n; i++) {
		if (funcs[i].module || strcmp(funcs[i].name, name) != 0)
			continue;
		found++;
		*ret_pos = funcs[i].pos;
	}
	return found;
}

/* Each row's function must be there once with its position, or not at all. */
static void check_rows(const struct row *rows, size_t n_rows)
{
	struct kbtf *btf = open_rows(rows, n_rows);
	struct kbtf_func *funcs = NULL;
	size_t n = 0;
	int wrong = 0;

	assert_int_equal(kbtf_skb_funcs(btf, &funcs, &n), 0);
	for (size_t i = 0; i < n_rows; i++) {
		int pos = -1, found = count(funcs, n, rows[i].name, &pos);

		if (pos == rows[i].pos && found == (pos >= 0))
			continue;
		print_error("%s: %d times, position %d, not %d\n", rows[i].name, found, pos,
			    rows[i].pos);
		wrong++;
	}
	free(funcs);
	kbtf_close(btf);
	assert_int_equal(wrong, 0);
}

static void test_positions(void **state)
{
	static const struct row rows[] = {
		{"first", 1, VOID, {SKB}},
		{"second", 2, VOID, {INT, SKB}},
		{"third", 3, VOID, {TO_OTHER, INT, SKB}},
		{"fourth", 4, VOID, {INT, INT, LONG, SKB, INT}},
		{"fifth", 5, VOID, {INT, INT, INT, INT, SKB, INT}},
		{"sixth", -1, VOID, {INT, INT, INT, INT, INT, SKB}},
		{"seventh", -1, VOID, {INT, INT, INT, INT, INT, INT, SKB}},
		{"no_params", -1, VOID, {VOID}},
		{"no_skb", -1, VOID, {INT, TO_OTHER, TO_VOID}},
		{"two_skbs", 1, VOID, {SKB, SKB}},
		{"two_skbs_later", 2, VOID, {INT, SKB, INT, TO_CONST}},
		{"two_skbs_one_too_far", 5, VOID, {INT, INT, INT, INT, SKB, SKB}},
		{"returns_skb", -1, SKB, {INT}},
		{"returns_and_takes", 2, SKB, {ENUM, SKB}},
		{"variadic", 1, VOID, {SKB, VARARG}},
		{"variadic_without", -1, VOID, {INT, VARARG}},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

static void test_types(void **state)
{
	static const struct row rows[] = {
		{"to_const", 1, VOID, {TO_CONST}},
		{"to_const_volatile", 1, VOID, {TO_VOLATILE}},
		{"const_pointer", 2, VOID, {INT, CONST_PTR}},
		{"restrict_pointer", 1, VOID, {RESTRICT_PTR}},
		{"to_typedef", 1, VOID, {TO_TYPEDEF}},
		{"typedef_of_pointer", 1, VOID, {TYPEDEF_PTR}},
		{"to_tagged", 1, VOID, {TO_TAGGED}},
		{"to_forward_declaration", 3, VOID, {INT, INT, TO_FWD}},
		{"pointer_to_pointer", -1, VOID, {PTR_PTR}},
		{"pointer_to_pointer_first", 2, VOID, {PTR_PTR, SKB}},
		{"to_void", -1, VOID, {TO_VOID}},
		{"to_other", -1, VOID, {TO_OTHER}},
		{"to_similar", -1, VOID, {TO_SIMILAR}},
		{"by_value", -1, VOID, {SKB_ITSELF}},
		{"long_int", -1, VOID, {LONG}},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

/* System V x86-64 ABI, 3.2.3: up to 8 bytes take a register, up to 16 take two, more take none. */
static void test_structs_by_value(void **state)
{
	static const struct row rows[] = {
		{"after_1", 2, VOID, {S1, SKB}},
		{"after_8", 2, VOID, {S8, SKB}},
		{"after_9", 3, VOID, {S9, SKB}},
		{"after_16", 3, VOID, {S16, SKB}},
		{"after_17", 1, VOID, {S17, SKB}},
		{"after_24", 1, VOID, {S24, SKB}},
		{"after_skb_by_value", 1, VOID, {SKB_ITSELF, SKB}},
		{"after_const_16", 3, VOID, {CONST_S16, SKB}},
		{"after_union_16", 3, VOID, {UNION16, SKB}},
		{"after_several", 4, VOID, {S8, S24, S16, SKB}},
		{"after_two_16", 5, VOID, {S16, S16, SKB}},
		{"after_three_16", -1, VOID, {S16, S16, S16, SKB}},
		{"after_int_and_two_16", -1, VOID, {INT, S16, S16, SKB}},
		{"sixth_but_for_a_24", 5, VOID, {INT, INT, S24, INT, INT, SKB}},
		{"before_16", 1, VOID, {SKB, S16}},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

/* The same section: nothing for an empty struct, two for __int128, a hidden one for the result. */
static void test_rare_registers(void **state)
{
	static const struct row rows[] = {
		{"after_empty", 1, VOID, {S0, SKB}},
		{"after_int128", 3, VOID, {INT128, SKB}},
		{"returns_16", 1, S16, {SKB}},
		{"returns_24", 2, S24, {SKB}},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

static void test_same_name(void **state)
{
	static const struct row rows[] = {
		{"agree", 2, VOID, {INT, SKB}},		  {"between", 1, VOID, {SKB}},
		{"agree", 2, VOID, {LONG, TO_CONST}},	  {"differ", 0, VOID, {SKB}},
		{"agree", 2, VOID, {TO_OTHER, SKB, SKB}}, {"differ", 0, VOID, {INT, SKB}},
		{"differ_of_three", 0, VOID, {SKB}},	  {"differ_of_three", 0, VOID, {INT, SKB}},
		{"differ_of_three", 0, VOID, {SKB}},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows));
}

/* More than the first allocations hold; and a second call gives the same. */
static void test_many(void **state)
{
	static char names[3000][8];
	static struct row rows[3000];
	struct kbtf_func *funcs, *again;
	size_t n, n_again;
	struct kbtf *btf;
	int pos, own = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		rows[i] = (struct row){names[i], i % 5 + 1, VOID, {INT, INT, INT, INT, INT}};
		rows[i].params[i % 5] = SKB;
	}
	check_rows(rows, 3000);

	btf = open_rows(rows, 3000);
	assert_non_null(btf__type_by_id(kbtf_vmlinux(btf), 1));
	assert_int_equal(kbtf_skb_funcs(btf, &funcs, &n), 0);
	assert_int_equal(kbtf_skb_funcs(btf, &again, &n_again), 0);
	assert_int_equal(n, n_again);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(funcs[i].name, again[i].name);
		assert_int_equal(funcs[i].pos, again[i].pos);
		own += !funcs[i].module;
	}
	assert_int_equal(own, 3000);
	assert_int_equal(count(funcs, n, "f2999", &pos), 1);
	free(again);
	free(funcs);
	kbtf_close(btf);
}

static size_t count_in(const struct kbtf_func *funcs, size_t n, const char *module)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += funcs[i].module && !strcmp(funcs[i].module, module);
	return found;
}

/* One by one, modules have what they have among all. */
static void check_modules(const struct kbtf *btf, const struct kbtf_func *all, size_t n)
{
	for (size_t i = 0, k; i < n; i++) {
		const char *names[] = {"no_such_module", all[i].module};
		struct kbtf_func *funcs;
		char *strings;

		if (!all[i].module)
			continue;
		assert_true(kbtf_has_module(btf, all[i].module));
		assert_int_equal(kbtf_modules_funcs(btf, names, 2, &funcs, &k, &strings), 0);
		for (size_t j = 0; j < k; j++)
			assert_string_equal(funcs[j].module, all[i].module);
		assert_int_equal(count_in(all, n, all[i].module), k);
		free(funcs);
		free(strings);
	}
}

static void check_no_module(const struct kbtf *btf)
{
	const char *name = "no_such_module";
	struct kbtf_func *funcs;
	char *strings;
	size_t n = 4711;

	assert_false(kbtf_has_module(btf, name));
	assert_int_equal(kbtf_modules_funcs(btf, &name, 1, &funcs, &n, &strings), 0);
	assert_int_equal(n, 0);
	free(funcs);
	free(strings);
}

/* The machine's own types. */
static void test_own_kernel(void **state)
{
	struct kbtf_func *funcs = NULL;
	struct kbtf *btf = NULL;
	size_t n = 0;
	int pos = 0;

	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		print_message("SKIP: this kernel has no BTF\n");
		skip();
	}
	assert_int_equal(kbtf_open(NULL, &btf), 0);
	assert_int_equal(kbtf_skb_funcs(btf, &funcs, &n), 0);
	assert_true(n > 500);
	for (size_t i = 0; i < n; i++)
		assert_in_range(funcs[i].pos, 0, KBTF_MAX_POS);
	assert_int_equal(count(funcs, n, "ip_rcv", &pos), 1);
	assert_int_equal(pos, 1);
	check_modules(btf, funcs, n);
	check_no_module(btf);
	free(funcs);
	kbtf_close(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),	 cmocka_unit_test(test_types),
		cmocka_unit_test(test_structs_by_value), cmocka_unit_test(test_rare_registers),
		cmocka_unit_test(test_same_name),	 cmocka_unit_test(test_many),
		cmocka_unit_test(test_own_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
