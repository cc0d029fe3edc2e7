// SPDX-License-Identifier: GPL-2.0-only
#include "src/roles.h"

#include <string.h>

#include "src/util.h"

/*
 * See track.bpf.h.  Destructors run in skb_release_head_state(), the rest after it.  The first
 * EV_TAIL_FREED are those that skb_release_data() calls last.
 */
static const char *const tail_names[] = {
	"skb_free_head",
	"skb_pp_recycle",
	"skb_release_data",
	"skb_pp_cow_data",
	"sock_wfree",
	"__sock_wfree",
	"tcp_wfree",
	"sock_rfree",
	"sock_efree",
	"sock_edemux",
	"sock_pfree",
	"sock_ofree",
	"unix_destruct_scm",
	"netlink_skb_destructor",
	"tpacket_destruct_skb",
	"xsk_destruct_skb",
	"msg_zerocopy_callback",
	"sock_zerocopy_callback",
	"tun_msg_zerocopy_complete",
	"__skb_ext_put",
	"nf_conntrack_destroy",
	"l2tp_sock_wfree",
};

static const char *const end_names[] = {"kfree_skbmem", "napi_skb_cache_put"};

_Static_assert(ARRAY_SIZE(tail_names) <= EV_TAIL_MAX, "all tail functions have a place");
_Static_assert(ARRAY_SIZE(end_names) == ENDS_MAX, "all end functions have a place");

const char *end_name(size_t i)
{
	return end_names[i];
}

void roles_note(struct func_roles *roles, const struct found *f)
{
	size_t i;

	if (f->module)
		return;
	if (!strcmp(f->name, "skb_release_head_state"))
		roles->release = EV_ENTRY_BLOCK(f->addr);
	for (i = 0; i < ARRAY_SIZE(end_names); i++)
		if (!strcmp(f->name, end_names[i]))
			roles->end[i] = (struct func_end){.addr = f->addr, .btf_id = f->btf_id};
	for (i = 0; i < ARRAY_SIZE(tail_names); i++)
		if (!strcmp(f->name, tail_names[i]))
			roles->tail[i] = EV_ENTRY_BLOCK(f->addr);
}
