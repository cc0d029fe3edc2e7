/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_REASONS_H
#define PWRU_CAP_REASONS_H
/*
 * Why packets are dropped: the names of the kernel's reasons, which are numbers in records.  Names
 * are the kernel's own, without SKB_DROP_REASON_.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reasons;

/* Adds all reasons there are; called once, when the first is asked for. 0 or -errno. */
typedef int (*reasons_read_fn)(void *context, struct reasons *reasons);

/* reasons_new() - NULL when there is no memory */
struct reasons *reasons_new(reasons_read_fn read, void *context);

/* reasons_add() - for @read: a name, which is copied; 0 or -ENOMEM */
int reasons_add(struct reasons *reasons, const char *name, uint32_t value);

/* reasons_name() - of a value, or NULL if it has none, or the names cannot be read */
const char *reasons_name(struct reasons *reasons, uint32_t value);

/* reasons_free() - @reasons may be NULL */
void reasons_free(struct reasons *reasons);

/* Reasons that are asked for. Zero-filled: any, also where the kernel gives none. */
struct reason_set {
	uint32_t *v;
	size_t n;
};

/**
 * reason_set_parse() - names separated by commas, in upper or lower case, with or without
 * SKB_DROP_REASON_; "any" alone is any
 * @option: for messages
 * @ret_set: filled on success; free with reason_set_free()
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL for a name that this kernel does not have; -errno of reading the names.
 */
int reason_set_parse(struct reasons *reasons, const char *option, const char *names,
		     struct reason_set *ret_set);

/* reason_set_has() - is it asked for? @given: the kernel gives a reason, @value */
bool reason_set_has(const struct reason_set *set, bool given, uint32_t value);

void reason_set_free(struct reason_set *set);

#endif
