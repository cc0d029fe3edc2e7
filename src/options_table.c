// SPDX-License-Identifier: GPL-2.0-only
#include "src/options_table.h"

/* libpcap's own definition of struct bpf_insn would meet the kernel's here. */
#define PCAP_DONT_INCLUDE_PCAP_BPF_H

#include <bpf/libbpf.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "src/options.h"
#include "src/util.h"

#define TEXT(member)  (1 + offsetof(struct options, member))
#define FLAG(member)  .flag = 1 + offsetof(struct options, member)
#define PRINT(option) .print = 1 + (option)

const struct option_row options_table[] = {
	{'w', NULL, "FILE", "write pcapng to FILE, or to standard output if it is -",
	 TEXT(write_path)},
	{'C', NULL, "SIZE", "next file beyond SIZE million bytes; with K, M, G: of 1024"},
	{'G', NULL, "SECONDS", "next file after SECONDS; FILE is a format of strftime(3)"},
	{'W', NULL, "COUNT", "with -C: overwrite after COUNT files; with -G: stop after them"},
	{'z', NULL, "COMMAND", "run COMMAND for each file that -C and -G have finished",
	 TEXT(postrotate)},
	{OPT_COMPRESS, "compress", "KIND", "compress what -w writes: gzip, zstd"},
	{'Z', "relinquish-privileges", "USER", "become USER when all is attached", TEXT(user)},
	{'c', NULL, "COUNT", "stop after COUNT packets"},
	{'s', "snapshot-length", "BYTES", "keep at most BYTES of each packet (default 262144)"},
	{OPT_LINEAR_ONLY, "linear-only", NULL, "leave out payload in page fragments and frag lists",
	 FLAG(linear_only)},
	{OPT_STACK_DEPTH, "stack-depth", "N",
	 "entries of each stack, innermost first, 0 to 127, or all (default 16)"},
	{OPT_NO_STACK, "no-stack", NULL, "record no stacks: short for --stack-depth 0"},
	{'i', "interface", "NAME", "only packets on a device of this name, in any namespace"},
	{'D', "list-interfaces", NULL, "list the devices of all network namespaces",
	 FLAG(list_interfaces)},
	{OPT_LINKTYPE, "linktype", "TYPE",
	 "how packets are written: ethernet (default), sll2, native"},
	{OPT_INTERFACES, "interfaces", "WHAT",
	 "what the file's interfaces are: device (default), function, both"},
	{'B', "buffer-size", "KIB", "size of the ring buffer in KiB (default 32768)"},
	{'U', "packet-buffered", NULL, "write each packet as soon as it is there",
	 FLAG(packet_buffered)},
	{OPT_PRINT + PRINT_PRINT, "print", NULL, "print packets beside -w FILE, too"},
	{OPT_PRINT + PRINT_JSON, "output-json", "[=BOOL]", "print JSON, a line a packet"},
	{OPT_PRINT + PRINT_FILE, "output-file", "FILE", "print to FILE instead of standard output"},
	{OPT_PRINT + PRINT_LIMIT, "output-limit-lines", "N", "stop after N lines; as -c"},
	{OPT_PRINT + PRINT_META, "output-meta", "[=BOOL]",
	 "print netns, mark, interface, protocol, MTU and length (default)"},
	{OPT_PRINT + PRINT_TUPLE, "output-tuple", "[=BOOL]",
	 "print addresses, ports and protocol (default)"},
	{OPT_PRINT + PRINT_TCP_FLAGS, "output-tcp-flags", "[=BOOL]", "print TCP flags with them"},
	{OPT_PRINT + PRINT_TUNNEL, "output-tunnel", "[=BOOL]",
	 "print the same of the packet within a tunnel"},
	{OPT_PRINT + PRINT_CALLER, "output-caller", "[=BOOL]", "print the function's caller"},
	{OPT_PRINT + PRINT_STACK, "output-stack", "[=BOOL]", "print the kernel's stack"},
	{OPT_PRINT + PRINT_CB, "output-skb-cb", "[=BOOL]", "print cb[] of the skb"},
	{OPT_PRINT + PRINT_CONTAINER, "output-container", "[=BOOL]",
	 "print the container of the process"},
	{OPT_PRINT + PRINT_RET, "output-ret", "[=BOOL]", "print what functions return"},
	{OPT_PRINT + PRINT_SKB, "output-skb", "[=BOOL]",
	 "print struct sk_buff, below the line; as --dump skb"},
	{OPT_PRINT + PRINT_SHINFO, "output-skb-shared-info", "[=BOOL]",
	 "print struct skb_shared_info; as --dump shinfo"},
	{OPT_PRINT + PRINT_DUMP, "dump", "LIST",
	 "print structs whole: skb, shinfo, dev, sk (by commas)"},
	{OPT_SKB_FIELDS, "output-skb-metadata", "PATHS",
	 "also these fields: 'skb->mark:x,skb->dev->name'"},
	{OPT_XDP_FIELDS, "output-xdp-metadata", "PATHS",
	 "in XDP programs: 'xdp->rxq->queue_index'"},
	{OPT_PRINT + PRINT_TIMESTAMP, "timestamp", "STYLE",
	 "of the time printed: none, relative, current, absolute (default)"},
	{'t', NULL, NULL, "print no time; -tt, -ttt, -tttt, -ttttt: in other forms, as tcpdump",
	 PRINT(PRINT_T)},
	{OPT_PRINT + PRINT_PRECISION, "time-stamp-precision", "UNIT", "micro, or nano (default)"},
	{OPT_PRINT + PRINT_MICRO, "micro", NULL, "short for --time-stamp-precision=micro"},
	{OPT_PRINT + PRINT_NANO, "nano", NULL, "short for --time-stamp-precision=nano"},
	{'#', "number", NULL, "print the packet's number", PRINT(PRINT_NUMBER)},
	{'x', NULL, NULL, "print packets in hex; -xx: with the link layer's header",
	 PRINT(PRINT_X)},
	{'X', NULL, NULL, "print packets in hex and ASCII; -XX: with the link layer's header",
	 PRINT(PRINT_BOTH)},
	{'A', NULL, NULL, "print packets in ASCII; -AA: with the link layer's header",
	 PRINT(PRINT_ASCII)},
	{'n', NULL, NULL, "accepted for tcpdump's sake: nothing is looked up in the DNS anyway"},
	{'f', NULL, NULL, "likewise: addresses are printed as numbers"},
	{'N', NULL, NULL, "likewise: there are no names of domains"},
	{'K', NULL, NULL, "likewise: checksums are not verified"},
	{'l', NULL, NULL, "likewise: lines are written as they come"},
	{'p', NULL, NULL, "likewise: no device is put into promiscuous mode"},
	{OPT_IMMEDIATE, "immediate-mode", NULL, "likewise: packets are delivered as they come"},
	{'e', NULL, NULL, "refused: -xx and --output-json show the link-layer header"},
	{'r', NULL, "FILE", "refused: tcpdump -r, tshark -r and wireshark read files"},
	{'L', "list-data-link-types", NULL, "refused: see --linktype"},
	{'y', NULL, "TYPE", "refused: see --linktype"},
	{'v', NULL, NULL, "say more; twice: also what libbpf and the kernel say"},
	{'q', "quiet", NULL, "say less: errors and the summary only"},
	{OPT_KERNEL_BTF, "kernel-btf", "FILE",
	 "type information of the running kernel, if it has none", TEXT(kernel_btf)},
	{'F', NULL, "FILE", "read the expression from FILE; that of the command line is ignored",
	 TEXT(filter_file)},
	{'O', "no-optimize", NULL, "refused: the kernel takes optimized filters only"},
	{'d', NULL, NULL, "print the compiled expression and stop; -dd as C, -ddd as numbers"},
	{OPT_DUMP_EBPF, "dump-ebpf", NULL,
	 "print the expression as eBPF, as it would be spliced in"},
	{OPT_FILTER_LOAD, "filter-load", "MODE", "how packets are read: direct, window, probe",
	 TEXT(filter_load)},
	{OPT_TUNNEL_L2, "filter-tunnel-pcap-l2", "EXPR",
	 "an expression on the inner frame of a tunnel", TEXT(tunnel_l2)},
	{OPT_TUNNEL_L3, "filter-tunnel-pcap-l3", "EXPR", "an expression on the inner IP packet",
	 TEXT(tunnel_l3)},
	{OPT_FILTER_EXPR, "filter-expr", "EXPR",
	 "on the skb's fields: 'skb->mark == 1 && skb->len > 99'", TEXT(filter_expr)},
	{OPT_FILTER_FUNC, "filter-func", "REGEX", "only functions whose whole name matches",
	 TEXT(filter_func)},
	{OPT_NON_SKB_FUNCS, "filter-non-skb-funcs", "LIST",
	 "also these functions without an skb where called for a packet", TEXT(non_skb_funcs)},
	{OPT_KMODS, "kmods", "LIST", "of modules, only the functions of these (a,b,...)",
	 TEXT(kmods)},
	{OPT_ALL_KMODS, "all-kmods", NULL, "of all modules, also those that are loaded later"},
	{OPT_ALL_KPROBES, "all-kprobes", NULL, "all functions that take an skb (default)"},
	{OPT_LIST_FUNCS, "list-funcs", NULL,
	 "list the functions, and whether they can be attached to", FLAG(list_funcs)},
	{OPT_CHANGES, "changes", NULL,
	 "of a packet's sightings, only those where something changed", FLAG(changes)},
	{OPT_ON_DROP, "on-drop", "[=REASONS]",
	 "only packets that are dropped (so): their last sightings"},
	{OPT_LAST, "last", "N", "how many of them (default 20)"},
	{OPT_DROP_REASON, "filter-drop-reason", "REASONS",
	 "only packets that are dropped so (or any): all sightings"},
	{OPT_TRACE_TC, "filter-trace-tc", NULL, "also watch the loaded TC BPF programs",
	 FLAG(trace_tc)},
	{OPT_TRACE_XDP, "filter-trace-xdp", NULL, "also watch the loaded XDP BPF programs",
	 FLAG(trace_xdp)},
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
	{OPT_BACKEND, "backend", "NAME",
	 "auto, fentry-multi, kprobe-multi, kprobe-session, kprobe or fentry"},
	{OPT_NO_RCU_EXPEDITED, "no-rcu-expedited", NULL,
	 "leave the kernel's grace periods as they are (slower)", FLAG(no_rcu_expedited)},
	{OPT_FTRACE_PAUSE, "ftrace-pause", NULL,
	 "kprobes: switch ftrace off while they are attached (faster)", FLAG(ftrace_pause)},
	{OPT_TEST_ATTACH, "test-attach", NULL, "attach, detach, print how long that took",
	 FLAG(test_attach)},
	{'h', "help", NULL, "this text"},
	{OPT_VERSION, "version", NULL, "versions of pwru-cap, libbpf and libpcap"},
};

