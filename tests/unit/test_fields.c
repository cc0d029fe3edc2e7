// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fields that the user names: what is read of each, how it is shown, and what is refused.
 */
#include <bpf/btf.h>
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

#include "filter/fetch.h"
#include "src/field.h"
#include "src/field_show.h"
#include "src/fields.h"
#include "src/util.h"

/* ---- types */

/* Ids of types, in the order in which make_types() adds them. */
enum {
	T_U8 = 1,
	T_CHAR,
	T_U16,
	T_U32,
	T_S32,
	T_S64,
	T_BOOL,
	T_BE32,
	T_CONST_CHAR,
	T_CHAR_PTR,
	T_U8_PTR,
	T_ENUM,
	T_IN_ADDR,
	T_IN6_BYTES,
	T_IN6_ADDR,
	T_CB,
	T_MAC,
	T_BYTES,
	T_SHORTS,
	T_FLEX,
	T_STRUCTS,
	T_LONG,
	T_DEV,
	T_DEV_PTR,
	T_SKB,
	T_RXQ,
	T_RXQ_PTR,
	T_XDP,
};

static void add_device(struct btf *btf)
{
	assert_int_equal(btf__add_struct(btf, "net_device", 96), T_DEV);
	btf__add_field(btf, "name", T_CB, 0, 0);
	btf__add_field(btf, "dev_addr", T_U8_PTR, 48 * 8, 0);
	btf__add_field(btf, "alias", T_CHAR_PTR, 56 * 8, 0);
	btf__add_field(btf, "state", T_ENUM, 64 * 8, 0);
	btf__add_field(btf, "perm_addr", T_MAC, 68 * 8, 0);
	btf__add_field(btf, "on", T_BOOL, 74 * 8, 0);
	btf__add_field(btf, "flex", T_FLEX, 96 * 8, 0);
	assert_int_equal(btf__add_ptr(btf, T_DEV), T_DEV_PTR);
}

static void add_skb(struct btf *btf)
{
	assert_int_equal(btf__add_struct(btf, "sk_buff", 1000), T_SKB);
	btf__add_field(btf, "mark", T_U32, 0, 0);
	btf__add_field(btf, "dev", T_DEV_PTR, 8 * 8, 0);
	btf__add_field(btf, "cb", T_CB, 16 * 8, 0);
	btf__add_field(btf, "pkt_type", T_U8, 64 * 8 + 2, 3);
	btf__add_field(btf, "level", T_S32, 68 * 8, 0);
	btf__add_field(btf, "saddr", T_BE32, 72 * 8, 0);
	btf__add_field(btf, "seq", T_BE32, 76 * 8, 0);
	btf__add_field(btf, "in", T_IN_ADDR, 80 * 8, 0);
	btf__add_field(btf, "in6", T_IN6_ADDR, 84 * 8, 0);
	btf__add_field(btf, "bytes", T_BYTES, 100 * 8, 0);
	btf__add_field(btf, "shorts", T_SHORTS, 120 * 8, 0);
	btf__add_field(btf, "tstamp", T_S64, 128 * 8, 0);
	btf__add_field(btf, "structs", T_STRUCTS, 136 * 8, 0);
	btf__add_field(btf, "long", T_LONG, 200 * 8, 0);
	btf__add_field(btf, "protocol", T_U16, 600 * 8, 0);
}

static struct btf *make_types(void)
{
	struct btf *btf = btf__new_empty();

