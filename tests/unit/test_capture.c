// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/capture.h"
#include "src/changes.h"
#include "src/util.h"

/* A sink that fails at one packet, as a full disk would, and counts as the true ones do. */
struct fake {
	struct sink sink;
	uint64_t fail_at; /* the packet that fails, from 1; 0: none */
	struct sink_stats stats;
	uint64_t calls;
	uint64_t last_id;
};

static int fake_packet(struct sink *sink, const struct view *view)
{
	struct fake *f = (struct fake *)((char *)sink - offsetof(struct fake, sink));

	f->calls++;
	f->last_id = view->rec->hdr->id;
	if (f->calls == f->fail_at) {
		f->stats.failed++;
		return -ENOSPC;
	}
	f->stats.written++;
	return 0;
}

static struct names *names;
static struct view_state *view;

static int setup(void **state)
{
	(void)state;
	names = names_new();
	return names ? view_open(262144, names, &view) : -1;
}

static int teardown(void **state)
{
	(void)state;
	view_close(view);
	names_free(names);
	return 0;
}

static struct capture begin(struct fake *fake, uint64_t limit, uint64_t fail_at)
{
	*fake = (struct fake){.sink.packet = fake_packet, .fail_at = fail_at};
	return (struct capture){.sink = &fake->sink, .view = view, .limit = limit};
}

static void take(struct capture *c, uint64_t id)
{
	struct ev_hdr hdr = {.id = id};

	assert_int_equal(capture_take(c, &hdr, sizeof(hdr)), 0);
}

static void take_broken(struct capture *c)
{
	struct ev_hdr hdr = {.raw_len = 1};

	assert_int_equal(capture_take(c, &hdr, sizeof(hdr)), 0);
}

/* ---- capture_take() */

static void test_no_limit(void **state)
{
	struct fake fake;
	struct capture c = begin(&fake, 0, 0);

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++) {
		assert_false(capture_done(&c));
		take(&c, i);
		assert_int_equal(fake.last_id, i);
	}
	assert_int_equal(c.taken, 1000);
	assert_int_equal(fake.calls, 1000);
	assert_int_equal(c.beyond + c.broken + c.unsunk, 0);
	assert_false(capture_done(&c));
}

static void test_limit(void **state)
{
	struct fake fake;
	struct capture c = begin(&fake, 3, 0);

	(void)state;
	for (uint64_t i = 1; i <= 3; i++) {
		assert_false(capture_done(&c));
		take(&c, i);
	}
	assert_true(capture_done(&c));
	for (uint64_t i = 4; i <= 9; i++)
		take(&c, i);
	take_broken(&c);
	assert_int_equal(fake.calls, 3);
	assert_int_equal(fake.last_id, 3);
	assert_int_equal(c.taken, 3);
	assert_int_equal(c.beyond, 7);
	assert_int_equal(c.broken, 0);
}

/* A broken record does not count for the limit, nor reach the sink. */
static void test_broken(void **state)
{
	struct fake fake;
	struct capture c = begin(&fake, 2, 0);

	(void)state;
	take_broken(&c);
	take(&c, 1);
	assert_int_equal(capture_take(&c, "", 0), 0);
	take_broken(&c);
	assert_false(capture_done(&c));
	take(&c, 2);
	assert_true(capture_done(&c));
	assert_int_equal(fake.calls, 2);
	assert_int_equal(c.taken, 2);
	assert_int_equal(c.broken, 3);
	assert_int_equal(c.beyond, 0);
}

static void test_sink_error(void **state)
{
	struct fake fake;
	struct capture c = begin(&fake, 10, 3);

	(void)state;
	for (uint64_t i = 1; i <= 8; i++)
		take(&c, i);
	take_broken(&c);
	assert_true(capture_done(&c));
	assert_int_equal(c.err, -ENOSPC);
	assert_int_equal(fake.calls, 3);
	assert_int_equal(c.unsunk, 6);
	assert_int_equal(c.beyond, 0);
	assert_int_equal(c.broken, 0);
}

/* ---- stages */

/* Leaves two of three out, and holds the others back until the third comes. */
struct holder {
	struct stage stage;
	uint64_t seen, left_out;
	struct ev_hdr hdr;
};

