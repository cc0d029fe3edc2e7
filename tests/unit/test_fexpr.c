// SPDX-License-Identifier: GPL-2.0-only
/* Field expressions: what they mean, by example, and what is said of those that mean nothing. */
#include "tests/unit/test_fexpr.h"

#include "filter/fexpr_ast.h"

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

static void fill(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->skb = (struct sk_buff){.dev = &w->dev,
				  .s8 = -5,
				  .u8 = 200,
				  .s16 = -300,
				  .u16 = 0x0800,
				  .s32 = -70000,
				  .mark = 0x1234,
				  .s64 = -5000000000,
				  .u64 = 0xfedcba9876543210,
				  .flag = true,
				  .pkt_type = 4,
				  .ip_summed = 3,
				  .sb1 = -1,
				  .sb5 = -16,
				  .sb17 = -65536,
				  .ub31 = 0x7fffffff,
				  .wide40 = 0xffffffffff,
				  .tail24 = 0xabcdef,
				  .swide33 = -4294967296,
				  .swide28 = -2,
				  .scross24 = -4,
				  .sign = SIGN_MINUS,
				  .color = GREEN,
				  .len = 0x80000001,
				  .data = w->data,
				  .last_byte = 255,
				  .whole = 0x4321};
	w->skb.pack.across = 0x2fffffffffffffff;
	w->skb.cb[0] = 'x';
	w->skb.cb[3] = -1;
	w->skb.cb[47] = 47;
	w->skb.grid[1][2] = 12;
	w->dev = (struct device){.ifindex = 3, .name = "eth0", .nd_net = {&w->net}};
	w->net = (struct net){.inum = 4026531840, .cookie = -1};
	w->data[0] = 0x45;
	w->data[9] = 6;
}

static void compile(const char *text, enum filter_load load, struct insn_buf *code)
{
	struct translate_opts opts = load_opts(load);
	char err[512] = "";
	int rc = fexpr_compile(text, &types, &opts, code, err, sizeof(err));

	if (rc)
		fail_msg("%.300s: %d: %s", text, rc, err);
}

static unsigned int evaluate(const char *text, const struct world *w, enum filter_load load)
{
	struct insn_buf code = {0};
	unsigned int ret;

	compile(text, load, &code);
	ret = run_world(&code, w, text);
	insn_buf_free(&code);
	return ret;
}

struct row {
	const char *text;
	unsigned int expect;
};

