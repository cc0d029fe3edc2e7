/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SHOWN_H
#define PWRU_CAP_SHOWN_H
/*
 * Fields that the user has named: how the bytes that were read of them are to be shown.  What had
 * to be known of types is in here, so that records can be read without them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/fetch_abi.h"
#include "src/utf8.h"

/* The most bytes of one value. */
#define SHOWN_MAX 256

enum shown_kind {
	SHOWN_UINT,
	SHOWN_INT,
	SHOWN_BE, /* an unsigned integer in network byte order */
	SHOWN_HEX,
	SHOWN_ADDR, /* a pointer */
	SHOWN_BOOL,
	SHOWN_ENUM,
	SHOWN_STR,
	SHOWN_IP4,
	SHOWN_IP6,
	SHOWN_MAC,
	SHOWN_BYTES, /* any, as hexadecimal digits */
};

struct shown_enumerator {
	uint64_t value; /* sign-extended if the enum is signed */
	char *name;
};

struct shown_field {
	char *name; /* the path as typed, without blanks; with :fmt if there was one */
	enum shown_kind kind;
	uint32_t size;	/* bytes in the section; of a string or bytes, of an address: all of it */
	uint32_t elems; /* an array of that many; 0: no array */
	bool is_signed; /* of a number, as SHOWN_ENUM */
	uint8_t bits;	/* of a bit-field; 0: it is none */
	uint8_t shift;	/* by how much to shift its integer right */
	struct shown_enumerator *enumerators;
	size_t n_enumerators;
};

/* In the order of the section (filter/fetch_abi.h). All zero: no fields. */
struct shown {
	struct shown_field *v;
	size_t n;
};

/* One value. */
struct shown_value {
	enum {
		VALUE_UINT, /* number */
		VALUE_INT,  /* number, an int64_t */
		VALUE_HEX,  /* number */
		VALUE_ADDR, /* number */
		VALUE_BOOL, /* number */
		VALUE_TEXT, /* text: UTF-8 without control characters */
	} kind;
	uint64_t number;
	char text[UTF8_SANITIZED_SIZE(SHOWN_MAX)];
};

/* shown_make() - one value of a field: @elem is its number in an array, or 0; @bytes are the
 * field's */
void shown_make(const struct shown_field *field, const uint8_t *bytes, uint32_t elem,
		struct shown_value *ret_value);

/* shown_missing() - a word for why there is no value; NULL: there is one */
const char *shown_missing(enum fetch_status status);

/* shown_bytes() - of the section, those that the fields take */
size_t shown_bytes(const struct shown *shown);

/*
 * The longest that all pairs of path and value may be as text: a comment of pcapng has at most
 * 65535 bytes, and there is more in it.
 */
#define SHOWN_TEXT_MAX 49152

/* shown_text_max() - how long they may become */
size_t shown_text_max(const struct shown *shown);

/* shown_free_field() - what belongs to a field */
void shown_free_field(struct shown_field *field);

/* shown_free() - leaves no fields */
void shown_free(struct shown *shown);

#endif
