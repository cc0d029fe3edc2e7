// SPDX-License-Identifier: GPL-2.0-only
/*
 * One array map with a single, big, mmapped value holds all: a header, descriptors, results, and
 * the bytes of frames, skbs and devices. The address of the value is learnt by a program that
 * writes it into the value; descriptors then hold addresses as plain numbers, as the frame code
 * in bpf/ has them.
 *
 * The program around the filter is assembled here, with BTF, and a stub; the filter goes in
 * by splice().
 */
#include "tests/filter/kern.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filter/ebpf.h"
#include "filter/splice.h"
#include "tests/filter/runner.h"

#define LOG_SIZE   (1 << 20)
#define FRAME_ROOM (FRAME_MAX + FRAME_TAIL + 16)
#define SKB_ROOM   512

/* In the value: its address at 0, and the sighting to run over, if one at a time. */
#define INDEX_OFF 8

struct desc {
	uint64_t base, linear, wire, l2, skb;
};

struct kern {
	int map, btf_fd;
	struct btf *btf;
	uint32_t func_type[3]; /* main, callback, filter */
	uint32_t cast_func_id, bytes_type_id;
	size_t value_size;
	uint8_t *value;
	uint64_t value_addr;
	bool single; /* one sighting a test run */
	uint32_t max, cnt;
	size_t descs, results, skbs, bytes; /* offsets in the value */
	char log[LOG_SIZE];
};

#define LD_MAP_VALUE(DST, FD, OFF)                                                 \
	BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, DST, BPF_PSEUDO_MAP_VALUE, 0, FD), \
		BPF_RAW_INSN(0, 0, 0, 0, OFF)

static int test_run(int fd)
{
	uint8_t packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int rc = bpf_prog_test_run_opts(fd, &opts);

	return rc ? rc : (int)opts.retval;
}

/* Let a program store the address of the value at its start. */
static int learn_address(struct kern *k)
{
	struct bpf_insn insns[] = {LD_MAP_VALUE(BPF_REG_1, k->map, 0),
				   BPF_STX_MEM(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
				   BPF_MOV64_IMM(BPF_REG_0, 0), BPF_EXIT_INSN()};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "learn", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	if (fd < 0)
		return fd;
	test_run(fd);
	close(fd);
	memcpy(&k->value_addr, k->value, sizeof(k->value_addr));
	return k->value_addr ? 0 : -EFAULT;
}

/* BTF for the three functions; the filter is a global one of scalars. */
static int make_btf(struct kern *k)
{
	static const char *const names[] = {"main", "one", "pwru_filter"};
	struct btf *btf = btf__new_empty();
	int u32, u64, proto[2];
	const void *raw;
	uint32_t size;

	if (libbpf_get_error(btf))
		return -ENOMEM;
	k->btf = btf;
	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	proto[0] = btf__add_func_proto(btf, u32);
	btf__add_func_param(btf, "a", u64);
	proto[1] = btf__add_func_proto(btf, u32);
	btf__add_func_param(btf, "base", u64);
	btf__add_func_param(btf, "linear", u32);
	btf__add_func_param(btf, "wire", u32);
	btf__add_func_param(btf, "l2", u64);
	btf__add_func_param(btf, "skb", u64);
	for (int i = 0; i < 3; i++)
		k->func_type[i] = (uint32_t)btf__add_func(
			btf, names[i], i == 2 ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC, proto[i == 2]);
	raw = btf__raw_data(btf, &size);
	k->btf_fd = bpf_btf_load(raw, size, NULL);
	return k->btf_fd;
}

static void find_cast(struct kern *k)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int func, type;

	if (libbpf_get_error(btf))
		return;
	func = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC);
	type = btf__find_by_name_kind(btf, "__kernel_sockaddr_storage", BTF_KIND_STRUCT);
	if (func > 0 && type > 0) {
		k->cast_func_id = (uint32_t)func;
		k->bytes_type_id = (uint32_t)type;
	}
	btf__free(btf);
}

/* Skbs as the runner has them: each followed by its device. */
static void make_skbs(struct kern *k)
{
	struct translate_opts opts = runner_opts(FILTER_LOAD_PROBE);

	for (unsigned int i = 0; i < RUNNER_SKBS; i++) {
		uint8_t *skb = k->value + k->skbs + i * SKB_ROOM;
		struct ref_skb has = runner_skb(i);
		uint64_t dev = has.has_dev ? k->value_addr + k->skbs + i * SKB_ROOM + 256 : 0;

		skb[opts.skb.pkt_type_off] = (uint8_t)(0xc3 & ~opts.skb.pkt_type_mask) |
					     (uint8_t)(has.pkt_type << opts.skb.pkt_type_shift);
		memcpy(skb + opts.skb.dev_off, &dev, sizeof(dev));
		memcpy(skb + 256 + opts.skb.ifindex_off, &has.ifindex, sizeof(has.ifindex));
	}
}

