/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SIGHT_BPF_H
#define PWRU_CAP_SIGHT_BPF_H
/*
 * One sighting, from an skb's address to the filter's word.
 */
#include "filter.bpf.h"
#include "frame.bpf.h"
#include "meta.bpf.h"

#define JUDGE(write, ctx, f)              \
	do {                              \
		if (frame_matches(&(f)))  \
			write(ctx, &(f)); \
	} while (0)

/*
 * entered(ctx): what is to be done first if META_STACKS is on; addr: the sk_buff;
 * write(ctx, frame): what is to be done if it matches.
 *
 * The common cases have ways of their own to the filter: most of what describes a frame is constant
 * there, and the rest stays in registers.  The empty assembler text, with another number each time,
 * keeps clang from uniting them.
 */
#define SIGHT(direct, entered, write, ctx, addr)                                         \
	({                                                                               \
		const __u32 on = cfg_meta.on;                                            \
		struct frame f = {.skb = addr};                                          \
		struct skb_place p;                                                      \
                                                                                         \
		if (on & META_STACKS)                                                    \
			entered(ctx);                                                    \
		if (meta_matches(direct, on, f.skb) && frame_place(direct, f.skb, &p)) { \
			if (is_plain_ether(&p)) {                                        \
				asm volatile("" ::"i"(1));                               \
				frame_make(&p, p.mac, 0, 0, 0, &f);                      \
				JUDGE(write, ctx, f);                                    \
			} else if (is_plain_l3(&p)) {                                    \
				asm volatile("" ::"i"(2));                               \
				frame_of_l3(direct, &p, &f);                             \
				JUDGE(write, ctx, f);                                    \
			} else if (frame_of_rest(direct, &p, &f)) {                      \
				asm volatile("" ::"i"(3));                               \
				JUDGE(write, ctx, f);                                    \
				frame_release(&f);                                       \
			}                                                                \
		}                                                                        \
		0;                                                                       \
	})

/*
 * The same with one way for all cases, and one place to write: for programs that the kernel
 * verifies again and again, and to which functions without an skb are not tied.  Once the frame is
 * read back from memory, the verifier does not tell the cases apart any more, and walks what
 * follows once.
 */
#define SIGHT_ONCE(direct, write, ctx, addr)                                                      \
	({                                                                                        \
		struct frame f = {.skb = addr}, same;                                             \
		struct skb_place p;                                                               \
                                                                                                  \
		if (meta_matches(direct, cfg_meta.on, f.skb) && frame_place(direct, f.skb, &p) && \
		    frame_of_rest(direct, &p, &f)) {                                              \
			bpf_probe_read_kernel(&same, sizeof(same), &f);                           \
			JUDGE(write, ctx, same);                                                  \
			frame_release(&same);                                                     \
		}                                                                                 \
		0;                                                                                \
	})

#endif
