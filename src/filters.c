// SPDX-License-Identifier: GPL-2.0-only
#include "src/filters.h"

#include <stdio.h>
#include <string.h>

#include "filter/disasm.h"
#include "filter/expr.h"
#include "filter/fexpr.h"
#include "filter/translate.h"
#include "src/field.h"
#include "src/log.h"

static int compile_one(const char *option, const char *text, uint32_t snaplen,
		       struct cbpf_prog *ret_prog)
{
	char why[512];
	int err = expr_compile(text, snaplen, ret_prog, why, sizeof(why));

	if (err)
		log_error("cannot compile the expression%s '%s': %s", option, text, why);
	return err;
}

int filters_compile(const struct options *opts, struct filters *ret_filters)
{
	struct filters *f = ret_filters;
	int err;

	f->meta = opts->meta;
	err = compile_one("", opts->expression, opts->snaplen, &f->frame);
	if (!err && opts->tunnel_l2)
		err = compile_one(" of --filter-tunnel-pcap-l2", opts->tunnel_l2, opts->snaplen,
				  &f->tunnel_l2);
	if (!err && opts->tunnel_l3)
		err = compile_one(" of --filter-tunnel-pcap-l3", opts->tunnel_l3, opts->snaplen,
				  &f->tunnel_l3);
	return err;
}

bool filters_need_types(const struct options *opts)
{
	return opts->filter_expr || opts->fields[FIELDS_SKB] || opts->fields[FIELDS_XDP];
}

/* They do not depend on how packets are read, so once is enough. */
static int resolve_fields(const struct options *opts, const struct kbtf *btf,
			  const struct caps *caps, struct filters *filters)
{
	int err = 0;

	if (opts->fields[FIELDS_XDP] && !opts->trace_xdp)
		log_info("--output-xdp-metadata: is of no use without --filter-trace-xdp, which "
			 "watches XDP programs");
	for (int root = 0; root < FIELDS_ROOTS && !err; root++)
		if (opts->fields[root] && !filters->fields[root].room)
			err = fields_resolve(kbtf_vmlinux(btf), (enum fields_root)root,
					     opts->fields[root], caps->sign_bits,
					     &filters->fields[root]);
	return err;
}

int filters_resolve(const struct options *opts, const struct kbtf *btf, const struct caps *caps,
		    struct filters *filters)
{
	struct fexpr_types types = field_types(kbtf_vmlinux(btf));
	char why[512];
	int err = resolve_fields(opts, btf, caps, filters);

	if (err || !opts->filter_expr)
		return err;
	err = fexpr_compile(opts->filter_expr, &types, &caps->translate, &filters->expr, why,
			    sizeof(why));
	if (err)
		log_error("--filter-expr '%s': %s", opts->filter_expr, why);
	return err;
}

static int dump_ebpf(const struct options *opts, const struct filters *filters,
		     const struct kbtf *btf)
{
	struct insn_buf body = {0};
	struct caps caps;
	char why[512];
	struct caps_best best;
	int err;

	caps_read(btf, &best);
	err = caps_choose(&best, opts->filter_load, &caps);
	if (err)
		return err;
	err = translate(&filters->frame, &caps.translate, &body, why, sizeof(why));
	if (err)
		log_error("the expression cannot be translated: %s", why);
	else
		err = disasm_dump(&body, &filters->frame, stdout);
	insn_buf_free(&body);
	return err;
}

int filters_dump(const struct options *opts, const struct filters *filters)
{
	struct kbtf *btf;
	int err;

	if (opts->dump == DUMP_CBPF)
		return expr_dump(&filters->frame, (enum expr_dump_style)opts->dump_style, stdout);
	err = kbtf_open(opts->kernel_btf, &btf);
	if (err)
		return err;
	err = dump_ebpf(opts, filters, btf);
	kbtf_close(btf);
	return err;
}

void filters_free(struct filters *filters)
{
	cbpf_prog_free(&filters->frame);
	cbpf_prog_free(&filters->tunnel_l2);
	cbpf_prog_free(&filters->tunnel_l3);
	insn_buf_free(&filters->expr);
	for (int root = 0; root < FIELDS_ROOTS; root++)
		fields_free(&filters->fields[root]);
}
