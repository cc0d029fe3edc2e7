// SPDX-License-Identifier: GPL-2.0-only
#include "src/view.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/buf.h"
#include "src/stacks.h"
#include "src/util.h"

/* A power of two: the functions that packets pass are a few hundred, and come again and again. */
#define SEEN_FUNCS 1024

struct seen_func {
	uint64_t ip;
	const struct ksym *sym;
	const struct prog *prog; /* instead of sym */
};

struct view_state {
	struct names *names;
	const struct progs *progs; /* NULL: none */
	struct reasons *reasons;   /* NULL: none have names */
	const struct shown *skb_fields, *xdp_fields;
	struct dumper *dumper; /* NULL: no structs are recorded */
	struct stacks *stacks;
	struct buf drop, drop_at; /* texts of the latest drop */
	struct seen_func seen[SEEN_FUNCS];
	struct wall_clock clock;
	uint32_t snaplen;
	uint64_t *lost; /* ev_hdr.lost of the latest record of each CPU */
	size_t n_cpus;
};

int view_open(uint32_t snaplen, struct names *names, struct view_state **ret_state)
{
	struct view_state *state = calloc(1, sizeof(*state));
	int cpus = libbpf_num_possible_cpus();

	if (!state)
		return -ENOMEM;
	state->names = names;
	state->snaplen = snaplen;
	state->n_cpus = cpus > 0 ? cpus : 1;
	state->lost = calloc(state->n_cpus, sizeof(*state->lost));
	state->stacks = stacks_new();
	if (!state->lost || !state->stacks) {
		view_close(state);
		return -ENOMEM;
	}
	clock_sync(&state->clock);
	*ret_state = state;
	return 0;
}

void view_set_progs(struct view_state *state, const struct progs *progs)
{
	state->progs = progs;
	memset(state->seen, 0, sizeof(state->seen));
}

void view_forget_names(struct view_state *state)
{
	memset(state->seen, 0, sizeof(state->seen));
	stacks_forget(state->stacks);
}

void view_set_reasons(struct view_state *state, struct reasons *reasons)
{
	state->reasons = reasons;
}

void view_set_fields(struct view_state *state, const struct shown *skb, const struct shown *xdp)
{
	state->skb_fields = skb;
	state->xdp_fields = xdp;
}

void view_set_dumper(struct view_state *state, struct dumper *dumper)
{
	state->dumper = dumper;
}

void view_sync_clock(struct view_state *state)
{
	clock_sync(&state->clock);
}

uint64_t view_wall_ns(const struct view_state *state, uint64_t monotonic_ns)
{
	return clock_wall_ns(&state->clock, monotonic_ns);
}

static uint64_t newly_lost(struct view_state *state, const struct ev_hdr *hdr)
{
	uint64_t before;

	if (hdr->cpu >= state->n_cpus)
		return 0;
	before = state->lost[hdr->cpu];
	/* Programs that nest deliver out of order. */
	if (hdr->lost <= before)
		return 0;
	state->lost[hdr->cpu] = hdr->lost;
	return hdr->lost - before;
}

static const struct seen_func *find_func(struct view_state *state, uint64_t ip)
{
	/* Functions are aligned to 16 bytes. */
	struct seen_func *seen = &state->seen[(ip >> 4) % SEEN_FUNCS];

	if (seen->ip != ip) {
		seen->ip = ip;
		seen->prog = state->progs ? progs_find(state->progs, ip) : NULL;
		seen->sym = seen->prog ? NULL : names_func(state->names, ip);
	}
	return seen;
}

static void name_func(const struct seen_func *seen, struct view *view)
{
	view->prog = seen->prog;
	if (seen->prog) {
		view->func = seen->prog->name;
		view->module = "bpf";
	} else {
		view->func = seen->sym ? seen->sym->name : "?";
		view->module = seen->sym ? seen->sym->module : NULL;
	}
}

/* From the function on: what watches a BPF program is called by it, and stands before it. */
static const char *stack_text(struct view_state *state, const struct record *rec,
			      const struct prog *prog)
{
	size_t from = prog ? prog_stack_start(prog, rec->stack, rec->stack_len) : 0;

	if (!rec->stack_len)
		return "";
	return stacks_text(state->stacks, names_symbols(state->names), rec->stack + from,
			   rec->stack_len - from);
}