static int set_up(struct kern *k, uint32_t max)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *value;
	int rc;

	k->max = max;
	k->descs = 4096;
	k->results = k->descs + max * sizeof(struct desc);
	k->skbs = k->results + max * sizeof(uint32_t);
	k->bytes = k->skbs + RUNNER_SKBS * SKB_ROOM;
	k->value_size = (k->bytes + (size_t)max * FRAME_ROOM + 4095) & ~4095UL;
	k->map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "frames", 4, (uint32_t)k->value_size, 1, &opts);
	if (k->map < 0)
		return k->map;
	value = mmap(NULL, k->value_size, PROT_READ | PROT_WRITE, MAP_SHARED, k->map, 0);
	if (value == MAP_FAILED)
		return -errno;
	k->value = value;
	rc = learn_address(k);
	if (rc)
		return rc;
	make_skbs(k);
	rc = make_btf(k);
	find_cast(k);
	return rc < 0 ? rc : 0;
}

void kern_free(struct kern *k)
{
	if (k->value)
		munmap(k->value, k->value_size);
	if (k->map >= 0)
		close(k->map);
	if (k->btf_fd >= 0)
		close(k->btf_fd);
	btf__free(k->btf);
	free(k);
}

bool kern_opts(const struct kern *k, enum filter_load load, struct translate_opts *ret)
{
	*ret = runner_opts(load);
	ret->cast_func_id = k->cast_func_id;
	ret->bytes_type_id = k->bytes_type_id;
	return load != FILTER_LOAD_DIRECT || k->cast_func_id;
}

void kern_add(struct kern *k, const struct sighting *s, unsigned int skb)
{
	struct desc *d = (struct desc *)(void *)(k->value + k->descs) + k->cnt;
	/* At changing alignments. */
	size_t at = k->bytes + (size_t)k->cnt * FRAME_ROOM + k->cnt % 8;

	if (k->cnt == k->max)
		abort();
	memcpy(k->value + at, s->mem, s->mem_len);
	d->base = k->value_addr + at + (uint64_t)s->base_off;
	d->linear = 0xa5a5a5a500000000ULL | s->linear;
	d->wire = 0x5a5a5a5a00000000ULL | s->wire;
	d->l2 = s->l2;
	d->skb = runner_skb(skb).present ? k->value_addr + k->skbs + (skb % RUNNER_SKBS) * SKB_ROOM
					 : 0;
	k->cnt++;
}

/*
 * The program around the filter.
 *
 *	main:	bpf_loop(cnt, one, NULL, 0)
 *	one(i):	results[i] = pwru_filter(descs[i])
 *	stub
 *
 * Before 5.17 there is no bpf_loop(), and main is one(i), with i from the value's second word.
 */
#define PROGRAM_MAX 48

static size_t put(struct bpf_insn *program, size_t at, const struct bpf_insn *insns, size_t cnt)
{
	memcpy(program + at, insns, cnt * sizeof(*insns));
	return at + cnt;
}

static size_t put_main(const struct kern *k, struct bpf_insn *program)
{
	struct bpf_insn loop[] = {
		BPF_MOV64_IMM(BPF_REG_1, k->cnt),
		/* to what follows this array: 8 - 1 - 1 */
		BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_2, BPF_PSEUDO_FUNC, 0, 6),
		BPF_RAW_INSN(0, 0, 0, 0, 0),
		BPF_MOV64_IMM(BPF_REG_3, 0),
		BPF_MOV64_IMM(BPF_REG_4, 0),
		BPF_EMIT_CALL(BPF_FUNC_loop),
		BPF_MOV64_IMM(BPF_REG_0, 0),
		BPF_EXIT_INSN(),
	};
	struct bpf_insn single[] = {
		LD_MAP_VALUE(BPF_REG_1, k->map, INDEX_OFF),
		BPF_LDX_MEM(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
	};

	if (k->single)
		return put(program, 0, single, sizeof(single) / sizeof(single[0]));
	return put(program, 0, loop, sizeof(loop) / sizeof(loop[0]));
}

