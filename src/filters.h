/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTERS_H
#define PWRU_CAP_FILTERS_H
/*
 * All filters of a capture, compiled, and the fields that it reads: what load.c puts into the
 * programs.
 */
#include "bpf/meta.h"
#include "filter/cbpf.h"
#include "filter/insn.h"
#include "src/caps.h"
#include "src/fields.h"
#include "src/kbtf.h"
#include "src/options.h"

struct filters {
	struct cbpf_prog frame;	    /* the expression; never empty */
	struct cbpf_prog tunnel_l2; /* --filter-tunnel-pcap-l2; empty: none */
	struct cbpf_prog tunnel_l3; /* --filter-tunnel-pcap-l3; empty: none */
	struct insn_buf expr;	    /* --filter-expr, as eBPF; empty: none */
	struct meta_cfg meta;
	struct fields fields[FIELDS_ROOTS]; /* --output-skb-metadata, --output-xdp-metadata */
};

/**
 * filters_compile() - compile what needs no kernel: all but --filter-expr
 * @ret_filters: filled; free with filters_free(), also after an error
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL for a wrong expression; -ENOMEM.
 */
int filters_compile(const struct options *opts, struct filters *ret_filters);

/**
 * filters_resolve() - compile --filter-expr and the fields, if there are any, for this kernel
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL, -ENOENT, -E2BIG for a wrong expression or path; -ENOMEM.
 */
int filters_resolve(const struct options *opts, const struct kbtf *btf, const struct caps *caps,
		    struct filters *filters);

/* filters_need_types() - is there something for filters_resolve() to do? */
bool filters_need_types(const struct options *opts);

/**
 * filters_dump() - print what the expression becomes: -d, --dump-ebpf
 *
 * Return: 0, or -errno after a message on stderr.
 */
int filters_dump(const struct options *opts, const struct filters *filters);

void filters_free(struct filters *filters);

#endif
