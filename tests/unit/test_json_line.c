// SPDX-License-Identifier: GPL-2.0-only
/* Lines are read again by json-c's parser. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/json_line.h"

static struct json_object *parse(struct buf *out)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o;

	assert_non_null(tok);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* One line, and its newline. */
	assert_ptr_equal(memchr(out->data, '\n', out->len), out->data + out->len - 1);
	o = json_tokener_parse_ex(tok, (const char *)out->data, (int)out->len);
	assert_int_equal(json_tokener_get_error(tok), json_tokener_success);
	json_tokener_free(tok);
	return o;
}

static void test_shape(void **state)
{
	struct json_line *j = json_line_new();
	struct buf out = {0};

	(void)state;
	assert_non_null(j);
	for (int i = 0; i < 2; i++) {
		buf_reset(&out);
		json_line_begin(j, &out);
		json_line_uint(j, "n", UINT64_MAX);
		json_line_object(j, "empty");
		json_line_close(j);
		json_line_array(j, "list");
		json_line_uint(j, NULL, 1);
		json_line_text(j, NULL, "a/b", 3);
		json_line_object(j, NULL);
		json_line_true(j, "yes");
		json_line_null(j, "none");
		json_line_close(j);
		json_line_close(j);
		json_line_word(j, "w");
		buf_puts(&out, "0x1");
		json_line_word_end(j);
		assert_int_equal(json_line_end(j), 0);
		assert_string_equal(buf_str(&out),
				    "{\"n\":18446744073709551615,\"empty\":{},\"list\":[1,\"a/b\","
				    "{\"yes\":true,\"none\":null}],\"w\":\"0x1\"}\n");
		json_object_put(parse(&out));
	}
	json_line_free(j);
	json_line_free(NULL);
	buf_free(&out);
}

/* Every character of one byte, and some of more, come back as they were. */
static void test_strings(void **state)
{
	static const char *const texts[] = {"",		 "\"",
					    "\\",	 "\\x0a",
					    "a\"b\\c/d", "caf\xc3\xa9 \xf0\x9f\x90\xa7",
					    "</script>", "\xe2\x80\xa8"};
	struct json_line *j = json_line_new();
	struct buf out = {0};
	char all[127];

	(void)state;
	assert_non_null(j);
	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = all;
		size_t len = sizeof(all);
		struct json_object *o;

		for (size_t c = 0; c < sizeof(all); c++)
			all[c] = c + 1;
		if (i < sizeof(texts) / sizeof(texts[0])) {
			text = texts[i];
			len = strlen(text);
		}
		buf_reset(&out);
		json_line_begin(j, &out);
		json_line_text(j, "s", text, len);
		assert_int_equal(json_line_end(j), 0);
		o = parse(&out);
		assert_int_equal(json_object_get_string_len(json_object_object_get(o, "s")), len);
		assert_memory_equal(json_object_get_string(json_object_object_get(o, "s")), text,
				    len);
		json_object_put(o);
	}
	json_line_free(j);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
