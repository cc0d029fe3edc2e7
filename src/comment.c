// SPDX-License-Identifier: GPL-2.0-only
#include "src/comment.h"

#include <arpa/inet.h>
#include <string.h>

/* Blanks within a value would end it. */
static void put_value(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, " %s=", key);
	for (size_t n; *value; value += n) {
		n = strcspn(value, " ");
		if (n) {
			buf_append(out, value, n);
		} else {
			buf_puts(out, "\\x20");
			n = 1;
		}
	}
}

static void put_function(struct buf *out, const struct view *view)
{
	if (*view->func == '?')
		buf_printf(out, "func=0x%llx", (unsigned long long)view->rec->hdr->func_ip);
	else
		buf_printf(out, "func=%s", view->func);
	/* As pwru writes it; behind a name that the programs' authors chose. */
	if (view->prog)
		buf_printf(out, "(%s)", prog_kind_name(view->prog->kind));
	if (view->module)
		put_value(out, "module", view->module);
	if (view->prog)
		buf_printf(out, " prog=%u", view->prog->id);
	if (view->rec->hdr->flags & EV_F_STACK)
		buf_puts(out, " via=stack");
}

/* Where the file differs from what is in memory, and why. */
static void put_frame(struct buf *out, const struct ev_hdr *hdr)
{
	if (hdr->flags & EV_F_SOCK)
		buf_puts(out, " l3=sock");
	if (hdr->flags & EV_F_OPAQUE)
		buf_puts(out, " l3=none");
	if (hdr->l2 & FRAME_L2_SYNTH)
		buf_puts(out, " l2=synth");
	if (hdr->l2 & FRAME_L2_VLAN)
		buf_printf(out, " vlan=%u", ntohs(FRAME_L2_TCI(hdr->l2)) & 0xfff);
	if (hdr->nonlinear)
		buf_printf(out, " nonlinear=%u", hdr->nonlinear);
	if (hdr->flags & EV_F_FAULT)
		buf_puts(out, " fault=1");
}

/* Where the packet is, as far as the skb says. */
static void put_packet(struct buf *out, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	if (hdr->flags & EV_F_GONE) {
		buf_puts(out, " freed=1");
		return;
	}
	buf_printf(out, " netns=%u", hdr->netns);
	if (*view->ifname)
		put_value(out, "dev", view->ifname);
	buf_printf(out, " ifindex=%u", hdr->ifindex);
	if (!(hdr->flags & EV_F_XDP))
		buf_printf(out, " mark=0x%x", hdr->mark);
	buf_printf(out, " len=%u", hdr->skb_len);
	put_frame(out, hdr);
}

void comment_line(struct buf *out, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	put_function(out, view);
	if (!(hdr->flags & EV_F_XDP))
		buf_printf(out, " id=%llu skb=0x%llx", (unsigned long long)hdr->id,
			   (unsigned long long)hdr->skb);
	buf_printf(out, " cpu=%u pid=%u", hdr->cpu, hdr->tgid);
	if (hdr->tid != hdr->tgid)
		buf_printf(out, " tid=%u", hdr->tid);
	put_value(out, "comm", view->comm);
	put_packet(out, view);
	if (view->changed)
		buf_printf(out, " changed=%s", view->changed);
	if (view->drop)
		put_value(out, "drop", view->drop);
	if (view->drop_at)
		put_value(out, "drop_at", view->drop_at);
	if (view->dropped)
		buf_printf(out, " lost_before=%llu", (unsigned long long)view->dropped);
}
