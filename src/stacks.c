// SPDX-License-Identifier: GPL-2.0-only
#include "src/stacks.h"

#include <stdlib.h>
#include <string.h>

/* A power of two, several times the number of stacks that a busy machine shows. */
#define SLOTS 4096

struct slot {
	uint64_t *addrs;
	size_t n;
	char *text;
};

struct stacks {
	struct slot slots[SLOTS];
};

struct stacks *stacks_new(void)
{
	return calloc(1, sizeof(struct stacks));
}

/* FNV-1a, a word at a time; the high half is mixed best. */
static size_t slot_of(const uint64_t *addrs, size_t n)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ addrs[i]) * 0x100000001b3ULL;
	return (hash ^ hash >> 32) % SLOTS;
}

void stacks_put_address(struct buf *out, const struct ksyms *syms, uint64_t addr)
{
	const struct ksym *sym = syms ? ksyms_find(syms, addr) : NULL;

	if (!sym) {
		buf_printf(out, "0x%llx", (unsigned long long)addr);
		return;
	}
	buf_printf(out, "%s+0x%llx", sym->name, (unsigned long long)(addr - sym->addr));
	if (sym->module)
		buf_printf(out, " [%s]", sym->module);
}

static char *make_text(const struct ksyms *syms, const uint64_t *addrs, size_t n)
{
	struct buf text = {0};
	char *copy = NULL;

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_puts(&text, "\n");
		stacks_put_address(&text, syms, addrs[i]);
	}
	if (!buf_error(&text))
		copy = strdup(buf_str(&text));
	buf_free(&text);
	return copy;
}

static void empty(struct slot *slot)
{
	free(slot->addrs);
	free(slot->text);
	*slot = (struct slot){0};
}

const char *stacks_text(struct stacks *stacks, const struct ksyms *syms, const uint64_t *addrs,
			size_t n)
{
	struct slot *slot = &stacks->slots[slot_of(addrs, n)];
	size_t bytes = n * sizeof(*addrs);

	if (!n)
		return "";
	if (slot->n == n && !memcmp(slot->addrs, addrs, bytes))
		return slot->text;
	empty(slot);
	slot->addrs = malloc(bytes);
	slot->text = make_text(syms, addrs, n);
	if (!slot->addrs || !slot->text) {
		empty(slot);
		return "";
	}
	memcpy(slot->addrs, addrs, bytes);
	slot->n = n;
	return slot->text;
}

void stacks_forget(struct stacks *stacks)
{
	for (size_t i = 0; i < SLOTS; i++)
		empty(&stacks->slots[i]);
}

void stacks_free(struct stacks *stacks)
{
	if (!stacks)
		return;
	stacks_forget(stacks);
	free(stacks);
}
