// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as the file that the inventory of functions is remembered in, with the magic number and
 * the sum put right: recall_parse() must refuse them, or give functions that can be used.
 */
#include "src/remember.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->n; i++) {
		const struct found *f = &inventory->v[i];

		if (!*f->name || (f->module && !*f->module) || f->skip >= SKIP_REASONS ||
		    f->pos > KBTF_MAX_POS || (!f->skip && (!f->pos || !f->addr)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory;
	struct head *head;
	uint8_t *copy = malloc(size + 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (size >= sizeof(*head)) {
		head = (struct head *)copy;
		memcpy(head->magic, magic, sizeof(magic));
		head->key = 1;
		head->sum = hash(HASH_START, copy + SUMMED_FROM, size - SUMMED_FROM);
	}
	if (recall_parse(copy, size, 1, &memory)) {
		free(copy);
		return 0;
	}
	use(&memory.inventory);
	inventory_free(&memory.inventory);
	return 0;
}
