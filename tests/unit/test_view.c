// SPDX-License-Identifier: GPL-2.0-only
/* Symbols are those of the machine, whatever they are, or none if it hides them. */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "src/util.h"
#include "src/view.h"

#define SNAPLEN 100

struct fixture {
	struct names *names;
	struct view_state *state;
	struct ksyms *syms; /* read a second time, to compare with; NULL if they are hidden */
	struct ev_hdr hdr;
	struct record rec;
	struct view view;
};

static int setup_group(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->names = names_new();
	if (!f->names || view_open(SNAPLEN, f->names, &f->state))
		return -1;
	if (ksyms_read(NULL, NULL, &f->syms))
		f->syms = NULL;
	*state = f;
	return 0;
}

static int teardown_group(void **state)
{
	struct fixture *f = *state;

	view_close(f->state);
	names_free(f->names);
	ksyms_free(f->syms);
	free(f);
	return 0;
}

static int setup(void **state)
{
	struct fixture *f = *state;

	f->hdr = (struct ev_hdr){.id = 1};
	f->rec = (struct record){.hdr = &f->hdr, .raw = (const uint8_t *)(&f->hdr + 1)};
	memset(&f->view, 0xa5, sizeof(f->view));
	return 0;
}

static void test_empty_record(void **state)
{
	struct fixture *f = *state;

	view_make(f->state, &f->rec, &f->view);
	assert_ptr_equal(f->view.rec, &f->rec);
	assert_string_equal(f->view.comm, "");
	assert_string_equal(f->view.ifname, "");
	assert_string_equal(f->view.stack, "");
	assert_int_equal(f->view.dropped, 0);
	assert_int_equal(f->view.frame.caplen, 0);
	assert_int_equal(f->view.frame.n_pieces, 0);
}

static const struct {
	char raw[16]; /* not always with a NUL at the end */
	const char *text;
} names[] = {
	{"curl", "curl"},
	{"", ""},
	{"\0behind", ""},
	{"before\0behind", "before"},
	{"two words", "two words"},
	{"a\nb\\\t", "a\\x0ab\\x5c\\x09"},
	{"caf\xc3\xa9", "caf\xc3\xa9"},
	{"cut here \xe2\x82", "cut here \\xe2\\x82"},
	{{'s', 'i', 'x', 't', 'e', 'e', 'n', ' ', 'b', 'y', 't', 'e', 's', ' ', 'o', 'k'},
	 "sixteen bytes ok"},
	{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	 "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff"},
};

static void test_names(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		/* The field behind it must not be read as part of it. */
		memset(f->hdr.ifname, 'X', sizeof(f->hdr.ifname));
		memcpy(f->hdr.comm, names[i].raw, sizeof(f->hdr.comm));
		view_make(f->state, &f->rec, &f->view);
		assert_string_equal(f->view.comm, names[i].text);
		assert_string_equal(f->view.ifname, "XXXXXXXXXXXXXXXX");

		memset(f->hdr.comm, '\x01', sizeof(f->hdr.comm));
		memcpy(f->hdr.ifname, names[i].raw, sizeof(f->hdr.ifname));
		view_make(f->state, &f->rec, &f->view);
		assert_string_equal(f->view.ifname, names[i].text);
		/* The longest that there is. */
		assert_int_equal(strlen(f->view.comm), 64);
		assert_memory_equal(f->view.comm + 60, "\\x01", 5);
	}
}

static uint64_t dropped(struct fixture *f, uint32_t cpu, uint64_t lost)
{
	f->hdr.cpu = cpu;
	f->hdr.lost = lost;
	view_make(f->state, &f->rec, &f->view);
	return f->view.dropped;
}

static void test_dropped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dropped(f, 0, 0), 0);
	assert_int_equal(dropped(f, 0, 5), 5);
	assert_int_equal(dropped(f, 0, 5), 0);
	assert_int_equal(dropped(f, 0, 9), 4);
	/* Out of order: neither twice nor below zero. */
	assert_int_equal(dropped(f, 0, 7), 0);
	assert_int_equal(dropped(f, 0, 9), 0);
	assert_int_equal(dropped(f, 0, 1ULL << 40), (1ULL << 40) - 9);
}

