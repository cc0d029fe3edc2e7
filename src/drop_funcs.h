/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DROP_FUNCS_H
#define PWRU_CAP_DROP_FUNCS_H
/*
 * The functions by which the kernel frees packets that it drops, and where they take the reason.
 */
#include <stdbool.h>

#include "src/inventory.h"
#include "src/kbtf.h"

/* drop_funcs_find() - fill roles.drop and roles.data of @inventory with what can be traced */
void drop_funcs_find(const struct kbtf *btf, struct inventory *inventory);

/* drop_funcs_has() - is the function at this entry one of them? */
bool drop_funcs_has(const struct func_roles *roles, uint64_t addr);

#endif
