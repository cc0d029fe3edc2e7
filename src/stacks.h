/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_STACKS_H
#define PWRU_CAP_STACKS_H
/*
 * Kernel stacks as text.  A capture of many thousand packets has a few hundred different stacks,
 * and making the text is most of the work for a packet: so texts are remembered.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/buf.h"
#include "src/ksyms.h"

struct stacks;

/* stacks_new() - an empty memory; NULL when there is none */
struct stacks *stacks_new(void);

/**
 * stacks_text() - the text of a stack
 * @syms: the kernel's symbols, the same until stacks_forget(); NULL if they are not known
 * @addrs: @n addresses, innermost first
 * @n: at most EV_STACK_MAX
 *
 * Return: one symbol+0xoffset a line, the module in brackets behind it, no newline at the end;
 * valid until the next call; "" for an empty stack or when memory runs out.
 */
const char *stacks_text(struct stacks *stacks, const struct ksyms *syms, const uint64_t *addrs,
			size_t n);

/* stacks_put_address() - append one line of such a text; @syms as above */
void stacks_put_address(struct buf *out, const struct ksyms *syms, uint64_t addr);

/* stacks_forget() - the symbols have changed */
void stacks_forget(struct stacks *stacks);

/* stacks_free() - @stacks may be NULL */
void stacks_free(struct stacks *stacks);

#endif
