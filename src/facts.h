/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FACTS_H
#define PWRU_CAP_FACTS_H
/*
 * What there is to say of a sighting, one fact after the other: each a key and a value.  The
 * comments of pcapng and JSON are both made of this one list, so neither can know what the other
 * does not.
 */
#include "src/view.h"

enum fact_kind {
	FACT_UINT, /* number, decimal */
	FACT_HEX,  /* number, hexadecimal where it is text */
	FACT_ADDR, /* an address: number, hexadecimal also in JSON, whose numbers end at 2^53 */
	FACT_TEXT, /* text: UTF-8 without control characters, may hold blanks and backslashes */
	FACT_FLAG, /* is so; what is not so is left out */
	FACT_INT,  /* number, an int64_t */
	FACT_BOOL, /* number: 0 is not so, unlike FACT_FLAG */
	FACT_NONE, /* there is no value, text says why; "null": a NULL pointer is in the way */
	/* What follows is in it, up to FACT_END; of a list the keys are NULL. */
	FACT_GROUP,
	FACT_LIST,
	FACT_END,
};

struct fact {
	const char *key;
	enum fact_kind kind;
	uint64_t number;
	unsigned int digits; /* of FACT_HEX, at least */
	const char *text;    /* of FACT_TEXT, FACT_NONE */
};

typedef void facts_fn(void *ctx, const struct fact *fact);

/* facts_tell_fields() - those of them that are fields that the user has named */
void facts_tell_fields(const struct view *view, facts_fn *fn, void *ctx);

/* facts_tell() - calls @fn with each fact that applies, always in the same order */
void facts_tell(const struct view *view, facts_fn *fn, void *ctx);

#endif