static void hold(struct stage *stage, const struct sighting *s)
{
	struct holder *h = (struct holder *)stage;
	struct sighting held = {.left_out = ++h->seen % 3};

	h->hdr = *s->rec.hdr;
	h->left_out += held.left_out;
	held.rec.hdr = &h->hdr;
	stage_pass(stage, &held);
	/* One more with each that is handed on: what was kept before. */
	if (!held.left_out) {
		h->hdr.id = 1000 + h->hdr.id;
		h->left_out--;
		stage_pass(stage, &held);
	}
}

static void test_stages(void **state)
{
	struct holder holder = {.stage.take = hold};
	struct fake fake;
	struct capture c = begin(&fake, 3, 0);
	struct ev_stats kernel = {.matched = 12};
	struct left_out left = {0};
	struct account a;

	(void)state;
	holder.stage.next = capture_writer(&c);
	c.first = &holder.stage;
	for (uint64_t i = 1; i <= 5; i++)
		take(&c, i);
	assert_int_equal(fake.calls, 2);
	assert_int_equal(fake.last_id, 1003);
	assert_false(capture_done(&c));
	/* The limit counts what is written: the second of these two is beyond. */
	take(&c, 6);
	assert_int_equal(fake.calls, 3);
	assert_int_equal(fake.last_id, 6);
	assert_true(capture_done(&c));
	assert_int_equal(c.beyond, 1);
	for (uint64_t i = 7; i <= 12; i++)
		take(&c, i);
	assert_int_equal(c.beyond, 7);
	assert_int_equal(holder.seen, 6);
	left.unchanged = holder.left_out;
	capture_account(&c, &kernel, &fake.stats, &left, &a);
	assert_int_equal(a.captured, 3);
	assert_int_equal(a.left_out, 2);
	assert_int_equal(a.received, 5);
	assert_int_equal(a.dropped, 0);
	assert_int_equal(a.unknown, 0);
}

/* Both modes at work, with losses on the way and a sink that fails: received = the rest. */
static void check_modes(uint64_t limit, uint64_t fail_at, unsigned int break_every,
			unsigned int drop_every)
{
	struct reason_set any = {0};
	struct changes *changes = changes_new(262144, 1 << 20);
	struct recorder *recorder = recorder_new(
		&(struct recorder_opts){.last = 3, .bytes = 560000, .reasons = &any});
	struct ev_stats kernel = {0};
	struct left_out left;
	struct account a;
	struct fake fake;
	struct capture c = begin(&fake, limit, fail_at);

	recorder_stage(recorder)->next = capture_writer(&c);
	changes_stage(changes)->next = recorder_stage(recorder);
	c.first = changes_stage(changes);
	for (uint64_t i = 1; i <= 2000; i++) {
		struct ev_hdr hdr = {.id = i % 97, .skb = i % 97 << 8, .mark = i / 200};

		hdr.flags = i % drop_every ? 0 : EV_F_DROP;
		kernel.matched++;
		if (i % 11 == 0)
			kernel.lost_ring++;
		else if (break_every && i % break_every == 0)
			take_broken(&c);
		else
			assert_int_equal(capture_take(&c, &hdr, sizeof(hdr)), 0);
	}
	left.unchanged = changes_unchanged(changes);
	recorder_end(recorder, &left.recorder);
	capture_account(&c, &kernel, &fake.stats, &left, &a);
	assert_int_equal(a.captured + a.dropped + a.left_out, a.received);
	assert_int_equal(a.dropped, a.lost_ring + a.broken + a.failed);
	assert_int_equal(a.unknown, 0);
	if (!break_every && !fail_at)
		assert_true(a.captured && a.left_out);
	assert_int_equal(a.captured, fake.stats.written);
	if (limit && !fail_at)
		assert_true(a.captured == limit || (a.captured < limit && !a.beyond));
	changes_free(changes);
	recorder_free(recorder);
}