/* Each CPU counts for itself; a number that no CPU has is not trusted. */
static void test_dropped_per_cpu(void **state)
{
	struct fixture *f = *state;
	int cpus = libbpf_num_possible_cpus();
	struct view_state *other = NULL;

	assert_true(cpus > 0);
	for (int cpu = 1; cpu < cpus; cpu++)
		assert_int_equal(dropped(f, cpu, 10 + cpu), 10 + cpu);
	for (int cpu = 1; cpu < cpus; cpu++)
		assert_int_equal(dropped(f, cpu, 11 + cpu), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(dropped(f, cpus, 5 + i), 0);
		assert_int_equal(dropped(f, cpus + 1, 5 + i), 0);
		assert_int_equal(dropped(f, UINT32_MAX, 5 + i), 0);
	}
	/* And each state for itself. */
	assert_int_equal(view_open(SNAPLEN, f->names, &other), 0);
	f->hdr.cpu = 0;
	f->hdr.lost = 3;
	view_make(other, &f->rec, &f->view);
	assert_int_equal(f->view.dropped, 3);
	view_close(other);
}

/* What is known is not looked for among the symbols. */
static void test_known(void **state)
{
	static const struct ksym known[] = {
		{.addr = 0xffffffff90000040, .name = "second", .module = "mod"},
		{.addr = 0xffffffff90000014, .name = "first"},
	};
	struct fixture *f = *state;
	struct names *own = names_new();
	struct view_state *other = NULL;

	assert_non_null(own);
	assert_int_equal(names_know(own, known, ARRAY_SIZE(known)), 0);
	assert_int_equal(view_open(SNAPLEN, own, &other), 0);
	/* The entry, 4 bytes before the call to ftrace. */
	f->hdr.func_ip = 0xffffffff90000010;
	view_make(other, &f->rec, &f->view);
	assert_string_equal(f->view.func, "first");
	assert_null(f->view.module);
	f->hdr.func_ip = 0xffffffff90000040;
	view_make(other, &f->rec, &f->view);
	assert_string_equal(f->view.func, "second");
	assert_string_equal(f->view.module, "mod");
	view_close(other);
	names_free(own);
}

/* Structs are shown if somebody knows them, and if there is an skb. */
static void test_dump(void **state)
{
	static const struct ev_dump part = {.kind = EV_DUMP_DEV};
	struct fixture *f = *state;

	f->rec.dumps[EV_DUMP_DEV] = &part;
	view_make(f->state, &f->rec, &f->view);
	assert_null(view_dump(&f->view, EV_DUMP_DEV));
	/* It is handed on only. */
	view_set_dumper(f->state, (struct dumper *)f);
	view_make(f->state, &f->rec, &f->view);
	assert_ptr_equal(f->view.dumper, f);
	assert_ptr_equal(view_dump(&f->view, EV_DUMP_DEV), &part);
	assert_null(view_dump(&f->view, EV_DUMP_SKB));
	f->hdr.flags = EV_F_XDP;
	assert_null(view_dump(&f->view, EV_DUMP_DEV));
	f->hdr.flags = EV_F_STACK | EV_F_GONE;
	assert_null(view_dump(&f->view, EV_DUMP_DEV));
	f->hdr.flags = EV_F_STACK;
	assert_ptr_equal(view_dump(&f->view, EV_DUMP_DEV), &part);
	view_set_dumper(f->state, NULL);
}

static void test_open_close(void **state)
{
	struct view_state *other = NULL;
	struct names *own;

	(void)state;
	/* Closed while a thread may still read symbols, and after it has. */
	for (int i = 0; i < 2; i++) {
		own = names_new();
		assert_non_null(own);
		assert_int_equal(view_open(SNAPLEN, own, &other), 0);
		names_read_ahead(own);
		names_read_ahead(own);
		if (i)
			names_symbols(own);
		view_sync_clock(other);
		view_close(other);
		names_free(own);
	}
	view_close(NULL);
	names_free(NULL);
}

