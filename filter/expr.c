// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcpdump expressions, by libpcap. The only file that sees libpcap's struct bpf_insn; it has the
 * layout of struct cbpf_insn, so programs are handed over as they are.
 */
#include "filter/expr.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct cbpf_insn) == sizeof(struct bpf_insn), "cBPF instruction");
_Static_assert(offsetof(struct cbpf_insn, code) == offsetof(struct bpf_insn, code), "code");
_Static_assert(offsetof(struct cbpf_insn, jt) == offsetof(struct bpf_insn, jt), "jt");
_Static_assert(offsetof(struct cbpf_insn, jf) == offsetof(struct bpf_insn, jf), "jf");
_Static_assert(offsetof(struct cbpf_insn, k) == offsetof(struct bpf_insn, k), "k");

static int copy_prog(const struct bpf_program *from, struct cbpf_prog *ret_prog)
{
	struct cbpf_insn *insns = calloc(from->bf_len, sizeof(*insns));

	if (!insns)
		return -ENOMEM;
	memcpy(insns, from->bf_insns, from->bf_len * sizeof(*insns));
	*ret_prog = (struct cbpf_prog){.insns = insns, .len = from->bf_len};
	return 0;
}

int expr_compile(const char *expr, uint32_t snaplen, struct cbpf_prog *ret_prog, char *err,
		 size_t errsz)
{
	struct bpf_program compiled;
	pcap_t *pcap;
	int rc;

	if (snaplen == 0 || snaplen > INT32_MAX) {
		snprintf(err, errsz, "snapshot length %u is out of range", snaplen);
		return -EINVAL;
	}
	pcap = pcap_open_dead(DLT_EN10MB, (int)snaplen);
	if (!pcap) {
		snprintf(err, errsz, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	/* tcpdump's netmask when it has no interface: 0, not PCAP_NETMASK_UNKNOWN. */
	if (pcap_compile(pcap, &compiled, expr ? expr : "", 1, 0)) {
		snprintf(err, errsz, "%s", pcap_geterr(pcap));
		pcap_close(pcap);
		return -EINVAL;
	}
	rc = copy_prog(&compiled, ret_prog);
	if (rc)
		snprintf(err, errsz, "%s", strerror(-rc));
	pcap_freecode(&compiled);
	pcap_close(pcap);
	return rc;
}

bool expr_matches_all(const struct cbpf_prog *prog)
{
	return prog->len == 0 ||
	       (prog->insns[0].code == (CBPF_RET | CBPF_K) && prog->insns[0].k != 0);
}

/* libpcap wants them writable, and does not write. */
static struct bpf_insn *pcap_insns(const struct cbpf_prog *prog)
{
	return (struct bpf_insn *)(void *)prog->insns;
}

uint32_t expr_run(const struct cbpf_prog *prog, const uint8_t *frame, uint32_t caplen,
		  uint32_t wirelen)
{
	return bpf_filter(pcap_insns(prog), frame, wirelen, caplen);
}

void expr_image(const struct cbpf_prog *prog, size_t line, char *buf, size_t size)
{
	snprintf(buf, size, "%s", bpf_image(pcap_insns(prog) + line, (int)line));
	for (char *tab = strchr(buf, '\t'); tab; tab = strchr(tab, '\t'))
		*tab = ' ';
}

int expr_dump(const struct cbpf_prog *prog, enum expr_dump_style style, FILE *out)
{
	const struct cbpf_insn *in = prog->insns;

	/* Not bpf_dump(), which knows no stream but stdout. */
	if (style == EXPR_DUMP_DECIMAL)
		fprintf(out, "%zu\n", prog->len);
	for (size_t i = 0; i < prog->len; i++, in++) {
		if (style == EXPR_DUMP_DECIMAL)
			fprintf(out, "%u %u %u %u\n", in->code, in->jt, in->jf, in->k);
		else if (style == EXPR_DUMP_C)
			fprintf(out, "{ 0x%x, %u, %u, 0x%08x },\n", in->code, in->jt, in->jf,
				in->k);
		else
			fprintf(out, "%s\n", bpf_image(pcap_insns(prog) + i, (int)i));
	}
	return ferror(out) ? -EIO : 0;
}
