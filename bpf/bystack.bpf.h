/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_BYSTACK_BPF_H
#define PWRU_CAP_BYSTACK_BPF_H
/*
 * Functions without an skb: which packet are they called for?  That of the innermost function on
 * their stack in which a packet matched.  So each match notes the function's frame, and a function
 * without an skb looks for one that is live.
 *
 * Nothing tells when a function returns (return probes on all of them would cost too much, and
 * come too late with a tail call).  So a frame that was noted is believed to be live only if
 *
 *   - no function that takes an skb was entered since with its return address there, or nearer to
 *     the stack's beginning: that one's entry, matching or not, strikes the frame out (frames_left)
 *   - its return address still stands where it stood
 *   - the unwinder finds that address on the stack, and what is called from there is the noted
 *     function.  What stood in memory might be left over, in a hole of a newer frame; and where a
 *     function is called through a pointer, another one may have been called
 *   - between the two no interrupt or exception came in, which would have nothing to do with the
 *     packet: the entry code of the kernel would be on the stack
 *
 * The first two sort out nearly all that is not under a packet; the unwinder is slow.
 *
 * A stack is known by where the task's begins, or by the CPU, for that has one stack for interrupts
 * and softirqs.  (That one is not aligned to its size, so a mask would not do.)
 */
#include <linux/errno.h>
#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

#include "emit.bpf.h"

/* Deeper ones replace the last. */
#define FRAMES_MAX 32

/* A function that a packet matched in. */
struct stack_frame {
	__u64 slot; /* where its return address is */
	__u64 ret;  /* the address */
	__u64 func_ip;
	__u64 skb;
	__u64 id;
};

struct stack_frames {
	__u64 n;
	struct stack_frame v[FRAMES_MAX]; /* the outermost first: slots go down */
};

/* By stack.  LRU: tasks end. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* more if it is to be used */
	__type(key, __u64);
	__type(value, struct stack_frames);
} stack_frames SEC(".maps");

/* Zeros, to begin with. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_frames);
} no_frames SEC(".maps");

/* Where functions end: first byte, as EV_ENTRY_BLOCK(), to the address behind the last. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* likewise */
	__type(key, __u64);
	__type(value, __u64);
} func_ends SEC(".maps");

#define UNWOUND_MAX 64

/*
 * A stack as the unwinder sees it, from the function itself to the outermost that there is room
 * for.  Programs behind kprobes do not nest on a CPU, so one is enough.
 */
struct unwound {
	__u64 n;
	__u64 addrs[UNWOUND_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct unwound);
} unwound SEC(".maps");

/* The kernel's code for interrupts, exceptions and system calls. */
const volatile __u64 cfg_entry_text_start;
const volatile __u64 cfg_entry_text_end;

/* Of a task: THREAD_SIZE of x86-64.  (With KASAN it is twice that; see stack_of().) */
#define STACK_BYTES 16384

/*
 * The key of the stack that this address is on.  A wrong one costs sightings, if a task goes on on
 * another CPU, but ties nothing to what is on another stack: slots are addresses.
 */
static __always_inline __u64 stack_of(__u64 sp)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 start = (__u64)BPF_CORE_READ(task, stack);

	return sp - start < STACK_BYTES ? start : bpf_get_smp_processor_id();
}

static __always_inline void count_no_frame(void)
{
	struct ev_stats *st = this_cpu_stats();

	COUNT(st, no_frame);
}

/*
 * A function that takes an skb has been entered, with its return address at slot: the frames whose
 * return address is there or below are gone.
 */
__weak __noinline int frames_left(__u64 slot)
{
	__u64 stack = stack_of(slot), n;
	struct stack_frames *frames = bpf_map_lookup_elem(&stack_frames, &stack);

	if (!frames)
		return 0;
	n = frames->n;
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (!n || frames->v[(n - 1) % FRAMES_MAX].slot > slot)
			break;
		n--;
	}
	frames->n = n;
	return 0;
}

/* Where this function's return address is cannot be told: nothing is known of the stack then. */
static __always_inline void frames_unknown(__u64 sp)
{
	__u64 stack = stack_of(sp);

	bpf_map_delete_elem(&stack_frames, &stack);
	count_no_frame();
}

static __always_inline struct stack_frames *new_frames(__u64 stack)
{
	__u32 zero = 0;
	struct stack_frames *none = bpf_map_lookup_elem(&no_frames, &zero);

	if (none)
		bpf_map_update_elem(&stack_frames, &stack, none, BPF_ANY);
	return bpf_map_lookup_elem(&stack_frames, &stack);
}

