// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry points: one program for each position that an skb can have among a function's
 * arguments, each way to attach, and each variant (direct or probed, see compat.bpf.h).  User
 * space loads only those that it is going to attach.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bystack.bpf.h"
#include "gather.bpf.h"
#include "return.bpf.h"
#include "session.h"
#include "sight.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The programs hang on kprobes behind a perf event, not on kprobe.multi links. */
const volatile bool cfg_kprobe;

/* The address of the function that the program is attached to. */
static __always_inline __u64 entry_of(void *ctx)
{
	/* bpf_get_func_ip() is not there for kprobes before 5.15; a breakpoint has one byte. */
	return cfg_kprobe ? PT_REGS_IP((struct pt_regs *)ctx) - 1 : bpf_get_func_ip(ctx);
}

/*
 * A sighting that matches is written by a global function, which is verified once, whatever ways
 * lead to it.  It takes five numbers at most; so two lengths and the flags share one.
 */
#define LINEAR_BITS 30
#define LINEAR_MAX  ((1U << LINEAR_BITS) - 1)

static __always_inline __u64 pack(const struct frame *f)
{
	__u64 linear = f->linear > LINEAR_MAX ? LINEAR_MAX : f->linear;

	return (__u64)(f->flags >> 1) << (32 + LINEAR_BITS) | linear << 32 | f->wire;
}

_Static_assert((EV_F_OPAQUE | EV_F_SOCK) == 3 << 1, "these flags take the two highest bits");

static __always_inline struct frame unpack(__u64 addr, __u64 base, __u64 l2, __u64 packed)
{
	return (struct frame){
		.skb = addr,
		.base = base,
		.l2 = l2,
		.wire = packed,
		.linear = packed >> 32 & LINEAR_MAX,
		.flags = packed >> (32 + LINEAR_BITS) << 1,
	};
}

/*
 * What is put together in scratch memory (pages, deep stacks) has a global function of its own, so
 * that it makes the common way no longer: it returns 0 if that is to be taken after all.  Neither
 * calls the other, for their stacks are large, and old kernels add them up.  frames: see struct
 * site; slot: where the return address is.
 */
#define WRITE(variant, direct, context, entry, what, frames, slot)                               \
	__weak __noinline int gather_##variant(context, __u64 addr, __u64 base, __u64 l2,        \
					       __u64 packed)                                     \
	{                                                                                        \
		struct site site = {.ctx = ctx, .func_ip = entry, .skip = frames, .kind = what}; \
		struct frame f = unpack(addr, base, l2, packed);                                 \
                                                                                                 \
		if (!wants_gather(&f, site.func_ip) || !emit_gathered_skb(direct, &site, &f))    \
			return 0;                                                                \
		if (cfg_meta.on & META_STACKS)                                                   \
			frame_note(slot, site.func_ip, addr);                                    \
		return 1;                                                                        \
	}                                                                                        \
	__weak __noinline int write_##variant(context, __u64 addr, __u64 base, __u64 l2,         \
					      __u64 packed)                                      \
	{                                                                                        \
		struct site site = {.ctx = ctx, .func_ip = entry, .skip = frames, .kind = what}; \
		struct frame f = unpack(addr, base, l2, packed);                                 \
                                                                                                 \
		emit_skb(direct, &site, &f);                                                     \
		if (cfg_meta.on & META_STACKS)                                                   \
			frame_note(slot, site.func_ip, addr);                                    \
		return 0;                                                                        \
	}

/* The stack is the one that the registers of the context tell of. */
#define KPROBE_SLOT PT_REGS_SP((struct pt_regs *)ctx)

WRITE(direct, true, struct bpf_user_pt_regs_t *ctx, entry_of(ctx), SITE_KPROBE, 0, KPROBE_SLOT)
WRITE(probed, false, struct bpf_user_pt_regs_t *ctx, entry_of(ctx), SITE_KPROBE, 0, KPROBE_SLOT)

/* This program, the one that called it, and the trampoline. */
#define FENTRY_FRAMES 3

