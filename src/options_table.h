/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OPTIONS_TABLE_H
#define PWRU_CAP_OPTIONS_TABLE_H
/*
 * One table describes every option: getopt's arrays and the help text are made from it, and a test
 * compares it with the manual page.
 */
#include <stddef.h>

/* Options without a letter. */
enum {
	OPT_VERSION = 256,
	OPT_LINEAR_ONLY,
	OPT_STACK_DEPTH,
	OPT_NO_STACK,
	OPT_KERNEL_BTF,
	OPT_LINKTYPE,
	OPT_INTERFACES,
	OPT_FILTER_FUNC,
	OPT_NON_SKB_FUNCS,
	OPT_KMODS,
	OPT_ALL_KMODS,
	OPT_ALL_KPROBES,
	OPT_LIST_FUNCS,
	OPT_TRACE_TC,
	OPT_TRACE_XDP,
	OPT_TUNNEL_L2,
	OPT_TUNNEL_L3,
	OPT_FILTER_EXPR,
	OPT_FILTER_LOAD,
	OPT_DUMP_EBPF,
	OPT_BACKEND,
	OPT_NO_RCU_EXPEDITED,
	OPT_FTRACE_PAUSE,
	OPT_TEST_ATTACH,
	OPT_COMPRESS,
	OPT_FAMILY,
	OPT_CHANGES,
	OPT_ON_DROP,
	OPT_LAST,
	OPT_DROP_REASON,
	OPT_SKB_FIELDS,
	OPT_XDP_FIELDS,
	OPT_IMMEDIATE,
	/* The filters that src/meta.h and src/terms.h know, each by its number there. */
	OPT_META = 1000,
	OPT_TERM = 2000,
	/* What src/printing.h knows. */
	OPT_PRINT = 3000,
};

struct option_row {
	int key; /* the letter, or OPT_* */
	const char *name;
	const char *arg; /* NULL: takes none; "[=...]": may be left out */
	const char *help;
	/* What is set, and nothing else is to be done: 1 + offset in struct options; 0: none */
	size_t text; /* a string */
	size_t flag; /* a bool, to true */
	int print;   /* a letter of tcpdump's: 1 + enum print_option; 0: it is none */
};

#define OPTIONS_TABLE_MAX 128

extern const struct option_row options_table[];
extern const size_t options_table_len;

/* options_row() - the row of a key, or NULL */
const struct option_row *options_row(int key);

/* On standard output. */
void options_print_help(void);
void options_print_version(void);

#endif
