/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_GEN_H
#define PWRU_CAP_FILTER_GEN_H

#include "filter/asm.h"
#include "filter/cbpf.h"
#include "filter/flow.h"
#include "filter/translate.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * State of a translation; internal to translate.c, line.c, head.c and pktload.c.
 *
 * Registers. None is callee-saved, but for the loop counter: those cost a push and a pop each on
 * every run, and most runs end after a few loads. What must survive a call is stored before it.
 */
enum {
	REG_PTR = BPF_REG_0,	/* typed pointer to frame bytes (facts.ptr), or a call's result */
	REG_TMP = BPF_REG_1,	/* scratch, first argument of calls; at the start the base */
	REG_LINEAR = BPF_REG_2, /* linear, if facts.linear says so; second argument of calls */
	REG_TMP2 = BPF_REG_3,	/* scratch, third argument of calls; at the start the wire length */
	REG_A = BPF_REG_4,	/* at the start l2 */
	REG_X = BPF_REG_5,	/* at the start the skb */
	REG_LOOPS = BPF_REG_9,	/* a register, so that every verifier knows its value */
};

/* Values that a body may find on the stack. */
enum slot {
	SLOT_BASE, /* 8 bytes: base - bias */
	SLOT_SKB,  /* 8 bytes */
	SLOT_TMP,  /* 8 bytes, what a probe read reads into */
	SLOT_LINEAR,
	SLOT_WIRE,
	SLOT_A, /* saved around a call */
	SLOT_X,
	SLOT_M, /* M[0]; the others follow */
	SLOT_CNT = SLOT_M + CBPF_MEMWORDS,
};

/* What REG_PTR points to. */
enum ptr {
	PTR_NONE,
	PTR_FRAME,   /* byte 0 of the frame is at opts.bytes_off */
	PTR_FRAME_X, /* byte X is */
};

/* REG_LINEAR */
enum linear {
	LINEAR_NONE,
	LINEAR_LOW, /* in its lower half, the upper one may be anything */
	LINEAR_FULL,
};

#define X_UNKNOWN UINT32_MAX

/**
 * struct facts - What holds on every way to a place in the program
 * @seen:	There is a way to it
 * @base_in_tmp: REG_TMP holds what SLOT_BASE holds
 * @ptr:	What REG_PTR points to
 * @linear:	What REG_LINEAR holds
 * @proven:	linear >= proven
 * @proven_x:	linear >= X + proven_x, if not 0
 * @x_max:	X is at most this; X_UNKNOWN if it is not known
 * @x_align:	X is a multiple of this: 1, 2 or 4
 */
struct facts {
	bool seen;
	bool base_in_tmp;
	enum ptr ptr;
	enum linear linear;
	uint32_t proven;
	uint32_t proven_x;
	uint32_t x_max;
	uint8_t x_align;
};

/*
 * The program is translated up to three times, into bodies that differ in what they know about
 * the head of the frame (see head.c).
 */
enum body_kind {
	BODY_PLAIN,   /* l2 is 0: all in memory */
	BODY_SYNTH,   /* l2 is SYNTH alone */
	BODY_GENERIC, /* any l2 */
	BODY_CNT,
};

/**
 * struct body - One translation of the program
 * @kind:	Kind
 * @head:	Bytes below this are in the window, not in memory
 * @full:	0, or how much of the frame a window covers that is to be used wherever possible
 * @lo:		First byte of the frame that the window has to hold
 * @hi:		End of it; no window if lo >= hi
 */
struct body {
	enum body_kind kind;
	uint32_t head;
	uint32_t full;
	uint32_t lo;
	uint32_t hi;
};

/**
 * struct gen - State of a translation
 * @used:	By kind of body, bit n is set when the body reads slot n
 * @spill:	The same from the pass before: what a body has to store when it starts
 * @slot:	Offset of each slot from the frame pointer
 * @window:	Offset of frame byte 0 in the window from the frame pointer
 * @common:	Every frame that exists is this long: shorter ones are left to BODY_GENERIC
 * @keep:	What lives across a call in this line: FLOW_A, FLOW_X
 * @dead:	The value that this line loads is never used
 * @at:		Facts at the start of each line
 * @line_label:	Label of each line
 */
struct gen {
	const struct cbpf_prog *prog;
	const struct translate_opts *opts;
	struct flow flow;
	struct assembler as;
	uint32_t bias; /* of SLOT_BASE: direct loads start at opts.bytes_off of the type */
	bool loops;
	bool has_loads;

	uint32_t used[BODY_CNT];
	uint32_t spill[BODY_CNT];
	int16_t slot[SLOT_CNT];
	int16_t window;
	uint32_t common;

	struct body body;
	uint32_t keep;
	bool dead;
	struct facts now;
	struct facts *at;
	uint32_t *line_label;
	uint32_t reject;
};

/** facts_meet() - Reduce *@to to what holds there and at @from */
void facts_meet(struct facts *to, const struct facts *from);

/** gen_new_x() - Note that X has changed: it is at most @max and a multiple of @align */
void gen_new_x(struct gen *g, uint32_t max, uint8_t align);

/** gen_slot() - Offset of a slot that the body is about to read */
int16_t gen_slot(struct gen *g, enum slot slot);

#endif
