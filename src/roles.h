/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ROLES_H
#define PWRU_CAP_ROLES_H
/*
 * Functions that mark the end of an skb's life, by their names.
 */
#include "src/inventory.h"

/* roles_note() - if the function has a role, it has it from now on */
void roles_note(struct func_roles *roles, const struct found *f);

#endif
