/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_FILTER_INTERP_H
#define PWRU_CAP_TESTS_FILTER_INTERP_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An eBPF interpreter for what filter/ emits, and nothing else. It is as strict as the verifier
 * in what shows when a program runs: registers and stack bytes are set before they are read, stack
 * accesses are aligned and within bounds, pointers are only used as pointers.
 */

#define INTERP_STACK 512

/* Memory that can be read. Everything else faults. */
struct interp_mem {
	uint64_t addr;
	const uint8_t *bytes;
	size_t len;
};

struct interp_env {
	const struct interp_mem *mem;
	size_t mem_cnt;
	/* bpf_rdonly_cast(): as in struct translate_opts */
	uint32_t cast_func_id, bytes_type_id;
	uint16_t bytes_off, bytes_len;
};

struct interp_result {
	uint32_t ret;
	uint64_t executed; /* instructions */
	int stack;	   /* deepest byte used, below the frame pointer */
	const char *error; /* NULL, or what the program did wrong... */
	size_t at;	   /* ...and where */
};

/** interp_run() - Run a program with r1..r5 = @args. Return: 0, or -1 with error set */
int interp_run(const struct bpf_insn *insns, size_t cnt, const uint64_t args[5],
	       const struct interp_env *env, struct interp_result *res);

#endif
