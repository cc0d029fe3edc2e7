// SPDX-License-Identifier: GPL-2.0-only
#include "src/cvalue.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/util.h"

/* Structs in structs in arrays ...; more only has a damaged file. */
#define DEPTH_MAX 32

struct cvalue {
	const struct btf *types;
	struct btf_dump *dump;
	struct buf *out; /* of the text that is being made */
	int indent;	 /* as in cvalue_put() */
	int depth;
};

static int put_value(struct cvalue *c, uint32_t id, const uint8_t *data, size_t size);

/* What libbpf puts out. */
static void print(void *ctx, const char *fmt, va_list args)
{
	buf_vprintf(((struct cvalue *)ctx)->out, fmt, args);
}

int cvalue_new(const struct btf *types, struct cvalue **ret_cvalue)
{
	struct cvalue *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->types = types;
	c->dump = btf_dump__new(types, print, c, NULL);
	if (!c->dump) {
		err = -errno;
		cvalue_free(c);
		return err;
	}
	*ret_cvalue = c;
	return 0;
}

/* ---- types */

/* Through const, volatile and the like; and, if asked for, through typedefs. NULL: damaged. */
static const struct btf_type *strip(const struct btf *types, uint32_t id, bool typedefs)
{
	const struct btf_type *t = btf__type_by_id(types, id);

	for (int n = 0; t && (btf_is_mod(t) || (typedefs && btf_is_typedef(t))); n++)
		t = n < DEPTH_MAX ? btf__type_by_id(types, t->type) : NULL;
	return t;
}

static const struct btf_type *resolve(const struct cvalue *c, uint32_t id)
{
	return strip(c->types, id, true);
}

static const char *name_of(const struct cvalue *c, const struct btf_type *t)
{
	return btf__name_by_offset(c->types, t->name_off) ?: "";
}

static const struct btf_type *element_of(const struct cvalue *c, const struct btf_type *array)
{
	return resolve(c, btf_array(array)->type);
}

static bool is_byte(const struct btf_type *t)
{
	return t && btf_is_int(t) && t->size == 1;
}

/* "struct sk_buff", "possible_net_t", "char": of what is no pointer and no array. */
static void put_type_name(struct cvalue *c, uint32_t id)
{
	const struct btf_type *t = strip(c->types, id, false);
	const char *name = t ? name_of(c, t) : "";

	if (t && btf_is_composite(t))
		buf_puts(c->out, btf_is_union(t) ? "union" : "struct");
	if (t && btf_is_composite(t) && *name)
		buf_putc(c->out, ' ');
	buf_puts(c->out, name);
}

/* The same in parentheses; of an array, the elements' and the lengths. */
static void put_cast(struct cvalue *c, uint32_t id)
{
	const struct btf_type *t = resolve(c, id);
	uint32_t lens[DEPTH_MAX];
	int n = 0;

	for (; t && btf_is_array(t) && n < DEPTH_MAX; t = element_of(c, t)) {
		id = btf_array(t)->type;
		lens[n++] = btf_array(t)->nelems;
	}
	buf_putc(c->out, '(');
	put_type_name(c, id);
	for (int i = 0; i < n; i++) {
		buf_putc(c->out, '[');
		buf_u64(c->out, lens[i]);
		buf_putc(c->out, ']');
	}
	buf_putc(c->out, ')');
}

/* ---- values */

static bool is_zero(const uint8_t *data, size_t size)
{
	while (size && !*data) {
		data++;
		size--;
	}
	return !size;
}

/* Between the members of a struct. */
static void new_line(struct cvalue *c)
{
	if (c->indent < 0)
		return;
	buf_putc(c->out, '\n');
	for (int i = 0; i < c->indent + c->depth; i++)
		buf_puts(c->out, CVALUE_INDENT);
}

static int put_scalar(struct cvalue *c, uint32_t id, const void *data, size_t size)
{
	LIBBPF_OPTS(btf_dump_type_data_opts, opts, .compact = true);
	int err = btf_dump__dump_type_data(c->dump, id, data, size, &opts);

	return err < 0 ? err : 0;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "how bit-fields lie in bytes");

/* A bit-field as a number of its type; at most 8 bytes may hold its bits. */
static int read_bits(const struct cvalue *c, uint32_t id, uint32_t at, uint32_t bits,
		     const uint8_t *data, size_t size, uint64_t *ret)
{
	const struct btf_type *t = resolve(c, id);
	uint32_t first = at / 8, end = (at + bits + 7) / 8;
	uint64_t value = 0;

	if (!t || bits > 64 || end - first > sizeof(value))
		return -EINVAL;
	if (end > size)
		return -E2BIG;
	memcpy(&value, data + first, end - first);
	value = value >> at % 8 << (64 - bits);
	if (btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED)
		*ret = (uint64_t)((int64_t)value >> (64 - bits));
	else
		*ret = value >> (64 - bits);
	return 0;
}

