/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_CBPF_H
#define PWRU_CAP_FILTER_CBPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Classic BPF. Types and names of our own, because pcap/bpf.h and linux/bpf.h both define struct
 * bpf_insn: this header goes with either.
 */

/* Same layout as libpcap's struct bpf_insn, asserted in expr.c. */
struct cbpf_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

struct cbpf_prog {
	struct cbpf_insn *insns;
	size_t len;
};

#define CBPF_CLASS(code)  ((code)&0x07)
#define CBPF_SIZE(code)	  ((code)&0x18)
#define CBPF_MODE(code)	  ((code)&0xe0)
#define CBPF_OP(code)	  ((code)&0xf0)
#define CBPF_SRC(code)	  ((code)&0x08)
#define CBPF_RVAL(code)	  ((code)&0x18)
#define CBPF_MISCOP(code) ((code)&0xf8)

/* Class */
#define CBPF_LD	  0x00
#define CBPF_LDX  0x01
#define CBPF_ST	  0x02
#define CBPF_STX  0x03
#define CBPF_ALU  0x04
#define CBPF_JMP  0x05
#define CBPF_RET  0x06
#define CBPF_MISC 0x07
/* Size of a load */
#define CBPF_W 0x00
#define CBPF_H 0x08
#define CBPF_B 0x10
/* Mode of a load */
#define CBPF_IMM 0x00
#define CBPF_ABS 0x20
#define CBPF_IND 0x40
#define CBPF_MEM 0x60
#define CBPF_LEN 0x80
#define CBPF_MSH 0xa0
/* ALU */
#define CBPF_ADD 0x00
#define CBPF_SUB 0x10
#define CBPF_MUL 0x20
#define CBPF_DIV 0x30
#define CBPF_OR	 0x40
#define CBPF_AND 0x50
#define CBPF_LSH 0x60
#define CBPF_RSH 0x70
#define CBPF_NEG 0x80
#define CBPF_MOD 0x90
#define CBPF_XOR 0xa0
/* JMP */
#define CBPF_JA	  0x00
#define CBPF_JEQ  0x10
#define CBPF_JGT  0x20
#define CBPF_JGE  0x30
#define CBPF_JSET 0x40
/* Operand of ALU and JMP; of RET, with CBPF_A */
#define CBPF_K 0x00
#define CBPF_X 0x08
#define CBPF_A 0x10
/* MISC */
#define CBPF_TAX      0x00
#define CBPF_TXA      0x80

#define CBPF_MEMWORDS 16

/*
 * Linux' ancillary loads: absolute loads from negative offsets. libpcap 1.10 emits these two for
 * inbound, outbound and ifindex (linux/filter.h: SKF_AD_OFF, SKF_AD_PKTTYPE, SKF_AD_IFINDEX).
 */
#define CBPF_AD_PKTTYPE 0xfffff004U
#define CBPF_AD_IFINDEX 0xfffff008U

/* An absolute load or sum past this offset can never succeed: a frame is shorter than 2^31. */
#define CBPF_MAX_OFFSET 0x7fffffffU

/**
 * cbpf_validate() - Refuse a program that can not be run
 * @prog:	Program
 * @err:	Buffer for a message that names the line, set on error
 * @errsz:	Its size
 *
 * As libpcap's bpf_validate(), and also shifts by 32 or more. Backward jumps are allowed to JA.
 *
 * Return: 0, or -EINVAL.
 */
int cbpf_validate(const struct cbpf_prog *prog, char *err, size_t errsz);

/**
 * cbpf_reachable() - Find the lines that a run can reach
 * @prog:	Valid program
 * @reach:	Output, prog->len elements
 *
 * A load that always rejects ends its path.
 *
 * Return: 0, or -ENOMEM.
 */
int cbpf_reachable(const struct cbpf_prog *prog, bool *reach);

/** cbpf_jumps_back() - Whether a valid program has a backward jump (libpcap: protochain) */
bool cbpf_jumps_back(const struct cbpf_prog *prog);

/** cbpf_is_pkt_load() - Whether @in reads the frame (and not an ancillary value) */
bool cbpf_is_pkt_load(const struct cbpf_insn *in);

/** cbpf_is_ancillary() - Whether @in is a load that the skb answers */
bool cbpf_is_ancillary(const struct cbpf_insn *in);

/** cbpf_load_size() - Bytes that a load from the frame reads: 1, 2 or 4 */
unsigned int cbpf_load_size(const struct cbpf_insn *in);

/** cbpf_always_rejects() - Whether @in is a load from an offset that no frame has */
bool cbpf_always_rejects(const struct cbpf_insn *in);

/**
 * cbpf_successors() - Lines that may run after a line
 * @prog:	Valid program
 * @line:	Line, below prog->len
 * @succ:	Output: up to two lines; of a conditional jump the true side first
 *
 * Return: number of lines: 0, 1 or 2 (1 when both sides are the same).
 */
unsigned int cbpf_successors(const struct cbpf_prog *prog, size_t line, size_t succ[2]);

/** cbpf_prog_free() - Free the instructions, leave an empty program */
void cbpf_prog_free(struct cbpf_prog *prog);

#endif