	assert_int_equal(btf__add_int(btf, "unsigned char", 1, 0), T_U8);
	assert_int_equal(btf__add_int(btf, "char", 1, BTF_INT_SIGNED), T_CHAR);
	btf__add_int(btf, "unsigned short", 2, 0);
	btf__add_int(btf, "unsigned int", 4, 0);
	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
	btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	btf__add_typedef(btf, "__be32", T_U32);
	btf__add_const(btf, T_CHAR);
	btf__add_ptr(btf, T_CONST_CHAR);
	assert_int_equal(btf__add_ptr(btf, T_U8), T_U8_PTR);
	btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "UP", 1);
	btf__add_enum_value(btf, "GONE", -1);
	btf__add_struct(btf, "in_addr", 4);
	btf__add_field(btf, "s_addr", T_BE32, 0, 0);
	btf__add_array(btf, T_U32, T_U8, 16);
	btf__add_struct(btf, "in6_addr", 16);
	btf__add_field(btf, "s6_addr", T_IN6_BYTES, 0, 0);
	btf__add_array(btf, T_U32, T_CHAR, 48);
	btf__add_array(btf, T_U32, T_U8, 6);
	btf__add_array(btf, T_U32, T_U8, 20);
	btf__add_array(btf, T_U32, T_U16, 4);
	btf__add_array(btf, T_U32, T_U16, 0);
	btf__add_array(btf, T_U32, T_IN_ADDR, 2);
	assert_int_equal(btf__add_array(btf, T_U32, T_U8, 257), T_LONG);
	add_device(btf);
	add_skb(btf);
	assert_int_equal(btf__add_struct(btf, "xdp_rxq_info", 16), T_RXQ);
	btf__add_field(btf, "queue_index", T_U32, 8 * 8, 0);
	btf__add_ptr(btf, T_RXQ);
	assert_int_equal(btf__add_struct(btf, "xdp_buff", 64), T_XDP);
	btf__add_field(btf, "rxq", T_RXQ_PTR, 32 * 8, 0);
	return btf;
}

/* ---- what is read, and how it is shown */

static const struct {
	const char *path, *fmt;
	enum shown_kind kind;
	uint32_t offset, size;
	unsigned int derefs;
	uint32_t elems;
	bool is_string;
} rows[] = {
	{"skb->mark", NULL, SHOWN_UINT, 0, 4},
	{"skb->mark", "x", SHOWN_HEX, 0, 4},
	{"skb->mark", "bool", SHOWN_BOOL, 0, 4},
	{"skb->mark", "be", SHOWN_BE, 0, 4},
	{"skb->mark", "ip4", SHOWN_IP4, 0, 4},
	{"skb->dev", NULL, SHOWN_ADDR, 8, 8},
	{"skb->dev", "x", SHOWN_HEX, 8, 8},
	{"skb->dev", "bool", SHOWN_BOOL, 8, 8},
	{"skb->cb", NULL, SHOWN_STR, 16, 48},
	{"skb->cb", "x", SHOWN_BYTES, 16, 48},
	{"skb->cb", "ip6", SHOWN_IP6, 16, 16},
	{"skb->cb[3]", NULL, SHOWN_INT, 19, 1},
	{"skb->pkt_type", NULL, SHOWN_UINT, 64, 1},
	{"skb->pkt_type", "x", SHOWN_HEX, 64, 1},
	{"skb->level", NULL, SHOWN_INT, 68, 4},
	{"skb->saddr", NULL, SHOWN_IP4, 72, 4},
	{"skb->seq", NULL, SHOWN_UINT, 76, 4},
	{"skb->in", NULL, SHOWN_IP4, 80, 4},
	{"skb->in6", NULL, SHOWN_IP6, 84, 16},
	{"skb->in6", "x", SHOWN_BYTES, 84, 16},
	{"skb->in6", "mac", SHOWN_MAC, 84, 6},
	{"skb->bytes", NULL, SHOWN_BYTES, 100, 20},
	{"skb->bytes", "str", SHOWN_STR, 100, 20},
	{"skb->bytes[2]", NULL, SHOWN_UINT, 102, 1},
	{"skb->shorts", NULL, SHOWN_UINT, 120, 8, .elems = 4},
	{"skb->shorts", "x", SHOWN_HEX, 120, 8, .elems = 4},
	{"skb->structs", "x", SHOWN_BYTES, 136, 8},
	{"skb->tstamp", NULL, SHOWN_INT, 128, 8},
	{"skb->dev->name", NULL, SHOWN_STR, 0, 48, 1},
	{"skb->dev->dev_addr", NULL, SHOWN_ADDR, 48, 8, 1},
	{"skb->dev->dev_addr", "mac", SHOWN_MAC, 0, 6, 2},
	{"skb->dev->dev_addr", "str", SHOWN_STR, 0, 64, 2, .is_string = true},
	{"skb->dev->alias", NULL, SHOWN_STR, 0, 64, 2, .is_string = true},
	{"skb->dev->alias", "x", SHOWN_HEX, 56, 8, 1},
	{"skb->dev->state", NULL, SHOWN_ENUM, 64, 4, 1},
	{"skb->dev->perm_addr", NULL, SHOWN_MAC, 68, 6, 1},
	{"skb->dev->perm_addr", "x", SHOWN_BYTES, 68, 6, 1},
	{"skb->dev->on", NULL, SHOWN_BOOL, 74, 1, 1},
};