static void test_time(void **state)
{
	struct fixture *f = *state;
	struct timespec t;
	uint64_t wall;

	f->hdr.time_ns = clock_now_ns();
	clock_gettime(CLOCK_REALTIME, &t);
	wall = t.tv_sec * 1000000000ULL + t.tv_nsec;
	view_make(f->state, &f->rec, &f->view);
	assert_in_range(f->view.time_ns, wall - 100000000, wall + 100000000);
	wall = f->view.time_ns;
	f->hdr.time_ns += 12345;
	view_make(f->state, &f->rec, &f->view);
	assert_int_equal(f->view.time_ns, wall + 12345);
}

/* What view_make() says of an address must be what the symbols say. */
static void check_function(struct fixture *f, uint64_t addr)
{
	const struct ksym *sym = f->syms ? ksyms_find(f->syms, addr) : NULL;

	f->hdr.func_ip = addr;
	view_make(f->state, &f->rec, &f->view);
	assert_string_equal(f->view.func, sym ? sym->name : "?");
	if (sym && sym->module)
		assert_string_equal(f->view.module, sym->module);
	else
		assert_null(f->view.module);
}

static void test_function(void **state)
{
	struct fixture *f = *state;
	const struct ksym *v;
	size_t n;

	check_function(f, 0);
	check_function(f, 0x10);
	if (!f->syms) {
		print_message("SKIP: the kernel's symbols are hidden\n");
		skip();
	}
	v = ksyms_all(f->syms, &n);
	for (size_t i = 0; i < n; i += 1 + n / 1000)
		check_function(f, v[i].addr);
	check_function(f, v[n - 1].addr);
	/* Addresses that share a place in its memory, in turn. */
	for (int i = 0; i < 20; i++)
		check_function(f, v[n / 2].addr + i % 4 * 1024 * 16);
	check_function(f, 0);
}

static void test_stack(void **state)
{
	static const uint64_t unknown[] = {0x30, 0x20, 0x10};
	struct fixture *f = *state;
	char want[600];
	uint64_t stack[2] = {0x20};
	const struct ksym *sym;
	size_t n;

	f->rec.stack = unknown;
	f->rec.stack_len = 3;
	view_make(f->state, &f->rec, &f->view);
	assert_string_equal(f->view.stack, "0x30\n0x20\n0x10");
	if (!f->syms)
		return;
	sym = ksyms_all(f->syms, &n);
	sym = ksyms_find(f->syms, sym[n / 2].addr);
	stack[1] = sym->addr;
	f->rec.stack = stack;
	f->rec.stack_len = 2;
	view_make(f->state, &f->rec, &f->view);
	snprintf(want, sizeof(want), "0x20\n%s+0x0%s%s%s", sym->name, sym->module ? " [" : "",
		 sym->module ?: "", sym->module ? "]" : "");
	assert_string_equal(f->view.stack, want);
}

/* BPF programs are found before symbols, and stacks begin with them. */
static void test_programs(void **state)
{
	static const uint64_t stack[] = {0x30, 0x20, 0x1010, 0x10};
	struct prog v[] = {
		{.id = 5,
		 .kind = PROG_XDP,
		 .name = "first",
		 .addr = 0x1000,
		 .len = 32,
		 .func_ip = 0x1000},
		{.id = 9, .kind = PROG_TC, .name = "hidden", .func_ip = 9 << 4},
	};
	const struct progs progs = {.v = v, .n = 2};
	struct fixture *f = *state;

	/* What is remembered from before is not what counts now. */
	f->hdr.func_ip = 0x1000;
	view_make(f->state, &f->rec, &f->view);
	assert_null(f->view.prog);
	view_set_progs(f->state, &progs);
	f->rec.stack = stack;
	f->rec.stack_len = 4;
	view_make(f->state, &f->rec, &f->view);
	assert_ptr_equal(f->view.prog, &v[0]);
	assert_string_equal(f->view.func, "first");
	assert_string_equal(f->view.module, "bpf");
	assert_string_equal(f->view.stack, "0x1010\n0x10");
	f->hdr.func_ip = 9 << 4;
	view_make(f->state, &f->rec, &f->view);
	assert_ptr_equal(f->view.prog, &v[1]);
	assert_string_equal(f->view.stack, "0x30\n0x20\n0x1010\n0x10");
	check_function(f, 0x2000);
	assert_null(f->view.prog);
	view_set_progs(f->state, NULL);
	check_function(f, 0x1000);
	assert_null(f->view.prog);
}

