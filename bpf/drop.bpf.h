/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DROP_BPF_H
#define PWRU_CAP_DROP_BPF_H
/*
 * Drops: a packet that is freed is either used up or dropped, and the function that frees it knows
 * which.  User space knows these functions and the place of the reason among their arguments.
 *
 * One drop is told once, where it is seen first.  skb_release_data() comes last and is given a
 * reason too, on newer kernels: it tells of packets that are freed in a list, of which only the
 * first is seen by the function that gets the list.
 *
 * All this runs for packets that matched, behind one look for the function's address.
 */
#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

#include "compat.bpf.h"
#include "kernel.h"
#include "maps.bpf.h"
#include "nf.bpf.h"
#include "track.bpf.h"

const volatile struct ev_drop_func cfg_drops[EV_DROP_FUNCS];
/*
 * EV_DROP_BIT() of each of them, and of the function that calls netfilter's hooks: most functions
 * are told from all of these by one look.
 */
const volatile __u64 cfg_drop_bits;

/* What the functions below return, if it is a drop: flags and the reason. */
#define DROP_FLAGS(flags) ((__u64)(flags) << 32)

/* A kind in the upper half, a position in the lower; all ones: no such function. */
#define DROP_NO_FUNC (~0ULL)

static __always_inline bool may_be_drop_func(__u64 func_ip)
{
	return cfg_drop_bits & EV_DROP_BIT(func_ip);
}

static __always_inline __u64 drop_func(__u64 func_ip)
{
#pragma unroll
	for (int i = 0; i < EV_DROP_FUNCS; i++) {
		/* The verifier knows these, and leaves nothing behind the last. */
		if (!cfg_drops[i].ip)
			break;
		if (EV_ENTRY_BLOCK(func_ip) == cfg_drops[i].ip)
			return (__u64)cfg_drops[i].kind << 32 | cfg_drops[i].pos;
	}
	return DROP_NO_FUNC;
}

/* The running kernel's value; 0 if it has none of this name. */
#define REASON(name)                                               \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name)    \
		 ? bpf_core_enum_value(enum skb_drop_reason, name) \
		 : 0)

/* Was this told before, in this life? From now on it was. */
static __always_inline bool told(__u64 skb)
{
	struct skb_id *known = bpf_map_lookup_elem(&skb_ids, &skb);
	bool before;

	if (!known)
		return false;
	before = known->dropped;
	known->dropped = 1;
	return before;
}

static __always_inline __u64 drop_verdict(__u32 kind, __u32 reason, __u64 addr)
{
	struct sk_buff *skb = (struct sk_buff *)addr;

	/* Others hold it still: only this one's reference goes. */
	if (kind != EV_DROP_RELEASE && BPF_CORE_READ(skb, users.refs.counter) != 1)
		return 0;
	/* SKB_REASON_CONSUMED and SKB_NOT_DROPPED_YET are 0. */
	if (kind != EV_DROP_ALWAYS && !reason)
		return 0;
	if (kind == EV_DROP_ALWAYS || kind == EV_DROP_FREE_REASON)
		return told(addr) ? 0 : DROP_FLAGS(EV_F_DROP);
	if (reason == REASON(SKB_CONSUMED))
		return 0;
	/* __kfree_skb() says this of all packets, also for consume_skb(). */
	if (kind == EV_DROP_RELEASE && reason == REASON(SKB_DROP_REASON_NOT_SPECIFIED))
		return 0;
	return told(addr) ? 0 : DROP_FLAGS(EV_F_DROP | EV_F_REASON) | reason;
}

/* One load each: clang would unite them, to one from an address in the context that varies. */
#define PARAMETER(n)                                \
	case n: {                                   \
		__u64 value = PT_REGS_PARM##n(ctx); \
                                                    \
		FORGET(value);                      \
		return value;                       \
	}

static __always_inline __u64 parameter(struct pt_regs *ctx, __u64 pos)
{
	switch (pos) {
		PARAMETER(1)
		PARAMETER(2)
		PARAMETER(3)
		PARAMETER(4)
		PARAMETER(5)
	}
	return 0;
}

/* What kernels before 6.3 want the context of a kprobe to be called in a global function. */
struct bpf_user_pt_regs_t {
};

/*
 * Is the skb dropped by the function with this entry, which the context is of? 0, or DROP_FLAGS()
 * and the reason.  Of nf_hook_slow(), which drops none itself, nf_state().
 */
__weak __noinline __u64 drop_in_kprobe(struct bpf_user_pt_regs_t *ctx, __u64 func_ip, __u64 skb)
{
	__u64 func = drop_func(func_ip);

	if (is_nf_hook(func_ip))
		return nf_state(PT_REGS_PARM2((struct pt_regs *)ctx));
	if (func == DROP_NO_FUNC)
		return 0;
	return drop_verdict(func >> 32, parameter((struct pt_regs *)ctx, (__u32)func), skb);
}

__weak __noinline __u64 drop_in_fentry(void *ctx __arg_ctx, __u64 func_ip, __u64 skb)
{
	__u64 func = drop_func(func_ip), reason = 0, state;

	if (is_nf_hook(func_ip) && !bpf_get_func_arg(ctx, 1, &state))
		return nf_state(state);
	if (func == DROP_NO_FUNC)
		return 0;
	if ((__u32)func)
		bpf_get_func_arg(ctx, (__u32)func - 1, &reason);
	return drop_verdict(func >> 32, reason, skb);
}

/* The same where the context is the array of arguments, and no kind of program that knows helpers.
 */
__weak __noinline __u64 drop_in_copy(__u64 args, __u64 func_ip, __u64 skb)
{
	__u64 func = drop_func(func_ip), reason = 0, pos = func & 0xff, state = 0;

	if (is_nf_hook(func_ip) &&
	    !bpf_probe_read_kernel(&state, sizeof(state), (void *)(args + 8)))
		return nf_state(state);
	if (func == DROP_NO_FUNC)
		return 0;
	if (pos)
		bpf_probe_read_kernel(&reason, sizeof(reason), (void *)(args + (pos - 1) * 8));
	return drop_verdict(func >> 32, reason, skb);
}

/* The function itself, and behind it the one that called it. */
#define CALLER_FRAMES 2

static __always_inline __u64 caller_of(void *ctx, const __u32 skip)
{
	__u64 at[CALLER_FRAMES] = {};

	bpf_get_stack(ctx, at, sizeof(at), skip);
	return at[1];
}

#endif