const size_t options_table_len = ARRAY_SIZE(options_table);

_Static_assert(ARRAY_SIZE(options_table) <= OPTIONS_TABLE_MAX, "room for all options");

const struct option_row *options_row(int key)
{
	for (size_t i = 0; i < options_table_len; i++)
		if (options_table[i].key == key)
			return &options_table[i];
	return NULL;
}

void options_print_help(void)
{
	printf("usage: pwru-cap [options] [expression]\n"
	       "\n"
	       "Captures packets inside the Linux kernel: one packet for each kernel function that a\n"
	       "packet passes. expression: as for tcpdump, see pcap-filter(7).\n"
	       "\n"
	       "  pwru-cap -w out.pcapng 'tcp port 443'\n"
	       "  pwru-cap -w - icmp | tcpdump -n -r -\n"
	       "\n");
	for (size_t i = 0; i < options_table_len; i++) {
		char left[64];
		int n = 0;

		n += snprintf(left + n, sizeof(left) - n,
			      options_table[i].key < 256 ? "-%c" : "    ", options_table[i].key);
		if (options_table[i].name)
			n += snprintf(left + n, sizeof(left) - n, "%s--%s",
				      options_table[i].key < 256 ? ", " : "",
				      options_table[i].name);
		if (options_table[i].arg)
			snprintf(left + n, sizeof(left) - n, "%s%s",
				 *options_table[i].arg == '[' ? "" : " ", options_table[i].arg);
		printf("  %-27s  %s\n", left, options_table[i].help);
	}
}

void options_print_version(void)
{
	printf("pwru-cap %s\nlibbpf %u.%u\n%s\n", PWRU_CAP_VERSION, libbpf_major_version(),
	       libbpf_minor_version(), pcap_lib_version());
}
