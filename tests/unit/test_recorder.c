// SPDX-License-Identifier: GPL-2.0-only
#include "src/recorder.h"

#include "src/util.h"
#include "tests/unit/stages.h"

#define MIB	((size_t)1 << 20)
#define RELEASE 0xffffffff81001000
#define DATA	0xffffffff81002000
#define OTHER	0xffffffff81003000
#define SKB(n)	(0xff1234560000 + (uint64_t)(n)*0x100)

struct fixture {
	struct recorder *recorder;
	struct recorder_stats stats;
	struct reason_set reasons;
	struct catcher out;
	size_t max;
	uint64_t fed;
};

static void begin_with(struct fixture *f, uint64_t last, size_t bytes, uint32_t *reasons,
		       size_t n_reasons)
{
	*f = (struct fixture){
		.out.stage.take = catch_it,
		.reasons = {.v = reasons, .n = n_reasons},
	};
	f->recorder = recorder_new(&(struct recorder_opts){
		.last = last,
		.bytes = bytes,
		.reasons = &f->reasons,
		.release = RELEASE,
		.data = DATA,
	});
	assert_non_null(f->recorder);
	recorder_stage(f->recorder)->next = &f->out.stage;
}

static void begin(struct fixture *f, uint64_t last)
{
	begin_with(f, last, MIB, NULL, 0);
}

static void see(struct fixture *f, const struct ev_hdr *hdr, const void *raw)
{
	struct ev_hdr h = *hdr;

	h.time_ns = ++f->fed;
	feed(recorder_stage(f->recorder), &h, NULL, raw);
	if (recorder_bytes(f->recorder) > f->max)
		f->max = recorder_bytes(f->recorder);
}

static void sight(struct fixture *f, uint64_t id, uint64_t func, uint32_t flags, uint32_t reason)
{
	see(f,
	    &(struct ev_hdr){.id = id,
			     .skb = SKB(id),
			     .func_ip = func,
			     .flags = flags,
			     .drop_reason = reason},
	    NULL);
}

static void pass(struct fixture *f, uint64_t id)
{
	sight(f, id, OTHER, 0, 0);
}

static void drop(struct fixture *f, uint64_t id)
{
	sight(f, id, OTHER, EV_F_DROP | EV_F_REASON, 8);
}

static void release(struct fixture *f, uint64_t id)
{
	sight(f, id, RELEASE + 4, 0, 0);
	sight(f, id, DATA + 4, 0, 0);
}

/* Each sighting is handed on, or counted once. */
static void end(struct fixture *f)
{
	struct recorder_stats *s = &f->stats;

	recorder_end(f->recorder, s);
	assert_int_equal(f->out.caught + s->undropped + s->older + s->after + s->no_id + s->evicted,
			 f->fed);
	recorder_free(f->recorder);
	buf_free(&f->out.text);
}

static void test_last(void **state)
{
	static const struct {
		uint64_t last;
		const char *want;
		uint64_t older;
	} rows[] = {
		{1, "5!", 4},	      {2, "4 5!", 3},	    {4, "2 3 4 5!", 1},
		{5, "1 2 3 4 5!", 0}, {6, "1 2 3 4 5!", 0}, {UINT64_MAX, "1 2 3 4 5!", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture f;

		begin(&f, rows[i].last);
		for (int n = 0; n < 4; n++)
			pass(&f, 1);
		drop(&f, 1);
		/* The kernel frees it. */
		release(&f, 1);
		pass(&f, 1);
		assert_caught(&f.out, rows[i].want);
		end(&f);
		assert_int_equal(f.stats.older, rows[i].older);
		assert_int_equal(f.stats.after, 3);
		assert_int_equal(f.stats.undropped + f.stats.evicted + f.stats.incomplete, 0);
	}
}

/* Of many packets that are mixed up, two are dropped. */
static void test_mixed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 3);
	for (int round = 0; round < 4; round++)
		for (uint64_t id = 1; id <= 10; id++)
			pass(&f, id); /* 10 * round + id */
	drop(&f, 3);
	drop(&f, 7);
	for (uint64_t id = 1; id <= 10; id++)
		release(&f, id);
	assert_caught(&f.out, "23 33 41! 27 37 42!");
	end(&f);
	assert_int_equal(f.stats.older, 4);
	assert_int_equal(f.stats.after, 4);
	assert_int_equal(f.stats.undropped, 8 * 6);
}

