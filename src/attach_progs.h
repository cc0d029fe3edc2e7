/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ATTACH_PROGS_H
#define PWRU_CAP_ATTACH_PROGS_H
/*
 * Attaching to BPF programs (--filter-trace-tc, --filter-trace-xdp), beside the functions.
 */
#include "src/load.h"
#include "src/progs.h"

struct attached_progs;

/**
 * attach_progs() - attach to all programs
 * @opts: settings, as those of @loaded
 * @loaded: the programs for functions: records go into the same ring buffer
 * @progs: programs to watch
 * @ret_attached: receives the new object, on success only
 *
 * A program that the kernel refuses is left out; -v says why. Says on stderr what is wrong, and how
 * many of those that are loaded can be watched if it is not all.
 *
 * Return: 0 or -errno.
 */
int attach_progs(const struct load_opts *opts, const struct loaded *loaded,
		 const struct progs *progs, struct attached_progs **ret_attached);

/* attached_progs_count() - how many programs are watched; @a may be NULL */
size_t attached_progs_count(const struct attached_progs *a);

/* attached_progs_detach() - afterwards nothing of it runs any more; @a may be NULL */
void attached_progs_detach(struct attached_progs *a);

/* attached_progs_missed() - as loaded_missed(), for these; after detaching, too; @a may be NULL */
uint64_t attached_progs_missed(const struct attached_progs *a);

/* attached_progs_free() - detach, and unload; @a may be NULL */
void attached_progs_free(struct attached_progs *a);

#endif
