// SPDX-License-Identifier: GPL-2.0-only
#include "src/facts.h"

#include <arpa/inet.h>
#include <stdio.h>

/* A kernel's symbol has at most 511 bytes (KSYM_NAME_LEN). */
#define LABEL_SIZE 600

/* Who is told. */
struct teller {
	facts_fn *fn;
	void *ctx;
};

static void tell_uint(const struct teller *t, const char *key, uint64_t number)
{
	t->fn(t->ctx, &(struct fact){.key = key, .kind = FACT_UINT, .number = number});
}

static void tell_hex(const struct teller *t, const char *key, uint64_t number, unsigned int digits)
{
	t->fn(t->ctx,
	      &(struct fact){.key = key, .kind = FACT_HEX, .number = number, .digits = digits});
}

static void tell_addr(const struct teller *t, const char *key, uint64_t number)
{
	t->fn(t->ctx, &(struct fact){.key = key, .kind = FACT_ADDR, .number = number});
}

static void tell_text(const struct teller *t, const char *key, const char *text)
{
	t->fn(t->ctx, &(struct fact){.key = key, .kind = FACT_TEXT, .text = text});
}

static void tell_flag(const struct teller *t, const char *key)
{
	t->fn(t->ctx, &(struct fact){.key = key, .kind = FACT_FLAG, .number = 1});
}

static void tell_function(const struct teller *t, const struct view *view)
{
	char label[LABEL_SIZE];

	if (*view->func == '?') {
		snprintf(label, sizeof(label), "0x%llx",
			 (unsigned long long)view->rec->hdr->func_ip);
		tell_text(t, "func", label);
	} else if (view->prog) {
		/* As pwru writes it; behind a name that the programs' authors chose. */
		snprintf(label, sizeof(label), "%s(%s)", view->func,
			 prog_kind_name(view->prog->kind));
		tell_text(t, "func", label);
	} else {
		tell_text(t, "func", view->func);
	}
	if (view->module)
		tell_text(t, "module", view->module);
	if (view->prog)
		tell_uint(t, "prog", view->prog->id);
	if (view->rec->hdr->flags & EV_F_STACK)
		tell_text(t, "via", "stack");
}

static void tell_process(const struct teller *t, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	tell_uint(t, "cpu", hdr->cpu);
	tell_uint(t, "pid", hdr->tgid);
	if (hdr->tid != hdr->tgid)
		tell_uint(t, "tid", hdr->tid);
	tell_text(t, "comm", view->comm);
	if (!view->container)
		return;
	tell_text(t, "container", view->container->id);
	if (view->container->name)
		tell_text(t, "container_name", view->container->name);
}

static void tell_device(const struct teller *t, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	tell_uint(t, "netns", hdr->netns);
	if (*view->ifname)
		tell_text(t, "dev", view->ifname);
	tell_uint(t, "ifindex", hdr->ifindex);
	if (hdr->mtu)
		tell_uint(t, "mtu", hdr->mtu);
}

/* Where the frame differs from what is in memory, and why. */
static void tell_frame(const struct teller *t, const struct ev_hdr *hdr)
{
	if (hdr->flags & EV_F_SOCK)
		tell_text(t, "l3", "sock");
	if (hdr->flags & EV_F_OPAQUE)
		tell_text(t, "l3", "none");
	if (hdr->l2 & FRAME_L2_SYNTH)
		tell_text(t, "l2", "synth");
	if (hdr->l2 & FRAME_L2_VLAN)
		tell_uint(t, "vlan", ntohs(FRAME_L2_TCI(hdr->l2)) & 0xfff);
	if (hdr->nonlinear)
		tell_uint(t, "nonlinear", hdr->nonlinear);
	if (hdr->flags & EV_F_FAULT)
		tell_flag(t, "fault");
}

/* Where the packet is, as far as the skb says. */
static void tell_packet(const struct teller *t, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	if (hdr->flags & EV_F_GONE) {
		if (!(hdr->flags & EV_F_RETURN))
			tell_flag(t, "freed");
		return;
	}
	tell_device(t, view);
	if (!(hdr->flags & EV_F_XDP))
		tell_hex(t, "mark", hdr->mark, 1);
	tell_hex(t, "protocol", view->protocol, 4);
	tell_uint(t, "len", hdr->skb_len);
	tell_frame(t, hdr);
}

/* ---- fields that the user has named */

static void tell_value(const struct teller *t, const char *key, const struct shown_value *v)
{
	static const enum fact_kind kinds[] = {
		[VALUE_UINT] = FACT_UINT, [VALUE_INT] = FACT_INT,   [VALUE_HEX] = FACT_HEX,
		[VALUE_ADDR] = FACT_ADDR, [VALUE_BOOL] = FACT_BOOL, [VALUE_TEXT] = FACT_TEXT,
	};

	t->fn(t->ctx, &(struct fact){.key = key,
				     .kind = kinds[v->kind],
				     .number = v->number,
				     .digits = 1,
				     .text = v->text});
}

static void tell_field(const struct teller *t, const struct shown_field *f,
		       enum fetch_status status, const uint8_t *bytes)
{
	const char *missing = shown_missing(status);
	struct shown_value value;

	if (missing) {
		t->fn(t->ctx, &(struct fact){.key = f->name, .kind = FACT_NONE, .text = missing});
		return;
	}
	if (!f->elems) {
		shown_make(f, bytes, 0, &value);
		tell_value(t, f->name, &value);
		return;
	}
	t->fn(t->ctx, &(struct fact){.key = f->name, .kind = FACT_LIST});
	for (uint32_t i = 0; i < f->elems; i++) {
		shown_make(f, bytes, i, &value);
		tell_value(t, NULL, &value);
	}
	t->fn(t->ctx, &(struct fact){.kind = FACT_END});
}

void facts_tell_fields(const struct view *view, facts_fn *fn, void *ctx)
{
	const struct teller t = {.fn = fn, .ctx = ctx};
	const uint8_t *section = view->rec->fields;
	const struct shown *fields = view->fields;
	size_t at;

	if (!fields)
		return;
	at = fields->n;
	fn(ctx, &(struct fact){.key = "fields", .kind = FACT_GROUP});
	for (size_t i = 0; i < fields->n; i++) {
		tell_field(&t, &fields->v[i], (enum fetch_status)section[i], section + at);
		at += fields->v[i].size;
	}
	fn(ctx, &(struct fact){.kind = FACT_END});
}

void facts_tell(const struct view *view, facts_fn *fn, void *ctx)
{
	const struct teller t = {.fn = fn, .ctx = ctx};
	const struct ev_hdr *hdr = view->rec->hdr;

	tell_function(&t, view);
	if (!(hdr->flags & EV_F_XDP)) {
		tell_uint(&t, "id", hdr->id);
		tell_addr(&t, "skb", hdr->skb);
	}
	tell_process(&t, view);
	tell_packet(&t, view);
	if (view->ret)
		tell_text(&t, "ret", view->ret);
	if (view->nf)
		tell_text(&t, "nf", view->nf);
	if (view->verdict)
		tell_text(&t, "verdict", view->verdict);
	facts_tell_fields(view, fn, ctx);
	if (view->changed)
		tell_text(&t, "changed", view->changed);
	if (view->drop)
		tell_text(&t, "drop", view->drop);
	if (view->drop_at)
		tell_text(&t, "drop_at", view->drop_at);
	if (view->dropped)
		tell_uint(&t, "lost_before", view->dropped);
}
