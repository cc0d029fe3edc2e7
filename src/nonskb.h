/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_NONSKB_H
#define PWRU_CAP_NONSKB_H
/*
 * --filter-non-skb-funcs: functions that take no skb, by their names.  They are in no inventory:
 * they are few, and looked for when they are asked for.
 */
#include "src/funcs.h"
#include "src/inventory.h"
#include "src/ksyms.h"

/* What the kernel says of its functions. */
struct nonskb_sources {
	const struct ksyms *syms;
	char *traceable; /* the text of available_filter_functions; it is cut into strings */
};

/**
 * nonskb_choose() - add the functions of a list to those that are watched
 * @list: names, separated by commas
 * @inventory: the functions with an skb; one of these in the list is added as what it is
 * @sources: where to look for the others
 * @funcs: from funcs_select(); what goes with functions of FUNC_BY_STACK is filled in
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL for a list without a name; -ENOENT if there is no such function; -EOPNOTSUPP
 * if it cannot be traced; -ENOMEM.
 */
int nonskb_choose(const char *list, const struct inventory *inventory,
		  const struct nonskb_sources *sources, struct funcs *funcs);

/* nonskb_discover() - the same with the running kernel's; also returns -errno of reading */
int nonskb_discover(const char *list, const struct inventory *inventory, struct funcs *funcs);

#endif
