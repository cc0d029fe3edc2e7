// SPDX-License-Identifier: GPL-2.0-only
#include "src/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/event.h"
#include "src/buf.h"
#include "src/log.h"
#include "src/options_files.h"
#include "src/options_stack.h"
#include "src/options_table.h"
#include "src/options_tcpdump.h"
#include "src/util.h"

#define DEFAULT_RING_KIB (32 * 1024)
#define MAX_RING_KIB	 (1024 * 1024)

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

#define DEFAULT_LAST 20

/* Both are one mode: the second keeps more, if --last does not say how much. */
static int set_drops(struct options *o, const char *option, const char *reasons)
{
	if (o->drop_option && strcmp(o->drop_option, option)) {
		log_error("--on-drop and --filter-drop-reason are one mode: name the reasons once");
		return -EINVAL;
	}
	o->drop_option = option;
	o->drop_reasons = reasons;
	return 0;
}

static int check_drops(struct options *o)
{
	if (o->last && !o->drop_option) {
		log_error("--last: is for --on-drop or --filter-drop-reason");
		return -EINVAL;
	}
	if (o->drop_option && !o->last)
		o->last = strcmp(o->drop_option, "--on-drop") ? UINT64_MAX : DEFAULT_LAST;
	return 0;
}

/* What cannot be told of returns. */
static int check_ret(const struct options *o)
{
	const char *with = o->changes	      ? "--changes"
			   : o->all_kmods     ? "--all-kmods"
			   : o->non_skb_funcs ? "--filter-non-skb-funcs"
					      : NULL;

	if (!o->printing.ret || !with)
		return 0;
	log_error("--output-ret does not go together with %s", with);
	return -EINVAL;
}

/* Given again, it adds. */
static int add_fields(struct options *o, enum fields_root root, const char *paths)
{
	char *old = o->fields[root], *all = NULL;

	if (asprintf(&all, "%s%s%s", old ? old : "", old ? "," : "", paths) < 0)
		return -ENOMEM;
	free(old);
	o->fields[root] = all;
	return 0;
}

static int apply_numbered(struct options *o, int key, const char *arg)
{
	if (key >= OPT_PRINT)
		return printing_set(&o->printing, (enum print_option)(key - OPT_PRINT), arg);
	if (key >= OPT_TERM)
		return terms_set(&o->terms, (enum term)(key - OPT_TERM), arg);
	return meta_set(&o->meta, (enum meta_filter)(key - OPT_META), arg);
}

static int set_dump(struct options *o, enum options_dump dump)
{
	o->dump = dump;
	if (dump == DUMP_CBPF && o->dump_style < 3)
		o->dump_style++;
	return 0;
}

/* What its row in the table does not say all of. */
static int apply_one(struct options *o, int key, const char *arg)
{
	switch (key) {
	case 'f':
	case 'K':
	case 'l':
	case 'n':
	case 'N':
	case 'p':
	case OPT_IMMEDIATE:
	case OPT_ALL_KPROBES:
		return 0;
	case 'e':
	case 'L':
	case 'O':
	case 'r':
	case 'y':
		return options_refuse(key);
	case 'c':
		return number("-c", arg, 1, UINT64_MAX, &o->count);
	case 'C':
	case OPT_COMPRESS:
	case OPT_LINKTYPE:
	case OPT_INTERFACES:
		return options_set_files(o, key, arg);
	case 'G':
		return number("-G", arg, 0, INT32_MAX, &o->rotate_seconds);
	case 'W':
		return number("-W", arg, 1, INT32_MAX, &o->rotate_files);
	case 's':
		return set_snaplen(o, arg);
	case OPT_STACK_DEPTH:
	case OPT_NO_STACK:
		return options_set_stack(o, key, arg);
	case 'i':
		return set_ifname(o, arg);
	case 'B':
		return set_ring(o, arg);
	case 'v':
		o->verbosity++;
		return 0;
	case 'q':
		o->verbosity = -1;
		return 0;
	case 'd':
	case OPT_DUMP_EBPF:
		return set_dump(o, key == 'd' ? DUMP_CBPF : DUMP_EBPF);
	case 'Q':
		return meta_set(&o->meta, META_DIRECTION, arg);
	case OPT_FAMILY:
		return set_family(o, arg);
	case OPT_BACKEND:
		o->backend = strcmp(arg, "auto") ? arg : NULL;
		return 0;
	case OPT_ALL_KMODS:
		o->kmods = NULL;
		o->all_kmods = true;
		return 0;
	case OPT_ON_DROP:
		return set_drops(o, "--on-drop", arg);
	case OPT_LAST:
		return number("--last", arg, 1, UINT64_MAX, &o->last);
	case OPT_DROP_REASON:
		return set_drops(o, "--filter-drop-reason", arg);
	case OPT_SKB_FIELDS:
		return add_fields(o, FIELDS_SKB, arg);
	case OPT_XDP_FIELDS:
		return add_fields(o, FIELDS_XDP, arg);
	default:
		if (key >= OPT_META)
			return apply_numbered(o, key, arg);
		/* getopt has said what is wrong. */
		fputs("pwru-cap: 'pwru-cap --help' lists the options\n", stderr);
		return -EINVAL;
	}
}

