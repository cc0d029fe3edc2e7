// SPDX-License-Identifier: GPL-2.0-only
#include "src/discovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/inventory.h"
#include "src/log.h"
#include "src/nonskb.h"
#include "src/tracefs.h"

int discover_types(const struct options *opts, struct discovery *d)
{
	return d->btf ? 0 : kbtf_open(opts->kernel_btf, &d->btf);
}

static int ask_kernel(const struct options *opts, struct discovery *d)
{
	int err = discover_types(opts, d);

	if (err)
		return err;
	caps_read(d->btf, &d->memory.best);
	if (!opts->kernel_btf)
		err = core_btf_make(kbtf_vmlinux(d->btf), &d->memory.types);
	if (err)
		log_verbose("libbpf has to read all types of the kernel: %s", strerror(-err));
	return inventory_discover(d->btf, &d->memory.inventory);
}

static int know_kernel(const struct options *opts, struct discovery *d)
{
	uint64_t key = 0;
	/* Types that the user names may not be the kernel's own. */
	int err = opts->kernel_btf ? -EOPNOTSUPP : remember_key(&key);
	bool keep = !err;

	if (!err)
		err = recall(key, &d->memory);
	if (!err)
		return 0;
	log_verbose("the kernel is asked for its functions, none are remembered: %s",
		    strerror(-err));
	err = ask_kernel(opts, d);
	if (err || !keep)
		return err;
	err = remember(key, &d->memory);
	if (err)
		log_verbose("the functions could not be remembered for the next run: %s",
			    strerror(-err));
	return 0;
}

/* What the user names is for libbpf, too. */
static void find_types(const struct options *opts, struct discovery *d)
{
	int fd;

	if (opts->kernel_btf || !d->memory.types.data)
		return;
	fd = core_btf_publish(&d->memory.types, d->types_path, sizeof(d->types_path));
	if (fd >= 0)
		d->types_fd = fd;
	else
		log_verbose("libbpf has to read all types of the kernel: %s", strerror(-fd));
}

const char *discovery_types_path(const struct options *opts, const struct discovery *d)
{
	if (opts->kernel_btf)
		return opts->kernel_btf;
	return *d->types_path ? d->types_path : NULL;
}

static int read_modules(struct discovery *d)
{
	int err = modlist_read(&d->modules);

	if (err)
		log_error("/proc/modules: %s", strerror(-err));
	return err;
}

static struct funcs_wanted wanted_funcs(const struct options *opts)
{
	return (struct funcs_wanted){
		.pattern = opts->filter_func,
		.modules = opts->kmods,
		.drops = opts->drop_option,
	};
}

int discover_functions(const struct options *opts, struct discovery *d)
{
	const struct funcs_wanted wanted = wanted_funcs(opts);
	int err = opts->all_kmods ? read_modules(d) : 0;

	if (!err)
		err = know_kernel(opts, d);
	if (!err)
		err = caps_choose(&d->memory.best, opts->filter_load, &d->caps);
	if (!err)
		find_types(opts, d);
	if (!err)
		err = funcs_select(&d->memory.inventory, &wanted, &d->funcs);
	if (!err && opts->non_skb_funcs)
		err = nonskb_discover(opts->non_skb_funcs, &d->memory.inventory, &d->funcs);
	if (!err)
		log_verbose("%zu functions take an skb and can be traced; %zu are left out; "
			    "packets are read %s",
			    d->funcs.n - d->funcs.by_stack, funcs_skipped(&d->funcs),
			    d->caps.direct ? "by direct loads" : "by probe reads");
	return err;
}

int discover_progs(const struct options *opts, struct discovery *d)
{
	const bool wanted[PROG_KINDS] = {[PROG_TC] = opts->trace_tc, [PROG_XDP] = opts->trace_xdp};

	return progs_discover(wanted, &d->progs);
}

int discover_windows(struct discovery *d)
{
	return caps_choose(&d->memory.best, "window", &d->caps);
}

/* Those that are no part of the inventory. */
static int list_non_skb(const char *list, const struct inventory *inventory)
{
	struct funcs funcs = {0};
	int err = nonskb_discover(list, inventory, &funcs);

	if (!err)
		err = funcs_list_by_stack(&funcs, stdout);
	funcs_free(&funcs);
	return err;
}

int discovery_list(const struct options *opts, struct discovery *d)
{
	const struct funcs_wanted wanted = wanted_funcs(opts);
	const char *dir;
	int err = tracefs_dir(&dir);

	if (err) {
		log_info("available_filter_functions cannot be read (%s), so what can be traced is "
			 "not known",
			 strerror(-err));
		err = discover_types(opts, d);
		if (!err)
			err = inventory_of_types(d->btf, &d->memory.inventory);
	} else {
		err = know_kernel(opts, d);
	}
	if (!err)
		err = funcs_list(&d->memory.inventory, &wanted, stdout);
	if (!err && opts->non_skb_funcs)
		err = list_non_skb(opts->non_skb_funcs, &d->memory.inventory);
	return err;
}

void discovery_free(struct discovery *d)
{
	modlist_free(&d->modules);
	progs_free(&d->progs);
	funcs_free(&d->funcs);
	memory_free(&d->memory);
	if (*d->types_path)
		close(d->types_fd);
	kbtf_close(d->btf);
}