static void test_reasons(void **state)
{
	uint32_t wanted[] = {8, 0x30002};
	static const struct {
		uint32_t flags, reason;
		const char *want;
	} rows[] = {
		{EV_F_DROP | EV_F_REASON, 8, "1 2!"},
		{EV_F_DROP | EV_F_REASON, 0x30002, "1 2!"},
		{EV_F_DROP | EV_F_REASON, 2, ""},
		{EV_F_DROP, 8, ""},
		{0, 8, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture f;

		begin_with(&f, 5, MIB, wanted, ARRAY_SIZE(wanted));
		pass(&f, 1);
		sight(&f, 1, OTHER, rows[i].flags, rows[i].reason);
		pass(&f, 1);
		assert_caught(&f.out, rows[i].want);
		end(&f);
		assert_int_equal(f.stats.undropped, *rows[i].want ? 0 : 3);
		assert_int_equal(f.stats.after, *rows[i].want ? 1 : 0);
	}
}

/* The end of a life gives the memory back: when it is freed, and when its address is another's. */
static void test_ends(void **state)
{
	struct fixture f;
	size_t before;

	(void)state;
	begin(&f, 100);
	pass(&f, 1);
	before = recorder_bytes(f.recorder);
	for (int i = 0; i < 10; i++)
		pass(&f, 1);
	assert_true(recorder_bytes(f.recorder) >= before + 10 * sizeof(struct ev_hdr));
	/* Its data is exchanged, and it lives on. */
	sight(&f, 1, DATA, 0, 0);
	assert_true(recorder_bytes(f.recorder) > before);
	release(&f, 1);
	assert_true(recorder_bytes(f.recorder) < before);
	assert_int_equal(f.out.caught, 0);
	/* What comes late does not make it live again. */
	drop(&f, 1);
	assert_int_equal(f.out.caught, 0);
	see(&f, &(struct ev_hdr){.id = 2, .skb = SKB(1)}, NULL);
	see(&f, &(struct ev_hdr){.id = 2, .skb = SKB(1), .flags = EV_F_DROP}, NULL);
	assert_caught(&f.out, "16 17!");
	see(&f, &(struct ev_hdr){.id = 3, .skb = SKB(1)}, NULL);
	see(&f, &(struct ev_hdr){.id = 4, .skb = SKB(1), .flags = EV_F_DROP}, NULL);
	assert_caught(&f.out, "19!");
	end(&f);
	assert_int_equal(f.stats.undropped, 16);
}

/* Of no known packet: a drop is written, the rest cannot be told. */
static void test_no_id(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 10);
	pass(&f, 0);
	pass(&f, 0);
	drop(&f, 0);
	assert_caught(&f.out, "3!");
	end(&f);
	assert_int_equal(f.stats.no_id, 2);
}

/* What a stage before has left out is not kept, and ends a life all the same. */
static void test_left_out(void **state)
{
	const struct ev_hdr free_hdr[] = {
		{.id = 1, .skb = SKB(1), .func_ip = RELEASE},
		{.id = 1, .skb = SKB(1), .func_ip = DATA},
	};
	struct sighting s = {.left_out = true};
	struct fixture f;

	(void)state;
	begin(&f, 10);
	pass(&f, 1);
	for (size_t i = 0; i < ARRAY_SIZE(free_hdr); i++) {
		assert_int_equal(record_parse(&free_hdr[i], sizeof(free_hdr[i]), &s.rec), 0);
		recorder_stage(f.recorder)->take(recorder_stage(f.recorder), &s);
	}
	drop(&f, 1);
	assert_caught(&f.out, "");
	end(&f);
	assert_int_equal(f.stats.undropped, 2);
}