/* How wide a bit-field is, and where; 0 if it is none. */
static uint32_t bits_of(const struct cvalue *c, const struct btf_type *t, int i, uint32_t *ret_at)
{
	const struct btf_type *type = resolve(c, btf_members(t)[i].type);

	*ret_at = btf_member_bit_offset(t, i);
	/* Old compilers made a type of that width. */
	if (type && btf_is_int(type) && btf_int_bits(type) < type->size * 8) {
		*ret_at += btf_int_offset(type);
		return btf_int_bits(type);
	}
	return btf_member_bitfield_size(t, i);
}

static void begin_member(struct cvalue *c, const char *name)
{
	new_line(c);
	/* One without a name is a struct or a union, whose members count as the outer one's. */
	if (!*name)
		return;
	buf_putc(c->out, '.');
	buf_puts(c->out, name);
	buf_puts(c->out, " = ");
}

static int put_member(struct cvalue *c, const struct btf_type *t, int i, const uint8_t *data,
		      size_t size)
{
	const struct btf_member *m = btf_members(t) + i;
	const char *name = btf__name_by_offset(c->types, m->name_off) ?: "";
	uint32_t at, bits = bits_of(c, t, i, &at);
	int64_t len = btf__resolve_size(c->types, m->type);
	uint64_t value;
	int err;

	if (len < 0)
		return -EINVAL;
	if (bits) {
		err = read_bits(c, m->type, at, bits, data, size, &value);
		if (err || !value)
			return err;
		begin_member(c, name);
		err = put_scalar(c, m->type, &value, sizeof(value));
	} else {
		if (at / 8 > size || (uint64_t)len > size - at / 8)
			return -E2BIG;
		if (is_zero(data + at / 8, len))
			return 0;
		begin_member(c, name);
		err = put_value(c, m->type, data + at / 8, len);
	}
	buf_putc(c->out, ',');
	return err;
}

static int put_struct(struct cvalue *c, const struct btf_type *t, const uint8_t *data, size_t size)
{
	int err = 0;

	buf_putc(c->out, '{');
	c->depth++;
	for (int i = 0; i < btf_vlen(t) && !err; i++)
		err = put_member(c, t, i, data, size);
	c->depth--;
	new_line(c);
	buf_putc(c->out, '}');
	return err;
}

/* Those that are not zero, by number. */
static int put_elements(struct cvalue *c, const struct btf_type *t, const uint8_t *data,
			size_t size)
{
	const struct btf_array *array = btf_array(t);
	size_t len = array->nelems ? size / array->nelems : 0;
	int err = 0;

	buf_putc(c->out, '{');
	c->depth++;
	for (uint32_t i = 0; len && i < array->nelems && !err; i++, data += len) {
		if (is_zero(data, len))
			continue;
		new_line(c);
		buf_printf(c->out, "[%u] = ", i);
		err = put_value(c, array->type, data, len);
		buf_putc(c->out, ',');
	}
	c->depth--;
	new_line(c);
	buf_putc(c->out, '}');
	return err;
}

/* Printable bytes that need no escape, and behind them only zeros. */
static bool is_text(const uint8_t *data, size_t size)
{
	size_t n = strnlen((const char *)data, size);

	for (size_t i = 0; i < n; i++)
		if (data[i] < ' ' || data[i] > '~' || strchr("\"\\", data[i]))
			return false;
	return n > 1 && n < size && is_zero(data + n, size - n);
}

/* Zeros at the end are left out. */
static void put_bytes(struct cvalue *c, const uint8_t *data, size_t size)
{
	if (is_text(data, size)) {
		buf_printf(c->out, "\"%s\"", (const char *)data);
		return;
	}
	while (size && !data[size - 1])
		size--;
	buf_putc(c->out, '{');
	for (size_t i = 0; i < size; i++) {
		buf_puts(c->out, i ? ",0x" : "0x");
		buf_hex(c->out, data[i], 2);
	}
	buf_putc(c->out, '}');
}

/* @size is that of the type. */
static int put_value(struct cvalue *c, uint32_t id, const uint8_t *data, size_t size)
{
	const struct btf_type *t = resolve(c, id);

	if (!t || c->depth >= DEPTH_MAX)
		return -EINVAL;
	if (!btf_is_array(t) && !btf_is_composite(t))
		return put_scalar(c, id, data, size);
	put_cast(c, id);
	if (btf_is_composite(t))
		return put_struct(c, t, data, size);
	if (!is_byte(element_of(c, t)))
		return put_elements(c, t, data, size);
	put_bytes(c, data, size);
	return 0;
}

int cvalue_put(struct cvalue *cvalue, uint32_t id, const void *data, size_t size, int indent,
	       struct buf *out)
{
	int64_t len = btf__resolve_size(cvalue->types, id);
	size_t before = out->len;
	int err;

	if (buf_error(out))
		return buf_error(out);
	if (len < 0)
		return -EINVAL;
	if ((uint64_t)len > size)
		return -E2BIG;
	cvalue->out = out;
	cvalue->indent = indent;
	cvalue->depth = 0;
	err = put_value(cvalue, id, data, len);
	if (!err)
		err = buf_error(out);
	if (err)
		buf_cut(out, before);
	return err;
}

void cvalue_free(struct cvalue *cvalue)
{
	if (!cvalue)
		return;
	btf_dump__free(cvalue->dump);
	free(cvalue);
}