/* The frame is that of frame_build(), cut to the snaplen. */
static void test_frame(void **state)
{
	struct fixture *f = *state;
	uint8_t raw[200];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = i;
	f->rec.raw = raw;
	f->hdr.raw_len = 60;
	view_make(f->state, &f->rec, &f->view);
	assert_int_equal(f->view.frame.caplen, 60);
	f->hdr.raw_len = sizeof(raw);
	f->hdr.l2 = FRAME_L2_SYNTH | htons(0x0800);
	view_make(f->state, &f->rec, &f->view);
	assert_int_equal(f->view.frame.caplen, SNAPLEN);
	assert_int_equal(f->view.frame.n_pieces, 2);
	assert_memory_equal(f->view.frame.pieces[0].data, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0", 14);
	assert_ptr_equal(f->view.frame.pieces[1].data, raw);
	assert_int_equal(f->view.frame.pieces[1].len, SNAPLEN - 14);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

static int read_reasons(void *context, struct reasons *reasons)
{
	(*(int *)context)++;
	return reasons_add(reasons, "SKB_DROP_REASON_NO_SOCKET", 3);
}

static void assert_drop(struct fixture *f, uint32_t flags, uint32_t reason, const char *want)
{
	f->hdr.flags = flags;
	f->hdr.drop_reason = reason;
	view_make(f->state, &f->rec, &f->view);
	assert_string_equal(f->view.drop ?: "no", want);
	assert_null(f->view.changed);
}

static void test_drop(void **state)
{
	struct fixture *f = *state;
	int reads = 0;
	struct reasons *reasons = reasons_new(read_reasons, &reads);

	view_set_reasons(f->state, reasons);
	assert_drop(f, 0, 3, "no");
	assert_drop(f, EV_F_DROP, 3, "yes");
	assert_int_equal(reads, 0);
	assert_drop(f, EV_F_DROP | EV_F_REASON, 3, "NO_SOCKET");
	assert_drop(f, EV_F_DROP | EV_F_REASON, 0x30001, "0x30001");
	assert_int_equal(reads, 1);
	assert_null(f->view.drop_at);
	view_set_reasons(f->state, NULL);
	assert_drop(f, EV_F_DROP | EV_F_REASON, 3, "0x3");
	reasons_free(reasons);
}

/* A symbol that the machine has, or the address where it hides them. */
static void test_drop_at(void **state)
{
	struct fixture *f = *state;
	const struct ksym *sym = NULL;
	char want[300] = "0x10";
	size_t n;

	f->hdr.drop_at = 0x10;
	if (f->syms) {
		sym = &ksyms_all(f->syms, &n)[0];
		sym = &sym[n / 2];
		sym = ksyms_find(f->syms, sym->addr);
		f->hdr.drop_at = sym->addr;
		snprintf(want, sizeof(want), "%s+0x0", sym->name);
	}
	f->hdr.flags = 0;
	view_make(f->state, &f->rec, &f->view);
	assert_null(f->view.drop_at);
	f->hdr.flags = EV_F_DROP;
	view_make(f->state, &f->rec, &f->view);
	assert_string_equal(f->view.drop_at, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty_record), TEST(test_names),
		TEST(test_dropped),	 TEST(test_dropped_per_cpu),
		TEST(test_known),	 TEST(test_dump),
		TEST(test_open_close),	 TEST(test_time),
		TEST(test_function),	 TEST(test_programs),
		TEST(test_stack),	 TEST(test_frame),
		TEST(test_drop),	 TEST(test_drop_at),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