/* Functions return when another packet is at the address already; nothing ends or begins by that.
 */
static void test_returns(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 10);
	pass(&f, 1);
	sight(&f, 1, OTHER, EV_F_GONE | EV_F_RETURN, 0);
	/* As entries these would be its end. */
	sight(&f, 1, RELEASE, EV_F_GONE | EV_F_RETURN, 0);
	sight(&f, 1, DATA, EV_F_GONE | EV_F_RETURN, 0);
	/* Another life at the same address, and one that is not known. */
	see(&f, &(struct ev_hdr){.id = 7, .skb = SKB(1), .flags = EV_F_GONE | EV_F_RETURN}, NULL);
	sight(&f, 9, OTHER, EV_F_GONE | EV_F_RETURN, 0);
	sight(&f, 0, OTHER, EV_F_GONE | EV_F_RETURN, 0);
	drop(&f, 1);
	sight(&f, 1, OTHER, EV_F_GONE | EV_F_RETURN, 0);
	assert_caught(&f.out, "1 2 3 4 8!");
	end(&f);
	assert_int_equal(f.stats.undropped, 2);
	assert_int_equal(f.stats.no_id, 1);
	assert_int_equal(f.stats.after, 1);
}

/* The record comes out as it went in: bytes, stack, and what changed. */
static const uint64_t stack[4] = {0xffffffff81003000, 0xffffffff81004000};
static const char cb[EV_CB_LEN] = "skb->cb";
static const char section[16] = "fields";
static const char bytes[] = "the packet's bytes";

struct dump {
	struct ev_dump part;
	char bytes[8];
};

static const struct dump dump = {.part = {.addr = 1, .kind = EV_DUMP_DEV, .len = 8},
				 .bytes = "devices"};

static void look(const struct sighting *s)
{
	assert_int_equal(s->rec.hdr->raw_len, sizeof(bytes));
	assert_memory_equal(s->rec.raw, bytes, sizeof(bytes));
	assert_int_equal(s->rec.stack_len, 2);
	assert_memory_equal(s->rec.stack, stack, 16);
	assert_int_equal(s->rec.hdr->mark, 77);
	if (s->rec.hdr->cb_room)
		assert_memory_equal(s->rec.cb, cb, sizeof(cb));
	else
		assert_null(s->rec.cb);
	if (s->rec.hdr->fields_room)
		assert_memory_equal(s->rec.fields, section, sizeof(section));
	else
		assert_null(s->rec.fields);
	if (s->rec.hdr->dump_room)
		assert_memory_equal(s->rec.dumps[EV_DUMP_DEV], &dump, sizeof(dump));
	else
		assert_null(s->rec.dumps[EV_DUMP_DEV]);
	assert_int_equal(!s->rec.hdr->dump_room, !s->rec.hdr->cb_room);
}

static void test_content(void **state)
{
	struct ev_hdr hdr = {.id = 1,
			     .skb = SKB(1),
			     .mark = 77,
			     .raw_len = sizeof(bytes),
			     .wire_len = sizeof(bytes),
			     .stack_room = 4,
			     .stack_bytes = 16,
			     .time_ns = 1};
	struct fixture f;
	struct {
		struct ev_hdr hdr;
		uint64_t stack[4];
		char cb[EV_CB_LEN];
		char section[16];
		struct dump dump;
		char raw[24];
	} record = {.hdr = hdr, .stack = {0xffffffff81003000, 0xffffffff81004000}};
	struct sighting s = {.changed = "ttl,csum"};

	(void)state;
	begin(&f, 10);
	f.out.look = look;
	record.hdr.cb_room = sizeof(cb);
	memcpy(record.cb, cb, sizeof(cb));
	record.hdr.fields_room = sizeof(section);
	memcpy(record.section, section, sizeof(section));
	record.hdr.dump_room = sizeof(dump);
	record.dump = dump;
	memcpy(record.raw, bytes, sizeof(bytes));
	assert_int_equal(record_parse(&record, sizeof(record), &s.rec), 0);
	recorder_stage(f.recorder)->take(recorder_stage(f.recorder), &s);
	hdr.time_ns = 2;
	feed(recorder_stage(f.recorder), &hdr, stack, bytes);
	hdr.time_ns = 3;
	hdr.flags = EV_F_DROP;
	feed(recorder_stage(f.recorder), &hdr, stack, bytes);
	f.fed = 3;
	assert_caught(&f.out, "1=ttl,csum 2 3!");
	end(&f);
}

