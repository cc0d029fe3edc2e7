// SPDX-License-Identifier: GPL-2.0-only
#include "src/traceable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/util.h"

#define NAMES	  "available_filter_functions"
#define ADDRESSES "available_filter_functions_addrs"

/* "[ffffffff81000000 ]name[ [module]]\n", cut into strings in place; returns the next line. */
static char *parse_line(char *line, bool has_addr, struct traceable *ret)
{
	char *p = line;

	ret->addr = has_addr ? strtoull(p, &p, 16) : 0;
	p += strspn(p, " ");
	ret->name = p;
	ret->module = NULL;
	p += strcspn(p, " \t\n");
	if (*p == ' ' || *p == '\t') {
		*p++ = '\0';
		p += strspn(p, " \t[");
		ret->module = p;
		p += strcspn(p, "]\n");
		if (*p == ']')
			*p++ = '\0';
	}
	if (*p == '\n')
		*p++ = '\0';
	return p;
}

static int read_lines(const char *dir, const char *name, const atomic_bool *stop, bool has_addr,
		      traceable_fn fn, void *ctx)
{
	char path[128], *text;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = read_file_until(path, stop, &text, NULL);
	if (err)
		return err;
	for (char *p = text; *p && !err;) {
		struct traceable t;

		p = parse_line(p, has_addr, &t);
		err = fn(ctx, &t);
	}
	free(text);
	return err;
}

int traceable_names(const char *dir, const atomic_bool *stop, traceable_fn fn, void *ctx)
{
	return read_lines(dir, NAMES, stop, false, fn, ctx);
}

bool traceable_has_addresses(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" ADDRESSES, dir);
	return !access(path, R_OK);
}

int traceable_addresses(const char *dir, const atomic_bool *stop, traceable_fn fn, void *ctx)
{
	return read_lines(dir, ADDRESSES, stop, true, fn, ctx);
}
