// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code that reads fields, in the kernel: what it puts into the section is what a walk over the
 * same memory finds from here.
 *
 * The code goes into a program of type SCHED_CLS, which may be run by hand, as a global function.
 * What it reads is a world of nodes in the value of an array map, whose pointers are addresses in
 * the kernel.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "filter/ebpf.h"
#include "filter/fetch.h"

#define LOG_SIZE  (1 << 20)
#define SIGN_BITS 16

struct node {
	uint64_t self; /* of the first: its address, which the kernel stores */
	uint64_t links[6];
	uint64_t data[8];
	char text[32];
};

#define NODES	   24
#define VALUE_SIZE 4096
#define LINK(i)	   (offsetof(struct node, links) + 8 * (i))
#define DATA(i)	   (offsetof(struct node, data) + (i))

_Static_assert(NODES * sizeof(struct node) <= VALUE_SIZE, "the world fits");

static struct {
	const char *why; /* it cannot be done here, or NULL */
	int world_fd, scratch_fd, btf_fd;
	uint32_t type_ids[2];
	struct node *world;
	const struct fetch_scratch *scratch;
	uint64_t addr; /* of the world, in the kernel */
} k = {.world_fd = -1, .scratch_fd = -1, .btf_fd = -1};

static char verifier_log[LOG_SIZE];

#define LD_MAP_VALUE(DST, FD)                                                      \
	BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, DST, BPF_PSEUDO_MAP_VALUE, 0, FD), \
		BPF_RAW_INSN(0, 0, 0, 0, 0)

static void *map_values(const char *name, uint32_t size, int *ret_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *p;

	*ret_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, size, 1, &opts);
	if (*ret_fd < 0)
		return MAP_FAILED;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *ret_fd, 0);
	return p;
}

static int make_types(void)
{
	struct btf *btf = btf__new_empty();
	int u32, u64, proto, fd;
	const void *raw;
	uint32_t size;

	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	proto = btf__add_func_proto(btf, u32);
	btf__add_func_param(btf, "base", u64);
	k.type_ids[0] = (uint32_t)btf__add_func(btf, "main", BTF_FUNC_STATIC, proto);
	proto = btf__add_func_proto(btf, u32);
	btf__add_func_param(btf, "base", u64);
	btf__add_func_param(btf, "index", u32);
	k.type_ids[1] = (uint32_t)btf__add_func(btf, "pwru_fields", BTF_FUNC_GLOBAL, proto);
	raw = btf__raw_data(btf, &size);
	fd = bpf_btf_load(raw, size, NULL);
	btf__free(btf);
	return fd;
}

static int run(int fd)
{
	uint8_t packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	return bpf_prog_test_run_opts(fd, &opts);
}

