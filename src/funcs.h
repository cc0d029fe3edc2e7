/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FUNCS_H
#define PWRU_CAP_FUNCS_H
/*
 * Which functions to attach to: those that take an skb (BTF) and that the kernel lets be traced
 * (tracefs), with their addresses.
 */
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "src/kbtf.h"

struct func {
	const char *name;
	const char *module; /* NULL: vmlinux */
	uint64_t addr;	    /* of its entry, or of the call to ftrace there */
	int pos;	    /* 1 to KBTF_MAX_POS: argument register with the skb */
};

/* Functions that mark steps at the end of an skb's life (bpf/track.bpf.h); 0: not traceable. */
struct func_roles {
	uint64_t release;	    /* skb_release_head_state(), as EV_ENTRY_BLOCK() */
	uint64_t tail[EV_TAIL_MAX]; /* called between that and the end, as EV_ENTRY_BLOCK() */
	struct {
		const char *name;
		uint64_t addr;
	} end[2]; /* called last */
};

struct funcs {
	struct func *v; /* sorted by pos, then address */
	size_t n;
	struct func_roles roles;
	size_t skipped; /* take an skb, but were set aside */
};

/**
 * funcs_discover() - find the functions to attach to
 * @btf: the kernel's types
 * @pattern: extended regular expression that the whole name has to match; NULL: all names
 * @ret_funcs: filled on success; free with funcs_free()
 *
 * Says on stderr what is missing.
 *
 * Return: 0; -EINVAL for a bad pattern; -ENOENT without tracefs or without a function; -errno of
 * reading.
 */
int funcs_discover(struct kbtf *btf, const char *pattern, struct funcs *ret_funcs);

/* funcs_free() - @funcs may be zero-filled */
void funcs_free(struct funcs *funcs);

#endif
