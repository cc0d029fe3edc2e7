// SPDX-License-Identifier: GPL-2.0-only
/* tcpdump's styles are compared with tcpdump itself by tests/golden/run; here are pwru's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "src/timestamps.h"

struct fixture {
	struct ev_hdr hdr;
	struct record rec;
	struct view view;
	struct buf out;
};

static const char *put(struct fixture *f, struct timestamps *t, uint64_t id, uint64_t ns)
{
	f->hdr.id = id;
	f->hdr.time_ns = ns;
	f->rec.hdr = &f->hdr;
	f->view.rec = &f->rec;
	/* 2023-11-14 22:13:20 UTC */
	f->view.time_ns = 1700000000000000000 + ns;
	buf_reset(&f->out);
	timestamps_put(t, &f->out, &f->view);
	return buf_str(&f->out);
}

/* Since the same skb was seen last; 0 for the first time. */
static void test_relative(void **state)
{
	struct timestamps *t = timestamps_new(TIME_RELATIVE, false);
	struct fixture f = {0};

	(void)state;
	assert_non_null(t);
	assert_string_equal(timestamps_title(t), "TIMESTAMP");
	assert_string_equal(put(&f, t, 1, 1000), "0");
	assert_string_equal(put(&f, t, 2, 1500), "0");
	assert_string_equal(put(&f, t, 1, 1750), "750");
	assert_string_equal(put(&f, t, 2, 5000001500), "5000000000");
	assert_string_equal(put(&f, t, 1, 1751), "1");
	/* Another CPU was earlier, and its record later. */
	assert_string_equal(put(&f, t, 1, 1700), "0");
	/* Without an id, the address tells them apart; in XDP there is neither. */
	f.hdr.skb = 0xffff888012345600;
	assert_string_equal(put(&f, t, 0, 2000), "0");
	assert_string_equal(put(&f, t, 0, 2010), "10");
	f.hdr.skb = 0;
	assert_string_equal(put(&f, t, 0, 3000), "0");
	assert_string_equal(put(&f, t, 0, 3010), "0");
	/* A million others later it counts as new, and never has another's time. */
	for (uint64_t id = 10; id < 1000000; id++)
		assert_string_equal(put(&f, t, id, 4000 + id), "0");
	assert_string_equal(put(&f, t, 999999, 4000 + 999999 + 7), "7");
	timestamps_free(t);
	buf_free(&f.out);
}

static void test_current(void **state)
{
	struct timestamps *t = timestamps_new(TIME_MONOTONIC, true);
	struct fixture f = {0};

	(void)state;
	assert_non_null(t);
	assert_string_equal(put(&f, t, 1, 12345678901), "12345678901");
	timestamps_free(t);
	buf_free(&f.out);
}

static void test_none(void **state)
{
	struct timestamps *t = timestamps_new(TIME_NONE, false);
	struct fixture f = {0};

	(void)state;
	assert_non_null(t);
	assert_null(timestamps_title(t));
	assert_string_equal(put(&f, t, 1, 5), "");
	buf_reset(&f.out);
	timestamps_put_utc(t, &f.out, 1700000000000000005);
	assert_string_equal(buf_str(&f.out), "2023-11-14T22:13:20.000000005Z");
	timestamps_free(t);
	timestamps_free(NULL);
	buf_free(&f.out);
}

/* The machine's own zone, and a change to the next day. */
static void test_zone(void **state)
{
	struct timestamps *t = timestamps_new(TIME_DATE, true);
	struct fixture f = {0};

	(void)state;
	assert_non_null(t);
	assert_string_equal(put(&f, t, 1, 0), "2023-11-15 01:13:20.000000");
	assert_string_equal(put(&f, t, 1, 82000ULL * 1000000000 + 999999),
			    "2023-11-16 00:00:00.000999");
	timestamps_free(t);
	buf_free(&f.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_current),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_zone),
	};

	setenv("TZ", "XXX-3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
