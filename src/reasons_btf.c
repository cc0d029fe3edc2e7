// SPDX-License-Identifier: GPL-2.0-only
/*
 * include/net/dropreason.h of the kernel: a reason is a number, whose upper half is that of a
 * subsystem, 0 for the core.  The core's are in enum skb_drop_reason.  A subsystem has an
 * enumeration of its own, such as mac80211_drop_reason and ovs_drop_reason: they have only their
 * name and the upper half in common.
 */
#include "src/reasons_btf.h"

#include <stdbool.h>
#include <string.h>

#define SUBSYSTEM(value) ((value) >> 16)

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* Values that stand for no drop, or for no reason. */
static bool is_reason(const char *name, uint32_t value, bool core)
{
	if (*name == '_' || ends_with(name, "_MAX") || ends_with(name, "_MASK"))
		return false;
	return core ? !strncmp(name, "SKB_DROP_REASON_", 16) : SUBSYSTEM(value);
}

static int add_enum(const struct btf *btf, const struct btf_type *t, bool core,
		    struct reasons *reasons)
{
	const struct btf_enum *e = btf_enum(t);
	int err = 0;

	for (int i = 0; i < btf_vlen(t) && !err; i++) {
		const char *name = btf__name_by_offset(btf, e[i].name_off);

		if (name && is_reason(name, e[i].val, core))
			err = reasons_add(reasons, name, e[i].val);
	}
	return err;
}

static int add_types(void *context, const struct btf *btf, uint32_t first_id)
{
	uint32_t end = btf__type_cnt(btf);
	int err = 0;

	for (uint32_t id = first_id; id < end && !err; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_enum(t))
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		if (name && ends_with(name, "drop_reason"))
			err = add_enum(btf, t, !strcmp(name, "skb_drop_reason"), context);
	}
	return err;
}

int reasons_of_types(struct kbtf *btf, struct reasons *reasons)
{
	return kbtf_each(btf, add_types, reasons);
}
