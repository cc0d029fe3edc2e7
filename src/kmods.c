// SPDX-License-Identifier: GPL-2.0-only
#include "src/kmods.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/clock.h"
#include "src/log.h"
#include "src/unload.h"
#include "src/util.h"

/* After that long without being unloaded, a module is attached to again. */
#define LET_GO_NS 2000000000ULL

struct kmod {
	char name[MODLIST_NAME_MAX];
	uint64_t id;
	struct funcs funcs;
	char *strings;		   /* their names */
	struct attached *attached; /* NULL: not by itself */
	size_t n_attached;
	uint64_t let_go_ns; /* 0: it has not been */
	bool gone;
};

struct kmods {
	struct kmods_opts opts;
	struct kmod **v;
	size_t n, cap;
};

/* Of several with that name, all but the last are gone. */
static struct kmod *find(const struct kmods *k, const char *name)
{
	for (size_t i = k->n; i--;)
		if (!k->v[i]->gone && !strcmp(k->v[i]->name, name))
			return k->v[i];
	return NULL;
}

static void free_kmod(struct kmod *m)
{
	funcs_free(&m->funcs);
	free(m->strings);
	free(m);
}

/* Who wants to unload it waits for an answer from now on. */
static void watch(const struct kmods *k, const struct kmod *m)
{
	int err = 0;

	if (k->opts.unload_fd >= 0 && m->funcs.n)
		err = unload_watch(k->opts.unload_fd, m->name);
	if (err)
		log_info("module %s cannot be unloaded while it is watched (fanotify: %s)", m->name,
			 strerror(-err));
}

static int attach_kmod(struct kmods *k, struct kmod *m)
{
	const struct attach_opts opts = {
		.loaded = k->opts.loaded,
		.funcs = &m->funcs,
		.stop = k->opts.stop,
		.rcu_expedited = k->opts.rcu_expedited,
	};
	struct attach_result result;
	int err;

	if (!m->funcs.n)
		return 0;
	err = attach_module(k->opts.backend, &opts, &m->attached, &result);
	if (err)
		return err;
	m->n_attached = result.attached;
	m->let_go_ns = 0;
	return 0;
}

static int append(struct kmods *k, struct kmod *m)
{
	struct kmod **v = grow(k->v, k->n, &k->cap, sizeof(struct kmod *));

	if (!v)
		return -ENOMEM;
	k->v = v;
	v[k->n++] = m;
	return 0;
}

int kmods_add(struct kmods *k, const struct modlist_entry *module, const struct funcs *funcs)
{
	struct kmod *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	snprintf(m->name, sizeof(m->name), "%s", module->name);
	m->id = module->id;
	err = funcs_of_module(funcs, m->name, &m->funcs);
	if (!err) {
		m->strings = funcs_own_strings(&m->funcs);
		err = m->strings ? append(k, m) : -ENOMEM;
	}
	if (err)
		free_kmod(m);
	return err;
}

static bool has_functions(const struct funcs *funcs, const char *module)
{
	for (size_t i = 0; i < funcs->n; i++)
		if (funcs->v[i].module && !strcmp(funcs->v[i].module, module))
			return true;
	return false;
}

/* Is it the module that the first functions are of, if it has any? */
static bool is_first(const struct kmods *k, const struct modlist *before,
		     const struct modlist_entry *module)
{
	const struct modlist_entry *then = modlist_find(before, module->name);

	/* It may have been loaded while they were looked for. */
	return then ? then->id == module->id : has_functions(k->opts.funcs, module->name);
}

static int add_first(struct kmods *k, const struct modlist *before,
		     const struct modlist_entry *module)
{
	int err = 0;

	if (!is_first(k, before, module))
		return 0;
	err = kmods_add(k, module, k->opts.funcs);
	if (err || !attach_holds_modules(k->opts.backend))
		return err;
	return attach_kmod(k, k->v[k->n - 1]);
}

