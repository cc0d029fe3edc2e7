/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PROG_TEMPLATE_H
#define PWRU_CAP_PROG_TEMPLATE_H
/*
 * Programs that are attached to one function each (fentry), so that there has to be one for each
 * function: what they are copies of.
 */
#include "src/load.h"

/* What the copies watch. */
enum prog_template_kind {
	TEMPLATE_TC,	 /* BPF programs that see an skb */
	TEMPLATE_XDP,	 /* XDP programs */
	TEMPLATE_FUNC,	 /* functions of the kernel */
	TEMPLATE_RETURN, /* their returns */
};

struct prog_template;

/**
 * prog_template_load() - load what copies are made from
 * @opts: settings, as those of @loaded
 * @loaded: its settings and its maps are used: the ring buffer, the counters, the ids
 * @ret_template: receives the new object, on success only
 *
 * Says on stderr what is wrong.
 *
 * Return: 0, or -errno.
 */
int prog_template_load(const struct load_opts *opts, const struct loaded *loaded,
		       enum prog_template_kind kind, struct prog_template **ret_template);

/* The function that a copy is for. */
struct copy_target {
	int prog_fd;	   /* of the BPF program; 0: it is a function of the kernel */
	int btf_fd;	   /* of the types of the function's module; 0: vmlinux */
	uint32_t id;	   /* the function, in the types of the program or the module */
	uint64_t ip;	   /* tells it from all others in records */
	int pos;	   /* with TEMPLATE_FUNC: which argument is the skb, or LOAD_END */
	bool returns;	   /* likewise: there is a copy for its return, too */
	uint8_t arg_words; /* with TEMPLATE_RETURN: as in struct func */
};

/**
 * prog_template_copy() - load a copy that can be attached to a function
 * @why: receives the kernel's words after an error, perhaps none
 *
 * Return: a file descriptor, or -errno.
 */
int prog_template_copy(const struct prog_template *t, const struct copy_target *target, char *why,
		       size_t why_size);

/* prog_template_free() - copies stay; @t may be NULL */
void prog_template_free(struct prog_template *t);

/*
 * prog_template_patch() - put @value in place of @constant wherever it is loaded; returns in how
 * many places that is. @insns: a program of @n instructions.
 */
size_t prog_template_patch(struct bpf_insn *insns, size_t n, uint64_t constant, uint64_t value);

#endif
