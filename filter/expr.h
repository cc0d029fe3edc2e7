/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_EXPR_H
#define PWRU_CAP_FILTER_EXPR_H

#include "filter/cbpf.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* As tcpdump's -d, -dd and -ddd. */
enum expr_dump_style {
	EXPR_DUMP_HUMAN = 1,
	EXPR_DUMP_C = 2,
	EXPR_DUMP_DECIMAL = 3,
};

/**
 * expr_compile() - Compile a tcpdump expression for Ethernet frames
 * @expr:	Expression; NULL or blank matches every frame
 * @snaplen:	What a match returns, in bytes, above 0
 * @ret_prog:	Output, unchanged on error; free with cbpf_prog_free(). Never empty: an expression
 *		that matches everything is a single "ret #snaplen"
 * @err:	Buffer for libpcap's own message, set on error
 * @errsz:	Its size
 *
 * Optimised, with netmask 0, as tcpdump does without an interface. Host names ask the resolver,
 * and may block.
 *
 * Return: 0; -EINVAL the expression is wrong; -ENOMEM.
 */
int expr_compile(const char *expr, uint32_t snaplen, struct cbpf_prog *ret_prog, char *err,
		 size_t errsz);

/**
 * expr_matches_all() - Whether a program accepts every frame without looking at it
 *
 * For callers that then do without a filter.
 */
bool expr_matches_all(const struct cbpf_prog *prog);

/**
 * expr_run() - Run a program over a frame with libpcap's bpf_filter()
 * @prog:	Program
 * @frame:	Bytes that were captured
 * @caplen:	How many
 * @wirelen:	Original length of the frame
 *
 * Return: 0 if the frame is rejected, else the program's value.
 */
uint32_t expr_run(const struct cbpf_prog *prog, const uint8_t *frame, uint32_t caplen,
		  uint32_t wirelen);

/** expr_image() - One line of a program as tcpdump -d prints it, without tabs */
void expr_image(const struct cbpf_prog *prog, size_t line, char *buf, size_t size);

/**
 * expr_dump() - Print a program as tcpdump does
 * @prog:	Program
 * @style:	Style
 * @out:	Where to
 *
 * Return: 0, or -EIO if the stream has an error.
 */
int expr_dump(const struct cbpf_prog *prog, enum expr_dump_style style, FILE *out);

#endif
