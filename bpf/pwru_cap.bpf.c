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
#include "emit.bpf.h"
#include "sight.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The programs hang on kprobes behind a perf event, not on kprobe.multi links. */
const volatile bool cfg_kprobe;

/* What kernels before 6.3 want the context of a kprobe to be called in a global function. */
struct bpf_user_pt_regs_t {
};

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

/* Returns the skb's id. */
static __always_inline __u64 write_record(const bool direct, const struct site *site, __u64 addr,
					  __u64 base, __u64 l2, __u64 packed)
{
	struct frame f = {
		.skb = addr,
		.base = base,
		.l2 = l2,
		.wire = packed,
		.linear = packed >> 32 & LINEAR_MAX,
		.flags = packed >> (32 + LINEAR_BITS) << 1,
	};

	return emit_skb(direct, site, &f);
}

static __always_inline int write_kprobe(const bool direct, void *ctx, __u64 addr, __u64 base,
					__u64 l2, __u64 packed)
{
	struct site site = {.ctx = ctx, .func_ip = entry_of(ctx)};
	__u64 id = write_record(direct, &site, addr, base, l2, packed);

	if (cfg_meta.on & META_STACKS)
		frame_note(PT_REGS_SP((struct pt_regs *)ctx), site.func_ip, addr, id);
	return 0;
}

__weak __noinline int write_direct(struct bpf_user_pt_regs_t *ctx, __u64 addr, __u64 base, __u64 l2,
				   __u64 packed)
{
	return write_kprobe(true, ctx, addr, base, l2, packed);
}

__weak __noinline int write_probed(struct bpf_user_pt_regs_t *ctx, __u64 addr, __u64 base, __u64 l2,
				   __u64 packed)
{
	return write_kprobe(false, ctx, addr, base, l2, packed);
}

/* This program, the one that called it, and the trampoline. */
#define FENTRY_FRAMES 3

/* For fentry.multi, which came long after bpf_rdonly_cast(). */
__weak __noinline int write_fentry(void *ctx __arg_ctx, __u64 addr, __u64 base, __u64 l2,
				   __u64 packed)
{
	struct site site = {.ctx = ctx, .func_ip = bpf_get_func_ip(ctx), .skip = FENTRY_FRAMES};
	__u64 id = write_record(true, &site, addr, base, l2, packed), slot;

	if (cfg_meta.on & META_STACKS) {
		slot = trampoline_slot(ctx);
		if (slot)
			frame_note(slot, site.func_ip, addr, id);
	}
	return 0;
}

#define WRITE_DIRECT(ctx, f) write_direct((void *)(ctx), (f)->skb, (f)->base, (f)->l2, pack(f))
#define WRITE_PROBED(ctx, f) write_probed((void *)(ctx), (f)->skb, (f)->base, (f)->l2, pack(f))
#define WRITE_FENTRY(ctx, f) write_fentry(ctx, (f)->skb, (f)->base, (f)->l2, pack(f))

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
 * functions that end an skb's life.
 */
static __always_inline __u64 parameter(struct pt_regs *ctx, __u64 pos)
{
	switch (pos) {
	case 2:
		return PT_REGS_PARM2(ctx);
	case 3:
		return PT_REGS_PARM3(ctx);
	case 4:
		return PT_REGS_PARM4(ctx);
	case 5:
		return PT_REGS_PARM5(ctx);
	default:
		return PT_REGS_PARM1(ctx);
	}
}

/* The same for kprobe.multi, where the cookie costs a search: for the few that fentry leaves out.
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
 * Most functions have the skb first, and need no cookie to say so.  An argument that is there by
 * the function's type can be read, so there is nothing to check.
 */
#define FENTRY_MULTI(variant, direct)                                          \
	SEC("?fentry.multi")                                                   \
	int fentry_multi_##variant(__u64 *ctx)                                 \
	{                                                                      \
		__u64 addr;                                                    \
                                                                               \
		bpf_get_func_arg(ctx, 0, &addr);                               \
		return SIGHT(direct, entered_fentry, WRITE_FENTRY, ctx, addr); \
	}

FENTRY_MULTI(direct, true)
FENTRY_MULTI(probed, false)

#define FENTRY_MULTI_ANY(variant, direct)                                              \
	SEC("?fentry.multi")                                                           \
	int fentry_multi_any_##variant(__u64 *ctx)                                     \
	{                                                                              \
		__u64 pos = bpf_get_attach_cookie(ctx), addr;                          \
                                                                                       \
		if (bpf_get_func_arg(ctx, pos ? pos - 1 : 0, &addr))                   \
			return 0;                                                      \
		if (pos)                                                               \
			return SIGHT(direct, entered_fentry, WRITE_FENTRY, ctx, addr); \
		skb_end(addr);                                                         \
		return 0;                                                              \
	}

FENTRY_MULTI_ANY(direct, true)
FENTRY_MULTI_ANY(probed, false)
