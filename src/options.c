// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table describes every option: getopt's arrays and the help text are made from it, and a test
 * compares it with the manual page.
 */
#include "src/options.h"

/* libpcap's own definition of struct bpf_insn would meet the kernel's here. */
#define PCAP_DONT_INCLUDE_PCAP_BPF_H

#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/event.h"
#include "src/buf.h"
#include "src/log.h"
#include "src/util.h"

#define DEFAULT_RING_KIB (16 * 1024)
#define MAX_RING_KIB	 (1024 * 1024)

/* Options without a letter. */
enum {
	OPT_VERSION = 256,
	OPT_KERNEL_BTF,
	OPT_FILTER_FUNC,
	OPT_TUNNEL_L2,
	OPT_TUNNEL_L3,
	OPT_FILTER_EXPR,
	OPT_FILTER_LOAD,
	OPT_DUMP_EBPF,
	OPT_BACKEND,
	OPT_TEST_ATTACH,
	OPT_FAMILY,
	/* The filters that src/meta.h and src/terms.h know, each by its number there. */
	OPT_META = 1000,
	OPT_TERM = 2000,
};

static const struct {
	int key; /* the letter, or OPT_* */
	const char *name;
	const char *arg; /* NULL: takes none */
	const char *help;
} table[] = {
	{'w', NULL, "FILE", "write pcapng to FILE, or to standard output if it is -"},
	{'c', NULL, "COUNT", "stop after COUNT packets"},
	{'s', "snapshot-length", "BYTES", "keep at most BYTES of each packet (default 262144)"},
	{'i', "interface", "NAME", "only packets on a device of this name, in any namespace"},
	{'B', "buffer-size", "KIB", "size of the ring buffer in KiB (default 16384)"},
	{'U', "packet-buffered", NULL, "write each packet as soon as it is there"},
	{'n', NULL, NULL, "accepted for tcpdump's sake: nothing is looked up in the DNS anyway"},
	{'v', NULL, NULL, "say more; twice: also what libbpf and the kernel say"},
	{'q', "quiet", NULL, "say less: errors and the summary only"},
	{OPT_KERNEL_BTF, "kernel-btf", "FILE",
	 "type information of the running kernel, if it has none"},
	{'F', NULL, "FILE", "read the expression from FILE; that of the command line is ignored"},
	{'d', NULL, NULL, "print the compiled expression and stop; -dd as C, -ddd as numbers"},
	{OPT_DUMP_EBPF, "dump-ebpf", NULL,
	 "print the expression as eBPF, as it would be spliced in"},
	{OPT_FILTER_LOAD, "filter-load", "MODE", "how packets are read: direct, window, probe"},
	{OPT_TUNNEL_L2, "filter-tunnel-pcap-l2", "EXPR",
	 "an expression on the inner frame of a tunnel"},
	{OPT_TUNNEL_L3, "filter-tunnel-pcap-l3", "EXPR", "an expression on the inner IP packet"},
	{OPT_FILTER_EXPR, "filter-expr", "EXPR",
	 "on the skb's fields: 'skb->mark == 1 && skb->len > 99'"},
	{OPT_FILTER_FUNC, "filter-func", "REGEX", "only functions whose whole name matches"},
	{OPT_META + META_NETNS, "filter-netns", "NS",
	 "only in a network namespace: inode:N, a path, a name"},
	{OPT_META + META_MARK, "filter-mark", "M[/MASK]", "only packets with this mark"},
	{OPT_META + META_IFNAME, "filter-ifname", "NAME", "same as -i"},
	{'Q', "direction", "DIR", "only packets of type outgoing (out), or not (in); inout: both"},
	{OPT_META + META_PID, "pid", "N", "only while this process runs"},
	{OPT_META + META_COMM, "filter-comm", "NAME", "only while a task of this name runs"},
	{OPT_META + META_UID, "filter-uid", "USER", "only while a task of this user runs"},
	{OPT_FAMILY, "family", "FAMILY",
	 "inet, inet6; by the packet's socket: unix, netlink, packet, N"},
	{OPT_TERM + TERM_PROTO, "proto", "PROTO", "tcp, udp, icmp, icmp6, sctp ... or a number"},
	{OPT_TERM + TERM_SRC_IP, "src-ip", "ADDR[/BITS]", "source address or network"},
	{OPT_TERM + TERM_DST_IP, "dst-ip", "ADDR[/BITS]", "destination address or network"},
	{OPT_TERM + TERM_PORT, "port", "PORT", "source or destination port"},
	{OPT_TERM + TERM_SRC_PORT, "sport", "PORT", "source port"},
	{OPT_TERM + TERM_DST_PORT, "dport", "PORT", "destination port"},
	{OPT_BACKEND, "backend", "NAME", "how to attach: auto (default), kprobe-multi, kprobe"},
	{OPT_TEST_ATTACH, "test-attach", NULL, "attach, detach, print how long that took"},
	{'h', "help", NULL, "this text"},
	{OPT_VERSION, "version", NULL, "versions of pwru-cap, libbpf and libpcap"},
};

