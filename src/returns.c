// SPDX-License-Identifier: GPL-2.0-only
#include "src/returns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "src/util.h"

/* The kernel's errors end there (MAX_ERRNO in include/linux/err.h). */
#define ERRORS_MAX 4095

struct returned {
	uint64_t block; /* EV_ENTRY_BLOCK() */
	struct return_type type;
	size_t order;
};

struct returns {
	struct returned *v;
	size_t n, cap;
	bool sorted;
	struct return_name **owned;
	size_t n_owned, cap_owned;
};

struct returns *returns_new(void)
{
	return calloc(1, sizeof(struct returns));
}

int returns_add(struct returns *returns, uint64_t addr, const struct return_type *type)
{
	void *v = grow(returns->v, returns->n, &returns->cap, sizeof(*returns->v));

	if (!v)
		return -ENOMEM;
	returns->v = v;
	returns->v[returns->n] = (struct returned){
		.block = EV_ENTRY_BLOCK(addr),
		.type = *type,
		.order = returns->n,
	};
	returns->n++;
	returns->sorted = false;
	return 0;
}

int returns_own(struct returns *returns, struct return_name *names)
{
	void *owned = grow(returns->owned, returns->n_owned, &returns->cap_owned,
			   sizeof(*returns->owned));

	if (!owned) {
		free(names);
		return -ENOMEM;
	}
	returns->owned = owned;
	returns->owned[returns->n_owned++] = names;
	return 0;
}

static int by_block(const void *a, const void *b)
{
	const struct returned *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static const struct return_type *find(struct returns *returns, uint64_t func_ip)
{
	static const struct return_type unknown = {.kind = RETURN_UNKNOWN, .bytes = 8};
	const uint64_t block = EV_ENTRY_BLOCK(func_ip);
	size_t from = 0, to = returns->n;

	if (!returns->sorted && returns->n)
		qsort(returns->v, returns->n, sizeof(*returns->v), by_block);
	returns->sorted = true;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (returns->v[middle].block < block)
			from = middle + 1;
		else
			to = middle;
	}
	return from < returns->n && returns->v[from].block == block ? &returns->v[from].type
								    : &unknown;
}

/* Errors that the C library does not know, from include/linux/errno.h of the kernel. */
static const char *kernel_error(int err)
{
	switch (err) {
	case 512:
		return "ERESTARTSYS";
	case 513:
		return "ERESTARTNOINTR";
	case 514:
		return "ERESTARTNOHAND";
	case 515:
		return "ENOIOCTLCMD";
	case 516:
		return "ERESTART_RESTARTBLOCK";
	case 517:
		return "EPROBE_DEFER";
	case 524:
		return "ENOTSUPP";
	case 529:
		return "EIOCBQUEUED";
	default:
		return NULL;
	}
}

static bool put_error(struct buf *out, int64_t value)
{
	const char *name = NULL;

	if (value >= 0 || value < -ERRORS_MAX)
		return false;
	name = strerrorname_np((int)-value);
	if (!name)
		name = kernel_error((int)-value);
	if (!name)
		return false;
	buf_putc(out, '-');
	buf_puts(out, name);
	return true;
}

static void put_signed(struct buf *out, int64_t value)
{
	if (!put_error(out, value))
		buf_printf(out, "%" PRId64, value);
}

static void put_enum(struct buf *out, const struct return_type *type, int64_t value)
{
	for (size_t i = 0; i < type->n_names; i++) {
		if (type->names[i].value == value) {
			buf_puts(out, type->names[i].name);
			return;
		}
	}
	put_signed(out, value);
}

void returns_put(struct returns *returns, struct buf *out, uint64_t func_ip, uint64_t value)
{
	const struct return_type *type = find(returns, func_ip);
	unsigned int unused = type->bytes % 8 ? 64 - 8 * type->bytes : 0;
	int64_t number = (int64_t)(value << unused) >> unused;

	switch (type->kind) {
	case RETURN_SIGNED:
		put_signed(out, number);
		return;
	case RETURN_ENUM:
		put_enum(out, type, number);
		return;
	case RETURN_UNSIGNED:
		buf_u64(out, value << unused >> unused);
		return;
	case RETURN_BOOL:
		buf_puts(out, value & 0xff ? "true" : "false");
		return;
	case RETURN_POINTER:
		if (!value)
			buf_puts(out, "NULL");
		else if (!put_error(out, number))
			buf_printf(out, "0x%" PRIx64, value);
		return;
	default:
		buf_printf(out, "0x%" PRIx64, value);
	}
}

void returns_free(struct returns *returns)
{
	if (!returns)
		return;
	for (size_t i = 0; i < returns->n_owned; i++)
		free(returns->owned[i]);
	free(returns->owned);
	free(returns->v);
	free(returns);
}
