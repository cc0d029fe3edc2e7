// SPDX-License-Identifier: GPL-2.0-only
#include "tests/filter/runner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/disasm.h"
#include "filter/expr.h"

/* Neither near 0 nor aligned. */
#define FRAME_ADDR     0xffff888012345673ULL
#define SKB_ADDR       0xffff888055550000ULL
#define DEV_ADDR       0xffff888077770000ULL

#define PKT_TYPE_OFF   120
#define PKT_TYPE_MASK  0x38
#define PKT_TYPE_SHIFT 3
#define DEV_OFF	       16
#define IFINDEX_OFF    224

const char *const runner_mode_name[RUNNER_MODES] = {
	[FILTER_LOAD_DIRECT] = "direct",
	[FILTER_LOAD_WINDOW] = "window",
	[FILTER_LOAD_PROBE] = "probe",
};

struct translate_opts runner_opts(enum filter_load load)
{
	return (struct translate_opts){
		.load = load,
		.cast_func_id = 1234,
		.bytes_type_id = 567,
		.bytes_off = 2,
		.bytes_len = 126,
		.skb = {.pkt_type_off = PKT_TYPE_OFF,
			.pkt_type_mask = PKT_TYPE_MASK,
			.pkt_type_shift = PKT_TYPE_SHIFT,
			.dev_off = DEV_OFF,
			.ifindex_off = IFINDEX_OFF},
	};
}

int runner_compile(const struct cbpf_prog *prog, struct compiled *ret)
{
	*ret = (struct compiled){.prog = *prog,
				 .is_bpf_filter = ref_is_bpf_filter(prog),
				 .loops = cbpf_jumps_back(prog)};
	for (int mode = 0; mode < RUNNER_MODES; mode++) {
		struct translate_opts opts = runner_opts(mode);
		char err[256];

		if (translate(prog, &opts, &ret->code[mode], err, sizeof(err))) {
			printf("%s: %s\n", runner_mode_name[mode], err);
			if (prog->len < 200)
				expr_dump(prog, EXPR_DUMP_HUMAN, stdout);
			runner_free(ret);
			return -1;
		}
	}
	return 0;
}

void runner_free(struct compiled *c)
{
	for (int mode = 0; mode < RUNNER_MODES; mode++)
		insn_buf_free(&c->code[mode]);
}

struct ref_skb runner_skb(unsigned int nth)
{
	static const struct ref_skb skbs[RUNNER_SKBS] = {
		{.present = false},
		{.present = true, .pkt_type = 0, .has_dev = true, .ifindex = 3},
		{.present = true, .pkt_type = 4, .has_dev = true, .ifindex = 0x01020304},
		{.present = true, .pkt_type = 4, .has_dev = false},
		{.present = true, .pkt_type = 3, .has_dev = true, .ifindex = 2},
	};

	return skbs[nth % RUNNER_SKBS];
}

int runner_run(const struct insn_buf *code, const struct sighting *s, unsigned int skb,
	       struct interp_result *res)
{
	struct ref_skb has = runner_skb(skb);
	uint8_t skb_bytes[128], dev_bytes[232] = {0};
	struct interp_mem mem[] = {
		{.addr = FRAME_ADDR, .bytes = s->mem, .len = s->mem_len},
		{.addr = SKB_ADDR, .bytes = skb_bytes, .len = sizeof(skb_bytes)},
		{.addr = DEV_ADDR, .bytes = dev_bytes, .len = sizeof(dev_bytes)},
	};
	struct interp_env env = {.mem = mem,
				 .mem_cnt = 3,
				 .cast_func_id = 1234,
				 .bytes_type_id = 567,
				 .bytes_off = 2,
				 .bytes_len = 126};
	/* Garbage in the upper halves, as frame_abi.h allows. */
	uint64_t args[5] = {FRAME_ADDR + (uint64_t)s->base_off, 0xa5a5a5a500000000ULL | s->linear,
			    0x5a5a5a5a00000000ULL | s->wire, s->l2, has.present ? SKB_ADDR : 0};
	uint64_t dev = has.has_dev ? DEV_ADDR : 0;

	memset(skb_bytes, 0xc3, sizeof(skb_bytes));
	skb_bytes[PKT_TYPE_OFF] = (uint8_t)(0xc3 & ~PKT_TYPE_MASK) |
				  (uint8_t)(has.pkt_type << PKT_TYPE_SHIFT);
	memcpy(skb_bytes + DEV_OFF, &dev, sizeof(dev));
	memcpy(dev_bytes + IFINDEX_OFF, &has.ifindex, sizeof(has.ifindex));
	return interp_run(code->insns, code->cnt, args, &env, res);
}

uint32_t runner_expect(const struct compiled *c, const struct sighting *s, unsigned int skb)
{
	struct ref_skb has = runner_skb(skb);
	uint32_t expected, without_limit;

	expected = ref_run(&c->prog, s->file, s->linear, s->wire, &has, FILTER_MAX_LOOPS);
	/* With loops bpf_filter() is the same, but without their limit. */
	without_limit = c->loops ? ref_run(&c->prog, s->file, s->linear, s->wire, &has, UINT_MAX)
				 : expected;
	if (c->is_bpf_filter && without_limit != expr_run(&c->prog, s->file, s->linear, s->wire)) {
		printf("the reference itself differs from bpf_filter()\n");
		exit(1);
	}
	return expected;
}

void runner_explain(const struct compiled *c, int mode, const struct sighting *s)
{
	printf("linear %u wire %u l2 %llx\nframe", s->linear, s->wire, (unsigned long long)s->l2);
	for (uint32_t i = 0; i < s->linear; i++)
		printf("%s%02x", i % 16 ? " " : "\n\t", s->file[i]);
	printf("\n");
	expr_dump(&c->prog, EXPR_DUMP_HUMAN, stdout);
	disasm_dump(&c->code[mode], &c->prog, stdout);
}