static void print_help(void)
{
	printf("usage: pwru-cap [options] [expression]\n"
	       "\n"
	       "Captures packets inside the Linux kernel: one packet for each kernel function that a\n"
	       "packet passes. expression: as for tcpdump, see pcap-filter(7).\n"
	       "\n"
	       "  pwru-cap -w out.pcapng 'tcp port 443'\n"
	       "  pwru-cap -w - icmp | tcpdump -n -r -\n"
	       "\n");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char left[64];
		int n = 0;

		n += snprintf(left + n, sizeof(left) - n, table[i].key < 256 ? "-%c" : "    ",
			      table[i].key);
		if (table[i].name)
			n += snprintf(left + n, sizeof(left) - n, "%s--%s",
				      table[i].key < 256 ? ", " : "", table[i].name);
		if (table[i].arg)
			snprintf(left + n, sizeof(left) - n, " %s", table[i].arg);
		printf("  %-28s %s\n", left, table[i].help);
	}
}

static void print_version(void)
{
	printf("pwru-cap %s\nlibbpf %u.%u\n%s\n", PWRU_CAP_VERSION, libbpf_major_version(),
	       libbpf_minor_version(), pcap_lib_version());
}

static int bad_number(const char *option, const char *value, uint64_t min, uint64_t max)
{
	log_error("%s %s: not a number from %llu to %llu", option, value, (unsigned long long)min,
		  (unsigned long long)max);
	return -EINVAL;
}

static int number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t value;

	if (parse_u64(text, max, &value) || value < min)
		return bad_number(option, text, min, max);
	*ret = value;
	return 0;
}

static int set_snaplen(struct options *o, const char *text)
{
	uint64_t value;
	int err = number("-s", text, 0, EV_SNAPLEN_MAX, &value);

	if (!err)
		o->snaplen = value ? value : EV_SNAPLEN_MAX; /* 0 is the default, as for tcpdump */
	return err;
}

static int set_ring(struct options *o, const char *text)
{
	uint64_t kib;
	int err = number("-B", text, 1, MAX_RING_KIB, &kib);
	/* The kernel wants a power of two; below this, the largest record would not fit. */
	uint64_t bytes = 1 << 20;

	if (err)
		return err;
	while (bytes < kib * 1024)
		bytes *= 2;
	o->ring_bytes = bytes;
	return 0;
}

static int set_ifname(struct options *o, const char *name)
{
	if (!*name || strlen(name) >= EV_IFNAME_LEN) {
		log_error("-i %s: not a name of a device (1 to %d bytes)", name, EV_IFNAME_LEN - 1);
		return -EINVAL;
	}
	o->ifname = strcmp(name, "any") ? name : NULL;
	return 0;
}

/* What IP carries shows its family itself, on its way through no socket too. */
static int set_family(struct options *o, const char *arg)
{
	int err = meta_set(&o->meta, META_FAMILY, arg);

	if (err)
		return err;
	terms_clear(&o->terms, TERM_FAMILY);
	if (o->meta.family != AF_INET && o->meta.family != AF_INET6)
		return 0;
	meta_clear(&o->meta, META_FAMILY);
	return terms_set(&o->terms, TERM_FAMILY, o->meta.family == AF_INET ? "inet" : "inet6");
}

static int apply_filter(struct options *o, int key, const char *arg)
{
	if (key >= OPT_TERM)
		return terms_set(&o->terms, (enum term)(key - OPT_TERM), arg);
	return meta_set(&o->meta, (enum meta_filter)(key - OPT_META), arg);
}

