/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FIELD_SHOW_H
#define PWRU_CAP_FIELD_SHOW_H
/*
 * How a field is shown: by its type, or as the user wants it.
 */
#include <bpf/btf.h>

#include "filter/fetch.h"
#include "filter/fexpr.h"
#include "src/shown.h"

/**
 * field_show() - what to read of a field, and how to show it
 * @btf: types
 * @path: its path, for what the name says of the type
 * @field: where it is
 * @fmt: as behind the colon of fields_resolve(); NULL: by type
 * @ret_fetch: filled on success
 * @ret_shown: likewise, but for the name, which is left alone; free with shown_free()
 * @err: receives a message, on error
 * @errsz: its size
 *
 * Return: 0; -EINVAL it cannot be shown (so); -E2BIG its value is longer than SHOWN_MAX; -ENOMEM.
 */
int field_show(const struct btf *btf, const char *path, const struct fexpr_field *field,
	       const char *fmt, struct fetch_field *ret_fetch, struct shown_field *ret_shown,
	       char *err, size_t errsz);

#endif
