/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LOAD_PROGS_H
#define PWRU_CAP_LOAD_PROGS_H
/*
 * The programs that watch BPF programs: one copy for each of these.
 */
#include "src/load.h"
#include "src/progs.h"

/* A program from which copies are made. */
struct prog_template;

/**
 * prog_template_load() - load what the copies for one kind of program are made from
 * @opts: settings, as those of @loaded
 * @loaded: its settings and its maps are used: the ring buffer, the counters, the ids
 * @ret_template: receives the new object, on success only
 *
 * Says on stderr what is wrong.
 *
 * Return: 0, or -errno.
 */
int prog_template_load(const struct load_opts *opts, const struct loaded *loaded,
		       enum prog_kind kind, struct prog_template **ret_template);

/**
 * prog_template_copy() - load a copy that can be attached to a program
 * @prog: of the template's kind
 * @target_fd: its file descriptor
 * @why: receives the kernel's words after an error, perhaps none
 *
 * Return: a file descriptor, or -errno.
 */
int prog_template_copy(const struct prog_template *t, const struct prog *prog, int target_fd,
		       char *why, size_t why_size);

/* prog_template_free() - copies stay; @t may be NULL */
void prog_template_free(struct prog_template *t);

#endif
