/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KBTF_H
#define PWRU_CAP_KBTF_H
/*
 * The running kernel's type information (BTF): of vmlinux, and of the loaded modules, which is
 * split: its type ids go on where those of vmlinux end.
 */
#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers that carry arguments and that we read: positions 1 to 5. */
#define KBTF_MAX_POS 5

struct kbtf;

/**
 * kbtf_open() - read the type information of vmlinux
 * @path: a BTF file, or NULL for the running kernel's own
 * @ret_btf: receives the new object, on success only
 *
 * Says what is wrong on stderr.
 *
 * Return: 0; -ENOENT if the kernel has none; -errno of reading; -EINVAL if it is no BTF.
 */
int kbtf_open(const char *path, struct kbtf **ret_btf);

/* kbtf_vmlinux() - for look-ups by type id or name; belongs to @btf */
const struct btf *kbtf_vmlinux(const struct kbtf *btf);

/* kbtf_is_own() - is this the running kernel's own, not a file that the user named? */
bool kbtf_is_own(const struct kbtf *btf);

/* One function that takes an skb. The strings belong to the BTF. */
struct kbtf_func {
	const char *name;
	const char *module; /* NULL: vmlinux */
	int pos;	    /* 1 to KBTF_MAX_POS: which argument register holds the skb */
	uint32_t id; /* type id, within the BTF of its module; 0 if no fentry program can have it,
		      or the types are not the kernel's own */
};

/**
 * kbtf_skb_funcs() - all functions with a `struct sk_buff *` in an argument register
 * @btf: types; modules' are read now if they are the kernel's own, which theirs refer to
 * @ret_funcs: receives an array, to be freed; its strings live as long as @btf
 * @ret_n: receives its length
 *
 * const, volatile and typedef are seen through; `struct sk_buff **` is not an skb; of two skbs
 * the first counts.  A name that stands for several functions of one module is there once if they
 * agree on the position, and with pos 0 if they do not.
 *
 * Return: 0, or -errno.
 */
int kbtf_skb_funcs(struct kbtf *btf, struct kbtf_func **ret_funcs, size_t *ret_n);

/* kbtf_has_module() - are there types of this module, as it is loaded now? */
bool kbtf_has_module(const struct kbtf *btf, const char *module);

/**
 * kbtf_modules_funcs() - the same for some modules alone, as they are loaded now
 * @modules: names of @n modules; those without types are passed over
 * @ret_strings: receives what the strings are in, to be freed
 *
 * Return: 0, or -errno.
 */
int kbtf_modules_funcs(const struct kbtf *btf, const char *const *modules, size_t n,
		       struct kbtf_func **ret_funcs, size_t *ret_n, char **ret_strings);

/**
 * kbtf_each() - vmlinux' types, then each module's, which are read now if they have not been
 * @callback: gets @context, the types, and the first id that is their own (1 for
 * those of vmlinux); a return value other than 0 ends it
 *
 * Return: 0, what @callback returned, or -errno.
 */
int kbtf_each(struct kbtf *btf,
	      int (*callback)(void *context, const struct btf *types, uint32_t first_id),
	      void *context);

/*
 * kbtf_enum_position() - the argument register, from 1, in which a function of vmlinux takes a
 * value of this enumeration; 0 if it takes none, or is not there
 */
int kbtf_enum_position(const struct kbtf *btf, const char *func, const char *enumeration);

/* kbtf_close() - free; @btf may be NULL */
void kbtf_close(struct kbtf *btf);

#endif
