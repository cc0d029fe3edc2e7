// SPDX-License-Identifier: GPL-2.0-only
#include "src/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/backend.h"
#include "src/caps.h"
#include "src/log.h"
#include "src/util.h"

struct attached {
	const struct backend *backend;
	void *state;
};

/* Best first. */
static const struct backend *const backends[] = {
	&backend_fentry_multi, &backend_multi, &backend_session, &backend_kprobe, &backend_fentry,
};

static int find(const char *name, const struct backend **ret_backend)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		if (!strcmp(backends[i]->name, name)) {
			*ret_backend = backends[i];
			return 0;
		}
	}
	log_error("--backend %s: there is auto, fentry-multi, kprobe-multi, kprobe-session, kprobe "
		  "and fentry",
		  name);
	return -EINVAL;
}

int attach_check_name(const char *name)
{
	const struct backend *unused;

	return name ? find(name, &unused) : 0;
}

/* Why a backend does not work here, in words that say what is missing. */
static void explain(const struct backend *b, int err, bool wanted)
{
	char needs[128], lack[256];

	requirement_text(&b->requirement, needs, sizeof(needs));
	if (!wanted) {
		log_verbose("not %s (%s): it needs %s", b->name, strerror(-err), needs);
		return;
	}
	if (err == -ENODATA)
		log_error("--backend %s cannot attach to any of these functions: it needs their "
			  "type ids in the kernel's own BTF (CONFIG_DEBUG_INFO_BTF=y, and no "
			  "--kernel-btf), and names that are theirs alone",
			  b->name);
	else if (requirement_lack_here(&b->requirement, lack, sizeof(lack)))
		log_error("this kernel cannot do --backend %s: it needs %s, and %s", b->name, needs,
			  lack);
	else
		log_error("this kernel cannot do --backend %s: %s%s; it needs %s", b->name,
			  strerror(-err), caps_explain_refusal(), needs);
}

static void explain_none(void)
{
	char multi[128], kprobe[128], fentry[128];

	requirement_text(&backend_multi.requirement, multi, sizeof(multi));
	requirement_text(&backend_kprobe.requirement, kprobe, sizeof(kprobe));
	requirement_text(&backend_fentry.requirement, fentry, sizeof(fentry));
	log_error("this kernel has no way to attach to many functions: it needs %s, or %s, or %s%s",
		  multi, kprobe, fentry, caps_explain_refusal());
}

/* As many as it takes a second or two to attach to one by one. */
#define FEW_FUNCS 50

static void explain_no_returns(void)
{
	char session[128], lack[256];

	requirement_text(&backend_session.requirement, session, sizeof(session));
	requirement_lack_here(&backend_session.requirement, lack, sizeof(lack));
	log_error("--output-ret: this kernel cannot tell what so many functions return: that needs "
		  "%s%s%s; choose up to %d by --filter-func, or try --backend fentry, which takes "
		  "its time",
		  session, *lack ? ", and " : "", lack, FEW_FUNCS);
}

/* May the backend be asked at all? If not, says why where it was asked for. */
static bool suits(const struct backend *b, const struct funcs *funcs, bool returns, bool wanted)
{
	const char *why = NULL;

	if (b->no_by_stack && funcs->by_stack)
		why = "--filter-non-skb-funcs does not work with --backend";
	else if (returns && !b->returns)
		why = "--output-ret works with --backend kprobe-session and fentry, not with";
	else if (!returns && b->only_returns)
		why = "without --output-ret there is no use for --backend";
	else if (returns && b->for_few && !wanted && funcs->n > FEW_FUNCS)
		return false;
	if (why && wanted)
		log_error("%s %s", why, b->name);
	return !why;
}

