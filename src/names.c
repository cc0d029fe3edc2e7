// SPDX-License-Identifier: GPL-2.0-only
#include "src/names.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "src/log.h"

enum reading {
	READING_NOT_YET,
	READING_BY_THREAD,
	READING_DONE,
};

struct names {
	struct ksym *known; /* sorted; addresses as EV_ENTRY_BLOCK() */
	size_t n_known;
	const char *path; /* NULL: /proc/kallsyms */
	enum reading reading;
	pthread_t thread; /* while it reads, nobody else touches syms and err */
	atomic_bool stop;
	struct ksyms *syms;
	int err;
	bool explained; /* why there are none */
};

struct names *names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void names_use_file(struct names *names, const char *path)
{
	names->path = path;
}

static int by_address(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

int names_know(struct names *names, const struct ksym *v, size_t n)
{
	struct ksym *known = calloc(n + 1, sizeof(*known));

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		known[i] = v[i];
		known[i].addr = EV_ENTRY_BLOCK(v[i].addr);
	}
	qsort(known, n, sizeof(*known), by_address);
	free(names->known);
	names->known = known;
	names->n_known = n;
	return 0;
}

static void *read_symbols(void *arg)
{
	struct names *names = arg;

	names->err = ksyms_read(names->path, &names->stop, &names->syms);
	return NULL;
}

/* Signals are for the thread that waits for records: they are to end its wait. */
static int start_thread(struct names *names)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&names->thread, NULL, read_symbols, names);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

void names_read_ahead(struct names *names)
{
	if (names->reading == READING_NOT_YET && !start_thread(names))
		names->reading = READING_BY_THREAD;
}

/* Ends the thread, if there is one, before its time. */
static void stop_reading(struct names *names)
{
	if (names->reading == READING_BY_THREAD) {
		names->stop = true;
		pthread_join(names->thread, NULL);
		names->stop = false;
	}
	ksyms_free(names->syms);
	names->syms = NULL;
}

void names_read_again(struct names *names)
{
	if (names->reading == READING_NOT_YET)
		return;
	stop_reading(names);
	names->reading = READING_NOT_YET;
	names_read_ahead(names);
}

static void explain(struct names *names)
{
	if (!names->err || names->explained)
		return;
	names->explained = true;
	if (names->err == -EPERM)
		log_info(
			"/proc/kallsyms hides the addresses (sysctl kernel.kptr_restrict): stacks are "
			"shown as addresses");
	else
		log_info("/proc/kallsyms: %s: stacks are shown as addresses",
			 strerror(-names->err));
}

const struct ksyms *names_symbols(struct names *names)
{
	if (names->reading == READING_DONE)
		return names->syms;
	if (names->reading == READING_BY_THREAD)
		pthread_join(names->thread, NULL);
	else
		read_symbols(names);
	names->reading = READING_DONE;
	explain(names);
	return names->syms;
}

const struct ksym *names_func(struct names *names, uint64_t addr)
{
	struct ksym key = {.addr = EV_ENTRY_BLOCK(addr)};
	const struct ksym *known = NULL;
	const struct ksyms *syms;

	if (names->n_known)
		known = bsearch(&key, names->known, names->n_known, sizeof(key), by_address);
	if (known)
		return known;
	syms = names_symbols(names);
	return syms ? ksyms_find(syms, addr) : NULL;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	stop_reading(names);
	free(names->known);
	free(names);
}