static int apply(struct options *o, int key, const char *arg, enum options_action *action)
{
	switch (key) {
	case 'w':
		o->write_path = arg;
		return 0;
	case 'c':
		return number("-c", arg, 1, UINT64_MAX, &o->count);
	case 's':
		return set_snaplen(o, arg);
	case 'i':
		return set_ifname(o, arg);
	case 'B':
		return set_ring(o, arg);
	case 'U':
		o->packet_buffered = true;
		return 0;
	case 'n':
		return 0;
	case 'v':
		o->verbosity++;
		return 0;
	case 'q':
		o->verbosity = -1;
		return 0;
	case OPT_KERNEL_BTF:
		o->kernel_btf = arg;
		return 0;
	case 'F':
		o->filter_file = arg;
		return 0;
	case 'd':
		o->dump = DUMP_CBPF;
		if (o->dump_style < 3)
			o->dump_style++;
		return 0;
	case OPT_DUMP_EBPF:
		o->dump = DUMP_EBPF;
		return 0;
	case OPT_FILTER_LOAD:
		o->filter_load = arg;
		return 0;
	case OPT_TUNNEL_L2:
		o->tunnel_l2 = arg;
		return 0;
	case OPT_TUNNEL_L3:
		o->tunnel_l3 = arg;
		return 0;
	case OPT_FILTER_EXPR:
		o->filter_expr = arg;
		return 0;
	case OPT_FILTER_FUNC:
		o->filter_func = arg;
		return 0;
	case 'Q':
		return meta_set(&o->meta, META_DIRECTION, arg);
	case OPT_FAMILY:
		return set_family(o, arg);
	case OPT_BACKEND:
		o->backend = strcmp(arg, "auto") ? arg : NULL;
		return 0;
	case OPT_TEST_ATTACH:
		o->test_attach = true;
		return 0;
	case 'h':
		print_help();
		*action = OPTIONS_DONE;
		return 0;
	case OPT_VERSION:
		print_version();
		*action = OPTIONS_DONE;
		return 0;
	default:
		if (key >= OPT_META)
			return apply_filter(o, key, arg);
		/* getopt has said what is wrong. */
		fputs("pwru-cap: 'pwru-cap --help' lists the options\n", stderr);
		return -EINVAL;
	}
}

/* getopt's two descriptions. */
static void describe(char *letters, struct option *longs)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].key < 256) {
			*letters++ = table[i].key;
			if (table[i].arg)
				*letters++ = ':';
		}
		if (table[i].name)
			*longs++ = (struct option){
				.name = table[i].name,
				.has_arg = table[i].arg ? required_argument : no_argument,
				.val = table[i].key,
			};
	}
	*letters = '\0';
	*longs = (struct option){0};
}

/* Words joined by single blanks, to be freed; NULL if there are none or memory ran out. */
static char *join(char **words, int n)
{
	struct buf b = {0};
	char *text = NULL;

	for (int i = 0; i < n; i++) {
		if (i)
			buf_puts(&b, " ");
		buf_puts(&b, words[i]);
	}
	if (n && !buf_error(&b))
		text = strdup(buf_str(&b));
	buf_free(&b);
	return text;
}

/* -F, as tcpdump reads it: from # to the end of a line is a comment. */
static int read_expression(struct options *o)
{
	char *text;
	int err = read_file(o->filter_file, &text, NULL);

	if (err) {
		log_error("%s: %s", o->filter_file, strerror(-err));
		return err;
	}
	for (char *p = strchr(text, '#'); p; p = strchr(p, '#')) {
		size_t n = strcspn(p, "\n");

		memset(p, ' ', n);
	}
	o->expression = text;
	return 0;
}

/* -i and --filter-ifname are one filter. */
static int join_ifname(struct options *o)
{
	struct meta_cfg other = o->meta;
	int err = o->ifname ? meta_set(&o->meta, META_IFNAME, o->ifname) : 0;

	if (!err && other.on & META_ON(META_IFNAME) &&
	    memcmp(other.ifname, o->meta.ifname, sizeof(other.ifname))) {
		log_error("-i %s: --filter-ifname asks for another device, %s", o->ifname,
			  (const char *)other.ifname);
		err = -EINVAL;
	}
	return err;
}

/* The expression of -F or of the words that are left, and the terms. */
static int join_expression(struct options *o, char **words, int n)
{
	char *joined;
	int err;

	if (o->filter_file) {
		err = read_expression(o);
		if (err)
			return err;
	} else {
		o->expression = join(words, n);
		if (n && !o->expression)
			return -ENOMEM;
	}
	err = terms_join(&o->terms, o->expression, &joined);
	if (err)
		return err;
	free(o->expression);
	o->expression = joined;
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret_opts, enum options_action *ret_action)
{
	char letters[2 * ARRAY_SIZE(table) + 1];
	struct option longs[ARRAY_SIZE(table) + 1];
	struct options *o = ret_opts;
	int key, err = 0;

	*o = (struct options){
		.snaplen = EV_SNAPLEN_MAX,
		.ring_bytes = DEFAULT_RING_KIB * 1024,
	};
	*ret_action = OPTIONS_RUN;
	/* getopt moves the words; this is to be as it was typed. */
	o->command_line = join(argv, argc);
	describe(letters, longs);
	while (!err && *ret_action == OPTIONS_RUN &&
	       (key = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		err = apply(o, key, optarg, ret_action);
	if (err || *ret_action != OPTIONS_RUN)
		return err;
	if (!o->command_line)
		return -ENOMEM;
	err = join_ifname(o);
	return err ? err : join_expression(o, argv + optind, argc - optind);
}

void options_free(struct options *opts)
{
	free(opts->expression);
	free(opts->command_line);
}