/* For fentry.multi, which came long after bpf_rdonly_cast(). */
WRITE(fentry, true, void *ctx __arg_ctx, bpf_get_func_ip(ctx), SITE_FENTRY, FENTRY_FRAMES,
      trampoline_slot(ctx))

#define WRITE_BY(variant, ctx, f)                                                             \
	do {                                                                                  \
		__u64 packed = pack(f);                                                       \
                                                                                              \
		if (!may_gather(f) ||                                                         \
		    !gather_##variant((void *)(ctx), (f)->skb, (f)->base, (f)->l2, packed))   \
			write_##variant((void *)(ctx), (f)->skb, (f)->base, (f)->l2, packed); \
	} while (0)

#define WRITE_DIRECT(ctx, f) WRITE_BY(direct, ctx, f)
#define WRITE_PROBED(ctx, f) WRITE_BY(probed, ctx, f)
#define WRITE_FENTRY(ctx, f) WRITE_BY(fentry, ctx, f)

/* At a function's entry the stack pointer is where its return address is. */
static __always_inline void entered_kprobe(struct pt_regs *ctx)
{
	frames_left(PT_REGS_SP(ctx));
}

static __always_inline void entered_fentry(void *ctx)
{
	__u64 slot = trampoline_slot(ctx);

	if (slot)
		frames_left(slot);
	else
		frames_unknown(number_of(ctx));
}

/* User space finds the programs by these names (src/load.c). */
#define KPROBE(section, prefix, n)                                                            \
	SEC(section)                                                                          \
	int prefix##_direct_##n(struct pt_regs *ctx)                                          \
	{                                                                                     \
		return SIGHT(true, entered_kprobe, WRITE_DIRECT, ctx, PT_REGS_PARM##n(ctx));  \
	}                                                                                     \
	SEC(section)                                                                          \
	int prefix##_probed_##n(struct pt_regs *ctx)                                          \
	{                                                                                     \
		return SIGHT(false, entered_kprobe, WRITE_PROBED, ctx, PT_REGS_PARM##n(ctx)); \
	}

#define KPROBES(section, prefix)              \
	KPROBE(section, prefix, 1)            \
	KPROBE(section, prefix, 2)            \
	KPROBE(section, prefix, 3)            \
	KPROBE(section, prefix, 4)            \
	KPROBE(section, prefix, 5)            \
	SEC(section)                          \
	int prefix##_end(struct pt_regs *ctx) \
	{                                     \
		skb_end(PT_REGS_PARM1(ctx));  \
		return 0;                     \
	}

KPROBES("?kprobe.multi", multi)
KPROBES("?kprobe", kprobe)

__weak __noinline int write_by_stack(struct bpf_user_pt_regs_t *ctx, __u64 skb, __u64 id)
{
	struct site site = {.ctx = ctx, .func_ip = entry_of(ctx)};

	emit_by_stack(&site, skb, id);
	return 0;
}

/* In a function without an skb. */
static __always_inline int look_for_packet(struct pt_regs *ctx)
{
	__u64 sp = PT_REGS_SP(ctx), stack = stack_of(sp);
	struct stack_frames *frames = bpf_map_lookup_elem(&stack_frames, &stack);
	bool unwound_yet = false;

	for (int i = 0; frames && i < FRAMES_MAX; i++) {
		const struct stack_frame *frame;
		__u64 ret = 0;

		if ((__u64)i >= frames->n)
			break;
		frame = &frames->v[(frames->n - 1 - i) % FRAMES_MAX];
		if (frame->slot < sp)
			continue;
		bpf_probe_read_kernel(&ret, sizeof(ret), (void *)frame->slot);
		if (ret != frame->ret)
			continue;
		if (!unwound_yet && unwind(ctx))
			break;
		unwound_yet = true;
		if (!is_on_stack(ret, frame->func_ip, frame->slot == sp))
			continue;
		write_by_stack((void *)ctx, frame->skb, frame->id);
		break;
	}
	return 0;
}

SEC("?kprobe.multi")
int multi_by_stack(struct pt_regs *ctx)
{
	return look_for_packet(ctx);
}

SEC("?kprobe")
int kprobe_by_stack(struct pt_regs *ctx)
{
	return look_for_packet(ctx);
}

/*
 * One program for all functions: the cookie says where the skb is, 1 to 5, and 0 stands for the
 * functions that end an skb's life.  For kprobe.multi the cookie costs a search; so this serves the
 * few functions that fentry leaves out, or that have their skb where few have it.
 */
#define MULTI_ANY(variant, direct, write)                                \
	SEC("?kprobe.multi")                                             \
	int multi_any_##variant(struct pt_regs *ctx)                     \
	{                                                                \
		__u64 addr = parameter(ctx, bpf_get_attach_cookie(ctx)); \
                                                                         \
		return SIGHT(direct, entered_kprobe, write, ctx, addr);  \
	}

MULTI_ANY(direct, true, WRITE_DIRECT)
MULTI_ANY(probed, false, WRITE_PROBED)

/*
 * The cookie says which argument the skb is, from 0.  An argument that is there by the function's
 * type can be read; the functions that end an skb's life have a cookie that is no argument's, and
 * so are found at no cost for the others.  One program for all, because the verifier takes a
 * quarter of a second for each (README.md, "Kernels").
 */
#define FENTRY_MULTI(variant, direct)                                                  \
	SEC("?fentry.multi")                                                           \
	int fentry_multi_##variant(__u64 *ctx)                                         \
	{                                                                              \
		__u64 addr;                                                            \
                                                                                       \
		if (!bpf_get_func_arg(ctx, bpf_get_attach_cookie(ctx), &addr))         \
			return SIGHT(direct, entered_fentry, WRITE_FENTRY, ctx, addr); \
		if (!bpf_get_func_arg(ctx, 0, &addr))                                  \
			skb_end(addr);                                                 \
		return 0;                                                              \
	}

FENTRY_MULTI(direct, true)
FENTRY_MULTI(probed, false)

static bool (*session_is_return)(void *ctx) = (void *)SESSION_CALL_IS_RETURN;
static __u64 *(*session_cookie)(void *ctx) = (void *)SESSION_CALL_COOKIE;

__weak __noinline int write_return(struct bpf_user_pt_regs_t *ctx, __u64 call)
{
	struct site site = {.ctx = ctx, .func_ip = bpf_get_func_ip(ctx), .kind = SITE_RETURN};

	emit_return(&site, call, PT_REGS_RC((struct pt_regs *)ctx));
	return 0;
}

/* The return is wanted, too, for a packet that matches. */
#define WRITE_SESSION(variant, ctx, f)                                                 \
	do {                                                                           \
		__u64 *cookie;                                                         \
                                                                                       \
		WRITE_BY(variant, ctx, f);                                             \
		if (at & SESSION_VOID)                                                 \
			break;                                                         \
		cookie = session_cookie(ctx);                                          \
		*cookie = call_of((f)->skb, bpf_get_func_ip(ctx), PT_REGS_PARM2(ctx)); \
		skip = 0;                                                              \
	} while (0)

#define WRITE_SESSION_DIRECT(ctx, f) WRITE_SESSION(direct, ctx, f)
#define WRITE_SESSION_PROBED(ctx, f) WRITE_SESSION(probed, ctx, f)

/* One program for all functions, at their entry and at their return. */
#define SESSION(variant, direct, write)                                                          \
	SEC("?kprobe.session")                                                                   \
	int session_##variant(struct pt_regs *ctx)                                               \
	{                                                                                        \
		__u64 at;                                                                        \
		int skip = 1;                                                                    \
                                                                                                 \
		if (session_is_return(ctx)) {                                                    \
			write_return((void *)ctx, *session_cookie(ctx));                         \
			return 0;                                                                \
		}                                                                                \
		at = bpf_get_attach_cookie(ctx);                                                 \
		SIGHT(direct, entered_kprobe, write, ctx, parameter(ctx, at &SESSION_POS_MASK)); \
		return skip;                                                                     \
	}

SESSION(direct, true, WRITE_SESSION_DIRECT)
SESSION(probed, false, WRITE_SESSION_PROBED)
