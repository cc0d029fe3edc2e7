// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet's life ends with a drop, when it is freed otherwise, or when another packet is seen at
 * its address.  Its sightings are freed then, but not the packet itself: more may come while the
 * kernel frees it, and these have to be told from those of a new one.
 *
 * When memory is short the packet that was seen longest ago gives up its sightings; what is left
 * of it remembers that, until room is needed again.
 */
#include "src/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "src/lives.h"

/* A sighting: the record without what was unused in it, and behind it what changed, as a string. */
struct kept {
	struct kept *next; /* the next newer one */
	size_t size;	   /* of the record */
	bool has_changed;
	uint64_t data[];
};

enum state {
	UNDER_WAY,
	DROPPED, /* and handed on */
	ENDED,	 /* otherwise */
};

struct packet {
	struct life life;
	struct kept *first, *last;
	uint64_t n;	 /* kept */
	uint64_t passed; /* gave way to newer ones */
	enum state state;
	bool released;	 /* the first step of freeing has been seen */
	bool incomplete; /* sightings were given up */
};

struct recorder {
	struct stage stage;
	struct recorder_opts opts;
	struct lives lives;
	struct recorder_stats stats;
};

static struct recorder *self(struct stage *stage)
{
	return (struct recorder *)((char *)stage - offsetof(struct recorder, stage));
}

struct recorder *recorder_new(const struct recorder_opts *opts)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->opts = *opts;
	if (lives_init(&r->lives, opts->bytes)) {
		free(r);
		return NULL;
	}
	return r;
}

static size_t kept_bytes(const struct kept *k)
{
	const char *changed = (const char *)k->data + k->size;

	return sizeof(*k) + LIVES_BLOCK + k->size + (k->has_changed ? strlen(changed) + 1 : 0);
}

/* Its oldest sighting, taken out; there is one. */
static struct kept *take_first(struct recorder *r, struct packet *p)
{
	struct kept *k = p->first;

	p->first = k->next;
	if (!p->first)
		p->last = NULL;
	p->n--;
	lives_charge(&r->lives, &p->life, p->life.bytes - kept_bytes(k));
	return k;
}

static void forget_sightings(struct recorder *r, struct packet *p)
{
	while (p->n)
		free(take_first(r, p));
}

/* It was not dropped, or not for these reasons. */
static void end_undropped(struct recorder *r, struct packet *p)
{
	if (p->state != UNDER_WAY)
		return;
	r->stats.undropped += p->n + p->passed;
	forget_sightings(r, p);
	p->state = ENDED;
}

static void remove_packet(struct recorder *r, struct packet *p)
{
	end_undropped(r, p);
	lives_remove(&r->lives, &p->life);
	free(p);
}

/* Gives up what was seen longest ago; false: there is nothing but @current, and that is empty. */
static bool give_up(struct recorder *r, struct packet *current)
{
	struct packet *p = (struct packet *)r->lives.oldest;

	if (p != current && !p->n) {
		remove_packet(r, p);
		return true;
	}
	if (!p->n)
		return false;
	p->incomplete = true;
	if (p == current) {
		r->stats.evicted++;
		free(take_first(r, p));
	} else {
		r->stats.evicted += p->n;
		forget_sightings(r, p);
		lives_touch(&r->lives, &p->life);
		lives_touch(&r->lives, &current->life);
	}
	return true;
}

static bool make_room(struct recorder *r, struct packet *current, size_t bytes)
{
	while (r->lives.bytes + bytes > r->lives.max)
		if (!give_up(r, current))
			return false;
	return true;
}

static struct packet *new_packet(struct recorder *r, const struct ev_hdr *hdr)
{
	struct packet *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->life.skb = hdr->skb;
	p->life.id = hdr->id;
	lives_add(&r->lives, &p->life);
	lives_charge(&r->lives, &p->life, sizeof(*p) + LIVES_BLOCK);
	make_room(r, p, 0);
	return p;
}

static struct packet *find_packet(struct recorder *r, const struct ev_hdr *hdr)
{
	struct packet *p = (struct packet *)lives_find(&r->lives, hdr->skb);

	if (p && p->life.id == hdr->id) {
		lives_touch(&r->lives, &p->life);
		return p;
	}
	if (p)
		remove_packet(r, p);
	return new_packet(r, hdr);
}

/* The stack ends where it is filled, so that a record takes its own size. */
static void copy_record(const struct record *rec, void *data)
{
	struct ev_hdr *hdr = data;
	char *p = (char *)(hdr + 1);
	size_t stack_bytes = rec->stack_len * sizeof(*rec->stack);

	*hdr = *rec->hdr;
	hdr->stack_room = rec->stack_len;
	memcpy(p, rec->stack, stack_bytes);
	p += stack_bytes;
	if (rec->cb)
		memcpy(p, rec->cb, hdr->cb_room);
	p += hdr->cb_room;
	if (rec->fields)
		memcpy(p, rec->fields, hdr->fields_room);
	p += hdr->fields_room;
	if (hdr->dump_room)
		memcpy(p, rec->dump, hdr->dump_room);
	p += hdr->dump_room;
	memcpy(p, rec->raw, hdr->raw_len);
}

