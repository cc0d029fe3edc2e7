/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_INVENTORY_H
#define PWRU_CAP_INVENTORY_H
/*
 * All functions of the running kernel and its modules that take an skb, with their addresses, and
 * those that can not be attached to with the reason.  Options choose among them (funcs.h).
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "src/kbtf.h"

/* Why a function is not attached to. */
enum skip {
	SKIP_NOT, /* it is */
	SKIP_NOT_TRACEABLE,
	SKIP_UNKNOWN,
	SKIP_POSITIONS,
	SKIP_FREED,
	SKIP_HEAD_NEW,
	SKIP_NOT_FILLED,
	SKIP_QUEUE,
	SKIP_REASONS, /* how many there are */
};

/* skip_reason() - as words that follow "NAME is left out: " */
const char *skip_reason(enum skip skip);

/* The strings belong to the inventory or to the types that it was made from. */
struct found {
	const char *name;
	const char *module; /* NULL: vmlinux */
	uint64_t addr;	    /* of its entry, or of the call to ftrace there; 0: not traceable */
	uint32_t btf_id; /* by which the kernel finds it, in the types of its module; 0: its name is
			    not its own, or no fentry program can have it */
	uint8_t pos;	 /* 1 to KBTF_MAX_POS: argument register with the skb; 0: see skip */
	uint8_t skip;	 /* enum skip */
};

#define ENDS_MAX 2

struct func_end {
	uint64_t addr; /* 0: not traceable */
	uint32_t btf_id;
	uint32_t pad;
};

/* Functions that mark steps at the end of an skb's life (bpf/track.bpf.h); 0: not traceable. */
struct func_roles {
	uint64_t release;	       /* skb_release_head_state(), as EV_ENTRY_BLOCK() */
	uint64_t data;		       /* skb_release_data(), the second step, likewise */
	uint64_t tail[EV_TAIL_MAX];    /* called between that and the end, as EV_ENTRY_BLOCK() */
	struct func_end end[ENDS_MAX]; /* called last: end_name() */
	struct ev_drop_func drop[EV_DROP_FUNCS]; /* that drop packets; no gaps */
};

/* end_name() - the function of roles.end[i] (roles.c) */
const char *end_name(size_t i);

struct inventory {
	struct found *v; /* in no particular order */
	size_t n;
	struct func_roles roles;
	void *memory; /* what the strings are in, if it is the inventory's own */
};

/**
 * inventory_discover() - look at the kernel
 * @btf: its types; has to outlive the result
 * @ret_inventory: filled on success; free with inventory_free()
 *
 * Says on stderr what is missing.
 *
 * Return: 0; -ENOENT without tracefs; -errno of reading.
 */
int inventory_discover(struct kbtf *btf, struct inventory *ret_inventory);

/*
 * inventory_of_types() - the same without the kernel's word: no function has an address, and all
 * are SKIP_UNKNOWN; 0 or -ENOMEM
 */
int inventory_of_types(struct kbtf *btf, struct inventory *ret_inventory);

/**
 * inventory_of_modules() - the functions of some modules, as they are loaded now
 * @btf: the types of vmlinux
 * @modules: names of @n modules; those without types have no functions
 * @stop: may be set meanwhile, by another thread, to end it; NULL: it never is
 * @ret_inventory: filled on success; all of it is its own
 *
 * Return: 0; -ECANCELED if @stop was set; -errno.
 */
int inventory_of_modules(const struct kbtf *btf, const char *const *modules, size_t n,
			 const atomic_bool *stop, struct inventory *ret_inventory);

/* inventory_free() - @inventory may be zero-filled */
void inventory_free(struct inventory *inventory);

#endif
