/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_REASONS_BTF_H
#define PWRU_CAP_REASONS_BTF_H
/*
 * The reasons for drops that the kernel's types name: of the core, and of the subsystems that have
 * their own, which may be modules.
 */
#include "src/kbtf.h"
#include "src/reasons.h"

/* reasons_of_types() - add all that there are, none before Linux 5.17; 0 or -errno */
int reasons_of_types(struct kbtf *btf, struct reasons *reasons);

#endif
