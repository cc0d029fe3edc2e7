/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_STAGES_H
#define PWRU_CAP_TESTS_STAGES_H
/*
 * For tests of stages: sightings go in, and what comes out at the other end is kept as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/buf.h"
#include "src/stage.h"

/*
 * The last stage.  Of each sighting that is not left out: "TIME", "=NAMES" if it is known what
 * changed, "!" if it is a drop; blanks between them.
 */
struct catcher {
	struct stage stage;
	struct buf text;
	uint64_t caught, left_out;
	void (*look)(const struct sighting *sighting); /* NULL: no more is looked at */
};

static void catch_it(struct stage *stage, const struct sighting *s)
{
	struct catcher *c = (struct catcher *)stage;

	if (s->left_out) {
		c->left_out++;
		return;
	}
	c->caught++;
	buf_printf(&c->text, "%s%llu", c->text.len ? " " : "",
		   (unsigned long long)s->rec.hdr->time_ns);
	if (s->changed)
		buf_printf(&c->text, "=%s", s->changed);
	if (s->rec.hdr->flags & EV_F_DROP)
		buf_puts(&c->text, "!");
	if (c->look)
		c->look(s);
}

/*
 * A record in memory of its own, so that reads beyond it are found.  Where the length of the frame
 * is not said, it is that of its bytes.
 */
static void feed(struct stage *stage, const struct ev_hdr *hdr, const uint64_t *stack,
		 const void *raw)
{
	size_t stack_size = hdr->stack_room * sizeof(*stack);
	size_t size = sizeof(*hdr) + stack_size + hdr->raw_len;
	char *data = malloc(size);
	struct sighting s = {0};

	assert_non_null(data);
	memcpy(data, hdr, sizeof(*hdr));
	if (!hdr->wire_len)
		((struct ev_hdr *)data)->wire_len = hdr->raw_len;
	if (stack && stack_size)
		memcpy(data + sizeof(*hdr), stack, stack_size);
	if (raw)
		memcpy(data + sizeof(*hdr) + stack_size, raw, hdr->raw_len);
	assert_int_equal(record_parse(data, size, &s.rec), 0);
	stage->take(stage, &s);
	/* Nobody may hold on to it. */
	memset(data, 0xa5, size);
	free(data);
}

static inline void assert_caught(struct catcher *c, const char *want)
{
	assert_string_equal(buf_str(&c->text), want);
	buf_reset(&c->text);
}

#endif
