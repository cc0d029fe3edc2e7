// SPDX-License-Identifier: GPL-2.0-only
/* Field expressions: what they mean, by example, and what is said of those that mean nothing. */
#include "tests/unit/test_fexpr_run.h"

static struct btf *btf;
static struct fexpr_types types;

static int set_up(void **state)
{
	(void)state;
	btf = make_btf();
	types = field_types(btf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	btf__free(btf);
	return 0;
}

struct row {
	const char *text;
	unsigned int expect;
};

static void check_rows(const struct row *rows, size_t cnt, const struct world *w)
{
	for (size_t i = 0; i < cnt; i++) {
		for (size_t l = 0; l < LOADS; l++) {
			if (evaluate(rows[i].text, &types, w, loads[l]) != rows[i].expect)
				fail_msg("load %d: %s is not %u", (int)loads[l], rows[i].text,
					 rows[i].expect);
		}
	}
}

#define CHECK_ROWS(rows, w) check_rows(rows, sizeof(rows) / sizeof((rows)[0]), w)

static void test_fields(void **state)
{
	static const struct row rows[] = {
		{"skb->mark == 0x1234", 1},
		{"skb->mark == 0x1235", 0},
		{"skb->mark != 0x1234", 0},
		{"skb->mark", 1},
		{"skb->low", 0},
		{"skb->one", 0},
		{"skb->cloned", 0},
		{"skb->flag", 1},
		{"skb->flag == true", 1},
		{"skb->flag == false", 0},
		{"skb->bit_flag == false", 1},
		{"skb->dev", 1},
		{"skb->dev != NULL", 1},
		{"skb->dev == NULL", 0},
		{"skb->next == NULL", 1},
		{"skb->dev->ifindex == 3", 1},
		{"skb->dev->name[0] == 'e'", 1},
		{"skb->dev->name[3] == '0' && !skb->dev->name[4]", 1},
		{"skb->dev->nd_net.net->inum == 4026531840", 1},
		{"skb->dev->nd_net.net->cookie == -1", 1},
		{"skb->cb[0] == 'x'", 1},
		{"skb->cb[3] == -1", 1},
		{"skb->cb[3] == 0xff", 1},
		{"skb->cb[3] == '\\xff'", 1},
		{"skb->cb[3] < 0", 1},
		{"skb->cb[47] == 47", 1},
		{"skb->grid[1][2] == 12", 1},
		{"skb->grid[1][1] == 12", 0},
		{"skb->pkt_type == 4", 1},
		{"skb->ip_summed == 3", 1},
		{"skb->ip_summed > 2", 1},
		{"skb->sb1 == -1", 1},
		{"skb->sb5 == -16", 1},
		{"skb->sb5 < -15", 1},
		{"skb->sb17 <= -65536", 1},
		{"skb->ub31 == 0x7fffffff", 1},
		{"skb->ub1 == 0", 1},
		{"skb->wide40 == 0xffffffffff", 1},
		{"skb->wide40 > 0xfffffffffe", 1},
		{"skb->tail24 == 0xabcdef", 1},
		{"skb->swide33 == -4294967296", 1},
		{"skb->swide33 >= -4294967295", 0},
		{"skb->swide28 == -2", 1},
		{"skb->scross24 < -3", 1},
		{"skb->scross24 == -4", 1},
		{"skb->whole == 0x4321", 1},
		{"ntohs(skb->whole) == 0x2143", 1},
		{"skb->pack.across == 0x2fffffffffffffff", 1},
		{"skb->data[0] == 0x45 && skb->data[9] == 6", 1},
		{"skb->call == NULL", 1},
		{"skb->sign == SIGN_MINUS", 1},
		{"skb->sign < SIGN_ZERO", 1},
		{"skb->color == GREEN", 1},
		{"skb->color != RED", 1},
		{"skb->color == 2", 1},
		{"skb->mark & SAME", 1},
		{"skb->u64 == HUGE", 1},
	};
	struct world w;

	(void)state;
	fill_world(&w);
	CHECK_ROWS(rows, &w);
}

static void test_signs(void **state)
{
	static const struct row rows[] = {
		{"skb->s8 == -5", 1},
		{"skb->s8 == 0xfb", 1},
		{"skb->s8 < 0", 1},
		{"skb->s8 > -6", 1},
		{"skb->s8 <= -128", 0},
		{"skb->s8 <= 127", 1},
		{"skb->u8 > 127", 1},
		{"skb->u8 == -56", 1},
		{"skb->s16 == -300", 1},
		{"skb->s16 < -299", 1},
		{"skb->s32 < -69999", 1},
		{"skb->s32 > -70000", 0},
		{"skb->s32 == 0xfffeee90", 1},
		{"skb->mark == -1", 0},
		{"skb->len > 0x80000000", 1},
		{"skb->len < 1", 0},
		{"skb->len == 2147483649", 1},
		{"skb->s64 < -4999999999", 1},
		{"skb->s64 == -5000000000", 1},
		{"skb->s64 > 0", 0},
		{"skb->s64 > -9223372036854775808", 1},
		{"skb->u64 > 9223372036854775808", 1},
		{"skb->u64 > 0xfedcba987654320f", 1},
		{"skb->u64 > 5", 1},
		{"skb->u64 == 18364758544493064720", 1},
		/* Two fields compare by value. */
		{"skb->s8 < skb->u8", 1},
		{"skb->s32 < skb->mark", 1},
		{"skb->s32 == skb->s32", 1},
		{"skb->s64 < skb->len", 1},
		{"skb->s8 > skb->s16", 1},
		{"skb->sb5 < skb->pkt_type", 1},
		/* There is no such type: both as unsigned. */
		{"skb->s64 < skb->u64", 0},
		/* What & leaves is unsigned. */
		{"(skb->s8 & 0xf0) == 0xf0", 1},
		{"(skb->s8 & 0x80) > 0", 1},
		{"(skb->s64 & -1) > 0x7fffffffffffffff", 1},
	};
	struct world w;

	(void)state;
	fill_world(&w);
	CHECK_ROWS(rows, &w);
}

static void test_operators(void **state)
{
	static const struct row rows[] = {
		{"skb->mark & 0xff", 1},
		{"skb->mark & 0xc0", 0},
		{"(skb->mark & 0xff) == 0x34", 1},
		{"0x34 == (0xff & skb->mark)", 1},
		{"(skb->mark & 0xff0 & 0x3f) == 0x30", 1},
		{"skb->mark & 1 << 9", 1},
		{"skb->mark & (1 << 9 | 1 << 0)", 1},
		{"skb->mark & ~0x1234", 0},
		{"(skb->mark & ~0xff) == 0x1200", 1},
		{"skb->mark & -1", 1},
		{"(skb->u64 & 0xf000000000000000) == 0xf000000000000000", 1},
		{"(skb->u64 & 0xffffffff00000000) == 0xfedcba9800000000", 1},
		{"(skb->wide40 & 0x8000000000) != 0", 1},
		{"skb->pkt_type & 3", 0},
		{"skb->pkt_type & 4", 1},
		/* The other way round. */
		{"1000 < skb->mark", 1},
		{"1000 >= skb->mark", 0},
		{"0x1234 <= skb->mark && 0x1234 >= skb->mark", 1},
		/* Precedence: ! before & before < before == before & before && before ||. */
		{"skb->mark || skb->low && skb->low", 1},
		{"(skb->mark || skb->low) && skb->low", 0},
		{"skb->low && skb->low || skb->mark", 1},
		{"!skb->low && skb->mark", 1},
		{"!(skb->low || skb->mark)", 0},
		{"!(skb->mark == 0x1234)", 0},
		{"!!skb->mark", 1},
		{"skb->mark & 0xff || skb->low", 1},
		{"skb->mark == (0x1000 | 0x234)", 1},
		{"skb->low || skb->low || skb->mark == 0x1234 && skb->flag", 1},
		/* Written in other ways. */
		{"((skb->mark))==((0x1234))", 1},
		{" skb -> mark\n==\t0x1234 ", 1},
		{"skb->mark == 011064", 1},
		{"skb->mark == 4660", 1},
		{"skb->mark == 0X1234UL", 1},
		{"skb->mark == 4660ull", 1},
		{"skb->dev->name[0x0] == '\\145'", 1},
		{"skb->s8 == - 5", 1},
		{"skb->s8 == ~4", 1},
		{"skb->s8 == -(5)", 1},
	};
	struct world w;
	(void)state;
	fill_world(&w);
	CHECK_ROWS(rows, &w);
}

static void test_byte_order(void **state)
{
	static const struct row rows[] = {
		{"skb->u16 == 0x0800", 1},
		{"skb->u16 == htons(0x0008)", 1},
		{"ntohs(skb->u16) == 8", 1},
		{"htons(skb->u16) == 8", 1},
		{"ntohs(skb->u16) < 9", 1},
		{"ntohs(skb->s16) == 0xd4fe", 1},
		{"ntohl(skb->mark) == 0x34120000", 1},
		{"skb->mark == htonl(0x34120000)", 1},
		{"ntohl(skb->mark) & 0x20000", 1},
		{"ntohs(skb->u16) == ntohs(skb->u16)", 1},
		{"(ntohs(skb->u16) & 0xff) == 8", 1},
		{"ntohs((skb->u16)) == 8", 1},
	};
	struct world w;

	(void)state;
	fill_world(&w);
	CHECK_ROWS(rows, &w);
}

/* A comparison that a pointer stands in the way of is false, and its negation true. */
static void test_pointers(void **state)
{
	static const struct row rows[] = {
		{"skb->dev->ifindex == 3", 0},
		{"skb->dev->ifindex != 3", 0},
		{"!(skb->dev->ifindex == 3)", 1},
		{"skb->dev->ifindex", 0},
		{"!skb->dev->ifindex", 1},
		{"skb->dev->ifindex == 0 || skb->mark == 0x1234", 1},
		{"skb->dev->nd_net.net->inum == 0", 0},
		{"!(skb->dev->nd_net.net->inum == 0)", 1},
		{"skb->mark == skb->dev->ifindex", 0},
		{"skb->mark != skb->dev->ifindex", 0},
		{"!skb->dev", 1},
		{"skb->dev == 0", 1},
		{"skb->dev->upper == NULL", 0},
		{"skb->dev && skb->dev->upper == NULL", 0},
	};
	/* Not NULL, but it cannot be read: that shows at the next pointer. */
	static const struct row bad[] = {
		{"skb->dev", 1},
		{"skb->dev->nd_net.net->inum == 0", 0},
		{"skb->dev->nd_net.net->inum != 0", 0},
		{"!(skb->dev->upper->upper->ifindex == 0)", 1},
	};
	struct world w;

	(void)state;
	fill_world(&w);
	w.skb.dev = NULL;
	CHECK_ROWS(rows, &w);
	w.skb.dev = (struct device *)(uintptr_t)0x1000;
	CHECK_ROWS(bad, &w);
	/* Direct loads take the last one for 0; see fexpr.h. */
	assert_int_equal(evaluate("skb->dev->ifindex == 0", &types, &w, FILTER_LOAD_PROBE), 0);
	assert_int_equal(evaluate("skb->dev->ifindex == 0", &types, &w, FILTER_LOAD_DIRECT), 1);
}

static void test_no_skb(void **state)
{
	const struct interp_env env = {.cast_func_id = 4711, .bytes_type_id = 815};
	struct interp_result res;
	struct insn_buf code = {0};

	(void)state;
	for (size_t l = 0; l < LOADS; l++) {
		compile("!(skb->mark == 1)", &types, loads[l], &code);
		assert_false(run_code(&code, 0, &env, &res));
		assert_int_equal(res.ret, 0);
		insn_buf_free(&code);
	}
}

/* SHARED is ambiguous, but not where an enum that has it is compared. */
static void test_enum_context(void **state)
{
	static const struct row rows[] = {
		{"skb->color == SHARED", 1},
		{"SHARED == skb->color", 1},
		{"skb->color & SHARED", 1},
		{"skb->color == SAME", 0},
	};
	struct world w;

	(void)state;
	fill_world(&w);
	w.skb.color = SHARED;
	CHECK_ROWS(rows, &w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	     cmocka_unit_test(test_signs),
		cmocka_unit_test(test_operators),    cmocka_unit_test(test_byte_order),
		cmocka_unit_test(test_pointers),     cmocka_unit_test(test_no_skb),
		cmocka_unit_test(test_enum_context),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
