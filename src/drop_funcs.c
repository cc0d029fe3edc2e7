// SPDX-License-Identifier: GPL-2.0-only
/*
 * kfree_skb() drops and consume_skb() does not, as Documentation/networking/drop_monitor.rst of the
 * kernel and include/linux/skbuff.h have it.  From 5.17 on the functions that drop take a reason,
 * and the names have changed more than once since; what stays is the reason's type.
 *
 * Functions that call one of these to free the packet (tcp_drop_reason() and others) are left out:
 * the drop is told where the packet is freed.
 */
#include "src/drop_funcs.h"

#include <string.h>

#include "src/util.h"

static const struct {
	const char *name;
	enum ev_drop_kind kind;
	const char *reason; /* the enumeration of its argument; NULL: none is needed */
} known[] = {
	/* 5.17 to 6.10, 6.11 and newer. */
	{"kfree_skb_reason", EV_DROP_REASON, "skb_drop_reason"},
	{"sk_skb_reason_drop", EV_DROP_REASON, "skb_drop_reason"},
	/* Lists; the function above is inlined into it, or called for each. */
	{"kfree_skb_list_reason", EV_DROP_REASON, "skb_drop_reason"},
	/* In interrupts: a softirq frees them later. */
	{"dev_kfree_skb_irq_reason", EV_DROP_REASON, "skb_drop_reason"},
	{"__dev_kfree_skb_irq", EV_DROP_FREE_REASON, "skb_free_reason"},
	/* Since 6.2. */
	{"skb_release_data", EV_DROP_RELEASE, "skb_drop_reason"},
	/* Before 5.17; an inline function since. */
	{"kfree_skb", EV_DROP_ALWAYS, NULL},
	{"kfree_skb_list", EV_DROP_ALWAYS, NULL},
	/* Before 5.19 it frees the packet itself. */
	{"tcp_drop", EV_DROP_ALWAYS, NULL},
};

_Static_assert(ARRAY_SIZE(known) <= EV_DROP_FUNCS, "all functions have a place");

static void note(const struct kbtf *btf, const struct found *f, struct func_roles *roles)
{
	size_t n = 0;

	while (n < EV_DROP_FUNCS && roles->drop[n].ip)
		n++;
	for (size_t i = 0; i < ARRAY_SIZE(known) && n < EV_DROP_FUNCS; i++) {
		int pos;

		if (strcmp(f->name, known[i].name))
			continue;
		pos = known[i].reason ? kbtf_enum_position(btf, f->name, known[i].reason) : 0;
		if (pos || !known[i].reason)
			roles->drop[n] = (struct ev_drop_func){
				.ip = EV_ENTRY_BLOCK(f->addr),
				.kind = known[i].kind,
				.pos = pos,
			};
		return;
	}
}

void drop_funcs_find(const struct kbtf *btf, struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->n; i++) {
		const struct found *f = &inventory->v[i];

		if (f->module || !f->addr || f->skip)
			continue;
		note(btf, f, &inventory->roles);
		if (!strcmp(f->name, "skb_release_data"))
			inventory->roles.data = EV_ENTRY_BLOCK(f->addr);
	}
}

bool drop_funcs_has(const struct func_roles *roles, uint64_t addr)
{
	for (size_t i = 0; i < EV_DROP_FUNCS; i++)
		if (roles->drop[i].ip && roles->drop[i].ip == EV_ENTRY_BLOCK(addr))
			return true;
	return false;
}
