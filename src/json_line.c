// SPDX-License-Identifier: GPL-2.0-only
#include "src/json_line.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* Objects and arrays within each other. */
#define DEPTH_MAX 8

struct json_line {
	struct buf *out;
	int err;
	bool first;	      /* nothing is in the container that is open yet */
	char ends[DEPTH_MAX]; /* what closes the containers that are open */
	size_t depth;
};

struct json_line *json_line_new(void)
{
	return calloc(1, sizeof(struct json_line));
}

static void put_key(struct json_line *j, const char *key)
{
	if (!j->first)
		buf_putc(j->out, ',');
	j->first = false;
	if (!key)
		return;
	buf_putc(j->out, '"');
	buf_puts(j->out, key);
	buf_append(j->out, "\":", 2);
}

static void open_container(struct json_line *j, char begin, char end)
{
	buf_putc(j->out, begin);
	j->ends[j->depth++] = end;
	j->first = true;
}

void json_line_begin(struct json_line *j, struct buf *out)
{
	j->out = out;
	j->err = 0;
	j->depth = 0;
	open_container(j, '{', '}');
}

void json_line_uint(struct json_line *j, const char *key, uint64_t value)
{
	put_key(j, key);
	buf_u64(j->out, value);
}

void json_line_int(struct json_line *j, const char *key, int64_t value)
{
	put_key(j, key);
	if (value < 0)
		buf_putc(j->out, '-');
	buf_u64(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_line_bool(struct json_line *j, const char *key, bool value)
{
	put_key(j, key);
	buf_puts(j->out, value ? "true" : "false");
}

void json_line_null(struct json_line *j, const char *key)
{
	put_key(j, key);
	buf_puts(j->out, "null");
}

void json_line_true(struct json_line *j, const char *key)
{
	put_key(j, key);
	buf_puts(j->out, "true");
}

void json_line_text(struct json_line *j, const char *key, const char *text, size_t len)
{
	/* A new one each time: json-c 0.16 loses memory where a string is set again. */
	struct json_object *string = json_object_new_string_len(text, (int)len);
	const char *escaped = NULL;
	size_t n;

	put_key(j, key);
	if (string)
		escaped = json_object_to_json_string_length(
			string, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (escaped)
		buf_append(j->out, escaped, n);
	else
		j->err = -ENOMEM;
	json_object_put(string);
}

void json_line_word(struct json_line *j, const char *key)
{
	put_key(j, key);
	buf_putc(j->out, '"');
}

void json_line_word_end(struct json_line *j)
{
	buf_putc(j->out, '"');
}

void json_line_object(struct json_line *j, const char *key)
{
	put_key(j, key);
	open_container(j, '{', '}');
}

void json_line_array(struct json_line *j, const char *key)
{
	put_key(j, key);
	open_container(j, '[', ']');
}

void json_line_close(struct json_line *j)
{
	buf_putc(j->out, j->ends[--j->depth]);
	j->first = false;
}

int json_line_end(struct json_line *j)
{
	json_line_close(j);
	buf_putc(j->out, '\n');
	return j->err;
}

void json_line_free(struct json_line *j)
{
	free(j);
}
