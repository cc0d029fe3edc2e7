/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_DISASM_H
#define PWRU_CAP_FILTER_DISASM_H

#include "filter/cbpf.h"
#include "filter/insn.h"
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>

/**
 * disasm_insn() - One eBPF instruction in the words of the verifier's log
 * @insn:	Instruction; of a 64-bit immediate load both halves must be readable
 * @buf:	Output
 * @size:	Its size; 96 is enough
 *
 * An unknown instruction is printed as its fields.
 */
void disasm_insn(const struct bpf_insn *insn, char *buf, size_t size);

/**
 * disasm_dump() - Print a translated program, one instruction a line
 * @buf:	Program
 * @prog:	The cBPF that it came from, for the comments; NULL for none
 * @out:	Where to
 *
 * The first instruction of each cBPF line carries that line, as tcpdump -d prints it, as a comment.
 *
 * Return: 0, or -EIO if the stream has an error.
 */
int disasm_dump(const struct insn_buf *buf, const struct cbpf_prog *prog, FILE *out);

#endif
