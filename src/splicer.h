/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SPLICER_H
#define PWRU_CAP_SPLICER_H
/*
 * The filters on their way into the programs: translated once, then spliced over the stubs of each
 * program that libbpf loads.
 */
#include <bpf/libbpf.h>

#include "src/caps.h"
#include "src/filters.h"

struct splice_prog;
struct splicer;

/* The most sections that a splicer serves. */
#define SPLICER_SECTIONS 8

/**
 * splicer_new() - translate the filters
 * @filters: must outlive the splicer
 * @caps: how packets are read
 * @ret_splicer: receives the new object, on success only
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL if a filter cannot be translated; -ENOMEM.
 */
int splicer_new(const struct filters *filters, const struct caps *caps,
		struct splicer **ret_splicer);

/**
 * splicer_register() - splice the programs of a section
 * @section: as libbpf wants it: a name, with a + behind it if more may follow
 * @type, @attach_type: how libbpf is to load the section's programs
 *
 * Before the object is opened.
 *
 * Return: 0, or -errno; -E2BIG after SPLICER_SECTIONS.
 */
int splicer_register(struct splicer *s, const char *section, enum bpf_prog_type type,
		     enum bpf_attach_type attach_type);

/* splicer_unregister() - of all sections, once the object is loaded */
void splicer_unregister(struct splicer *s);

/* splicer_use() - the object whose programs will be loaded, once it is open */
void splicer_use(struct splicer *s, const struct bpf_object *obj);

/* splicer_find_calls() - find what programs of kprobe.session links call (bpf/session.h) */
void splicer_find_calls(struct splicer *s, const struct kbtf *btf);

/*
 * splicer_last() - the program that was loaded last, as the kernel got it; belongs to @s, until the
 * next one is loaded
 */
const struct splice_prog *splicer_last(const struct splicer *s);

/* splicer_free() - @s may be NULL */
void splicer_free(struct splicer *s);

#endif