static void test_shown(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fexpr_field field;
		struct fetch_field fetch;
		struct shown_field shown = {0};
		char err[512] = "";

		if (field_resolve(*state, FIELD_SKB, rows[i].path, &field, err, sizeof(err)) ||
		    field_show(*state, rows[i].path, &field, rows[i].fmt, &fetch, &shown, err,
			       sizeof(err)))
			fail_msg("%s: %s", rows[i].path, err);
		if (shown.kind != rows[i].kind || fetch.offset != rows[i].offset ||
		    fetch.size != rows[i].size || shown.size != rows[i].size ||
		    fetch.deref_cnt != rows[i].derefs || shown.elems != rows[i].elems ||
		    fetch.is_string != rows[i].is_string)
			fail_msg("%s:%s: kind %d, offset %u, size %u, %u pointers, %u elements, %d",
				 rows[i].path, rows[i].fmt ? rows[i].fmt : "", shown.kind,
				 fetch.offset, fetch.size, fetch.deref_cnt, shown.elems,
				 fetch.is_string);
		shown_free_field(&shown);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *path, *fmt;
		int err;
		const char *says;
	} bad[] = {
		{"skb->mark", "mac", -EINVAL, "unsigned int"},
		{"skb->mark", "ip6", -EINVAL, "cannot be shown so"},
		{"skb->mark", "str", -EINVAL, "no string"},
		{"skb->mark", "d", -EINVAL, ":d is none of :x"},
		{"skb->mark", "", -EINVAL, "is none of :x"},
		{"skb->pkt_type", "be", -EINVAL, "cannot be shown so"},
		{"skb->pkt_type", "ip4", -EINVAL, "cannot be shown so"},
		{"skb->tstamp", "ip4", -EINVAL, "cannot be shown so"},
		{"skb->in", NULL, 0, ""},
		{"skb->in", "ip6", -EINVAL, "struct in_addr"},
		{"skb->in", "bool", -EINVAL, "cannot be shown so"},
		{"skb->structs", NULL, -EINVAL, "name an element"},
		{"skb->structs[1]", NULL, 0, ""},
		{"skb->long", NULL, -E2BIG, "257 bytes"},
		{"skb->dev->flex", NULL, -EINVAL, "how long"},
		{"skb->dev->flex[1]", NULL, 0, ""},
		{"skb->dev->flex", "x", -EINVAL, "how long"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fetch_field fetch = {.size = 77};
		struct shown_field shown = {0};
		struct fexpr_field field;
		char err[512] = "";

		assert_int_equal(
			field_resolve(*state, FIELD_SKB, bad[i].path, &field, err, sizeof(err)), 0);
		assert_int_equal(field_show(*state, bad[i].path, &field, bad[i].fmt, &fetch, &shown,
					    err, sizeof(err)),
				 bad[i].err);
		if (!strstr(err, bad[i].says))
			fail_msg("%s: %s", bad[i].path, err);
		if (bad[i].err)
			assert_int_equal(fetch.size, 77);
		shown_free_field(&shown);
	}
}

/* ---- lists */

/* The names of the result, separated by blanks; NULL after an error. */
static const char *names(const struct btf *btf, enum fields_root root, const char *paths,
			 int *ret_err)
{
	static char text[512];
	struct fields fields = {0};

	*text = '\0';
	*ret_err = fields_resolve(btf, root, paths, 16, &fields);
	if (*ret_err) {
		assert_int_equal(fields.shown.n, 0);
		assert_int_equal(fields.code.cnt, 0);
		return NULL;
	}
	assert_true(fields.code.cnt > 0);
	assert_true(fields.room >= shown_bytes(&fields.shown) && fields.room % 8 == 0);
	for (size_t i = 0; i < fields.shown.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 fields.shown.v[i].name);
	fields_free(&fields);
	return text;
}

