/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DUMPER_H
#define PWRU_CAP_DUMPER_H
/*
 * Structs of the kernel that were recorded as they are, as text: by the kernel's own types, in C's
 * notation (cvalue.h).
 */
#include <bpf/btf.h>
#include <stdint.h>

#include "bpf/event.h"
#include "src/buf.h"

struct dumper;

/**
 * dumper_new() - prepare for some kinds of structs
 * @types: of the kernel that records; has to outlive the result
 * @kinds: 1 << enum ev_dump_kind, of those that will be dumped
 * @ret_dumper: receives the new object, on success only
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -ENOENT if a struct is not among the types; -E2BIG if they are larger than EV_DUMP_MAX
 * together; -errno of libbpf.
 */
int dumper_new(const struct btf *types, unsigned int kinds, struct dumper **ret_dumper);

/* dumper_len() - ev_dump.len of a struct: its bytes, rounded up to 8; 0 if it is not dumped */
uint32_t dumper_len(const struct dumper *dumper, enum ev_dump_kind kind);

/**
 * dumper_text() - "(struct sk_buff){.len = (unsigned int)84,}", in one line
 * @dump: with the bytes behind it; not of address 0
 * @out: is appended to, on success only
 *
 * Of a socket in TIME_WAIT, or of a connection request, only the struct sock_common is there, and
 * is shown.
 *
 * Return: 0; the errno with which reading it failed; or -errno of libbpf or the buffer.
 */
int dumper_text(struct dumper *dumper, const struct ev_dump *dump, struct buf *out);

/*
 * dumper_lines() - the same in lines, a member each, indented, with what it is in front:
 * "*skb->dev = (struct net_device){"; or, in a line, that it is NULL or what it lacks
 */
void dumper_lines(struct dumper *dumper, const struct ev_dump *dump, struct buf *out);

/* dumper_free() - @dumper may be NULL */
void dumper_free(struct dumper *dumper);

#endif
