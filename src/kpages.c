// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/kallsyms has all symbols, and it takes the kernel a second to print them on a slow machine.
 * Since 5.16 a BPF program can ask for one by its name.  It is so small that it is put together
 * here.  Older kernels take far longer to attach to than to print their symbols.
 */
#include "src/kpages.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/util.h"

/* Longer than both names, and a multiple of 8. */
#define NAME_ROOM 24

static const struct variable {
	char name[NAME_ROOM];
	size_t offset; /* of its address in struct kpages */
} variables[] = {
	{"vmemmap_base", offsetof(struct kpages, vmemmap_base)},
	{"page_offset_base", offsetof(struct kpages, page_offset_base)},
};

static uint64_t *place(const struct variable *v, struct kpages *pages)
{
	return (uint64_t *)((char *)pages + v->offset);
}

/* Instructions, as far as they are needed; with the numbers of registers. */
#define MOVE(dst, src)                                                              \
	{                                                                           \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src \
	}
#define MOVE_IMM(dst, value)                                                      \
	{                                                                         \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = dst, .imm = value \
	}
#define ADD_IMM(dst, value)                                                       \
	{                                                                         \
		.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = dst, .imm = value \
	}
#define LOAD(dst, src, at)                                                                    \
	{                                                                                     \
		.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = dst, .src_reg = src, .off = at \
	}
#define STORE(dst, at, src)                                                                   \
	{                                                                                     \
		.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = dst, .src_reg = src, .off = at \
	}
#define STORE_IMM(dst, at, value)                                                         \
	{                                                                                 \
		.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = dst, .off = at, .imm = value \
	}
#define CALL(helper)                                      \
	{                                                 \
		.code = BPF_JMP | BPF_CALL, .imm = helper \
	}
#define EXIT                               \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}

/* On the stack: the name, and above it the answer. */
#define ANSWER_AT    (-8)
#define NAME_AT	     (ANSWER_AT - NAME_ROOM)

#define NAME_PART(i) STORE_IMM(BPF_REG_10, NAME_AT + 4 * (i), part[i])

/* A program that puts a symbol's address into its context, and returns the helper's error. */
static int load_lookup(const char *name)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	int32_t part[NAME_ROOM / 4];

	memcpy(part, name, sizeof(part));
	const struct bpf_insn code[] = {
		MOVE(BPF_REG_6, BPF_REG_1),
		NAME_PART(0),
		NAME_PART(1),
		NAME_PART(2),
		NAME_PART(3),
		NAME_PART(4),
		NAME_PART(5),
		STORE_IMM(BPF_REG_10, ANSWER_AT, 0),
		STORE_IMM(BPF_REG_10, ANSWER_AT + 4, 0),
		MOVE(BPF_REG_1, BPF_REG_10),
		ADD_IMM(BPF_REG_1, NAME_AT),
		MOVE_IMM(BPF_REG_2, NAME_ROOM),
		MOVE_IMM(BPF_REG_3, 0),
		MOVE(BPF_REG_4, BPF_REG_10),
		ADD_IMM(BPF_REG_4, ANSWER_AT),
		CALL(BPF_FUNC_kallsyms_lookup_name),
		LOAD(BPF_REG_1, BPF_REG_10, ANSWER_AT),
		STORE(BPF_REG_6, 0, BPF_REG_1),
		EXIT,
	};

	return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "pwru_cap_lookup", "GPL", code,
			     ARRAY_SIZE(code), &opts);
}

static int look_up(const struct variable *v, struct kpages *pages)
{
	uint64_t answer = 0;
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &answer, .ctx_size_in = sizeof(answer));
	int fd = load_lookup(v->name), err;

	if (fd < 0)
		return -EOPNOTSUPP;
	err = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	if (err)
		return -EOPNOTSUPP;
	*place(v, pages) = answer;
	return (int)run.retval;
}

static const struct variable *find_variable(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (strlen(variables[i].name) == len && !memcmp(name, variables[i].name, len))
			return &variables[i];
	return NULL;
}

/* "ffffffff82a21a10 D vmemmap_base\n" */
static const struct variable *parse_line(const char *line, uint64_t *ret_addr)
{
	char *p;

	*ret_addr = strtoull(line, &p, 16);
	if (p == line || p[0] != ' ' || !p[1] || !strchr("dDbBrR", p[1]) || p[2] != ' ')
		return NULL;
	return find_variable(p + 3, strcspn(p + 3, "\n"));
}

int kpages_scan(FILE *kallsyms, struct kpages *ret_pages)
{
	struct kpages pages = {0};
	size_t found = 0, cap = 0;
	bool hidden = false;
	char *line = NULL;

	while (found < ARRAY_SIZE(variables) && getline(&line, &cap, kallsyms) > 0) {
		uint64_t addr;
		const struct variable *v = parse_line(line, &addr);

		if (!v || *place(v, &pages))
			continue;
		*place(v, &pages) = addr;
		hidden |= !addr;
		found += addr != 0;
	}
	free(line);
	if (ferror(kallsyms))
		return -EIO;
	if (found < ARRAY_SIZE(variables))
		return hidden ? -EPERM : -ENOENT;
	*ret_pages = pages;
	return 0;
}

static int read_kallsyms(struct kpages *ret_pages)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	int err;

	if (!f)
		return -errno;
	err = kpages_scan(f, ret_pages);
	fclose(f);
	return err;
}

int kpages_find(struct kpages *ret_pages)
{
#ifdef __x86_64__
	struct kpages pages = {0};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		int err = look_up(&variables[i], &pages);

		if (err == -EOPNOTSUPP)
			return read_kallsyms(ret_pages);
		if (err)
			return err;
	}
	*ret_pages = pages;
	return 0;
#else
	(void)look_up;
	(void)read_kallsyms;
	(void)ret_pages;
	return -EOPNOTSUPP;
#endif
}
