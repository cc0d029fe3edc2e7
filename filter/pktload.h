/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_PKTLOAD_H
#define PWRU_CAP_FILTER_PKTLOAD_H

#include "filter/gen.h"

/*
 * Loads from the frame; each emits code into g->as and keeps g->now up to date.
 *
 * A load is done in one of three ways:
 * - direct: through a typed pointer that bpf_rdonly_cast() made of the address, kept in REG_PTR as
 *   long as no call destroys it. Constant offsets within the type's array are one instruction;
 *   for others the sum is cast again. A bad address reads as 0, so no result is checked.
 * - from the window, a copy of the first bytes on the stack: of all that fits (window mode), or
 *   of a head that is not in memory. The verifier wants aligned loads from the stack; where the
 *   alignment is not known the value is put together from bytes.
 * - probe: one bpf_probe_read_kernel().
 */

/** pktload_abs() - Load @size bytes at offset @k to @dst; @raw: natively, not in host order */
void pktload_abs(struct gen *g, uint8_t dst, uint32_t k, unsigned int size, bool raw);

/** pktload_ind() - The same for the bytes at X + @k, to REG_A */
void pktload_ind(struct gen *g, uint32_t k, unsigned int size, bool raw);

/** pktload_ancillary() - What the skb says of itself to REG_A; @k is CBPF_AD_... */
void pktload_ancillary(struct gen *g, uint32_t k);

/** pktload_check() - Reject frames with fewer than @extent bytes to read */
void pktload_check(struct gen *g, uint32_t extent);

/** pktload_size() - BPF_B, BPF_H, BPF_W or BPF_DW for a size in bytes */
uint8_t pktload_size(unsigned int size);

/** pktload_piece() - Size of the largest aligned access that starts window bytes [@from, @to) */
unsigned int pktload_piece(const struct gen *g, uint32_t from, uint32_t to);

/**
 * pktload_copy() - Copy frame bytes [@from, @to) from memory to the window
 *
 * They are at base + @delta + their offset. With direct loads REG_PTR then points to the frame.
 */
void pktload_copy(struct gen *g, uint32_t from, uint32_t to, uint32_t delta);

#endif
