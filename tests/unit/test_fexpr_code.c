// SPDX-License-Identifier: GPL-2.0-only
/* The code of field expressions: how small it is, how long and deep an expression may be. */
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

static size_t code_size(const char *text, enum filter_load load)
{
	struct insn_buf code = {0};
	size_t cnt;

	compile(text, &types, load, &code);
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
	fill_world(&w);
	for (size_t l = 0; l < LOADS; l++) {
		assert_int_equal(evaluate(text, &types, &w, loads[l]), 0);
		assert_int_equal(evaluate(whole, &types, &w, loads[l]), 0);
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
	fill_world(&w);
	w.skb.prev = &w.skb;
	for (size_t l = 0; l < LOADS; l++) {
		w.skb.next = &w.skb;
		assert_int_equal(evaluate(text, &types, &w, loads[l]), 1);
		w.skb.next = NULL;
		assert_int_equal(evaluate(text, &types, &w, loads[l]), 1);
	}
	assert_true(code_size(text, FILTER_LOAD_PROBE) > INT16_MAX);
	free(text);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_code_size),
		cmocka_unit_test(test_parse_path),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
