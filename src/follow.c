// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads, so that neither the reading of records nor who unloads a module waits for what takes
 * long: one looks for new modules and attaches to them, the other lets go of modules.  What they
 * share is behind a lock, which is held while the kernel attaches or detaches, but not while it is
 * asked for functions, which takes it longest.
 *
 * Only a backend whose links hold modules needs the second one.
 */
#include "src/follow.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/clock.h"
#include "src/inventory.h"
#include "src/kmods.h"
#include "src/log.h"
#include "src/unload.h"

/* How often to look for new modules. */
#define LOOK_MS 50

/* How long to leave fanotify alone after an error. */
#define REFUSED_US 10000

struct follow {
	const struct options *opts;
	struct discovery *kernel;
	pthread_mutex_t lock;
	pthread_cond_t told; /* untold has become false, or stop true */
	struct kmods *kmods;
	bool untold; /* there are symbols that follow_names() has not told yet */
	atomic_bool stop;
	volatile sig_atomic_t stop_attaching; /* the same, as attach_opts wants it */
	int stop_fd;			      /* the same, for poll() */
	int unload_fd;			      /* -1: not needed, or it cannot be */
	pthread_t loads, unloads;
	bool loads_runs, unloads_runs;
	bool types_missed; /* it has been said that a module has no types */
};

/* Until @fd, if any, is readable. Returns false at the end. */
static bool wait_for(const struct follow *f, int fd, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = f->stop_fd, .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};

	poll(fds, 2, timeout_ms);
	return !f->stop;
}

static void let_go(void *ctx, const struct unload_wish *wish)
{
	struct follow *f = ctx;

	pthread_mutex_lock(&f->lock);
	if (kmods_let_go(f->kmods, wish->module))
		log_info("module %s is let go: %s (process %d) wants to unload it", wish->module,
			 wish->comm, (int)wish->pid);
	pthread_mutex_unlock(&f->lock);
}

static void *follow_unloads(void *arg)
{
	struct follow *f = arg;

	while (wait_for(f, f->unload_fd, -1)) {
		int err = unload_answer(f->unload_fd, let_go, f);

		if (!err)
			continue;
		/* One that could not be asked about: it was refused, and there will be others. */
		log_verbose("somebody who wanted to look at a module was refused (fanotify: %s)",
			    strerror(-err));
		usleep(REFUSED_US);
	}
	return NULL;
}

/* The new ones among the modules; types say which functions they have. */
struct fresh {
	const struct modlist_entry **v;
	const char **names;
	size_t n;
};

static void say_unknown(struct follow *f, const char *module)
{
	if (f->types_missed)
		log_verbose("module %s is not watched: the kernel has no type information of it",
			    module);
	else
		log_info("module %s is not watched: the kernel has no type information of it%s",
			 module, log_shows(LOG_VERBOSE) ? "" : " (-v names others)");
	f->types_missed = true;
}

/* Those that are wanted, of all the new modules. Returns -ECANCELED at the end. */
static int find_functions(struct follow *f, const struct fresh *fresh,
			  struct inventory *ret_inventory, struct funcs *ret_funcs)
{
	const struct funcs_wanted wanted = {.pattern = f->opts->filter_func};
	int err = discover_types(f->opts, f->kernel);

	if (err)
		return err;
	for (size_t i = 0; i < fresh->n; i++)
		if (!kbtf_has_module(f->kernel->btf, fresh->names[i]))
			say_unknown(f, fresh->names[i]);
	err = inventory_of_modules(f->kernel->btf, fresh->names, fresh->n, &f->stop, ret_inventory);
	if (err)
		return err;
	err = funcs_select_any(ret_inventory, &wanted, ret_funcs);
	if (err)
		inventory_free(ret_inventory);
	return err;
}

/*
 * First the names, for records come as soon as it is attached to.  Also of a module without
 * functions to attach to, which may be in stacks.
 */
static int name_and_attach(struct follow *f, const struct fresh *fresh)
{
	int err = 0;

	f->untold = true;
	while (f->untold && !f->stop)
		pthread_cond_wait(&f->told, &f->lock);
	for (size_t i = 0; i < fresh->n && !f->stop; i++) {
		int failed = kmods_attach(f->kmods, fresh->names[i]);

		if (failed)
			err = failed;
	}
	return err;
}

static int add(struct follow *f, const struct fresh *fresh)
{
	struct inventory inventory;
	struct funcs funcs;
	int err = find_functions(f, fresh, &inventory, &funcs);
	bool found = !err;

	if (err == -ECANCELED)
		return err;
	/* What cannot be known now will not be asked for again. */
	if (!found)
		funcs = (struct funcs){0};
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < fresh->n; i++) {
		int failed = kmods_add(f->kmods, fresh->v[i], &funcs);

		if (failed)
			err = failed;
	}
	if (!err)
		err = name_and_attach(f, fresh);
	pthread_mutex_unlock(&f->lock);
	if (found) {
		funcs_free(&funcs);
		inventory_free(&inventory);
	}
	return err;
}