static int apply(struct options *o, int key, const char *arg, enum options_action *action)
{
	const struct option_row *row = options_row(key);

	if (row && row->text) {
		*(const char **)((char *)o + row->text - 1) = arg;
		return 0;
	}
	if (row && row->flag) {
		*(bool *)((char *)o + row->flag - 1) = true;
		return 0;
	}
	if (row && row->print)
		return printing_set(&o->printing, (enum print_option)(row->print - 1), NULL);
	if (key != 'h' && key != OPT_VERSION)
		return apply_one(o, key, arg);
	if (key == 'h')
		options_print_help();
	else
		options_print_version();
	*action = OPTIONS_DONE;
	return 0;
}

static int takes_argument(const struct option_row *row)
{
	if (!row->arg)
		return no_argument;
	return *row->arg == '[' ? optional_argument : required_argument;
}

/* getopt's two descriptions. */
static void describe(char *letters, struct option *longs)
{
	for (size_t i = 0; i < options_table_len; i++) {
		if (options_table[i].key < 256) {
			*letters++ = options_table[i].key;
			if (options_table[i].arg)
				*letters++ = ':';
		}
		if (options_table[i].name)
			*longs++ = (struct option){
				.name = options_table[i].name,
				.has_arg = takes_argument(&options_table[i]),
				.val = options_table[i].key,
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
	char letters[2 * OPTIONS_TABLE_MAX + 1];
	struct option longs[OPTIONS_TABLE_MAX + 1];
	struct options *o = ret_opts;
	int key, err = 0;

	*o = (struct options){
		.snaplen = EV_SNAPLEN_MAX,
		.ring_bytes = DEFAULT_RING_KIB * 1024,
		.stack_depth = STACK_DEPTH_DEFAULT,
		.printing = PRINTING_DEFAULT,
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
	/* Of the two, the later one counts. */
	if (o->kmods)
		o->all_kmods = false;
	log_set_level(LOG_NORMAL + o->verbosity);
	err = options_check_files(o);
	if (!err)
		err = check_drops(o);
	if (!err)
		err = check_ret(o);
	if (!err)
		err = printing_check(&o->printing, o->write_path);
	if (!err)
		err = options_check_stack(o);
	if (!err)
		err = join_ifname(o);
	return err ? err : join_expression(o, argv + optind, argc - optind);
}

uint64_t options_limit(const struct options *opts)
{
	uint64_t lines = opts->printing.limit;

	return lines && (!opts->count || lines < opts->count) ? lines : opts->count;
}

void options_free(struct options *opts)
{
	free(opts->expression);
	free(opts->command_line);
	for (int root = 0; root < FIELDS_ROOTS; root++)
		free(opts->fields[root]);
}
