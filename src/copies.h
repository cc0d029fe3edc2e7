/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COPIES_H
#define PWRU_CAP_COPIES_H
/*
 * Copies of a program in the kernel, each attached to its function.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/links.h"
#include "src/prog_template.h"

/* Zero-filled at first. */
struct copies {
	struct links progs;
	struct links links; /* in the same order */
};

/**
 * copies_attach() - load one more copy and attach it
 * @why: receives the kernel's words after an error, perhaps none
 *
 * Return: 0 or -errno.
 */
int copies_attach(struct copies *copies, const struct prog_template *t,
		  const struct copy_target *target, char *why, size_t why_size);

/* copies_missed() - as loaded_missed(), for these; also when they are detached */
uint64_t copies_missed(const struct copies *copies);

/* copies_free() - detach what is still attached, and unload */
void copies_free(struct copies *copies);

#endif
