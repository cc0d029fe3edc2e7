/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KPAGES_H
#define PWRU_CAP_KPAGES_H
/*
 * What it takes to find the bytes of a page (bpf/pages.bpf.h).
 */
#include <stdint.h>
#include <stdio.h>

/* Addresses of two variables of the kernel. */
struct kpages {
	uint64_t vmemmap_base;	   /* holds where the array of struct page begins */
	uint64_t page_offset_base; /* holds where all memory is mapped */
};

/**
 * kpages_find() - ask the running kernel
 *
 * Return: 0; -ENOENT if the kernel has no such variables; -EOPNOTSUPP if this machine keeps its
 * pages in another way; -EPERM if the kernel hides its addresses; -errno of asking.
 */
int kpages_find(struct kpages *ret_pages);

/* kpages_scan() - the same, from the text of /proc/kallsyms, of which no more than needed is read
 */
int kpages_scan(FILE *kallsyms, struct kpages *ret_pages);

#endif
