// SPDX-License-Identifier: GPL-2.0-only
#include "src/json_line.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* Objects and arrays within each other. */
#define DEPTH_MAX 8

struct json_line {
	struct json_object *string; /* the same for all strings, with a new value each time */
	struct buf *out;
	int err;
	bool first;	      /* nothing is in the container that is open yet */
	char ends[DEPTH_MAX]; /* what closes the containers that are open */
	size_t depth;
};

struct json_line *json_line_new(void)
{
	struct json_line *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->string = json_object_new_string("");
	if (!j->string) {
		free(j);
		return NULL;
	}
	return j;
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

void json_line_true(struct json_line *j, const char *key)
{
	put_key(j, key);
	buf_puts(j->out, "true");
}

void json_line_text(struct json_line *j, const char *key, const char *text, size_t len)
{
	const char *escaped = NULL;
	size_t n;

	put_key(j, key);
	if (json_object_set_string_len(j->string, text, (int)len))
		escaped = json_object_to_json_string_length(
			j->string, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (escaped)
		buf_append(j->out, escaped, n);
	else
		j->err = -ENOMEM;
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
	if (!j)
		return;
	json_object_put(j->string);
	free(j);
}