/*
 * A packet has matched, and been written, in this function; frames_left() has been there.
 * @slot: 0: it is not known
 */
__weak __noinline int frame_note(__u64 slot, __u64 func_ip, __u64 skb)
{
	__u64 stack = stack_of(slot), n;
	struct stack_frames *frames = bpf_map_lookup_elem(&stack_frames, &stack);
	const struct skb_id *known = bpf_map_lookup_elem(&skb_ids, &skb);
	struct stack_frame *frame;

	if (!slot)
		return 0;
	if (!frames)
		frames = new_frames(stack);
	if (!frames) {
		count_no_frame();
		return 0;
	}
	n = frames->n < FRAMES_MAX ? frames->n : FRAMES_MAX - 1;
	frame = &frames->v[n % FRAMES_MAX];
	frame->slot = slot;
	frame->ret = 0;
	bpf_probe_read_kernel(&frame->ret, sizeof(frame->ret), (void *)slot);
	frame->func_ip = func_ip;
	frame->skb = skb;
	frame->id = known ? known->id : 0;
	frames->n = n + 1;
	return 0;
}

/*
 * The same place for programs of a trampoline, whose frame holds, from the context upwards: the
 * arguments, perhaps the return value, rbp, the way back into the function.  Next comes the
 * function's own return address.  (The program's stack may be somewhere else.)
 * Returns 0 if the frame looks different.
 */
static __always_inline __u64 trampoline_slot(void *ctx)
{
	__u64 at = number_of(ctx) + bpf_get_func_arg_cnt(ctx) * 8;
	__u64 words[4] = {}, func = EV_ENTRY_BLOCK(bpf_get_func_ip(ctx));

	bpf_probe_read_kernel(words, sizeof(words), (void *)at);
#pragma unroll
	for (int i = 1; i < 4; i++)
		if (EV_ENTRY_BLOCK(words[i]) == func)
			return at + (i + 1) * 8;
	return 0;
}

/* Returns 0, or -1 if the stack cannot be followed. */
static __always_inline int unwind(void *ctx)
{
	__u32 zero = 0;
	struct unwound *u = bpf_map_lookup_elem(&unwound, &zero);
	long bytes;

	if (!u)
		return -1;
	bytes = bpf_get_stack(ctx, u->addrs, sizeof(u->addrs), 0);
	if (bytes <= 0) {
		/*
		 * The kernel does one at a time.  So this is an interrupt that came while one of
		 * our programs took its stack, and no packet's.
		 */
		if (bytes != -EFAULT)
			count_no_frame();
		return -1;
	}
	u->n = (__u64)bytes / 8;
	return 0;
}

/*
 * Does the stack that unwind() found show a function, as it was called from ret?
 * @jumped: it may have ended with a jump to the one at the stack's top
 */
__weak __noinline int is_on_stack(__u64 ret, __u64 func_ip, __u32 jumped)
{
	__u64 start = EV_ENTRY_BLOCK(func_ip), before = 0, *end;
	__u32 zero = 0;
	struct unwound *u = bpf_map_lookup_elem(&unwound, &zero);

	end = bpf_map_lookup_elem(&func_ends, &start);
	if (!u || !end)
		return 0;
	for (int i = 0; i < UNWOUND_MAX; i++) {
		__u64 addr = u->addrs[i];

		if ((__u64)i >= u->n)
			break;
		if (i && addr >= cfg_entry_text_start && addr < cfg_entry_text_end)
			break;
		if (addr == ret && (i == 1 ? jumped : before > start && before <= *end))
			return 1;
		before = addr;
	}
	return 0;
}

/* The skb is the one that was noted, and has not been freed, as far as we have seen. */
static __always_inline bool skb_is_alive(__u64 skb, __u64 id)
{
	struct skb_id *known = bpf_map_lookup_elem(&skb_ids, &skb);

	return known && known->id == id && !known->dying;
}

/* A sighting for a packet that was noted. */
static __always_inline void emit_by_stack(const struct site *site, __u64 skb, __u64 id)
{
	struct facts facts = {.id = id, .pkt_type = EV_PKT_TYPE_UNKNOWN};
	struct frame f = {.skb = skb};
	struct skb_place p;

	if (skb_is_alive(skb, id) && frame_place(false, skb, &p) && frame_of_rest(false, &p, &f) &&
	    frame_adds_up(&f))
		facts_of_skb(false, site, skb, &facts);
	else
		frame_of_nothing(&f);
	f.flags |= EV_F_STACK;
	emit(false, site, &f, &facts);
	release_facts(&facts);
	frame_release(&f);
}

#endif
