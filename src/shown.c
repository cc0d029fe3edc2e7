// SPDX-License-Identifier: GPL-2.0-only
#include "src/shown.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An integer of 1, 2, 4 or 8 bytes. */
static uint64_t load(const uint8_t *bytes, uint32_t size)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case 1:
		return *bytes;
	case 2:
		memcpy(&two, bytes, sizeof(two));
		return two;
	case 4:
		memcpy(&four, bytes, sizeof(four));
		return four;
	default:
		memcpy(&eight, bytes, sizeof(eight));
		return eight;
	}
}

static uint64_t from_network(uint64_t value, uint32_t size)
{
	switch (size) {
	case 2:
		return be16toh(value);
	case 4:
		return be32toh(value);
	case 8:
		return be64toh(value);
	default:
		return value;
	}
}

/* Without what is beside a bit-field, and extended to 64 bits. */
static uint64_t load_number(const struct shown_field *f, const uint8_t *bytes, uint32_t size)
{
	unsigned int bits = f->bits ? f->bits : 8 * size;
	uint64_t value = load(bytes, size) >> f->shift;

	if (bits >= 64)
		return value;
	value <<= 64 - bits;
	return f->is_signed ? (uint64_t)((int64_t)value >> (64 - bits)) : value >> (64 - bits);
}

static void make_enum(const struct shown_field *f, struct shown_value *v)
{
	v->kind = f->is_signed ? VALUE_INT : VALUE_UINT;
	for (size_t i = 0; i < f->n_enumerators; i++) {
		if (f->enumerators[i].value == v->number) {
			const char *name = f->enumerators[i].name;

			v->kind = VALUE_TEXT;
			utf8_sanitize(v->text, sizeof(v->text), name, strlen(name));
			return;
		}
	}
}

static void make_bytes(const uint8_t *bytes, size_t n, const char *between, struct shown_value *v)
{
	size_t at = 0;

	v->kind = VALUE_TEXT;
	for (size_t i = 0; i < n; i++)
		at += snprintf(v->text + at, sizeof(v->text) - at, "%s%02x", i ? between : "",
			       bytes[i]);
}

static void make_number(const struct shown_field *f, const uint8_t *bytes, uint32_t size,
			struct shown_value *v)
{
	v->number = load_number(f, bytes, size);
	switch (f->kind) {
	case SHOWN_ENUM:
		make_enum(f, v);
		break;
	case SHOWN_BE:
		v->number = from_network(v->number, size);
		v->kind = VALUE_UINT;
		break;
	case SHOWN_BOOL:
		v->number = v->number != 0;
		v->kind = VALUE_BOOL;
		break;
	case SHOWN_HEX:
		v->kind = VALUE_HEX;
		break;
	case SHOWN_ADDR:
		v->kind = VALUE_ADDR;
		break;
	default:
		v->kind = f->kind == SHOWN_INT ? VALUE_INT : VALUE_UINT;
	}
}

void shown_make(const struct shown_field *field, const uint8_t *bytes, uint32_t elem,
		struct shown_value *ret_value)
{
	uint32_t size = field->elems ? field->size / field->elems : field->size;

	bytes += (size_t)elem * size;
	*ret_value->text = '\0';
	ret_value->number = 0;
	switch (field->kind) {
	case SHOWN_STR:
		ret_value->kind = VALUE_TEXT;
		utf8_sanitize(ret_value->text, sizeof(ret_value->text), (const char *)bytes,
			      strnlen((const char *)bytes, size));
		break;
	case SHOWN_IP4:
	case SHOWN_IP6:
		ret_value->kind = VALUE_TEXT;
		inet_ntop(field->kind == SHOWN_IP4 ? AF_INET : AF_INET6, bytes, ret_value->text,
			  sizeof(ret_value->text));
		break;
	case SHOWN_MAC:
		make_bytes(bytes, size, ":", ret_value);
		break;
	case SHOWN_BYTES:
		make_bytes(bytes, size, "", ret_value);
		break;
	default:
		make_number(field, bytes, size, ret_value);
	}
}

const char *shown_missing(enum fetch_status status)
{
	switch (status) {
	case FETCH_OK:
		return NULL;
	case FETCH_NULL:
		return "null";
	case FETCH_FAULT:
		return "fault";
	default:
		return "unread";
	}
}

size_t shown_bytes(const struct shown *shown)
{
	size_t bytes = shown->n;

	for (size_t i = 0; i < shown->n; i++)
		bytes += shown->v[i].size;
	return bytes;
}

/* Digits and a sign of 64 bits, or 0x and hexadecimal digits. */
#define NUMBER_MAX 20

static size_t enumerator_max(const struct shown_field *f)
{
	size_t max = NUMBER_MAX;

	for (size_t i = 0; i < f->n_enumerators; i++) {
		size_t n = UTF8_SANITIZED_SIZE(strlen(f->enumerators[i].name));

		if (n > max)
			max = n;
	}
	return max;
}

static size_t value_max(const struct shown_field *f)
{
	switch (f->kind) {
	case SHOWN_STR:
		return UTF8_SANITIZED_SIZE(f->size);
	case SHOWN_BYTES:
	case SHOWN_MAC:
		return (size_t)3 * f->size + sizeof("(unread)");
	case SHOWN_IP4:
	case SHOWN_IP6:
		return INET6_ADDRSTRLEN;
	case SHOWN_ENUM:
		return enumerator_max(f);
	default:
		return NUMBER_MAX;
	}
}

size_t shown_text_max(const struct shown *shown)
{
	size_t max = 0;

	for (size_t i = 0; i < shown->n; i++) {
		const struct shown_field *f = &shown->v[i];

		max += strlen(f->name) + sizeof(" =[]") +
		       (f->elems ? f->elems : 1) * (value_max(f) + sizeof(","));
	}
	return max;
}

void shown_free_field(struct shown_field *field)
{
	for (size_t i = 0; i < field->n_enumerators; i++)
		free(field->enumerators[i].name);
	free(field->enumerators);
	free(field->name);
}

void shown_free(struct shown *shown)
{
	for (size_t i = 0; i < shown->n; i++)
		shown_free_field(&shown->v[i]);
	free(shown->v);
	*shown = (struct shown){0};
}
