// SPDX-License-Identifier: GPL-2.0-only
/* Field expressions that mean nothing, or too much, and what is said of them. */
#include "tests/unit/test_fexpr_world.h"

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
	{"mark == 1", -ENOENT, "at character 1: 'mark' is no constant; is skb->mark meant?"},
	{"skb->len && mark", -ENOENT,
	 "at character 13: 'mark' is no constant; is skb->mark meant?"},
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
	const struct translate_opts opts = (struct translate_opts){.load = FILTER_LOAD_PROBE};

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
	const struct translate_opts opts = (struct translate_opts){.load = FILTER_LOAD_PROBE};
	struct insn_buf code = {0};
	char err[512] = "";

	assert_int_equal(fexpr_compile(text, &types, &opts, &code, err, sizeof(err)), -E2BIG);
	assert_string_equal(err, message);
	free(text);
}

static void test_limits(void **state)
{
	(void)state;
	check_limit(repeat("skb->next->next->next->next->next->next->next->next->mark <"
			   "skb->next->next->next->next->next->next->next->next->len||",
			   255, "skb->mark"),
		    "the expression makes up to 8928 conditional jumps in a row, the kernel's "
		    "verifier takes 8190");
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

static void test_bad_options(void **state)
{
	const struct translate_opts opts = {.load = FILTER_LOAD_DIRECT, .bytes_type_id = 1};
	struct insn_buf code = {0};
	char err[256] = "";

	(void)state;
	assert_int_equal(fexpr_compile("skb->mark", &types, &opts, &code, err, sizeof(err)),
			 -EINVAL);
	assert_string_equal(err, "direct loads without a type to load through");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_meaning_errors),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bad_options),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