/* Far more than there is memory for. */
static void test_bound(void **state)
{
	const uint64_t packets = 3000, each = 5;
	char raw[1000] = {0};
	struct fixture f;

	(void)state;
	begin(&f, 100);
	for (uint64_t id = 1; id <= packets; id++)
		for (uint64_t n = 0; n < each; n++)
			see(&f, &(struct ev_hdr){.id = id, .skb = SKB(id), .raw_len = sizeof(raw)},
			    raw);
	assert_true(f.max <= MIB);
	assert_true(f.max > MIB - 10000);
	/* The latest are whole. */
	drop(&f, packets);
	drop(&f, packets - 50);
	assert_int_equal(f.out.caught, 2 * (each + 1));
	end(&f);
	assert_int_equal(f.stats.incomplete, 0);
	assert_true(f.stats.evicted > (packets - 100) * each - MIB / sizeof(raw));
}

/* One that gave its sightings up is dropped: that is said. */
static void test_incomplete(void **state)
{
	char raw[1000] = {0};
	struct fixture f;
	uint64_t id = 2;

	(void)state;
	begin(&f, 100);
	pass(&f, 1);
	pass(&f, 1);
	while (id < 500)
		see(&f, &(struct ev_hdr){.id = id, .skb = SKB(id++), .raw_len = sizeof(raw)}, raw);
	pass(&f, 1);
	drop(&f, 1);
	assert_caught(&f.out, "501 502!");
	end(&f);
	assert_int_equal(f.stats.incomplete, 1);
	assert_true(f.stats.evicted >= 2);
	/* A packet that needs more than there is, alone. */
	begin(&f, 100000);
	for (int i = 0; i < 2000; i++)
		see(&f, &(struct ev_hdr){.id = 1, .skb = SKB(1), .raw_len = sizeof(raw)}, raw);
	assert_true(f.max <= MIB);
	drop(&f, 1);
	assert_true(f.out.caught > 400);
	end(&f);
	assert_int_equal(f.stats.incomplete, 1);
	assert_int_equal(f.stats.evicted, 2001 - f.out.caught);
}

/* Any order of events adds up (in end()), and stays within its memory. */
static void test_random(void **state)
{
	char raw[3000] = {0};
	uint32_t seed = 7;
	struct fixture f;

	(void)state;
	begin_with(&f, 4, 600000, NULL, 0);
	for (int i = 0; i < 200000; i++) {
		uint64_t at, func;
		struct ev_hdr hdr;

		seed = seed * 1664525 + 1013904223;
		at = (seed >> 8) % 300;
		func = (seed >> 20) % 10;
		hdr = (struct ev_hdr){
			.id = (seed >> 28) == 0 ? 0 : at + (i / 5000) * 300 + 1,
			.skb = SKB(at),
			.func_ip = func == 0   ? RELEASE
				   : func == 1 ? DATA
					       : OTHER,
			.flags = func == 2 ? EV_F_DROP : 0,
			.raw_len = (seed >> 4) % sizeof(raw),
		};
		see(&f, &hdr, raw);
	}
	assert_true(f.max <= 600000);
	assert_true(f.out.caught > 1000);
	end(&f);
	assert_true(f.stats.evicted && f.stats.incomplete && f.stats.older && f.stats.after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last),	cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_reasons), cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_id),	cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_returns), cmocka_unit_test(test_content),
		cmocka_unit_test(test_bound),	cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