/* The reason by its name, or else as a number. */
static const char *drop_reason(struct view_state *state, const struct ev_hdr *hdr)
{
	const char *name;

	if (!(hdr->flags & EV_F_REASON))
		return "yes";
	name = state->reasons ? reasons_name(state->reasons, hdr->drop_reason) : NULL;
	if (name)
		return name;
	buf_reset(&state->drop);
	buf_printf(&state->drop, "0x%x", hdr->drop_reason);
	return buf_str(&state->drop);
}

static void name_drop(struct view_state *state, const struct ev_hdr *hdr, struct view *view)
{
	view->drop = NULL;
	view->drop_at = NULL;
	if (!(hdr->flags & EV_F_DROP))
		return;
	view->drop = drop_reason(state, hdr);
	if (!hdr->drop_at)
		return;
	buf_reset(&state->drop_at);
	stacks_put_address(&state->drop_at, names_symbols(state->names), hdr->drop_at);
	/* Without the module: a name is enough to find the place. */
	buf_cut(&state->drop_at, strcspn(buf_str(&state->drop_at), " "));
	view->drop_at = buf_str(&state->drop_at);
}

const char *view_caller(const struct view *view, size_t *ret_len)
{
	const char *caller = strchr(view->stack, '\n');

	if (!caller)
		return NULL;
	/* "symbol+0xoffset [module]", or a bare address */
	*ret_len = strcspn(++caller, "+ \n");
	return caller;
}

/* offsetof(struct qdisc_skb_cb, data) in the kernel's include/net/sch_generic.h. */
#define CB_DATA 8

_Static_assert(CB_DATA + VIEW_CB_WORDS * sizeof(uint32_t) <= EV_CB_LEN, "within skb->cb");

bool view_cb(const struct view *view, uint32_t ret_words[VIEW_CB_WORDS])
{
	const struct record *rec = view->rec;

	if (!rec->cb || rec->hdr->flags & (EV_F_XDP | EV_F_GONE))
		return false;
	memcpy(ret_words, rec->cb + CB_DATA, VIEW_CB_WORDS * sizeof(*ret_words));
	return true;
}

const struct ev_dump *view_dump(const struct view *view, enum ev_dump_kind kind)
{
	if (!view->dumper || view->rec->hdr->flags & (EV_F_XDP | EV_F_GONE))
		return NULL;
	return view->rec->dumps[kind];
}

/* Of a packet that is gone there is nothing to read. */
static const struct shown *find_fields(const struct view_state *state, const struct record *rec)
{
	const struct shown *fields = rec->hdr->flags & EV_F_XDP ? state->xdp_fields
								: state->skb_fields;

	if (!rec->fields || !fields || !fields->n || rec->hdr->flags & EV_F_GONE ||
	    shown_bytes(fields) > rec->hdr->fields_room)
		return NULL;
	return fields;
}

/* Of the record's bytes those that are in the frame. */
static void decode(const struct record *rec, struct view *view)
{
	const struct frame *f = &view->frame;
	struct decode_input in = {.l2 = rec->hdr->l2, .raw = rec->raw};

	for (size_t i = 0; i < f->n_pieces; i++)
		if (f->pieces[i].data != f->head)
			in.raw_len += f->pieces[i].len;
	decode_packet(&in, &view->packet);
	view->protocol = rec->hdr->flags & EV_F_XDP ? view->packet.type : ntohs(rec->hdr->protocol);
}

void view_make(struct view_state *state, const struct record *rec, struct view *ret_view)
{
	const struct ev_hdr *hdr = rec->hdr;

	ret_view->rec = rec;
	ret_view->dumper = state->dumper;
	ret_view->time_ns = clock_wall_ns(&state->clock, hdr->time_ns);
	ret_view->dropped = newly_lost(state, hdr);
	name_func(find_func(state, hdr->func_ip), ret_view);
	ret_view->stack = stack_text(state, rec, ret_view->prog);
	ret_view->changed = NULL;
	name_drop(state, hdr, ret_view);
	utf8_sanitize(ret_view->comm, sizeof(ret_view->comm), hdr->comm,
		      strnlen(hdr->comm, sizeof(hdr->comm)));
	utf8_sanitize(ret_view->ifname, sizeof(ret_view->ifname), hdr->ifname,
		      strnlen(hdr->ifname, sizeof(hdr->ifname)));
	ret_view->fields = find_fields(state, rec);
	frame_build(hdr->l2, rec->raw, hdr->raw_len, state->snaplen, &ret_view->frame);
	decode(rec, ret_view);
}

void view_close(struct view_state *state)
{
	if (!state)
		return;
	stacks_free(state->stacks);
	buf_free(&state->drop);
	buf_free(&state->drop_at);
	free(state->lost);
	free(state);
}