static void test_modes(void **state)
{
	(void)state;
	for (uint64_t limit = 0; limit <= 20; limit += 5)
		for (uint64_t fail_at = 0; fail_at <= 12; fail_at += 4)
			for (unsigned int break_every = 0; break_every < 6; break_every++)
				for (unsigned int drop_every = 5; drop_every < 60; drop_every += 9)
					check_modes(limit, fail_at, break_every, drop_every);
}

/* ---- capture_account() */

/* A run in which `matched` records matched, some of which were lost on each way. */
static void check_run(uint64_t limit, uint64_t fail_at, unsigned int break_every,
		      unsigned int lose_every)
{
	const uint64_t matched = 30;
	struct ev_stats kernel = {.lost_id = 4};
	struct account a;
	struct fake fake;
	struct capture c = begin(&fake, limit, fail_at);

	for (uint64_t i = 1; i <= matched; i++) {
		kernel.matched++;
		if (lose_every && i % lose_every == 0)
			kernel.lost_ring++;
		else if (lose_every && i % lose_every == 1)
			kernel.lost_size++;
		else if (break_every && i % break_every == 0)
			take_broken(&c);
		else
			take(&c, i);
	}
	capture_account(&c, &kernel, &fake.stats, NULL, &a);
	assert_int_equal(a.captured, fake.stats.written);
	assert_int_equal(a.captured + a.dropped, a.received);
	assert_int_equal(a.received + a.beyond, matched);
	assert_int_equal(a.lost_ring, kernel.lost_ring);
	assert_int_equal(a.lost_size, kernel.lost_size);
	assert_int_equal(a.dropped, a.lost_ring + a.lost_size + a.broken + a.failed);
	assert_int_equal(a.unknown, 0);
	assert_int_equal(a.no_id, 4);
	if (limit)
		assert_true(a.captured <= limit);
	if (fail_at && fake.calls == fail_at)
		assert_int_equal(a.captured, fail_at - 1);
}

static void test_account_runs(void **state)
{
	(void)state;
	for (uint64_t limit = 0; limit <= 32; limit += 4)
		for (uint64_t fail_at = 0; fail_at <= 32; fail_at += 3)
			for (unsigned int break_every = 0; break_every < 6; break_every++)
				for (unsigned int lose_every = 0; lose_every < 6; lose_every++)
					check_run(limit, fail_at, break_every, lose_every);
}

static void test_account_sum(void **state)
{
	const struct capture c = {.beyond = 7, .broken = 3, .unsunk = 4, .taken = 60};
	const struct ev_stats kernel = {.matched = 107,
					.lost_ring = 20,
					.lost_size = 10,
					.lost_id = 5,
					.no_frame = 6,
					.no_head = 8};
	const struct sink_stats sink = {.written = 50, .failed = 6};
	struct account a;

	(void)state;
	memset(&a, 0xff, sizeof(a));
	capture_account(&c, &kernel, &sink, NULL, &a);
	assert_int_equal(a.captured, 50);
	assert_int_equal(a.received, 100);
	assert_int_equal(a.dropped, 50);
	assert_int_equal(a.lost_ring, 20);
	assert_int_equal(a.lost_size, 10);
	assert_int_equal(a.broken, 3);
	assert_int_equal(a.failed, 10);
	assert_int_equal(a.unknown, 7);
	assert_int_equal(a.beyond, 7);
	assert_int_equal(a.no_id, 5);
	assert_int_equal(a.no_frame, 6);
	assert_int_equal(a.no_head, 8);
}

/* ---- account_print() */

static void assert_printed(const struct account *a, const char *want)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	char text[2048];

	assert_true(saved >= 0 && file);
	dup2(fileno(file), STDERR_FILENO);
	account_print(a);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, want);
}

/* What the sink is told before it is closed: it got all but what was dropped. */
static void test_totals(void **state)
{
	const struct ev_stats kernel = {.matched = 100, .lost_ring = 20, .lost_size = 3};
	const struct capture c = {.taken = 70, .beyond = 5, .broken = 2};
	struct sink_totals t;

	(void)state;
	capture_totals(&c, &kernel, &(struct left_out){0}, &t);
	assert_int_equal(t.received, 95);
	assert_int_equal(t.dropped, 25);
	assert_int_equal(t.lost, 23);
	capture_totals(&c, &kernel,
		       &(struct left_out){.unchanged = 1, .recorder = {.undropped = 2}}, &t);
	assert_int_equal(t.received, 92);
	assert_int_equal(t.dropped, 22);
}

