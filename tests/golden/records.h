/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_RECORDS_H
#define PWRU_CAP_TESTS_RECORDS_H
/*
 * Records as the ring buffer gives them, made by hand: one of each kind of packet that outputs have
 * to show.  For the golden tests, the bench and the fuzzer.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/names.h"
#include "src/progs.h"
#include "src/shown.h"

/* More than any of them has. */
#define RECORD_SIZE 1024

/* What record_make() puts between the header and the packet. */
#define RECORDS_STACK 1 /* a stack, of those that have one, and skb->cb */
#define RECORDS_DUMP  2 /* structs, of types that small_types() knows (unit/dump_types.h) */

extern const size_t records_len;

/* The one reason of a drop that has a name, NO_SOCKET. */
#define RECORDS_REASON 3

/* What the fields are that records have. */
extern const struct shown records_skb_fields, records_xdp_fields;

/* The programs and the symbols that they are of. */
extern const struct progs records_progs;
#define RECORDS_KALLSYMS "tests/golden/kallsyms"

/**
 * record_make() - put one together
 * @i: which, below records_len
 * @with: RECORDS_*
 * @ret_data: RECORD_SIZE bytes, aligned to 8; ev_hdr.time_ns is nanoseconds since the first
 *
 * Return: its bytes.
 */
size_t record_make(size_t i, unsigned int with, void *ret_data);

/* record_changed() - what --changes would say of it, or NULL */
const char *record_changed(size_t i);

/* record_name() - what is special about it */
const char *record_name(size_t i);

#endif
