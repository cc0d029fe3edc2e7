// SPDX-License-Identifier: GPL-2.0-only
#include "src/ksyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/util.h"

struct ksyms {
	char *text; /* the file; names point into it */
	struct ksym *v;
	size_t n;
};

/* A hexadecimal number; much faster than strtoull(), and there are 200,000 of them. */
static const char *parse_hex(const char *p, uint64_t *ret)
{
	uint64_t value = 0;

	for (;; p++) {
		if (*p >= '0' && *p <= '9')
			value = value << 4 | (*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			value = value << 4 | (*p - 'a' + 10);
		else
			break;
	}
	*ret = value;
	return p;
}

static bool is_code(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* "ffffffff81000000 T name\t[module]\n", cut into strings in place; returns the next line. */
static char *parse_line(char *line, struct ksym *ret_sym, char *ret_type)
{
	char *p = (char *)parse_hex(line, &ret_sym->addr);

	if (p == line || p[0] != ' ' || !p[1] || p[2] != ' ')
		return NULL;
	*ret_type = p[1];
	ret_sym->name = p += 3;
	ret_sym->module = NULL;
	p += strcspn(p, "\t \n");
	if (*p == '\t' || *p == ' ') {
		*p++ = '\0';
		if (*p == '[')
			ret_sym->module = ++p;
		p += strcspn(p, "]\n");
		if (*p == ']')
			*p++ = '\0';
	}
	if (*p == '\n')
		*p++ = '\0';
	return p;
}

static int by_address(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* Aliases stay in the order of the file, into which the names point. */
	return x->name < y->name ? -1 : x->name > y->name;
}

/* kallsyms is sorted, but for the modules behind vmlinux. */
static void sort(struct ksyms *syms)
{
	for (size_t i = 1; i < syms->n; i++) {
		if (syms->v[i - 1].addr > syms->v[i].addr) {
			qsort(syms->v, syms->n, sizeof(*syms->v), by_address);
			return;
		}
	}
}

static int parse(struct ksyms *syms, char *text)
{
	size_t cap = 0;

	for (char *p = text; *p;) {
		struct ksym sym, *v;
		char type;

		p = parse_line(p, &sym, &type);
		if (!p)
			return -EINVAL;
		if (!is_code(type))
			continue;
		v = grow(syms->v, syms->n, &cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		syms->v = v;
		v[syms->n++] = sym;
	}
	if (!syms->n)
		return -EINVAL;
	sort(syms);
	return syms->v[syms->n - 1].addr ? 0 : -EPERM;
}

int ksyms_read(const char *path, const atomic_bool *stop, struct ksyms **ret_syms)
{
	struct ksyms *syms = calloc(1, sizeof(*syms));
	int err;

	if (!syms)
		return -ENOMEM;
	err = read_file_until(path ?: "/proc/kallsyms", stop, &syms->text, NULL);
	if (!err)
		err = parse(syms, syms->text);
	if (err) {
		ksyms_free(syms);
		return err;
	}
	*ret_syms = syms;
	return 0;
}

/*
 * The file does not say where a function ends.  None is larger than this; what lies farther behind
 * one is code that has no symbol, as that of BPF programs if net.core.bpf_jit_kallsyms is 0.
 */
#define FUNCTION_MAX (1 << 20)

/* How many symbols are at or below the address. */
static size_t count_to(const struct ksyms *syms, uint64_t addr)
{
	size_t low = 0, high = syms->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (syms->v[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct ksym *ksyms_find(const struct ksyms *syms, uint64_t addr)
{
	size_t i = count_to(syms, addr);

	if (!i || addr - syms->v[--i].addr >= FUNCTION_MAX)
		return NULL;
	/* Of aliases, the first in the file. */
	for (; i && syms->v[i - 1].addr == syms->v[i].addr;)
		i--;
	return &syms->v[i];
}

uint64_t ksyms_end(const struct ksyms *syms, uint64_t addr)
{
	size_t i = count_to(syms, addr);

	return i && i < syms->n ? syms->v[i].addr : 0;
}

const struct ksym *ksyms_all(const struct ksyms *syms, size_t *ret_n)
{
	*ret_n = syms->n;
	return syms->v;
}

void ksyms_free(struct ksyms *syms)
{
	if (!syms)
		return;
	free(syms->v);
	free(syms->text);
	free(syms);
}