static struct kept *copy_sighting(const struct sighting *s)
{
	size_t size = sizeof(struct ev_hdr) + s->rec.stack_len * sizeof(*s->rec.stack) +
		      s->rec.hdr->cb_room + s->rec.hdr->fields_room + s->rec.hdr->dump_room +
		      s->rec.hdr->raw_len;
	size_t changed = s->changed ? strlen(s->changed) + 1 : 0;
	struct kept *k = malloc(sizeof(*k) + size + changed);

	if (!k)
		return NULL;
	k->next = NULL;
	k->size = size;
	k->has_changed = changed;
	copy_record(&s->rec, k->data);
	if (changed)
		memcpy((char *)k->data + size, s->changed, changed);
	return k;
}

static void keep(struct recorder *r, struct packet *p, const struct sighting *s)
{
	struct kept *k;

	/* The drop itself will be one of the last. */
	if (r->opts.last == 1) {
		p->passed++;
		return;
	}
	if (p->n == r->opts.last - 1) {
		free(take_first(r, p));
		p->passed++;
	}
	k = copy_sighting(s);
	if (!k || !make_room(r, p, kept_bytes(k))) {
		free(k);
		r->stats.evicted++;
		p->incomplete = true;
		return;
	}
	if (p->last)
		p->last->next = k;
	else
		p->first = k;
	p->last = k;
	p->n++;
	lives_charge(&r->lives, &p->life, p->life.bytes + kept_bytes(k));
}

static void hand_on(struct recorder *r, const struct kept *k)
{
	struct sighting s = {
		.changed = k->has_changed ? (const char *)k->data + k->size : NULL,
	};

	/* It was parsed before, so it can be. */
	if (!record_parse(k->data, k->size, &s.rec))
		stage_pass(&r->stage, &s);
}

static void drop(struct recorder *r, struct packet *p, const struct sighting *s)
{
	while (p->n) {
		struct kept *k = take_first(r, p);

		hand_on(r, k);
		free(k);
	}
	stage_pass(&r->stage, s);
	r->stats.older += p->passed;
	r->stats.incomplete += p->incomplete;
	p->state = DROPPED;
}

static bool is_wanted_drop(const struct recorder *r, const struct ev_hdr *hdr)
{
	return hdr->flags & EV_F_DROP &&
	       reason_set_has(r->opts.reasons, hdr->flags & EV_F_REASON, hdr->drop_reason);
}

/* skb_release_data() runs for packets that live on, too: it is the end behind the first step. */
static bool is_end(const struct recorder *r, struct packet *p, uint64_t func)
{
	if (func == r->opts.release)
		p->released = true;
	return p->released && (func == r->opts.data || !r->opts.data);
}

static void take(struct stage *stage, const struct sighting *s)
{
	const struct ev_hdr *hdr = s->rec.hdr;
	struct recorder *r = self(stage);
	struct packet *p = hdr->id ? find_packet(r, hdr) : NULL;
	bool wanted = is_wanted_drop(r, hdr);

	if (!p) {
		if (wanted)
			stage_pass(stage, s);
		else if (!s->left_out)
			r->stats.no_id++;
	} else if (p->state == UNDER_WAY && wanted) {
		drop(r, p, s);
	} else if (s->left_out) {
		/* Counted where it was. */
	} else if (p->state == UNDER_WAY) {
		keep(r, p, s);
	} else if (p->state == DROPPED) {
		r->stats.after++;
	} else {
		r->stats.undropped++;
	}
	if (p && (hdr->flags & EV_F_DROP || is_end(r, p, EV_ENTRY_BLOCK(hdr->func_ip))))
		end_undropped(r, p);
}

struct stage *recorder_stage(struct recorder *recorder)
{
	recorder->stage.take = take;
	return &recorder->stage;
}

size_t recorder_bytes(const struct recorder *recorder)
{
	return recorder->lives.bytes;
}

void recorder_end(struct recorder *recorder, struct recorder_stats *ret_stats)
{
	while (recorder->lives.oldest)
		remove_packet(recorder, (struct packet *)recorder->lives.oldest);
	*ret_stats = recorder->stats;
}

void recorder_free(struct recorder *recorder)
{
	struct recorder_stats unused;

	if (!recorder)
		return;
	recorder_end(recorder, &unused);
	lives_free(&recorder->lives);
	free(recorder);
}