int kmods_open(const struct kmods_opts *opts, const struct modlist *before,
	       const volatile sig_atomic_t *stop, struct kmods **ret_kmods)
{
	struct kmods *k = calloc(1, sizeof(*k));
	struct modlist now = {0};
	int err = k ? modlist_read(&now) : -ENOMEM;

	if (k)
		k->opts = *opts;
	for (size_t i = 0; !err && i < now.n; i++)
		err = *stop ? -EINTR : add_first(k, before, &now.v[i]);
	modlist_free(&now);
	/* Only now: it takes long until answers are given. */
	for (size_t i = 0; !err && i < k->n; i++)
		if (k->v[i]->attached)
			watch(k, k->v[i]);
	if (err) {
		kmods_close(k, NULL);
		return err;
	}
	*ret_kmods = k;
	return 0;
}

size_t kmods_attached(const struct kmods *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		n += k->v[i]->n_attached;
	return n;
}

bool kmods_knows(const struct kmods *k, const struct modlist_entry *module)
{
	const struct kmod *m = find(k, module->name);

	return m && m->id == module->id;
}

int kmods_attach(struct kmods *k, const char *name)
{
	struct kmod *m = find(k, name);
	int err;

	if (!m)
		return 0;
	watch(k, m);
	err = attach_kmod(k, m);
	if (!err && m->attached)
		log_info("module %s: %zu functions attached", name, m->n_attached);
	return err;
}

bool kmods_let_go(struct kmods *k, const char *name)
{
	struct kmod *m = find(k, name);

	if (!m || !m->attached)
		return false;
	/* When this returns, it is not held any more. */
	attach_free_wait(m->attached, NULL);
	m->attached = NULL;
	m->n_attached = 0;
	m->let_go_ns = clock_now_ns();
	return true;
}

/* The kernel has removed the probes already, or we have. */
static void give_up(struct kmod *m)
{
	if (m->funcs.n)
		log_info("module %s has been unloaded", m->name);
	attach_free(m->attached);
	m->attached = NULL;
	m->n_attached = 0;
	m->gone = true;
}

static void check(struct kmods *k, struct kmod *m, uint64_t now_ns)
{
	int err;

	if (m->attached && attach_lost(m->attached)) {
		log_error("the functions of module %s are not watched any more: the process that "
			  "held the probes was killed",
			  m->name);
		attach_free(m->attached);
		m->attached = NULL;
		m->n_attached = 0;
	}
	if (!m->let_go_ns || now_ns - m->let_go_ns < LET_GO_NS)
		return;
	err = attach_kmod(k, m);
	if (err) {
		m->let_go_ns = 0;
		log_error("module %s is not watched any more: %s", m->name, strerror(-err));
	} else {
		log_info("module %s is still loaded: %zu functions attached again", m->name,
			 m->n_attached);
	}
}

void kmods_check(struct kmods *k, const struct modlist *modules, uint64_t now_ns)
{
	for (size_t i = 0; i < k->n; i++) {
		struct kmod *m = k->v[i];
		const struct modlist_entry *now = modlist_find(modules, m->name);

		if (m->gone)
			continue;
		if (!now || (now->live && now->id != m->id))
			give_up(m);
		else if (now->live)
			check(k, m, now_ns);
	}
}

static void name(struct ksym *known, size_t *n, const struct func *f)
{
	known[(*n)++] = (struct ksym){.addr = f->addr, .name = f->name, .module = f->module};
}

int kmods_names(const struct kmods *k, struct ksym **ret_known, size_t *ret_n)
{
	const struct funcs *first = k->opts.funcs;
	size_t room = first->n + 1, n = 0;
	struct ksym *known;

	for (size_t i = 0; i < k->n; i++)
		room += k->v[i]->funcs.n;
	known = calloc(room, sizeof(*known));
	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < first->n; i++)
		if (!first->v[i].module)
			name(known, &n, &first->v[i]);
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = 0; !k->v[i]->gone && j < k->v[i]->funcs.n; j++)
			name(known, &n, &k->v[i]->funcs.v[j]);
	*ret_known = known;
	*ret_n = n;
	return 0;
}

void kmods_forget(struct kmods *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (k->v[i]->gone)
			free_kmod(k->v[i]);
		else
			k->v[n++] = k->v[i];
	}
	k->n = n;
}

void kmods_close(struct kmods *k, struct attached *to)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++) {
		if (to && k->v[i]->attached)
			attach_merge(to, k->v[i]->attached);
		else
			attach_free(k->v[i]->attached);
		free_kmod(k->v[i]);
	}
	free(k->v);
	free(k);
}
