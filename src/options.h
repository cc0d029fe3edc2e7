/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OPTIONS_H
#define PWRU_CAP_OPTIONS_H
/*
 * The command line.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "src/compress.h"
#include "src/filemode.h"
#include "src/meta.h"
#include "src/printing.h"
#include "src/terms.h"

/* What to do with the expression instead of capturing. */
enum options_dump {
	DUMP_NONE,
	DUMP_CBPF, /* -d, -dd, -ddd: options.dump_style */
	DUMP_EBPF, /* --dump-ebpf */
};

/* What fields may be of: src/fields.h. */
enum fields_root {
	FIELDS_SKB, /* struct sk_buff, skb->... */
	FIELDS_XDP, /* struct xdp_buff, xdp->... */
	FIELDS_ROOTS,
};

struct options {
	const char *write_path; /* -w; NULL: text on stdout */
	enum compress_kind compress;
	uint64_t rotate_bytes;	   /* -C; 0: no limit */
	uint64_t rotate_seconds;   /* -G; 0: no limit */
	uint64_t rotate_files;	   /* -W; 0: no limit */
	const char *postrotate;	   /* -z; NULL: none */
	const char *user;	   /* -Z; NULL: as before */
	uint64_t count;		   /* -c; 0: no limit */
	uint32_t snaplen;	   /* -s, bytes */
	uint32_t ring_bytes;	   /* -B, a power of two */
	const char *ifname;	   /* -i; NULL: all devices */
	bool list_interfaces;	   /* -D */
	int verbosity;		   /* -v counts up; -q makes it negative */
	bool packet_buffered;	   /* -U */
	const char *kernel_btf;	   /* --kernel-btf; NULL: the running kernel's */
	const char *filter_func;   /* --filter-func; NULL: all functions */
	const char *non_skb_funcs; /* --filter-non-skb-funcs, by commas; NULL: none */
	const char *kmods;	   /* --kmods, by commas; NULL: all modules */
	bool all_kmods;		   /* --all-kmods: also those that are loaded later */
	bool list_funcs;	   /* --list-funcs */
	const char *backend;	   /* --backend; NULL: the best */
	const char *filter_file;   /* -F; NULL: none */
	const char *tunnel_l2;	   /* --filter-tunnel-pcap-l2; NULL: none */
	const char *tunnel_l3;	   /* --filter-tunnel-pcap-l3; NULL: none */
	const char *filter_expr;   /* --filter-expr; NULL: none */
	bool trace_tc;		   /* --filter-trace-tc */
	bool trace_xdp;		   /* --filter-trace-xdp */
	/* --linktype, --interfaces */
	enum linktype_mode linktype;
	enum ifaces_mode ifaces;
	bool changes;		  /* --changes */
	const char *drop_option;  /* --on-drop or --filter-drop-reason, as typed; NULL: neither */
	const char *drop_reasons; /* what it is given; NULL: all drops */
	uint64_t last;		  /* --last, or what the above takes; UINT64_MAX: no limit */
	bool linear_only;	  /* --linear-only */
	uint32_t stack_depth;	  /* --stack-depth, --no-stack; see options_stack_depth() */
	bool stack_depth_given;
	/* --output-skb-metadata, --output-xdp-metadata: paths, by commas; NULL: none; to be freed
	 */
	char *fields[FIELDS_ROOTS];
	enum options_dump dump;
	int dump_style;		  /* how often -d was given: 1 to 3 */
	const char *filter_load;  /* --filter-load; NULL: what the kernel allows */
	bool no_rcu_expedited;	  /* --no-rcu-expedited */
	bool ftrace_pause;	  /* --ftrace-pause */
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
 * Says on stderr what is wrong. What is said from then on obeys -v and -q (log_set_level()).
 *
 * Return: 0, -EINVAL for wrong usage, -ENOMEM, or what reading the file of -F gave.
 */
int options_parse(int argc, char **argv, struct options *ret_opts, enum options_action *ret_action);

/* options_limit() - after how many packets the capture ends, by -c and the like; 0: it does not */
uint64_t options_limit(const struct options *opts);

void options_free(struct options *opts);

#endif
