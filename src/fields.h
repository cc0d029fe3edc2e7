/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FIELDS_H
#define PWRU_CAP_FIELDS_H
/*
 * --output-skb-metadata, --output-xdp-metadata: from paths to the code that reads these fields, and
 * to how they are shown.
 */
#include <bpf/btf.h>

#include "filter/insn.h"
#include "src/options.h"
#include "src/shown.h"

/* Fields of one root. */
struct fields {
	struct shown shown;
	struct insn_buf code; /* the body of pwru_fields(); empty: no fields */
	size_t map;	      /* the instruction of it that loads the map, see fetch_compile() */
	uint32_t room;	      /* bytes of the section */
};

/**
 * fields_resolve() - find the fields, and compile
 * @btf: types of the kernel
 * @root: what the paths begin at
 * @paths: PATH[:FMT],...; the root may be left out of a path; what is there twice is taken once
 * @sign_bits: see fetch_compile()
 * @ret_fields: receives the result, on success only; free with fields_free()
 *
 * FMT is x, ip4, ip6, mac, str, bool, be; without it the type decides.  A pointer to characters,
 * and with ip4, ip6, mac and str any pointer, is followed.
 *
 * Says on stderr what is wrong, beginning with the option's name.
 *
 * Return: 0; -EINVAL a path or format is wrong, or the field cannot be shown so; -ENOENT no such
 * member; -E2BIG it is more than fits into a record or a comment; -ENOMEM.
 */
int fields_resolve(const struct btf *btf, enum fields_root root, const char *paths,
		   unsigned int sign_bits, struct fields *ret_fields);

/* fields_free() - leaves no fields */
void fields_free(struct fields *fields);

#endif