int attach_choose(const char *name, const struct funcs *funcs, const struct backend *failed,
		  bool returns, const struct backend **ret_backend)
{
	const struct backend *wanted = NULL;
	bool skip = failed;
	int err = name ? find(name, &wanted) : 0;

	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		const struct backend *b = backends[i];

		if (skip) {
			skip = b != failed;
			continue;
		}
		if (wanted && b != wanted)
			continue;
		if (!suits(b, funcs, returns, wanted))
			continue;
		err = b->check(funcs);
		if (!err) {
			*ret_backend = b;
			return 0;
		}
		explain(b, err, wanted);
	}
	if (!wanted && returns)
		explain_no_returns();
	else if (!wanted)
		explain_none();
	return -EOPNOTSUPP;
}

const char *attach_name(const struct backend *backend)
{
	return backend->name;
}

bool attach_crowds_symbols(const struct backend *backend)
{
	return backend->crowds_symbols;
}

bool attach_holds_modules(const struct backend *backend)
{
	return backend->holds_modules;
}

bool attach_follows_modules(const struct backend *backend)
{
	return backend->attach_module;
}

struct load_needs attach_needs(const struct backend *backend, const struct funcs *funcs,
			       bool modules)
{
	struct load_needs needs = {0};

	if (!backend->kind_of)
		return needs;
	needs.programs[backend->end_kind] = 1 << LOAD_END;
	for (int pos = 1; modules && pos <= KBTF_MAX_POS; pos++)
		needs.programs[backend->module_kind] |= 1 << pos;
	for (size_t i = 0; i < funcs->n; i++)
		needs.programs[backend->kind_of(&funcs->v[i])] |= 1 << funcs->v[i].pos;
	return needs;
}

void attach_repair(bool rcu_expedited, const volatile sig_atomic_t *stop)
{
	kprobe_repair(rcu_expedited, stop);
}

typedef int (*attach_fn)(const struct attach_opts *opts, size_t *ret_refused, void **ret_state);

static int attach_by(const struct backend *backend, attach_fn fn, const struct attach_opts *opts,
		     struct attached **ret_attached, size_t *ret_refused)
{
	struct attached *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->backend = backend;
	err = fn(opts, ret_refused, &a->state);
	if (err) {
		if (err != -EINTR)
			log_error("attaching by %s failed: %s", backend->name, strerror(-err));
		free(a);
		return err;
	}
	*ret_attached = a;
	return 0;
}

int attach_all(const struct backend *backend, const struct attach_opts *opts,
	       struct attached **ret_attached, struct attach_result *ret_result)
{
	size_t refused = 0, n = opts->funcs->n;
	struct attached *a;
	int err = attach_by(backend, backend->attach, opts, &a, &refused);

	if (err)
		return err;
	if (n && refused == n) {
		log_error("the kernel refused to attach to any function by %s", backend->name);
		attach_free(a);
		return -EOPNOTSUPP;
	}
	*ret_attached = a;
	*ret_result = (struct attach_result){.attached = n - refused, .refused = refused};
	return 0;
}

uint64_t attach_missed(const struct attached *a)
{
	return a->backend->missed ? a->backend->missed(a->state) : 0;
}

int attach_module(const struct backend *backend, const struct attach_opts *opts,
		  struct attached **ret_attached, struct attach_result *ret_result)
{
	size_t refused = 0, n = opts->funcs->n;
	struct attached *a = NULL;
	int err = attach_by(backend, backend->attach_module, opts, &a, &refused);

	if (err)
		return err;
	if (refused == n) {
		attach_free(a);
		a = NULL;
	}
	*ret_attached = a;
	*ret_result = (struct attach_result){.attached = n - refused, .refused = refused};
	return 0;
}

void attach_merge(struct attached *to, struct attached *from)
{
	to->backend->merge(to->state, from->state);
	free(from);
}

bool attach_lost(const struct attached *a)
{
	return a->backend->lost && a->backend->lost(a->state);
}

void attach_free(struct attached *a)
{
	if (!a)
		return;
	a->backend->detach(a->state, false, NULL);
	free(a);
}

int attach_free_wait(struct attached *a, const volatile sig_atomic_t *stop)
{
	int err = a->backend->detach(a->state, true, stop);

	free(a);
	return err;
}
