// SPDX-License-Identifier: GPL-2.0-only
/* src/progs.c, on programs that the test loads itself: that takes privileges, but no tracing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cmocka.h>

#include "src/progs.h"
#include "src/util.h"

#define LONG_NAME "a_program_with_a_name_of_more_than_fifteen_bytes"

/* Types of `int NAME(void *ctx)` and `int behind(void *ctx)`; returns a descriptor. */
static int load_types(const char *name)
{
	struct btf *btf = btf__new_empty();
	int integer, pointer, proto, fd;

	assert_non_null(btf);
	integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	pointer = btf__add_ptr(btf, 0);
	proto = btf__add_func_proto(btf, integer);
	assert_int_equal(btf__add_func_param(btf, "ctx", pointer), 0);
	assert_int_equal(btf__add_func(btf, "behind", BTF_FUNC_STATIC, proto), proto + 1);
	assert_int_equal(btf__add_func(btf, name, BTF_FUNC_GLOBAL, proto), proto + 2);
	assert_int_equal(btf__load_into_kernel(btf), 0);
	fd = dup(btf__fd(btf));
	btf__free(btf);
	return fd;
}

/* A program of two functions, the entry and one that it calls. Returns -errno if it is refused. */
static int load(enum bpf_prog_type type, const char *name, bool with_types)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	/* As load_types() numbers them. */
	struct bpf_func_info funcs[] = {{0, 5}, {2, 4}};
	int btf_fd = with_types ? load_types(name) : -1;
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	char short_name[BPF_OBJ_NAME_LEN];
	int fd;

	if (with_types) {
		opts.prog_btf_fd = btf_fd;
		opts.func_info = funcs;
		opts.func_info_cnt = ARRAY_SIZE(funcs);
		opts.func_info_rec_size = sizeof(funcs[0]);
	}
	snprintf(short_name, sizeof(short_name), "%s", name);
	fd = bpf_prog_load(type, short_name, "GPL", insns, ARRAY_SIZE(insns), &opts);
	if (btf_fd >= 0)
		close(btf_fd);
	return fd;
}

static uint32_t id_of(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info.id;
}

static const struct prog *by_id(const struct progs *progs, uint32_t id)
{
	for (size_t i = 0; i < progs->n; i++)
		if (progs->v[i].id == id)
			return &progs->v[i];
	return NULL;
}

/* Other programs may be loaded on this machine: only ours are looked at. */
static void test_discover(void **state)
{
	static const bool all[PROG_KINDS] = {true, true}, xdp[PROG_KINDS] = {[PROG_XDP] = true};
	int fds[] = {
		load(BPF_PROG_TYPE_XDP, LONG_NAME, true),
		load(BPF_PROG_TYPE_SCHED_CLS, "a_cls", true),
		load(BPF_PROG_TYPE_SCHED_ACT, "an_act", true),
		load(BPF_PROG_TYPE_SOCKET_FILTER, "a_filter", true),
		load(BPF_PROG_TYPE_XDP, "untyped", false),
	};
	const struct prog *p[ARRAY_SIZE(fds)];
	struct progs progs;

	if (fds[0] == -EPERM) {
		skip();
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		assert_true(fds[i] >= 0);
	assert_int_equal(progs_discover(all, &progs), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		p[i] = by_id(&progs, id_of(fds[i]));
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(p[i]);
		assert_int_equal(p[i]->entry_id, 5);
		assert_int_equal(p[i]->kind, i ? PROG_TC : PROG_XDP);
		assert_ptr_equal(progs_find(&progs, p[i]->func_ip), p[i]);
		assert_int_equal(p[i]->func_ip, p[i]->addr ? p[i]->addr : (uint64_t)p[i]->id << 4);
	}
	assert_string_equal(p[0]->name, LONG_NAME);
	assert_string_equal(p[1]->name, "a_cls");
	assert_string_equal(p[2]->name, "an_act");
	assert_null(p[3]);
	assert_null(p[4]);
	assert_true(progs.skipped[PROG_XDP] >= 1);
	assert_null(progs_find(&progs, 1));
	progs_free(&progs);

	assert_int_equal(progs_discover(xdp, &progs), 0);
	assert_non_null(by_id(&progs, id_of(fds[0])));
	assert_null(by_id(&progs, id_of(fds[1])));
	assert_int_equal(progs.skipped[PROG_TC], 0);
	progs_free(&progs);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void test_none_wanted(void **state)
{
	static const bool none[PROG_KINDS] = {0};
	struct progs progs;

	assert_int_equal(progs_discover(none, &progs), 0);
	assert_int_equal(progs.n, 0);
	progs_free(&progs);
	/* And once more, as after an error elsewhere. */
	progs_free(&progs);
}

static void test_stack_start(void **state)
{
	const uint64_t stack[] = {0x9000, 0x8000, 0x1000, 0x10ff, 0x7000};
	const struct prog prog = {.addr = 0x1000, .len = 0x100}, hidden = {.addr = 0, .len = 0};
	const struct prog absent = {.addr = 0x2000, .len = 0x100};

	assert_int_equal(prog_stack_start(&prog, stack, ARRAY_SIZE(stack)), 2);
	assert_int_equal(prog_stack_start(&prog, stack + 3, 2), 0);
	assert_int_equal(prog_stack_start(&prog, stack, 2), 0);
	assert_int_equal(prog_stack_start(&prog, stack, 0), 0);
	assert_int_equal(prog_stack_start(&hidden, stack, ARRAY_SIZE(stack)), 0);
	assert_int_equal(prog_stack_start(&absent, stack, ARRAY_SIZE(stack)), 0);
}

static void test_kind_names(void **state)
{
	assert_string_equal(prog_kind_name(PROG_TC), "tc");
	assert_string_equal(prog_kind_name(PROG_XDP), "xdp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discover),
		cmocka_unit_test(test_none_wanted),
		cmocka_unit_test(test_stack_start),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
