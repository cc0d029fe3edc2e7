// SPDX-License-Identifier: GPL-2.0-only
#include "src/printing.h"

#include <errno.h>
#include <string.h>

#include "src/log.h"
#include "src/util.h"

/* pwru's switches take =true and =false. */
static int set_switch(bool *on, const char *name, const char *arg)
{
	if (!arg || !strcmp(arg, "true") || !strcmp(arg, "1")) {
		*on = true;
	} else if (!strcmp(arg, "false") || !strcmp(arg, "0")) {
		*on = false;
	} else {
		log_error("--%s=%s: neither true nor false", name, arg);
		return -EINVAL;
	}
	return 0;
}

static const char *const structs[] = {
	[EV_DUMP_SKB] = "skb",
	[EV_DUMP_SHINFO] = "shinfo",
	[EV_DUMP_DEV] = "dev",
	[EV_DUMP_SK] = "sk",
};

_Static_assert(ARRAY_SIZE(structs) == EV_DUMPS, "all have names");

const char *printing_struct(enum ev_dump_kind kind)
{
	return structs[kind];
}

static int find_struct(const char *name, size_t len)
{
	for (int kind = 0; kind < EV_DUMPS; kind++)
		if (strlen(structs[kind]) == len && !memcmp(name, structs[kind], len))
			return kind;
	return -ENOENT;
}

/* A list; each --dump adds to those before. */
static int set_structs(struct printing *p, const char *arg)
{
	for (size_t n;; arg += n + 1) {
		int kind;

		n = strcspn(arg, ",");
		kind = find_struct(arg, n);
		if (kind < 0) {
			log_error("--dump %.*s: not one of skb, shinfo, dev, sk", (int)n, arg);
			return -EINVAL;
		}
		p->structs |= 1 << kind;
		if (!arg[n])
			return 0;
	}
}

static int set_struct(struct printing *p, enum ev_dump_kind kind, const char *name, const char *arg)
{
	bool on;
	int err = set_switch(&on, name, arg);

	if (err)
		return err;
	p->structs &= ~(1 << kind);
	p->structs |= on << kind;
	return 0;
}

static int set_timestamp(struct printing *p, const char *arg)
{
	static const struct {
		const char *name;
		enum time_style style;
	} styles[] = {
		{"none", TIME_NONE},
		{"relative", TIME_RELATIVE},
		{"current", TIME_MONOTONIC},
		{"absolute", TIME_DAY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		if (!strcmp(arg, styles[i].name)) {
			p->time = styles[i].style;
			p->n_t = 0;
			return 0;
		}
	}
	log_error("--timestamp %s: not one of none, relative, current, absolute", arg);
	return -EINVAL;
}

static int add_t(struct printing *p)
{
	static const enum time_style styles[] = {TIME_NONE, TIME_EPOCH, TIME_DELTA, TIME_DATE,
						 TIME_ELAPSED};

	if (p->n_t == ARRAY_SIZE(styles)) {
		log_error("-t: is given at most 5 times: -t, -tt, -ttt, -tttt or -ttttt");
		return -EINVAL;
	}
	p->time = styles[p->n_t++];
	return 0;
}

static int set_precision(struct printing *p, const char *arg)
{
	if (!strcmp(arg, "micro")) {
		p->micro = true;
	} else if (!strcmp(arg, "nano")) {
		p->micro = false;
	} else {
		log_error("--time-stamp-precision %s: neither micro nor nano", arg);
		return -EINVAL;
	}
	return 0;
}

static int set_limit(struct printing *p, const char *arg)
{
	uint64_t limit;

	/* 0 is no limit, as in pwru. */
	if (parse_u64(arg, UINT64_MAX, &limit)) {
		log_error("--output-limit-lines %s: not a number", arg);
		return -EINVAL;
	}
	p->limit = limit;
	return 0;
}

static int set_path(struct printing *p, const char *arg)
{
	if (!*arg) {
		log_error("--output-file: the name of the file is empty");
		return -EINVAL;
	}
	p->path = arg;
	return 0;
}

static void count(int *n)
{
	if (*n < 2)
		++*n;
}

int printing_set(struct printing *p, enum print_option option, const char *arg)
{
	switch (option) {
	case PRINT_PRINT:
		p->print = true;
		return 0;
	case PRINT_JSON:
		return set_switch(&p->json, "output-json", arg);
	case PRINT_FILE:
		return set_path(p, arg);
	case PRINT_LIMIT:
		return set_limit(p, arg);
	case PRINT_META:
		return set_switch(&p->meta, "output-meta", arg);
	case PRINT_TUPLE:
		return set_switch(&p->tuple, "output-tuple", arg);
	case PRINT_TCP_FLAGS:
		return set_switch(&p->tcp_flags, "output-tcp-flags", arg);
	case PRINT_TUNNEL:
		return set_switch(&p->tunnel, "output-tunnel", arg);
	case PRINT_CALLER:
		return set_switch(&p->caller, "output-caller", arg);
	case PRINT_STACK:
		return set_switch(&p->stack, "output-stack", arg);
	case PRINT_CB:
		return set_switch(&p->cb, "output-skb-cb", arg);
	case PRINT_CONTAINER:
		return set_switch(&p->container, "output-container", arg);
	case PRINT_RET:
		return set_switch(&p->ret, "output-ret", arg);
	case PRINT_DUMP:
		return set_structs(p, arg);
	case PRINT_SKB:
		return set_struct(p, EV_DUMP_SKB, "output-skb", arg);
	case PRINT_SHINFO:
		return set_struct(p, EV_DUMP_SHINFO, "output-skb-shared-info", arg);
	case PRINT_TIMESTAMP:
		return set_timestamp(p, arg);
	case PRINT_T:
		return add_t(p);
	case PRINT_X:
		count(&p->dump.hex);
		return 0;
	case PRINT_BOTH:
		count(&p->dump.both);
		return 0;
	case PRINT_ASCII:
		count(&p->dump.ascii);
		return 0;
	case PRINT_NUMBER:
		p->number = true;
		return 0;
	case PRINT_MICRO:
	case PRINT_NANO:
		p->micro = option == PRINT_MICRO;
		return 0;
	case PRINT_PRECISION:
		return set_precision(p, arg);
	default:
		return -EINVAL;
	}
}

bool printing_wanted(const struct printing *p, const char *write_path)
{
	return !write_path || p->print || p->json || p->path;
}

bool printing_to_stdout(const struct printing *p)
{
	return !p->path || !strcmp(p->path, "-");
}

int printing_check(const struct printing *p, const char *write_path)
{
	if (write_path && p->path && strcmp(write_path, "-") && !strcmp(write_path, p->path)) {
		log_error("-w and --output-file name the same file, %s", write_path);
		return -EINVAL;
	}
	if (p->structs && !printing_wanted(p, write_path)) {
		log_error(
			"--dump, --output-skb, --output-skb-shared-info: what they take is printed, "
			"the file of -w has no place for it: add --print or --output-json");
		return -EINVAL;
	}
	if (!write_path || strcmp(write_path, "-") || !printing_wanted(p, write_path) ||
	    !printing_to_stdout(p))
		return 0;
	log_error("-w - and %s: both go to standard output: give -w a file, or print to one by "
		  "--output-file",
		  p->json ? "--output-json" : "--print");
	return -EINVAL;
}
