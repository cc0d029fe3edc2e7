/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RETURNS_H
#define PWRU_CAP_RETURNS_H
/*
 * What functions return, as people read it: a number by the function's type, an error by its name.
 */
#include <stdint.h>

#include "src/buf.h"

enum return_kind {
	RETURN_UNKNOWN, /* nothing is known of the type */
	RETURN_VOID,
	RETURN_SIGNED,
	RETURN_UNSIGNED,
	RETURN_BOOL,
	RETURN_POINTER,
	RETURN_ENUM, /* signed or not, its values have names */
};

struct return_name {
	int64_t value;
	const char *name;
};

struct return_type {
	enum return_kind kind;
	uint8_t bytes;			 /* that count, 1 to 8; not of RETURN_VOID */
	const struct return_name *names; /* of RETURN_ENUM */
	size_t n_names;
};

struct returns;

/* returns_new() - knows nothing yet; NULL when there is no memory */
struct returns *returns_new(void);

/**
 * returns_add() - what the function at this address returns
 * @addr: of its entry, or of the call to ftrace there
 * @type: is copied; its names have to outlive @returns, or be handed over by returns_own()
 *
 * Of two for the same function, the first counts.
 *
 * Return: 0 or -ENOMEM.
 */
int returns_add(struct returns *returns, uint64_t addr, const struct return_type *type);

/* returns_own() - @names, which came from malloc(), is freed with @returns; returns 0 or -ENOMEM,
 * and frees it then
 */
int returns_own(struct returns *returns, struct return_name *names);

/**
 * returns_put() - append a value that the function at @func_ip has returned
 * @value: the whole register
 *
 * true and false; names of enumerators; -EPERM and such, of integers and pointers from -4095 to -1;
 * otherwise decimal, or hexadecimal for pointers and what is not known.
 */
void returns_put(struct returns *returns, struct buf *out, uint64_t func_ip, uint64_t value);

/* returns_free() - @returns may be NULL */
void returns_free(struct returns *returns);

#endif
