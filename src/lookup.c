// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BPF program that is run by us, not by an event (BPF_PROG_TYPE_SYSCALL, 5.14), and that asks
 * bpf_kallsyms_lookup_name() (5.16).  To that, a name "module:function" is a module's function.
 */
#include "src/lookup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

/* What the program is given, and where it leaves the answer. */
struct question {
	uint64_t addr;
	char name[200]; /* the rest is zero */
};

#define WORD	   8
#define NAME_WORDS (sizeof(((struct question *)0)->name) / WORD)
/* On the program's stack, from its end. */
#define ADDR_AT -WORD
#define NAME_AT (ADDR_AT - (int)NAME_WORDS * WORD)

#define LOAD(dst, src, at)  \
	((struct bpf_insn){ \
		.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = dst, .src_reg = src, .off = at})
#define STORE(dst, at, src) \
	((struct bpf_insn){ \
		.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = dst, .src_reg = src, .off = at})
#define MOVE(dst, src) \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src})
#define SET(dst, value) \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = dst, .imm = value})
#define ADD(dst, value) \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = dst, .imm = value})

/* The name is copied to the stack, as the helper takes none from the context. */
static size_t make_program(struct bpf_insn *insns)
{
	struct bpf_insn *p = insns;

	*p++ = MOVE(BPF_REG_6, BPF_REG_1);
	for (size_t i = 0; i < NAME_WORDS; i++) {
		*p++ = LOAD(BPF_REG_1, BPF_REG_6, offsetof(struct question, name) + i * WORD);
		*p++ = STORE(BPF_REG_10, NAME_AT + (int)i * WORD, BPF_REG_1);
	}
	*p++ = SET(BPF_REG_3, 0);
	*p++ = STORE(BPF_REG_10, ADDR_AT, BPF_REG_3);
	*p++ = MOVE(BPF_REG_1, BPF_REG_10);
	*p++ = ADD(BPF_REG_1, NAME_AT);
	*p++ = SET(BPF_REG_2, NAME_WORDS * WORD);
	*p++ = MOVE(BPF_REG_4, BPF_REG_10);
	*p++ = ADD(BPF_REG_4, ADDR_AT);
	*p++ = (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_kallsyms_lookup_name};
	*p++ = LOAD(BPF_REG_1, BPF_REG_10, ADDR_AT);
	*p++ = STORE(BPF_REG_6, offsetof(struct question, addr), BPF_REG_1);
	*p++ = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	return p - insns;
}

int lookup_open(void)
{
	struct bpf_insn insns[2 * NAME_WORDS + 16];
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);

	return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, NULL, "GPL", insns, make_program(insns), &opts);
}

int lookup_function(int fd, const char *module, const char *name, uint64_t *ret_addr)
{
	struct question question = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &question, .ctx_size_in = sizeof(question));
	size_t room = sizeof(question.name);
	int err;

	if ((size_t)snprintf(question.name, room, "%s:%s", module, name) >= room)
		return -ENAMETOOLONG;
	err = bpf_prog_test_run_opts(fd, &opts);
	if (err)
		return err;
	if (opts.retval)
		return (int)opts.retval;
	*ret_addr = question.addr;
	return 0;
}
