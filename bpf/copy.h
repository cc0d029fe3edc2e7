/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_COPY_H
#define PWRU_CAP_COPY_H
/*
 * What user space (src/prog_template.c) and the programs that are attached to one function each
 * (copy.bpf.c) agree on beyond event.h.
 *
 * There is one copy of a program for each function that is watched.  All are the same but for a
 * few constants: in the instructions stands one of these numbers, which no other constant is, and
 * each copy gets its own in place of it.
 */

/* Which function it is: becomes ev_hdr.func_ip. */
#define COPY_FUNC_IP 0x70777275c0ffee00

/*
 * Where the skb is among a kernel function's arguments, 1 to 5; 0: the function ends an skb's life.
 * These are the three low bits.
 */
#define COPY_POS      0x70777275c0ffef01
#define COPY_POS_MASK 7

/* The next bit: the function's return is watched, too. */
#define COPY_RETURNS 8

/* Where the value is that a function returns: behind so many words of arguments. */
#define COPY_ARG_WORDS 0x70777275c0ffef02

#endif
