/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OPTIONS_H
#define PWRU_CAP_OPTIONS_H
/*
 * The command line.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "src/meta.h"
#include "src/printing.h"
#include "src/terms.h"

/* What to do with the expression instead of capturing. */
enum options_dump {
	DUMP_NONE,
	DUMP_CBPF, /* -d, -dd, -ddd: options.dump_style */
	DUMP_EBPF, /* --dump-ebpf */
};

struct options {
	const char *write_path;	 /* -w; NULL: text on stdout */
	uint64_t count;		 /* -c; 0: no limit */
	uint32_t snaplen;	 /* -s, bytes */
	uint32_t ring_bytes;	 /* -B, a power of two */
	const char *ifname;	 /* -i; NULL: all devices */
	int verbosity;		 /* -v counts up; -q makes it negative */
	bool packet_buffered;	 /* -U */
	const char *kernel_btf;	 /* --kernel-btf; NULL: the running kernel's */
	const char *filter_func; /* --filter-func; NULL: all functions */
	const char *kmods;	 /* --kmods, by commas; NULL: all modules */
	bool list_funcs;	 /* --list-funcs */
	const char *backend;	 /* --backend; NULL: the best */
	const char *filter_file; /* -F; NULL: none */
	const char *tunnel_l2;	 /* --filter-tunnel-pcap-l2; NULL: none */
	const char *tunnel_l3;	 /* --filter-tunnel-pcap-l3; NULL: none */
	const char *filter_expr; /* --filter-expr; NULL: none */
	bool trace_tc;		 /* --filter-trace-tc */
	bool trace_xdp;		 /* --filter-trace-xdp */
	enum options_dump dump;
	int dump_style;		  /* how often -d was given: 1 to 3 */
	const char *filter_load;  /* --filter-load; NULL: what the kernel allows */
	bool no_rcu_expedited;	  /* --no-rcu-expedited */
	bool test_attach;	  /* --test-attach */
	struct printing printing; /* what is printed, and how */
	struct meta_cfg meta;	  /* the meta filters, -i among them */
	struct terms terms;	  /* the simple flags; they are in the expression */
	char *expression;   /* words joined by blanks, and terms; NULL: everything; to be freed */
	char *command_line; /* as it was typed, near enough; to be freed */
};

enum options_action {
	OPTIONS_RUN,
	OPTIONS_DONE, /* -h or --version has been answered on stdout */
};

/**
 * options_parse() - read the command line
 * @argc, @argv: main()'s
 * @ret_opts: filled; free with options_free(), also after an error
 * @ret_action: what to do now, on success
 *
 * Says on stderr what is wrong.
 *
 * Return: 0, -EINVAL for wrong usage, -ENOMEM, or what reading the file of -F gave.
 */
int options_parse(int argc, char **argv, struct options *ret_opts, enum options_action *ret_action);

/* options_limit() - after how many packets the capture ends, by -c and the like; 0: it does not */
uint64_t options_limit(const struct options *opts);

void options_free(struct options *opts);

#endif