/* Messages are looked at by test_refused(); here they would only be in the way. */
static int hide_errors(void)
{
	int was = dup(STDERR_FILENO);

	assert_non_null(freopen("/dev/null", "w", stderr));
	return was;
}

static void show_errors(int was)
{
	fflush(stderr);
	dup2(was, STDERR_FILENO);
	close(was);
}

static void test_lists(void **state)
{
	static const struct {
		enum fields_root root;
		const char *paths, *names; /* NULL: refused */
		int err;
	} lists[] = {
		{FIELDS_SKB, "skb->mark", "skb->mark"},
		{FIELDS_SKB, "mark", "skb->mark"},
		{FIELDS_SKB, " skb -> mark : x , dev->name", "skb->mark:x skb->dev->name"},
		{FIELDS_SKB, "skb->mark,mark,skb->mark:x", "skb->mark skb->mark:x"},
		{FIELDS_SKB, "(*skb).mark", NULL, -EINVAL},
		{FIELDS_SKB, "", NULL, -EINVAL},
		{FIELDS_SKB, "skb->mark,", NULL, -EINVAL},
		{FIELDS_SKB, ",skb->mark", NULL, -EINVAL},
		{FIELDS_SKB, "skb", NULL, -EINVAL},
		{FIELDS_SKB, "skb.mark", NULL, -EINVAL},
		{FIELDS_SKB, "skb->makr", NULL, -ENOENT},
		{FIELDS_SKB, "skb->mark,skb->long", NULL, -E2BIG},
		{FIELDS_SKB, "skb->mark:", NULL, -EINVAL},
		{FIELDS_SKB, "skb->mark:x:x", NULL, -EINVAL},
		{FIELDS_SKB, "xdp->rxq", NULL, -EINVAL},
		{FIELDS_XDP, "xdp->rxq->queue_index", "xdp->rxq->queue_index"},
		{FIELDS_XDP, "rxq->queue_index:x", "xdp->rxq->queue_index:x"},
		{FIELDS_XDP, "skb->mark", NULL, -EINVAL},
		{FIELDS_XDP, "xdp->mark", NULL, -ENOENT},
	};
	int was = hide_errors();

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		int err;
		const char *got = names(*state, lists[i].root, lists[i].paths, &err);
		bool right = lists[i].names ? got && !strcmp(got, lists[i].names) : !got;

		if (right && err == lists[i].err)
			continue;
		show_errors(was);
		fail_msg("'%s': %s, %d", lists[i].paths, got ? got : "refused", err);
	}
	show_errors(was);
}

/* An index may be written in many ways, so there are as many names as one likes. */
static void test_too_many(void **state)
{
	char *paths = calloc(1, 1 << 17);
	int was = hide_errors(), err;
	size_t n = 0;

	/* 49 bytes each, with the status. */
	for (int i = 1; i <= 83; i++)
		n += sprintf(paths + n, "%sdev[0x%0*d].name", n ? "," : "", i, 0);
	assert_non_null(names(*state, FIELDS_SKB, paths, &err));
	sprintf(paths + n, ",dev->name");
	assert_null(names(*state, FIELDS_SKB, paths, &err));
	assert_int_equal(err, -E2BIG);
	/* Long paths of small fields: more than a comment holds. */
	n = 0;
	for (int i = 0; i < 200; i++)
		n += sprintf(paths + n, "%scb[0x%0*d]", n ? "," : "", 10 + i, 0);
	assert_non_null(names(*state, FIELDS_SKB, paths, &err));
	for (int i = 0; i < 100; i++)
		n += sprintf(paths + n, ",cb[0x%0*d]", 210 + i, 0);
	assert_null(names(*state, FIELDS_SKB, paths, &err));
	assert_int_equal(err, -E2BIG);
	show_errors(was);
	free(paths);
}

/* ---- values */

