/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CHANGES_H
#define PWRU_CAP_CHANGES_H
/*
 * Changed-only mode (--changes): of one packet's sightings, the first, those where something is not
 * as at the sighting before, and the drop.  What counts is the frame as it is written, the device,
 * the namespace and the mark.
 */
#include <stddef.h>
#include <stdint.h>

#include "src/stage.h"

/* Memory for the frames that the next ones are compared with, unless a test says otherwise. */
#define CHANGES_BYTES ((size_t)64 << 20)

struct changes;

/**
 * changes_new() - no packet has been seen
 * @snaplen: frames are compared up to this many bytes
 * @bytes: of memory, at most: when they are used up, the next sighting of the packet that was seen
 *	longest ago is taken for its first
 *
 * Return: NULL when there is no memory.
 */
struct changes *changes_new(uint32_t snaplen, size_t bytes);

/*
 * changes_stage() - its stage, whose next is to be set. Sightings go on with what changed, and
 * those that changed nothing as left out.
 */
struct stage *changes_stage(struct changes *changes);

/* changes_unchanged() - how many were left out */
uint64_t changes_unchanged(const struct changes *changes);

/* changes_free() - @changes may be NULL */
void changes_free(struct changes *changes);

#endif