/* Only this thread adds and removes modules, so it need not lock to look for them. */
static int find_fresh(const struct follow *f, const struct modlist *list, struct fresh *ret_fresh)
{
	struct fresh fresh = {
		.v = calloc(list->n + 1, sizeof(*fresh.v)),
		.names = calloc(list->n + 1, sizeof(*fresh.names)),
	};

	*ret_fresh = fresh;
	if (!fresh.v || !fresh.names)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++) {
		if (!list->v[i].live || kmods_knows(f->kmods, &list->v[i]))
			continue;
		ret_fresh->v[ret_fresh->n] = &list->v[i];
		ret_fresh->names[ret_fresh->n++] = list->v[i].name;
	}
	return 0;
}

/* @pending: how many modules were new the last time, and wait for others to come with them */
static int look(struct follow *f, size_t *pending)
{
	struct fresh fresh = {0};
	struct modlist list;
	int err = modlist_read(&list), failed = 0;

	if (err)
		return err;
	pthread_mutex_lock(&f->lock);
	kmods_check(f->kmods, &list, clock_now_ns());
	pthread_mutex_unlock(&f->lock);
	err = find_fresh(f, &list, &fresh);
	if (!err && fresh.n && fresh.n == *pending)
		failed = add(f, &fresh);
	if (failed && !f->stop)
		log_error("module %s%s is not watched: %s", fresh.names[0],
			  fresh.n > 1 ? ", or another that was loaded with it," : "",
			  strerror(-failed));
	*pending = fresh.n;
	free(fresh.v);
	free(fresh.names);
	modlist_free(&list);
	return err;
}

static void *follow_loads(void *arg)
{
	struct follow *f = arg;
	size_t pending = 0;
	int err = 0;

	/* When a module comes, it takes less time then. */
	discover_types(f->opts, f->kernel);
	while (!err && wait_for(f, -1, LOOK_MS))
		err = look(f, &pending);
	if (err)
		log_error("modules that are loaded from now on are not watched: /proc/modules: %s",
			  strerror(-err));
	return NULL;
}

/* Signals are for the thread that reads records. */
static int start_threads(struct follow *f)
{
	sigset_t all, mask;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	if (f->unload_fd >= 0) {
		err = -pthread_create(&f->unloads, NULL, follow_unloads, f);
		f->unloads_runs = !err;
	}
	if (!err) {
		err = -pthread_create(&f->loads, NULL, follow_loads, f);
		f->loads_runs = !err;
	}
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (err)
		log_error("a thread that follows modules: %s", strerror(-err));
	return err;
}

static int open_kmods(struct follow *f, const struct backend *backend, const struct loaded *loaded,
		      const volatile sig_atomic_t *stop)
{
	struct kmods_opts opts = {
		.backend = backend,
		.loaded = loaded,
		.funcs = &f->kernel->funcs,
		.stop = &f->stop_attaching,
		.rcu_expedited = !f->opts->no_rcu_expedited,
		.unload_fd = f->unload_fd,
	};

	return kmods_open(&opts, &f->kernel->modules, stop, &f->kmods);
}

int follow_start(const struct options *opts, struct discovery *kernel,
		 const struct backend *backend, const struct loaded *loaded,
		 const volatile sig_atomic_t *stop, struct follow **ret_follow)
{
	struct follow *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->opts = opts;
	f->kernel = kernel;
	f->unload_fd = -1;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->told, NULL);
	f->stop_fd = eventfd(0, EFD_CLOEXEC);
	err = f->stop_fd < 0 ? -errno : 0;
	if (!err && attach_holds_modules(backend)) {
		f->unload_fd = unload_open();
		if (f->unload_fd < 0)
			log_info("modules cannot be unloaded while they are watched (fanotify: %s)",
				 strerror(-f->unload_fd));
	}
	if (!err)
		err = open_kmods(f, backend, loaded, stop);
	if (!err)
		err = start_threads(f);
	if (err) {
		follow_stop(f, NULL);
		return err;
	}
	*ret_follow = f;
	return 0;
}

size_t follow_attached(struct follow *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = kmods_attached(f->kmods);
	pthread_mutex_unlock(&f->lock);
	return n;
}

void follow_names(struct follow *f, follow_names_fn fn, void *ctx)
{
	struct ksym *known;
	size_t n;

	/* While the kernel attaches or detaches there is nothing to tell, and records come. */
	if (pthread_mutex_trylock(&f->lock))
		return;
	if (f->untold && !kmods_names(f->kmods, &known, &n)) {
		/* What is not forgotten now will be the next time. */
		if (!fn(ctx, known, n))
			kmods_forget(f->kmods);
		free(known);
		f->untold = false;
		pthread_cond_signal(&f->told);
	}
	pthread_mutex_unlock(&f->lock);
}

static void end_threads(struct follow *f)
{
	f->stop_attaching = 1;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->told);
	pthread_mutex_unlock(&f->lock);
	eventfd_write(f->stop_fd, 1);
	if (f->loads_runs)
		pthread_join(f->loads, NULL);
	if (f->unloads_runs)
		pthread_join(f->unloads, NULL);
}

void follow_stop(struct follow *f, struct attached *to)
{
	if (!f)
		return;
	end_threads(f);
	/* Who waits for an answer goes on, and then finds the module in use for a moment more. */
	if (f->unload_fd >= 0)
		close(f->unload_fd);
	if (f->stop_fd >= 0)
		close(f->stop_fd);
	kmods_close(f->kmods, to);
	pthread_cond_destroy(&f->told);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