static size_t put_one(const struct kern *k, struct bpf_insn *program, size_t at)
{
	struct bpf_insn one[] = {
		BPF_MOV64_REG(BPF_REG_6, BPF_REG_1),
		BPF_MOV64_REG(BPF_REG_7, BPF_REG_1),
		BPF_MOV64_IMM(BPF_REG_0, 1),
		/* to the exit */
		BPF_JMP_IMM(BPF_JGE, BPF_REG_6, k->max, 16),
		BPF_ALU64_IMM(BPF_MUL, BPF_REG_7, sizeof(struct desc)),
		LD_MAP_VALUE(BPF_REG_8, k->map, (int32_t)k->descs),
		BPF_ALU64_REG(BPF_ADD, BPF_REG_8, BPF_REG_7),
		BPF_LDX_MEM(BPF_DW, BPF_REG_1, BPF_REG_8, offsetof(struct desc, base)),
		BPF_LDX_MEM(BPF_DW, BPF_REG_2, BPF_REG_8, offsetof(struct desc, linear)),
		BPF_LDX_MEM(BPF_DW, BPF_REG_3, BPF_REG_8, offsetof(struct desc, wire)),
		BPF_LDX_MEM(BPF_DW, BPF_REG_4, BPF_REG_8, offsetof(struct desc, l2)),
		BPF_LDX_MEM(BPF_DW, BPF_REG_5, BPF_REG_8, offsetof(struct desc, skb)),
		/* to what follows this array */
		BPF_CALL_REL(7),
		BPF_ALU64_IMM(BPF_MUL, BPF_REG_6, sizeof(uint32_t)),
		LD_MAP_VALUE(BPF_REG_8, k->map, (int32_t)k->results),
		BPF_ALU64_REG(BPF_ADD, BPF_REG_8, BPF_REG_6),
		BPF_STX_MEM(BPF_W, BPF_REG_8, BPF_REG_0, 0),
		BPF_MOV64_IMM(BPF_REG_0, 0),
		BPF_EXIT_INSN(),
	};

	return put(program, at, one, sizeof(one) / sizeof(one[0]));
}

static int make_program(const struct kern *k, const struct insn_buf *code, struct splice_prog *ret)
{
	static const struct bpf_insn stub[] = {BPF_MOV64_IMM(BPF_REG_0, 1), BPF_EXIT_INSN()};
	struct bpf_insn program[PROGRAM_MAX];
	struct bpf_func_info funcs[3];
	struct splice_prog prog = {
		.insns = program, .func_info = funcs, .func_info_rec_size = sizeof(funcs[0])};
	uint32_t cnt = 0;
	size_t at;

	funcs[cnt++] = (struct bpf_func_info){0, k->func_type[0]};
	at = put_main(k, program);
	if (!k->single)
		funcs[cnt++] = (struct bpf_func_info){(uint32_t)at, k->func_type[1]};
	at = put_one(k, program, at);
	funcs[cnt++] = (struct bpf_func_info){(uint32_t)at, k->func_type[2]};
	prog.insn_cnt = put(program, at, stub, 2);
	prog.func_info_cnt = cnt;
	return splice(&prog, cnt - 1, code->insns, code->cnt, ret);
}

int kern_load(struct kern *k, const struct insn_buf *code)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = (uint32_t)k->btf_fd);
	struct splice_prog prog;
	int fd = make_program(k, code, &prog);

	if (fd)
		return fd;
	opts.func_info = prog.func_info;
	opts.func_info_cnt = prog.func_info_cnt;
	opts.func_info_rec_size = prog.func_info_rec_size;
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "filter", "GPL", prog.insns, prog.insn_cnt,
			   &opts);
	if (fd < 0) {
		/* Once more, to hear why. */
		opts.log_buf = k->log;
		opts.log_size = LOG_SIZE;
		opts.log_level = 1;
		k->log[0] = 0;
		fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "filter", "GPL", prog.insns,
				   prog.insn_cnt, &opts);
	}
	splice_prog_free(&prog);
	return fd;
}

const char *kern_log(const struct kern *k)
{
	return k->log;
}

uint32_t kern_processed(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.verified_insns;
}

const uint32_t *kern_run(struct kern *k, int fd)
{
	uint32_t *results = (uint32_t *)(void *)(k->value + k->results);

	memset(results, 0xee, k->cnt * sizeof(*results));
	if (!k->single)
		return test_run(fd) ? NULL : results;
	for (uint64_t i = 0; i < k->cnt; i++) {
		memcpy(k->value + INDEX_OFF, &i, sizeof(i));
		if (test_run(fd))
			return NULL;
	}
	return results;
}

/* Whether a filter that accepts all loads, and runs. */
static int try_out(struct kern *k)
{
	struct bpf_insn insns[] = {BPF_MOV64_IMM(BPF_REG_0, 1), BPF_EXIT_INSN()};
	struct insn_buf code = {.insns = insns, .cnt = 2};
	int fd = kern_load(k, &code);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

struct kern *kern_new(uint32_t max_sightings, char *why, size_t size)
{
	struct kern *k = calloc(1, sizeof(*k));
	int rc;

	if (!k)
		abort();
	k->map = k->btf_fd = -1;
	libbpf_set_print(NULL);
	rc = set_up(k, max_sightings);
	if (!rc)
		rc = try_out(k);
	if (rc) {
		k->single = true;
		rc = k->value_addr ? try_out(k) : rc;
	}
	if (!rc)
		return k;
	snprintf(why, size, "no BPF test runs here: %s", strerror(-rc));
	kern_free(k);
	return NULL;
}