static void test_print(void **state)
{
	(void)state;
	assert_printed(&(struct account){0}, "0 packets captured\n"
					     "0 packets received by filter\n"
					     "0 packets dropped by kernel\n");
	assert_printed(&(struct account){.captured = 1, .received = 1},
		       "1 packet captured\n"
		       "1 packet received by filter\n"
		       "0 packets dropped by kernel\n");
	assert_printed(
		&(struct account){.captured = 0, .received = 1, .dropped = 1, .lost_ring = 1},
		"0 packets captured\n"
		"1 packet received by filter\n"
		"1 packet dropped by kernel\n"
		"  1 lost: the ring buffer was full (-B makes it larger)\n");
	assert_printed(
		&(struct account){.captured = UINT64_MAX, .received = UINT64_MAX, .dropped = 2},
		"18446744073709551615 packets captured\n"
		"18446744073709551615 packets received by filter\n"
		"2 packets dropped by kernel\n");
}

/* Each cause has its line, in this order, and only if it is not zero. */
static void test_print_causes(void **state)
{
	const struct account a = {
		.captured = 10,
		.received = 25,
		.dropped = 15,
		.lost_ring = 1,
		.lost_size = 2,
		.broken = 3,
		.failed = 4,
		.unknown = 5,
		.beyond = 6,
		.no_id = 7,
		.no_frame = 8,
		.no_head = 9,
	};

	(void)state;
	assert_printed(&a,
		       "10 packets captured\n"
		       "25 packets received by filter\n"
		       "15 packets dropped by kernel\n"
		       "  1 lost: the ring buffer was full (-B makes it larger)\n"
		       "  2 lost: larger than the largest record\n"
		       "  3 lost: records that could not be read\n"
		       "  4 lost: could not be written\n"
		       "  5 unaccounted for: please report this\n"
		       "  6 more matched after the last one (-c, -W), and are not counted above\n"
		       "  7 captured without an id: too many packets at a time\n"
		       "  8 calls whose stack could not be followed: functions without an skb "
		       "below them are not captured\n"
		       "  9 sightings that no filter saw the headers of: more programs at a time "
		       "than there is room for on a CPU\n");
}

/* What is left out has a line of its own behind the drops, and each cause below it. */
static void test_print_left_out(void **state)
{
	const struct account a = {
		.captured = 1,
		.received = 23,
		.dropped = 1,
		.lost_ring = 1,
		.left_out = 21,
		.left = {.unchanged = 1,
			 .recorder = {.undropped = 2,
				      .older = 3,
				      .after = 4,
				      .no_id = 5,
				      .evicted = 6,
				      .incomplete = 7}},
		.beyond = 8,
	};

	(void)state;
	assert_printed(&a,
		       "1 packet captured\n"
		       "23 packets received by filter\n"
		       "1 packet dropped by kernel\n"
		       "  1 lost: the ring buffer was full (-B makes it larger)\n"
		       "21 packets left out, as asked for\n"
		       "  1 unchanged sightings (--changes)\n"
		       "  2 sightings of packets that were not dropped so (--on-drop)\n"
		       "  3 sightings of dropped packets, before their last ones (--last)\n"
		       "  4 sightings of dropped packets, after the drop\n"
		       "  5 sightings without an id, of which a drop is not known\n"
		       "  6 sightings for which there was no memory (--on-drop)\n"
		       "  7 dropped packets are incomplete for that, and are not counted above\n"
		       "  8 more matched after the last one (-c, -W), and are not counted above\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_limit),       cmocka_unit_test(test_limit),
		cmocka_unit_test(test_broken),	       cmocka_unit_test(test_sink_error),
		cmocka_unit_test(test_account_runs),   cmocka_unit_test(test_account_sum),
		cmocka_unit_test(test_stages),	       cmocka_unit_test(test_modes),
		cmocka_unit_test(test_print_left_out), cmocka_unit_test(test_print),
		cmocka_unit_test(test_totals),	       cmocka_unit_test(test_print_causes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
