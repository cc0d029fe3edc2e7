// SPDX-License-Identifier: GPL-2.0-only
#include "src/lives.h"

#include <errno.h>
#include <stdlib.h>

/* A power of two: as many as the kernel's side tells apart (bpf/track.bpf.h). */
#define SLOTS 65536

int lives_init(struct lives *lives, size_t max)
{
	*lives = (struct lives){.max = max, .bytes = SLOTS * sizeof(*lives->slots)};
	lives->slots = calloc(SLOTS, sizeof(*lives->slots));
	return lives->slots ? 0 : -ENOMEM;
}

static struct life **slot_of(const struct lives *lives, uint64_t skb)
{
	/* Fibonacci hashing; skbs are aligned to 64 bytes and more. */
	return &lives->slots[(skb >> 6) * 0x9e3779b97f4a7c15ULL >> 48];
}

struct life *lives_find(const struct lives *lives, uint64_t skb)
{
	struct life *life = *slot_of(lives, skb);

	while (life && life->skb != skb)
		life = life->chain;
	return life;
}

static void link_newest(struct lives *lives, struct life *life)
{
	life->older = lives->newest;
	life->newer = NULL;
	if (lives->newest)
		lives->newest->newer = life;
	else
		lives->oldest = life;
	lives->newest = life;
}

static void unlink_age(struct lives *lives, struct life *life)
{
	if (life->older)
		life->older->newer = life->newer;
	else
		lives->oldest = life->newer;
	if (life->newer)
		life->newer->older = life->older;
	else
		lives->newest = life->older;
}

void lives_add(struct lives *lives, struct life *life)
{
	struct life **slot = slot_of(lives, life->skb);

	life->chain = *slot;
	*slot = life;
	life->bytes = 0;
	link_newest(lives, life);
}

void lives_touch(struct lives *lives, struct life *life)
{
	if (lives->newest == life)
		return;
	unlink_age(lives, life);
	link_newest(lives, life);
}

void lives_charge(struct lives *lives, struct life *life, size_t bytes)
{
	lives->bytes += bytes - life->bytes;
	life->bytes = bytes;
}

void lives_remove(struct lives *lives, struct life *life)
{
	struct life **at = slot_of(lives, life->skb);

	while (*at != life)
		at = &(*at)->chain;
	*at = life->chain;
	unlink_age(lives, life);
	lives->bytes -= life->bytes;
}

void lives_free(struct lives *lives)
{
	free(lives->slots);
	lives->slots = NULL;
}
