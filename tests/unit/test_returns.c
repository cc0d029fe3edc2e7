// SPDX-License-Identifier: GPL-2.0-only
/* What functions return, as text; netfilter's hooks and verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/netfilter.h"
#include "src/returns.h"
#include "src/util.h"

static const struct return_name names[] = {
	{0, "NETDEV_TX_OK"}, {16, "NETDEV_TX_BUSY"}, {-1, "BAD"}};

static void test_values(void **state)
{
	static const struct {
		struct return_type type;
		uint64_t value;
		const char *text;
	} rows[] = {
		{{RETURN_SIGNED, 4}, 0, "0"},
		{{RETURN_SIGNED, 4}, 1, "1"},
		/* Only the low half of the register counts. */
		{{RETURN_SIGNED, 4}, 0xffffffff, "-EPERM"},
		{{RETURN_SIGNED, 4}, 0x12345678ffffffea, "-EINVAL"},
		{{RETURN_SIGNED, 4}, 0xabcdef0000000007, "7"},
		{{RETURN_SIGNED, 4}, 0x80000000, "-2147483648"},
		{{RETURN_SIGNED, 8}, 0xffffffff, "4294967295"},
		{{RETURN_SIGNED, 8}, (uint64_t)-12, "-ENOMEM"},
		{{RETURN_SIGNED, 8}, (uint64_t)-524, "-ENOTSUPP"},
		{{RETURN_SIGNED, 8}, (uint64_t)-4095, "-4095"},
		{{RETURN_SIGNED, 8}, (uint64_t)-4096, "-4096"},
		{{RETURN_SIGNED, 1}, 0xff, "-EPERM"},
		{{RETURN_SIGNED, 2}, 0x1ffff, "-EPERM"},
		{{RETURN_UNSIGNED, 4}, 0xffffffff, "4294967295"},
		{{RETURN_UNSIGNED, 1}, 0x1ff, "255"},
		{{RETURN_UNSIGNED, 8}, UINT64_MAX, "18446744073709551615"},
		{{RETURN_BOOL, 1}, 0, "false"},
		{{RETURN_BOOL, 1}, 0xff00, "false"},
		{{RETURN_BOOL, 1}, 0xff01, "true"},
		{{RETURN_POINTER, 8}, 0, "NULL"},
		{{RETURN_POINTER, 8}, (uint64_t)-2, "-ENOENT"},
		{{RETURN_POINTER, 8}, 0xffff888012345600, "0xffff888012345600"},
		{{RETURN_ENUM, 4, names, 3}, 0, "NETDEV_TX_OK"},
		{{RETURN_ENUM, 4, names, 3}, 0xffffffff00000010, "NETDEV_TX_BUSY"},
		{{RETURN_ENUM, 4, names, 3}, 0xffffffff, "BAD"},
		{{RETURN_ENUM, 4, names, 3}, 3, "3"},
		{{RETURN_ENUM, 4, names, 3}, 0xfffffffe, "-ENOENT"},
		{{RETURN_UNKNOWN, 8}, 0xffffffff, "0xffffffff"},
		{{RETURN_VOID}, 5, "0x5"},
	};
	struct returns *returns = returns_new();
	struct buf out = {0};

	(void)state;
	assert_non_null(returns);
	/* In no order. */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(returns_add(returns, 0x10000 + 16 * (i * 7 % ARRAY_SIZE(rows)),
					     &rows[i * 7 % ARRAY_SIZE(rows)].type),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		buf_reset(&out);
		returns_put(returns, &out, 0x10000 + 16 * i + i % 10, rows[i].value);
		assert_string_equal(buf_str(&out), rows[i].text);
	}
	buf_free(&out);
	returns_free(returns);
}

static void test_unknown(void **state)
{
	struct returns *returns = returns_new();
	struct buf out = {0};

	(void)state;
	returns_put(returns, &out, 0x1234, (uint64_t)-1);
	assert_string_equal(buf_str(&out), "0xffffffffffffffff");
	/* Of two for one function, the first. */
	assert_int_equal(returns_add(returns, 0x20, &(struct return_type){RETURN_BOOL, 1}), 0);
	assert_int_equal(returns_add(returns, 0x24, &(struct return_type){RETURN_SIGNED, 4}), 0);
	buf_reset(&out);
	returns_put(returns, &out, 0x20, 1);
	assert_string_equal(buf_str(&out), "true");
	assert_int_equal(returns_own(returns, calloc(2, sizeof(struct return_name))), 0);
	buf_free(&out);
	returns_free(returns);
	returns_free(NULL);
}

static void test_hooks(void **state)
{
	static const struct {
		unsigned int family, hook;
		const char *text;
	} rows[] = {
		{2, 0, "ipv4/prerouting"},
		{2, 1, "ipv4/input"},
		{2, 2, "ipv4/forward"},
		{10, 3, "ipv6/output"},
		{1, 4, "inet/postrouting"},
		{1, 5, "inet/ingress"},
		{2, 6, "ipv4/6"},
		{3, 0, "arp/input"},
		{3, 1, "arp/output"},
		{3, 3, "arp/3"},
		{7, 5, "bridge/brouting"},
		{5, 1, "netdev/egress"},
		{0, 0, "0/0"},
		{12, 1, "12/1"},
		{200, 255, "200/255"},
	};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		buf_reset(&out);
		netfilter_put_hook(&out, rows[i].family, rows[i].hook);
		assert_string_equal(buf_str(&out), rows[i].text);
	}
	buf_free(&out);
	assert_string_equal(netfilter_verdict(1), "ACCEPT");
	assert_string_equal(netfilter_verdict(0), "STOLEN");
	assert_string_equal(netfilter_verdict(-1), "DROP");
	assert_string_equal(netfilter_verdict(-113), "DROP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_hooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