static void test_values(void **state)
{
	static struct shown_enumerator enumerators[] = {{1, (char *)"UP"},
							{(uint64_t)-1, (char *)"GO\n"}};
	const struct {
		struct shown_field field;
		const char *bytes;
		uint32_t elem;
		int kind;
		uint64_t number;
		const char *text;
	} values[] = {
		{{.kind = SHOWN_UINT, .size = 1}, "\xfe", 0, VALUE_UINT, 254, ""},
		{{.kind = SHOWN_INT, .size = 1, .is_signed = true}, "\xfe", 0, VALUE_INT, -2, ""},
		{{.kind = SHOWN_INT, .size = 2, .is_signed = true}, "\xfe\xff", 0, VALUE_INT, -2},
		{{.kind = SHOWN_UINT, .size = 8},
		 "\1\2\3\4\5\6\7\x88",
		 0,
		 VALUE_UINT,
		 0x8807060504030201,
		 ""},
		{{.kind = SHOWN_UINT, .size = 1, .bits = 3, .shift = 2}, "\x5d", 0, VALUE_UINT, 7},
		{{.kind = SHOWN_INT, .size = 1, .bits = 3, .shift = 2, .is_signed = true},
		 "\x5d",
		 0,
		 VALUE_INT,
		 -1},
		{{.kind = SHOWN_HEX, .size = 2}, "\x34\x12", 0, VALUE_HEX, 0x1234, ""},
		{{.kind = SHOWN_BE, .size = 2}, "\x12\x34", 0, VALUE_UINT, 0x1234, ""},
		{{.kind = SHOWN_BE, .size = 4}, "\x12\x34\x56\x78", 0, VALUE_UINT, 0x12345678, ""},
		{{.kind = SHOWN_BOOL, .size = 4}, "\0\0\1\0", 0, VALUE_BOOL, 1, ""},
		{{.kind = SHOWN_BOOL, .size = 1}, "\0", 0, VALUE_BOOL, 0, ""},
		{{.kind = SHOWN_ENUM,
		  .size = 4,
		  .is_signed = true,
		  .enumerators = enumerators,
		  .n_enumerators = 2},
		 "\1\0\0\0",
		 0,
		 VALUE_TEXT,
		 1,
		 "UP"},
		{{.kind = SHOWN_ENUM,
		  .size = 4,
		  .is_signed = true,
		  .enumerators = enumerators,
		  .n_enumerators = 2},
		 "\xff\xff\xff\xff",
		 0,
		 VALUE_TEXT,
		 -1,
		 "GO\\x0a"},
		{{.kind = SHOWN_ENUM,
		  .size = 4,
		  .is_signed = true,
		  .enumerators = enumerators,
		  .n_enumerators = 2},
		 "\xfe\xff\xff\xff",
		 0,
		 VALUE_INT,
		 -2,
		 ""},
		{{.kind = SHOWN_STR, .size = 4}, "abcd", 0, VALUE_TEXT, 0, "abcd"},
		{{.kind = SHOWN_STR, .size = 4}, "a\xff\0d", 0, VALUE_TEXT, 0, "a\\xff"},
		{{.kind = SHOWN_IP4, .size = 4}, "\x0a\0\0\1", 0, VALUE_TEXT, 0, "10.0.0.1"},
		{{.kind = SHOWN_IP6, .size = 16},
		 "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		 0,
		 VALUE_TEXT,
		 0,
		 "2001:db8::1"},
		{{.kind = SHOWN_MAC, .size = 6},
		 "\2\0\0\0\0\x0f",
		 0,
		 VALUE_TEXT,
		 0,
		 "02:00:00:00:00:0f"},
		{{.kind = SHOWN_BYTES, .size = 3}, "\2\0\xff", 0, VALUE_TEXT, 0, "0200ff"},
		{{.kind = SHOWN_UINT, .size = 6, .elems = 3}, "\1\0\2\0\3\0", 2, VALUE_UINT, 3, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct shown_value v;

		shown_make(&values[i].field, (const uint8_t *)values[i].bytes, values[i].elem, &v);
		if ((int)v.kind != values[i].kind || v.number != values[i].number ||
		    strcmp(v.text, values[i].text ? values[i].text : ""))
			fail_msg("%zu: kind %d, number %lld, '%s'", i, v.kind, (long long)v.number,
				 v.text);
	}
	assert_null(shown_missing(FETCH_OK));
	assert_string_equal(shown_missing(FETCH_NULL), "null");
	assert_string_equal(shown_missing(FETCH_FAULT), "fault");
	assert_string_equal(shown_missing(FETCH_UNREAD), "unread");
}

static int set_up(void **state)
{
	*state = make_types();
	return 0;
}

static int tear_down(void **state)
{
	btf__free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lists),  cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
