/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_JSON_LINE_H
#define PWRU_CAP_JSON_LINE_H
/*
 * JSON on one line, written as it comes.  Strings are escaped by json-c; around them, the line is
 * put together here: trees of json-c's objects, made and freed for each packet, take longer than
 * all the rest of the work for it (see the README).
 *
 * Keys are the program's own words and are not escaped.
 */
#include <stdbool.h>
#include <stdint.h>

#include "src/buf.h"

struct json_line;

/* json_line_new() - NULL when there is no memory */
struct json_line *json_line_new(void);

/* json_line_begin() - a new line, to be appended to @out: opens its object */
void json_line_begin(struct json_line *j, struct buf *out);

/* Members of the object that is open.  With the key NULL: elements of an array. */
void json_line_uint(struct json_line *j, const char *key, uint64_t value);
void json_line_int(struct json_line *j, const char *key, int64_t value);
void json_line_bool(struct json_line *j, const char *key, bool value);
void json_line_null(struct json_line *j, const char *key);
void json_line_true(struct json_line *j, const char *key);
/* @text: @len bytes of UTF-8, any of them */
void json_line_text(struct json_line *j, const char *key, const char *text, size_t len);

/*
 * json_line_word() - a string that needs no escape, which the caller appends to @out before
 * json_line_word_end()
 */
void json_line_word(struct json_line *j, const char *key);
void json_line_word_end(struct json_line *j);

/* Containers within: up to json_line_close(). */
void json_line_object(struct json_line *j, const char *key);
void json_line_array(struct json_line *j, const char *key);
void json_line_close(struct json_line *j);

/*
 * json_line_end() - closes the line's object and ends the line
 *
 * Return: 0 or -ENOMEM, of the library; what @out lacked is for its own buf_error() to say.
 */
int json_line_end(struct json_line *j);

/* json_line_free() - @j may be NULL */
void json_line_free(struct json_line *j);

#endif
