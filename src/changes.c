// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frame is not always there as a whole: its MAC header may be made up, bytes may be in pages.  So
 * what is kept of a packet is what is known of its frame: a piece that a sighting does not have
 * stays as it was seen last, and one that was not known before is no change.
 */
#include "src/changes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/buf.h"
#include "src/frame.h"
#include "src/framediff.h"
#include "src/headers.h"
#include "src/lives.h"

/* A packet, as it was seen last. */
struct seen {
	struct life life;
	uint32_t ifindex, netns, mark;
	char ifname[EV_IFNAME_LEN];
	struct frame_bytes frame; /* in bytes, below */
	uint8_t *bytes;
	size_t room;
};

struct changes {
	struct stage stage;
	struct lives lives;
	uint32_t snaplen;
	uint64_t unchanged;
	struct buf names; /* what changed at the sighting at hand */
	struct buf bytes; /* its frame */
};

static struct changes *self(struct stage *stage)
{
	return (struct changes *)((char *)stage - offsetof(struct changes, stage));
}

struct changes *changes_new(uint32_t snaplen, size_t bytes)
{
	struct changes *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->snaplen = snaplen;
	if (lives_init(&c->lives, bytes)) {
		free(c);
		return NULL;
	}
	return c;
}

static void forget(struct changes *c, struct seen *seen)
{
	lives_remove(&c->lives, &seen->life);
	free(seen->bytes);
	free(seen);
}

static struct seen *find(struct changes *c, const struct ev_hdr *hdr)
{
	struct seen *seen = (struct seen *)lives_find(&c->lives, hdr->skb);

	if (seen && seen->life.id != hdr->id) {
		forget(c, seen);
		seen = NULL;
	}
	if (seen)
		lives_touch(&c->lives, &seen->life);
	return seen;
}

/* The frame of a record as it would be written. */
static struct frame_bytes frame_of(struct changes *c, const struct record *rec)
{
	const struct ev_hdr *hdr = rec->hdr;
	struct frame frame;

	frame_build(hdr->l2, rec->raw, hdr->raw_len, c->snaplen, &frame);
	buf_reset(&c->bytes);
	for (size_t i = 0; i < frame.n_pieces; i++)
		buf_append(&c->bytes, frame.pieces[i].data, frame.pieces[i].len);
	return (struct frame_bytes){
		.bytes = c->bytes.data,
		/* Bytes that could not be read are not known. */
		.len = hdr->flags & EV_F_FAULT || buf_error(&c->bytes) ? 0 : c->bytes.len,
		.wire = hdr->wire_len,
		.synth = hdr->l2 & FRAME_L2_SYNTH || hdr->flags & (EV_F_SOCK | EV_F_OPAQUE),
	};
}

static uint32_t head_len(const uint8_t *bytes, uint32_t len)
{
	struct headers h;

	headers_parse(bytes, len, &h);
	return h.v[h.l3].at;
}

/* What is known now: @frame, and of the old one what @frame lacks; returns false without memory. */
static bool know(struct seen *seen, const struct frame_bytes *frame, bool same)
{
	struct frame_bytes *old = &seen->frame;
	/* A MAC header that was there stays in front of one that is made up. */
	bool mac = frame->synth && old->len && !old->synth;
	uint32_t head = mac ? head_len(old->bytes, old->len) : 0;
	uint32_t skip = mac ? head_len(frame->bytes, frame->len) : 0;
	uint32_t len = head + frame->len - skip;
	/* Of a frame that is the same, bytes may be out of reach now. */
	bool keep_tail = same && old->len > len && (mac || old->synth == frame->synth);

	if (len > seen->room) {
		uint8_t *bytes = realloc(seen->bytes, len);

		if (!bytes)
			return false;
		seen->bytes = bytes;
		seen->room = len;
		old->bytes = bytes;
	}
	if (frame->len > skip)
		memcpy(seen->bytes + head, frame->bytes + skip, frame->len - skip);
	*old = (struct frame_bytes){
		.bytes = seen->bytes,
		.len = keep_tail ? old->len : len,
		.wire = head + frame->wire - skip,
		.synth = mac ? false : frame->synth,
	};
	return true;
}

static void compare(struct seen *seen, const struct ev_hdr *hdr, const struct frame_bytes *frame,
		    struct buf *names)
{
	/* 0: it is not known, on no device and in no socket. */
	bool netns = hdr->netns && seen->netns && seen->netns != hdr->netns;

	/* Each namespace counts its devices anew. */
	if (seen->ifindex != hdr->ifindex || (netns && hdr->ifindex) ||
	    strncmp(seen->ifname, hdr->ifname, sizeof(seen->ifname)))
		framediff_name(names, "dev");
	if (netns)
		framediff_name(names, "netns");
	if (seen->mark != hdr->mark)
		framediff_name(names, "mark");
	if (frame->len && seen->frame.len)
		framediff(&seen->frame, frame, names);
}

/* The packet that was seen longest ago makes room. */
static void make_room(struct changes *c, const struct seen *current)
{
	while (c->lives.bytes > c->lives.max && c->lives.oldest != &current->life)
		forget(c, (struct seen *)c->lives.oldest);
}

static void note(struct changes *c, struct seen *seen, const struct ev_hdr *hdr,
		 const struct frame_bytes *frame, bool same)
{
	seen->ifindex = hdr->ifindex;
	seen->mark = hdr->mark;
	memcpy(seen->ifname, hdr->ifname, sizeof(seen->ifname));
	if (hdr->netns)
		seen->netns = hdr->netns;
	if (frame->len && !know(seen, frame, same)) {
		forget(c, seen);
		return;
	}
	lives_charge(&c->lives, &seen->life, sizeof(*seen) + seen->room + 2 * LIVES_BLOCK);
	make_room(c, seen);
}

static void note_first(struct changes *c, const struct ev_hdr *hdr, const struct frame_bytes *frame)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	/* Without memory the next one is taken for the first. */
	if (!seen)
		return;
	seen->life.skb = hdr->skb;
	seen->life.id = hdr->id;
	lives_add(&c->lives, &seen->life);
	note(c, seen, hdr, frame, false);
}

static void take(struct stage *stage, const struct sighting *sighting)
{
	const struct ev_hdr *hdr = sighting->rec.hdr;
	struct sighting s = *sighting;
	struct changes *c = self(stage);
	struct frame_bytes frame;
	struct seen *seen;

	/* Of no known packet, so there is nothing to compare with. */
	if (!hdr->id) {
		stage_pass(stage, &s);
		return;
	}
	seen = find(c, hdr);
	frame = frame_of(c, &s.rec);
	buf_reset(&c->names);
	if (seen) {
		compare(seen, hdr, &frame, &c->names);
		s.left_out = !c->names.len && !(hdr->flags & EV_F_DROP);
		c->unchanged += s.left_out;
		if (c->names.len)
			s.changed = buf_str(&c->names);
		note(c, seen, hdr, &frame, !c->names.len);
	} else {
		note_first(c, hdr, &frame);
	}
	stage_pass(stage, &s);
}

struct stage *changes_stage(struct changes *changes)
{
	changes->stage.take = take;
	return &changes->stage;
}

uint64_t changes_unchanged(const struct changes *changes)
{
	return changes->unchanged;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	while (changes->lives.oldest)
		forget(changes, (struct seen *)changes->lives.oldest);
	lives_free(&changes->lives);
	buf_free(&changes->names);
	buf_free(&changes->bytes);
	free(changes);
}
