/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_MODES_H
#define PWRU_CAP_MODES_H
/*
 * The stages that the options ask for, in their order: what changed, then the flight recorder,
 * which so keeps the last changes of a packet if both are wanted.
 */
#include "src/capture.h"
#include "src/inventory.h"
#include "src/options.h"
#include "src/reasons.h"

/* Zero-filled at first. */
struct modes {
	struct changes *changes;   /* NULL: all sightings count */
	struct recorder *recorder; /* NULL: also of packets that are not dropped */
	struct reason_set reasons; /* its drops */
};

/**
 * modes_open() - make the stages
 * @roles: the functions that drop, and release
 * @reasons: the names of this kernel's reasons
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL if drops cannot be told, or for a reason that the kernel does not have;
 * -ENOMEM.
 */
int modes_open(const struct options *opts, const struct func_roles *roles, struct reasons *reasons,
	       struct modes *ret_modes);

/* modes_connect() - put the stages in front of the capture's writer */
void modes_connect(struct modes *modes, struct capture *capture);

/* modes_end() - nothing comes any more; what has been left out */
void modes_end(struct modes *modes, struct left_out *ret_left);

void modes_free(struct modes *modes);

#endif
