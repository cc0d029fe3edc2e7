// SPDX-License-Identifier: GPL-2.0-only
#include "src/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/log.h"

int privileges_find(const char *name, struct privileges *ret_p)
{
	const struct passwd *pw;

	*ret_p = (struct privileges){0};
	if (!name)
		return 0;
	errno = 0;
	pw = getpwnam(name);
	if (!pw) {
		int err = errno && errno != ESRCH ? -errno : -ENOENT;

		log_error("-Z %s: %s", name, err == -ENOENT ? "no such user" : strerror(-err));
		return err;
	}
	if (!pw->pw_uid)
		return 0;
	if (geteuid()) {
		log_info("-Z %s: this is not root, so nothing is given up", name);
		return 0;
	}
	*ret_p = (struct privileges){.name = name, .uid = pw->pw_uid, .gid = pw->pw_gid};
	return 0;
}

/* All of it, by our own eyes. */
static bool is_dropped(const struct privileges *p)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	return !getresuid(&ruid, &euid, &suid) && !getresgid(&rgid, &egid, &sgid) &&
	       ruid == p->uid && euid == p->uid && suid == p->uid && rgid == p->gid &&
	       egid == p->gid && sgid == p->gid && !capng_get_caps_process() &&
	       !capng_have_capability(CAPNG_PERMITTED, CAP_SETUID) &&
	       !capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE);
}

int privileges_drop(const struct privileges *p)
{
	bool can_bpf;
	int err;

	if (!p->name)
		return 0;
	/* Where CAP_SYS_ADMIN stands for it (in some containers), it is not worth keeping that. */
	can_bpf = !capng_get_caps_process() && capng_have_capability(CAPNG_PERMITTED, CAP_BPF);
	capng_clear(CAPNG_SELECT_CAPS);
	if (can_bpf)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF);
	errno = 0;
	err = capng_change_id((int)p->uid, (int)p->gid, CAPNG_INIT_SUPP_GRP);
	if (err) {
		log_error("-Z %s: %s (capng_change_id: %d)", p->name, strerror(errno), err);
		return errno ? -errno : -EPERM;
	}
	if (!is_dropped(p)) {
		log_error("-Z %s: privileges are left", p->name);
		return -EPERM;
	}
	return 0;
}

static void try_in_child(const struct privileges *p, int (*fn)(const void *ctx), const void *ctx)
{
	int err = privileges_drop(p);

	if (!err)
		err = fn(ctx);
	fflush(stderr);
	/* Linux has no error above 133, and an exit status 8 bits. */
	_exit(-err);
}

int privileges_try(const struct privileges *p, int (*fn)(const void *ctx), const void *ctx)
{
	int status;
	pid_t pid;

	if (!p->name)
		return fn(ctx);
	fflush(NULL);
	pid = fork();
	if (!pid)
		try_in_child(p, fn, ctx);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}
