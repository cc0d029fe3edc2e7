/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LIVES_H
#define PWRU_CAP_LIVES_H
/*
 * What is known of packets that are under way, by the address of their skb, which is one packet's
 * at a time.  The packet that was seen longest ago comes first when room is needed.
 *
 * The users put a struct life first into what they keep, allocate and free it, and say how many
 * bytes it takes.
 */
#include <stddef.h>
#include <stdint.h>

struct life {
	uint64_t skb; /* address */
	uint64_t id;  /* ev_hdr.id: another one at this address is another packet */
	size_t bytes; /* lives_charge() */
	struct life *chain;
	struct life *older, *newer;
};

/* The memory of a life beyond its size: what malloc() adds to a block. */
#define LIVES_BLOCK 16

struct lives {
	struct life **slots;
	struct life *oldest, *newest;
	size_t bytes; /* of all lives, and of the slots */
	size_t max;   /* what bytes is to stay below; the user sees to it */
};

/* lives_init() - none so far; 0 or -ENOMEM */
int lives_init(struct lives *lives, size_t max);

/* lives_find() - the life at this address, or NULL */
struct life *lives_find(const struct lives *lives, uint64_t skb);

/* lives_add() - a new one, whose skb and id are set, there being none at its address */
void lives_add(struct lives *lives, struct life *life);

/* lives_touch() - it was seen just now */
void lives_touch(struct lives *lives, struct life *life);

/* lives_charge() - it takes so many bytes now */
void lives_charge(struct lives *lives, struct life *life, size_t bytes);

/* lives_remove() - take it out; its memory stays the user's */
void lives_remove(struct lives *lives, struct life *life);

/* lives_free() - free the slots, when no life is left */
void lives_free(struct lives *lives);

#endif
