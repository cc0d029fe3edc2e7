/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FETCH_H
#define PWRU_CAP_FILTER_FETCH_H
/*
 * Code that reads fields: all of them for one sighting, each by a probe read at the end of its
 * path.  See filter/fetch_abi.h for where they go.
 */
#include "filter/fetch_abi.h"
#include "filter/insn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct fetch_field - One field to read
 * @deref_cnt:	Pointers to follow, at most FETCH_POINTERS
 * @deref:	Offset of each of them in what the one before it (first: the base) points to
 * @offset:	Offset of the value in what the last one points to
 * @size:	Bytes of the value, above 0
 * @is_string:	It ends at the first NUL, and may do so before a page that is not there
 */
struct fetch_field {
	unsigned int deref_cnt;
	uint32_t deref[FETCH_POINTERS];
	uint32_t offset;
	uint32_t size;
	bool is_string;
};

/**
 * fetch_room() - Bytes of the section that these fields take, a multiple of 8
 *
 * Above FETCH_SECTION_MAX: they do not fit.
 */
size_t fetch_room(const struct fetch_field *fields, size_t cnt);

/**
 * fetch_compile() - Make the body of pwru_fields()
 * @fields:	Fields, in the order of the section
 * @cnt:	How many, at least 1
 * @sign_bits:	Of an address: how many of the highest bits are copies of the one below them; 0:
 *there is no such rule
 * @ret_out:	Output, unchanged on error; free with insn_buf_free(). The line of an instruction is
 *		the number of the field that it is for
 * @ret_map:	Output: index of the first of the two instructions that load the map, whose
 *		descriptor the caller has to put in
 *
 * Return: 0; -EINVAL a field is not as above; -E2BIG the section is too long, or the code more than
 * the verifier takes; -ENOMEM.
 */
int fetch_compile(const struct fetch_field *fields, size_t cnt, unsigned int sign_bits,
		  struct insn_buf *ret_out, size_t *ret_map);

#endif