/* Let the kernel store the address of the world in it. */
static int learn_address(void)
{
	struct bpf_insn insns[] = {LD_MAP_VALUE(BPF_REG_1, k.world_fd),
				   BPF_STX_MEM(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
				   BPF_MOV64_IMM(BPF_REG_0, 0), BPF_EXIT_INSN()};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "learn", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	if (fd < 0)
		return fd;
	run(fd);
	close(fd);
	k.addr = k.world->self;
	return 0;
}

static int set_up(void **state)
{
	int err;

	(void)state;
	libbpf_set_print(NULL);
	k.world = map_values("world", VALUE_SIZE, &k.world_fd);
	k.scratch = map_values("scratch", sizeof(struct fetch_scratch), &k.scratch_fd);
	if (k.world == MAP_FAILED || k.scratch == MAP_FAILED) {
		k.why = strerror(errno);
		return 0;
	}
	k.btf_fd = make_types();
	err = k.btf_fd < 0 ? k.btf_fd : learn_address();
	if (err)
		k.why = strerror(-err);
	return 0;
}

static int load(const struct insn_buf *code, size_t map)
{
	const struct bpf_insn main_part[] = {
		LD_MAP_VALUE(BPF_REG_1, k.world_fd),
		BPF_LDX_MEM(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
		BPF_MOV64_IMM(BPF_REG_2, 0),
		BPF_CALL_REL(1),
		BPF_EXIT_INSN(),
	};
	const size_t main_cnt = sizeof(main_part) / sizeof(main_part[0]);
	struct bpf_insn *insns = calloc(main_cnt + code->cnt, sizeof(*insns));
	struct bpf_func_info funcs[] = {{0, k.type_ids[0]}, {main_cnt, k.type_ids[1]}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = k.btf_fd, .func_info = funcs,
		    .func_info_cnt = 2, .func_info_rec_size = sizeof(funcs[0]),
		    .log_buf = verifier_log, .log_size = LOG_SIZE, .log_level = 4);
	int fd;

	assert_non_null(insns);
	memcpy(insns, main_part, sizeof(main_part));
	memcpy(insns + main_cnt, code->insns, code->cnt * sizeof(*insns));
	insns[main_cnt + map].imm = k.scratch_fd;
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "fetch", "GPL", insns, main_cnt + code->cnt,
			   &opts);
	free(insns);
	return fd;
}

/* Compiles, loads, runs. */
static void fetch(const struct fetch_field *fields, size_t cnt)
{
	struct insn_buf code = {0};
	size_t map;
	int fd;

	assert_int_equal(fetch_compile(fields, cnt, SIGN_BITS, &code, &map), 0);
	fd = load(&code, map);
	if (fd < 0)
		fail_msg("the verifier: %.2000s", verifier_log);
	memset((void *)k.scratch, 0xee, sizeof(*k.scratch));
	assert_int_equal(run(fd), 0);
	close(fd);
	insn_buf_free(&code);
}

/* The same walk, from here: where the value is; NULL: @ret_status says why not. */
static const uint8_t *walk(const struct fetch_field *f, enum fetch_status *ret_status)
{
	uint64_t at = k.addr;

	for (unsigned int i = 0; i <= f->deref_cnt; i++) {
		if (at < k.addr || at >= k.addr + VALUE_SIZE) {
			*ret_status = at ? FETCH_FAULT : FETCH_NULL;
			return NULL;
		}
		if (i < f->deref_cnt)
			memcpy(&at, (const char *)k.world + (at - k.addr) + f->deref[i],
			       sizeof(at));
	}
	*ret_status = FETCH_OK;
	return (const uint8_t *)k.world + (at - k.addr) + f->offset;
}

/* Returns how many of the values were read. */
static size_t compare(const struct fetch_field *fields, size_t cnt)
{
	size_t at = cnt, good = 0;

	for (size_t i = 0; i < cnt; i++) {
		const struct fetch_field *f = &fields[i];
		enum fetch_status status;
		const uint8_t *value = walk(f, &status);
		size_t n = f->size;

		assert_int_equal(k.scratch->section[i], status);
		if (value && f->is_string)
			n = strnlen((const char *)value, f->size - 1) + 1;
		if (value && f->is_string)
			assert_int_equal(k.scratch->section[at + n - 1], 0);
		if (value)
			assert_memory_equal(k.scratch->section + at, value,
					    f->is_string ? n - 1 : n);
		good += value != NULL;
		at += f->size;
	}
	return good;
}

static uint64_t node_addr(size_t i)
{
	return k.addr + i * sizeof(struct node);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Most pointers lead to a node; others nowhere, in each way that there is. */
static uint64_t random_link(uint64_t *seed)
{
	static const uint64_t bad[] = {0,
				       0,
				       1,
				       4096,
				       0x7fff00001000,
				       0xdead4ead00000000,
				       0xffffffffffffff00,
				       0x0000800000000000};

	if (next_random(seed) % 4)
		return node_addr(next_random(seed) % NODES);
	return bad[next_random(seed) % (sizeof(bad) / sizeof(bad[0]))];
}

static void random_world(uint64_t *seed)
{
	for (size_t i = 0; i < NODES; i++) {
		struct node *n = &k.world[i];

		for (size_t j = 0; j < 6; j++)
			n->links[j] = random_link(seed);
		for (size_t j = 0; j < 8; j++)
			n->data[j] = next_random(seed);
		snprintf(n->text, sizeof(n->text), "node %zu", i);
	}
	k.world[0].self = k.addr;
}

static void random_field(uint64_t *seed, struct fetch_field *f)
{
	static const uint32_t sizes[] = {1, 2, 4, 8, 6, 16, 48};

	*f = (struct fetch_field){.deref_cnt = next_random(seed) % (FETCH_POINTERS + 1)};
	/* Few links, so that paths begin alike. */
	for (unsigned int i = 0; i < f->deref_cnt; i++)
		f->deref[i] = LINK(next_random(seed) % 2);
	f->is_string = next_random(seed) % 4 == 0;
	f->size = f->is_string ? 32 : sizes[next_random(seed) % 7];
	f->offset = f->is_string ? offsetof(struct node, text) : DATA(next_random(seed) % 8);
}

static void test_random(void **state)
{
	struct fetch_field fields[60];
	uint64_t seed = 0x9e3779b97f4a7c15;
	size_t good = 0, all = 0;

	(void)state;
	if (k.why)
		skip();
	for (int round = 0; round < 60; round++) {
		size_t cnt = 1 + next_random(&seed) % 60;

		random_world(&seed);
		for (size_t i = 0; i < cnt; i++)
			random_field(&seed, &fields[i]);
		fetch(fields, cnt);
		good += compare(fields, cnt);
		all += cnt;
	}
	/* Both kinds have to be among them. */
	assert_true(good > all / 10 && good < all - all / 10);
}

/* Many: the code is long, and the verifier has to look at each field once only. */
static void test_most(void **state)
{
	static struct fetch_field fields[1000];
	const size_t cnt = 1000;
	uint64_t seed = 4711;
	char *processed;

	(void)state;
	if (k.why)
		skip();
	random_world(&seed);
	for (size_t i = 0; i < cnt; i++) {
		fields[i] = (struct fetch_field){
			.deref_cnt = i % 3, .offset = DATA(i % 64), .size = 3};
		for (unsigned int j = 0; j < fields[i].deref_cnt; j++)
			fields[i].deref[j] = LINK((i + j) % 6);
	}
	fetch(fields, cnt);
	compare(fields, cnt);
	processed = strstr(verifier_log, "processed ");
	assert_non_null(processed);
	if (atoi(processed + 10) >= 100 * (int)cnt)
		fail_msg("%.100s", processed);
}

static void test_refused(void **state)
{
	static struct fetch_field fields[FETCH_SECTION_MAX];
	struct fetch_field long_path = {.deref_cnt = FETCH_POINTERS + 1, .size = 4};
	struct fetch_field empty = {.offset = 4};
	struct insn_buf code = {0};
	size_t map = 77;

	(void)state;
	for (size_t i = 0; i < FETCH_SECTION_MAX; i++)
		fields[i].size = 1;
	assert_int_equal(fetch_compile(fields, 0, 0, &code, &map), -EINVAL);
	assert_int_equal(fetch_compile(&long_path, 1, 0, &code, &map), -EINVAL);
	assert_int_equal(fetch_compile(&empty, 1, 0, &code, &map), -EINVAL);
	assert_int_equal(fetch_compile(fields, FETCH_SECTION_MAX / 2 + 1, 0, &code, &map), -E2BIG);
	assert_int_equal(fetch_room(fields, FETCH_SECTION_MAX / 2 + 1), FETCH_SECTION_MAX + 8);
	assert_int_equal(fetch_room(fields, 1), 8);
	assert_int_equal(fetch_room(fields, 5), 16);
	assert_int_equal(map, 77);
	assert_int_equal(code.cnt, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