static void check_rows(const struct row *rows, size_t cnt, const struct world *w)
{
	for (size_t i = 0; i < cnt; i++) {
		for (size_t l = 0; l < LOADS; l++) {
			if (evaluate(rows[i].text, w, loads[l]) != rows[i].expect)
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
	fill(&w);
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
	fill(&w);
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
	fill(&w);
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
	fill(&w);
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
	fill(&w);
	w.skb.dev = NULL;
	CHECK_ROWS(rows, &w);
	w.skb.dev = (struct device *)(uintptr_t)0x1000;
	CHECK_ROWS(bad, &w);
	/* Direct loads take the last one for 0; see fexpr.h. */
	assert_int_equal(evaluate("skb->dev->ifindex == 0", &w, FILTER_LOAD_PROBE), 0);
	assert_int_equal(evaluate("skb->dev->ifindex == 0", &w, FILTER_LOAD_DIRECT), 1);
}

static void test_no_skb(void **state)
{
	const struct interp_env env = {.cast_func_id = 4711, .bytes_type_id = 815};
	struct interp_result res;
	struct insn_buf code = {0};

	(void)state;
	for (size_t l = 0; l < LOADS; l++) {
		compile("!(skb->mark == 1)", loads[l], &code);
		assert_false(run_code(&code, 0, &env, &res));
		assert_int_equal(res.ret, 0);
		insn_buf_free(&code);
	}
}

struct bad_row {
	const char *text;
	int rc;
	const char *message;
};

static const struct bad_row syntax_errors[] = {
	{"", -EINVAL,
	 "at character 1: expected skb->..., a constant, '!' or '(', but it ends here"},
	{"  ", -EINVAL,
	 "at character 3: expected skb->..., a constant, '!' or '(', but it ends here"},
	{"skb->mark ==", -EINVAL,
	 "at character 13: expected skb->..., a constant, '!' or '(', but it ends here"},
	{"skb->mark == && 1", -EINVAL,
	 "at character 14: expected skb->..., a constant, '!' or '(', found '&&'"},
	{"skb->mark = 1", -EINVAL, "at character 11: '=' assigns in C; to compare, write '=='"},
	{"(skb->mark == 1", -EINVAL,
	 "at character 16: expected an operator or ')', but it ends here"},
	{"skb->mark == 1)", -EINVAL, "at character 15: expected an operator, found ')'"},
	{"skb->mark == 1 skb->len", -EINVAL, "at character 16: expected an operator, found 'skb'"},
	{"skb->mark and skb->len", -EINVAL, "at character 11: expected an operator, found 'and'"},
	{"skb->", -EINVAL, "at character 6: expected the name of a member, but it ends here"},
	{"skb->7", -EINVAL, "at character 6: expected the name of a member, found '7'"},
	{"skb", -EINVAL, "at character 1: name what of the skb is meant: skb->len, skb->mark, ..."},
	{"skb->cb[", -EINVAL, "at character 9: expected a number as index, but it ends here"},
	{"skb->cb[-1]", -EINVAL, "at character 9: expected a number as index, found '-'"},
	{"skb->cb[1", -EINVAL, "at character 10: expected ']', but it ends here"},
	{"skb->cb[5000000000] == 1", -EINVAL, "at character 9: the index is too big"},
	{"skb->mark + 1 == 2", -EINVAL,
	 "at character 11: there is no operator '+' here, only comparisons, &, &&, || and ! "
	 "(and | << ~ - in constants)"},
	{"*skb->data == 2", -EINVAL,
	 "at character 1: there is no operator '*' here, only comparisons, &, &&, || and ! "
	 "(and | << ~ - in constants)"},
	{"skb->mark == 0x", -EINVAL, "at character 14: '0x' is no hexadecimal number"},
	{"skb->mark == 0x12g", -EINVAL, "at character 14: '0x12g' is no hexadecimal number"},
	{"skb->mark == 08", -EINVAL, "at character 14: '08' is no octal number"},
	{"skb->mark == 12ms", -EINVAL, "at character 14: '12ms' is no decimal number"},
	{"skb->mark == 18446744073709551616", -EINVAL,
	 "at character 14: the number has more than 64 bits"},
	{"skb->cb[0] == 'ab'", -EINVAL,
	 "at character 15: expected one character between ' and ', such as 'a', '\\0', '\\x7f'"},
	{"skb->cb[0] == '", -EINVAL,
	 "at character 15: expected one character between ' and ', such as 'a', '\\0', '\\x7f'"},
	{"skb->cb[0] == ''", -EINVAL,
	 "at character 15: expected one character between ' and ', such as 'a', '\\0', '\\x7f'"},
	{"skb->dev->name == \"eth0\"", -EINVAL,
	 "at character 19: strings cannot be compared, characters can: skb->dev->name[0] == 'e'"},
	{"skb->mark == $x", -EINVAL, "at character 14: '$' means nothing here"},
	{"skb->mark == \xc3\xa4", -EINVAL, "at character 14: byte 0xc3 means nothing here"},
	{"ntohs skb->u16 == 3", -EINVAL, "at character 7: expected '(', found 'skb'"},
};

static const struct bad_row meaning_errors[] = {
	{"skb->marc == 1", -ENOENT, "struct sk_buff has no member 'marc'; near: mark"},
	{"skb->dev->ifidnex", -ENOENT, "struct device has no member 'ifidnex'; near: ifindex"},
	{"skb->dev->nd_net.ns", -ENOENT, "skb->dev->nd_net has no member 'ns'; it has net"},
	{"skb->zzzzzz", -ENOENT, "struct sk_buff has no member 'zzzzzz'"},
	{"skb.mark == 1", -EINVAL, "skb is a pointer; write skb->mark"},
	{"skb[0].mark == 1", -EINVAL, "skb is no array; write skb->..."},
	{"skb->dev.ifindex == 1", -EINVAL, "skb->dev is a pointer; write skb->dev->ifindex"},
	{"skb->dev->nd_net->net", -EINVAL,
	 "skb->dev->nd_net is a struct, not a pointer to one; write skb->dev->nd_net.net"},
	{"skb->mark->x", -EINVAL, "skb->mark is unsigned int, which has no members"},
	{"skb->u8.x", -EINVAL, "skb->u8 is __u8, which has no members"},
	{"skb->data->x", -EINVAL, "skb->data points to unsigned char, which has no members"},
	{"skb->list->mark", -EINVAL, "skb->list is struct sk_buff **, which has no members"},
	{"skb->opaque->x", -EINVAL, "skb->opaque points to void, which has no members"},
	{"skb->opaque[0]", -EINVAL, "skb->opaque is void *, which has no elements"},
	{"skb->call[0]", -EINVAL, "skb->call points to function, which has no elements"},
	{"skb->hidden->x", -ENOENT,
	 "skb->hidden: this kernel's type information does not say what is in struct unknown"},
	{"skb->hidden[1]", -ENOENT,
	 "skb->hidden: this kernel's type information does not say what is in struct unknown"},
	{"skb->cb->x", -EINVAL, "skb->cb is an array; name one of its elements: skb->cb[0]"},
	{"skb->cb[48]", -EINVAL, "skb->cb has 48 elements, so the last one is skb->cb[47]"},
	{"skb->grid[1][3]", -EINVAL,
	 "skb->grid[1] has 3 elements, so the last one is skb->grid[1][2]"},
	{"skb->mark[0]", -EINVAL, "skb->mark is unsigned int, which has no elements"},
	{"skb->cb == 1", -EINVAL,
	 "at character 1: skb->cb is an array; name one of its elements: skb->cb[0]"},
	{"skb->dev->nd_net", -EINVAL,
	 "at character 1: skb->dev->nd_net is a struct or union; name a member"},
	{"skb->real > 1", -EINVAL,
	 "at character 1: skb->real is of a type that cannot be compared"},
	{"skb->mark == 0x100000000", -EINVAL,
	 "at character 14: 0x100000000 is out of range: what it is compared with holds 0 to "
	 "4294967295 (0xffffffff)"},
	{"skb->mark >= -1", -EINVAL,
	 "at character 14: -1 is out of range: what it is compared with holds 0 to 4294967295 "
	 "(0xffffffff)"},
	{"skb->mark == -2147483649", -EINVAL,
	 "at character 14: -2147483649 is out of range: what it is compared with holds 0 to "
	 "4294967295 (0xffffffff)"},
	{"skb->pkt_type == 8", -EINVAL,
	 "at character 18: 8 is out of range: what it is compared with holds 0 to 7 (0x7)"},
	{"skb->s8 > 128", -EINVAL,
	 "at character 11: 128 is out of range: what it is compared with holds -128 to 127"},
	{"skb->s64 > 9223372036854775808", -EINVAL,
	 "at character 12: 9223372036854775808 is out of range: what it is compared with holds "
	 "-9223372036854775808 to 9223372036854775807"},
	{"skb->u8 & 0x100", -EINVAL,
	 "at character 11: 0x100 is out of range: what it is compared with holds 0 to 255 (0xff)"},
	{"skb->flag == 2", -EINVAL,
	 "at character 14: 2 is out of range: what it is compared with holds 0 or 1"},
	{"1", -EINVAL, "at character 1: there is no field of the skb in 1"},
	{"1 == 2", -EINVAL, "at character 1: there is no field of the skb in 1 == 2"},
	{"skb->mark || NULL", -EINVAL, "at character 14: there is no field of the skb in NULL"},
	{"skb->mark & 0xff == 0x10", -EINVAL,
	 "at character 13: comparisons bind tighter than &, as in C; write (skb->mark & 0xff) == "
	 "0x10"},
	{"skb->mark & (0xff == 0x10)", -EINVAL,
	 "at character 13: (0xff == 0x10) is a condition, not a value; where parentheses are left "
	 "out, comparisons bind tighter than &, and & tighter than &&"},
	{"!skb->mark == 0", -EINVAL,
	 "at character 1: !skb->mark is a condition, not a value; write !(... == ...) if the whole "
	 "comparison is meant"},
	{"1 < skb->mark < 3", -EINVAL,
	 "at character 1: 1 < skb->mark is a condition, not a value; where parentheses are left "
	 "out, comparisons bind tighter than &, and & tighter than &&"},
	{"(skb->mark || skb->len) == 1", -EINVAL,
	 "at character 1: (skb->mark || skb->len) is a condition, not a value; where parentheses "
	 "are left out, comparisons bind tighter than &, and & tighter than &&"},
	{"skb->mark & skb->len", -EINVAL,
	 "at character 1: in skb->mark & skb->len one side of & has to be a constant"},
	{"skb->mark == 1 | 2", -EINVAL,
	 "at character 1: in skb->mark == 1 | 2 an operator for constants meets a field"},
	{"skb->mark | 1", -EINVAL,
	 "at character 1: in skb->mark | 1 an operator for constants meets a field"},
	{"-skb->mark == 1", -EINVAL,
	 "at character 1: in -skb->mark an operator for constants meets a field"},
	{"skb->mark == !1", -EINVAL, "at character 14: this is a condition, not a value"},
	{"skb->mark & !1", -EINVAL,
	 "at character 13: !1 is a condition, not a value; write !(... == ...) if the whole "
	 "comparison is meant"},
	{"ntohs(skb->mark) == 1", -EINVAL,
	 "at character 1: (skb->mark) has 32 bits, not the 16 that are swapped"},
	{"ntohl(skb->ub31) == 1", -EINVAL,
	 "at character 1: (skb->ub31) has 31 bits, not the 32 that are swapped"},
	{"ntohs(skb->u16 & 1)", -EINVAL,
	 "at character 6: expected skb->... or a constant, found '(skb->u16 & 1)'"},
	{"skb->u16 == htons(0x10000)", -EINVAL,
	 "at character 13: htons() takes numbers from 0 to 0xffff"},
	{"skb->mark == htonl(-1)", -EINVAL,
	 "at character 14: htonl() takes numbers from 0 to 0xffffffff"},
	{"skb->mark == 1 << 64", -EINVAL, "at character 14: << takes numbers from 0 to 63"},
	{"skb->mark == -1 << 4", -EINVAL, "at character 14: << of a negative number"},
	{"skb->u64 == 3 << 63", -EINVAL, "at character 13: the constant does not fit in 64 bits"},
	{"skb->u64 == -9223372036854775809", -EINVAL,
	 "at character 13: the constant does not fit in 64 bits"},
	{"mark == 1", -EINVAL, "at character 1: there is no field of the skb in mark == 1"},
	{"skb->len > mark", -ENOENT, "at character 12: 'mark' is no constant; is skb->mark meant?"},
	{"skb->mark == NOPE", -ENOENT, "no enumerator of this kernel is named 'NOPE'"},
	{"skb->color == GREAN", -ENOENT,
	 "no enumerator of this kernel is named 'GREAN'; near: GREEN, RED"},
	{"skb->mark == TWICE", -EINVAL,
	 "TWICE is 3 in one enum of this kernel and 4 in another; write the number"},
	{"skb->mark == SHARED", -EINVAL,
	 "SHARED is 7 in one enum of this kernel and 8 in another; write the number"},
};

static void check_bad_rows(const struct bad_row *rows, size_t cnt)
{
	const struct translate_opts opts = load_opts(FILTER_LOAD_PROBE);

	for (size_t i = 0; i < cnt; i++) {
		struct insn_buf code = {0};
		char err[512] = "";
		int rc = fexpr_compile(rows[i].text, &types, &opts, &code, err, sizeof(err));

		if (rc != rows[i].rc || strcmp(err, rows[i].message))
			fail_msg("%s\n  gives %d: %s\n  and not %d: %s", rows[i].text, rc, err,
				 rows[i].rc, rows[i].message);
		assert_null(code.insns);
	}
}

static void test_syntax_errors(void **state)
{
	(void)state;
	check_bad_rows(syntax_errors, sizeof(syntax_errors) / sizeof(syntax_errors[0]));
}

static void test_meaning_errors(void **state)
{
	(void)state;
	check_bad_rows(meaning_errors, sizeof(meaning_errors) / sizeof(meaning_errors[0]));
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
	fill(&w);
	w.skb.color = SHARED;
	CHECK_ROWS(rows, &w);
}

/* @cnt times @piece, then @end. */
static char *repeat(const char *piece, size_t cnt, const char *end)
{
	size_t len = strlen(piece);
	char *text = malloc(len * cnt + strlen(end) + 1);

	assert_non_null(text);
	for (size_t i = 0; i < cnt; i++)
		memcpy(text + i * len, piece, len);
	strcpy(text + cnt * len, end);
	return text;
}

static void check_limit(char *text, const char *message)
{
	const struct translate_opts opts = load_opts(FILTER_LOAD_PROBE);
	struct insn_buf code = {0};
	char err[512] = "";

	assert_int_equal(fexpr_compile(text, &types, &opts, &code, err, sizeof(err)), -E2BIG);
	assert_string_equal(err, message);
	free(text);
}

static void test_limits(void **state)
{
	(void)state;
	check_limit(repeat("skb->mark||", FEXPR_MAX_TERMS, "skb->mark"),
		    "at character 2817: the expression has more than 256 comparisons");
	check_limit(repeat("!", FEXPR_MAX_DEPTH, "skb->mark"),
		    "at character 65: more than 64 operators or parentheses within each other");
	check_limit(repeat("(", FEXPR_MAX_DEPTH, "skb->mark"),
		    "at character 65: more than 64 operators or parentheses within each other");
	check_limit(repeat("1|", FEXPR_MAX_NODES, "skb->mark"),
		    "at character 4097: the expression has more than 4095 operators and operands");
	check_limit(repeat(" ", FEXPR_MAX_TEXT, "skb->mark"),
		    "the expression is longer than 32768 characters");
	check_limit(
		repeat("skb->next->next->next->next->next->next->next->next->next->", 1, "mark"),
		"skb->next->next->next->next->next->next->next->next->next: more than 8 pointers to "
		"follow");
	check_limit(repeat("skb->a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", 1, ".a"),
		    "at character 53: the path has more than 24 parts");
	check_limit(repeat("skb->aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			   1, ""),
		    "at character 6: the name is longer than 63 characters");
}

static size_t code_size(const char *text, enum filter_load load)
{
	struct insn_buf code = {0};
	size_t cnt;

	compile(text, load, &code);
	cnt = code.cnt;
	insn_buf_free(&code);
	return cnt;
}

/* Chains are deep trees; they have to fit on the stack. */
static void test_deepest(void **state)
{
	char *text = repeat("1&", 2040, "skb->mark"), *reverse = repeat("&1", 2040, "");
	char *whole = malloc(strlen(reverse) + sizeof("skb->mark"));
	struct world w;

	(void)state;
	assert_non_null(whole);
	sprintf(whole, "skb->mark%s", reverse);
	fill(&w);
	for (size_t l = 0; l < LOADS; l++) {
		assert_int_equal(evaluate(text, &w, loads[l]), 0);
		assert_int_equal(evaluate(whole, &w, loads[l]), 0);
	}
	free(text);
	free(reverse);
	free(whole);
}

/* The term of the most loads. */
#define MOST_LOADS                                                    \
	"skb->prev->prev->prev->prev->prev->prev->prev->prev->mark <" \
	"skb->prev->prev->prev->prev->prev->prev->prev->next->mark||"

/* So long that jumps need islands, and true only because of its last term. */
static void test_longest(void **state)
{
	char *text = repeat(MOST_LOADS, 230, "skb->mark == 0x1234");
	struct world w;

	(void)state;
	fill(&w);
	w.skb.prev = &w.skb;
	for (size_t l = 0; l < LOADS; l++) {
		w.skb.next = &w.skb;
		assert_int_equal(evaluate(text, &w, loads[l]), 1);
		w.skb.next = NULL;
		assert_int_equal(evaluate(text, &w, loads[l]), 1);
	}
	assert_true(code_size(text, FILTER_LOAD_PROBE) > INT16_MAX);
	free(text);
	check_limit(repeat(MOST_LOADS, 255, "skb->mark == 0x1234"),
		    "the expression makes up to 8928 conditional jumps in a row, the kernel's "
		    "verifier takes 8190");
}

/*
 * Code stays small: no skb saved where one load needs it, one cast for fields that are near each
 * other. Four instructions return, one asks whether there is an skb.
 */
static void test_code_size(void **state)
{
	(void)state;
	/* r1 += n; r2 = type; call; load; compare */
	assert_int_equal(code_size("skb->mark == 1", FILTER_LOAD_DIRECT), 5 + 5);
	/* another load and comparison */
	assert_int_equal(code_size("skb->mark == 1 && skb->s32 < 2", FILTER_LOAD_DIRECT), 5 + 7);
	assert_int_equal(code_size("!(skb->mark == 1 || skb->s32 < 2)", FILTER_LOAD_DIRECT), 5 + 7);
	/* r3 = r1; r3 += n; r1 = r10; r1 += n; r2 = size; call; fault; load; compare */
	assert_int_equal(code_size("skb->mark == 1", FILTER_LOAD_PROBE), 5 + 9);
}

static void test_parse_path(void **state)
{
	struct fexpr_part parts[FEXPR_MAX_PARTS];
	char err[256] = "";
	size_t cnt = 0;

	(void)state;
	assert_int_equal(fexpr_parse_path("skb->dev.x[3]", parts, &cnt, err, sizeof(err)), 0);
	assert_int_equal(cnt, 3);
	assert_int_equal(parts[0].kind, FEXPR_ARROW);
	assert_string_equal(parts[0].name, "dev");
	assert_int_equal(parts[1].kind, FEXPR_DOT);
	assert_string_equal(parts[1].name, "x");
	assert_int_equal(parts[2].kind, FEXPR_INDEX);
	assert_int_equal(parts[2].index, 3);
	assert_int_equal(fexpr_parse_path("skb->dev == 3", parts, &cnt, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "at character 10: expected '->', '.' or '[', found '=='");
	assert_int_equal(fexpr_parse_path("mark", parts, &cnt, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "at character 1: expected skb->..., found 'mark'");
}

static void test_bad_options(void **state)
{
	struct translate_opts opts = load_opts(FILTER_LOAD_DIRECT);
	struct insn_buf code = {0};
	char err[256] = "";

	(void)state;
	opts.cast_func_id = 0;
	assert_int_equal(fexpr_compile("skb->mark", &types, &opts, &code, err, sizeof(err)),
			 -EINVAL);
	assert_string_equal(err, "direct loads without a type to load through");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	      cmocka_unit_test(test_signs),
		cmocka_unit_test(test_operators),     cmocka_unit_test(test_byte_order),
		cmocka_unit_test(test_pointers),      cmocka_unit_test(test_no_skb),
		cmocka_unit_test(test_syntax_errors), cmocka_unit_test(test_meaning_errors),
		cmocka_unit_test(test_enum_context),  cmocka_unit_test(test_limits),
		cmocka_unit_test(test_deepest),	      cmocka_unit_test(test_longest),
		cmocka_unit_test(test_code_size),     cmocka_unit_test(test_parse_path),
		cmocka_unit_test(test_bad_options),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
