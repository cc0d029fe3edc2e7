/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COMPAT_BPF_H
#define PWRU_CAP_COMPAT_BPF_H
/*
 * Differences between kernels, one reason each.
 *
 * Every program exists in two variants, told apart by the constant `direct`:
 *
 *   direct	kernels with bpf_rdonly_cast() (6.2): a plain address becomes a typed pointer whose
 *		loads are single instructions that read 0 when they fault
 *   probed	older kernels: bpf_probe_read_kernel()
 *
 * `direct` is always a compile-time constant, so only one side of each FIELD() is left.
 */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "cast.h"
#include "kernel.h"

/* A kfunc, of which user space puts in the number (cast.h). */
static void *(*const bpf_rdonly_cast)(const void *obj, __u32 type_id) = (void *)CAST_FUNC;

/* Another type has no number yet, and does not compile. */
#define CAST_TYPE(type)                                                \
	_Generic((type *)0, struct sk_buff *                           \
		 : CAST_SK_BUFF, struct net_device *                   \
		 : CAST_NET_DEVICE, struct __kernel_sockaddr_storage * \
		 : CAST_BYTES)

/*
 * p->field of a pointer that came from TYPED(): one load, or one probe read.  p is to be a plain
 * variable: the macro relocates every access within its arguments.
 */
#define FIELD(direct, p, field) ((direct) ? (p)->field : BPF_CORE_READ((p), field))

/* An address as a pointer that FIELD() takes. */
#define TYPED(direct, type, addr) \
	((direct) ? (type *)bpf_rdonly_cast((void *)(addr), CAST_TYPE(type)) : (type *)(addr))

/*
 * A bit-field: CO-RE gives the place of the word that holds it, the shifts give the value.  The
 * direct variant loads the one byte that all our bit-fields fit in.
 */
#define BIT_FIELD(direct, p, field)                          \
	((direct) ? (__u8)BPF_CORE_READ_BITFIELD((p), field) \
		  : (__u8)BPF_CORE_READ_BITFIELD_PROBED((p), field))

/*
 * How many of the highest bits are copies of the one below them in every address that the CPU
 * takes: 16, or 7 where it runs with page tables of five levels; 0 on CPUs that have no such rule.
 */
const volatile __u32 cfg_sign_bits;

/*
 * Could this be an address in the kernel?  To be asked of what is read as a pointer where something
 * else may stand.  A probe read of any number is harmless, but a kernel before 6.2 takes the CPU's
 * word for the size of addresses when it looks whether they are proper, also if it runs with less;
 * then it warns in its log.  Direct loads have no such trouble, and their pointers are no numbers.
 */
static __always_inline bool is_kernel_address(const bool direct, const void *p)
{
	__s64 addr = (__s64)p;

	return direct ? p != NULL : addr < 0 && addr << cfg_sign_bits >> cfg_sign_bits == addr;
}

/* Tells kernels from 6.8 on that an argument of a global function is the context. */
#ifndef __arg_ctx
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#endif

/* Where the context is; the verifier would keep it a pointer, and calculates with none. */
static __always_inline __u64 number_of(void *ctx)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &ctx);
	return number;
}

/* Makes clang forget what it knows of a number, without an instruction. */
#define FORGET(x) asm volatile("" : "+r"(x))

#endif
