/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_VIEW_H
#define PWRU_CAP_VIEW_H
/*
 * A record as people read it: addresses turned into names, times into the time of day, bytes into
 * printable text.  All outputs are made from this one view, so they cannot disagree.
 */
#include <stdint.h>

#include "src/clock.h"
#include "src/decode.h"
#include "src/dumper.h"
#include "src/frame.h"
#include "src/names.h"
#include "src/progs.h"
#include "src/reasons.h"
#include "src/record.h"
#include "src/shown.h"
#include "src/utf8.h"

/* What is needed to read records, and remembered from one to the next. */
struct view_state;

struct view {
	const struct record *rec;
	uint64_t time_ns;	 /* since 1970-01-01 UTC */
	uint64_t dropped;	 /* records lost on this CPU since the one before */
	const char *func;	 /* "?" if it is not known */
	const char *module;	 /* NULL: vmlinux */
	const struct prog *prog; /* the BPF program that it is the entry of; NULL: it is none */
	char comm[UTF8_SANITIZED_SIZE(EV_COMM_LEN)];
	char ifname[UTF8_SANITIZED_SIZE(EV_IFNAME_LEN)]; /* "" on no device */
	const char *stack; /* text, see stacks.h; "" if there is none; until the next view */
	const char *drop;  /* why it is dropped here; "yes": for no given reason; NULL: it is not */
	const char *drop_at; /* symbol+0xoffset where the caller goes on; NULL: not known */
	const char *changed; /* since the sighting before, see changes.h; NULL: not looked at */
	const struct shown *fields; /* those that rec->fields holds; NULL: none */
	struct dumper *dumper;	    /* for what view_dump() gives; NULL: there is nothing */
	uint16_t protocol;	    /* Ethernet type: skb->protocol, in XDP that of the frame */
	struct frame frame;
	struct packet packet; /* its headers */
};

/*
 * view_caller() - the function that called this one, as far as a stack was recorded: *ret_len
 * bytes, without a NUL behind them; NULL if it is not known
 */
const char *view_caller(const struct view *view, size_t *ret_len);

/*
 * view_cb() - the words of skb->cb that BPF programs call cb[0] to cb[4] of their struct __sk_buff,
 * which pwru shows; false: none were recorded, or there is no skb any more
 */
#define VIEW_CB_WORDS 5
bool view_cb(const struct view *view, uint32_t ret_words[VIEW_CB_WORDS]);

/*
 * view_dump() - a struct of the kernel as it was (--dump); NULL: none was recorded, or there is no
 * skb (any more)
 */
const struct ev_dump *view_dump(const struct view *view, enum ev_dump_kind kind);

/**
 * view_open() - prepare to read records
 * @snaplen: frames are cut to this many bytes
 * @names: has to outlive the result
 * @ret_state: receives the new object, on success only
 *
 * Return: 0 or -errno.
 */
int view_open(uint32_t snaplen, struct names *names, struct view_state **ret_state);

/* view_set_progs() - BPF programs that records may name; @progs must outlive @state */
void view_set_progs(struct view_state *state, const struct progs *progs);

/* view_forget_names() - after names_know() or names_read_again(): names have changed */
void view_forget_names(struct view_state *state);

/* view_set_reasons() - what the reasons of drops are called; @reasons must outlive @state */
void view_set_reasons(struct view_state *state, struct reasons *reasons);

/*
 * view_set_fields() - fields that records hold: in XDP programs those of @xdp, in all other places
 * those of @skb; both must outlive @state
 */
void view_set_fields(struct view_state *state, const struct shown *skb, const struct shown *xdp);

/* view_set_dumper() - who knows the structs that are recorded; @dumper must outlive @state */
void view_set_dumper(struct view_state *state, struct dumper *dumper);

/* view_sync_clock() - follow steps of the clock; to be called about once a second */
void view_sync_clock(struct view_state *state);

/* view_wall_ns() - a reading of clock_now_ns() as nanoseconds since 1970-01-01 UTC */
uint64_t view_wall_ns(const struct view_state *state, uint64_t monotonic_ns);

/* view_make() - the view of a record; it points into @rec and is valid as long as that */
void view_make(struct view_state *state, const struct record *rec, struct view *ret_view);

/* view_close() - @state may be NULL */
void view_close(struct view_state *state);

#endif
