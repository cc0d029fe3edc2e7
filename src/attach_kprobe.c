// SPDX-License-Identifier: GPL-2.0-only
/*
 * kprobe: for kernels without kprobe.multi links.  A perf event each function would be slow to
 * attach and, worse, to detach: each waits for a grace period of its own.  So the functions of one
 * argument position are probes of ONE event: lines in tracefs' kprobe_events that name the same
 * event, which the kernel takes as several probes of it (since 5.4); then a perf event on that
 * event arms them all, and its program runs for each.
 *
 * The events live in the kernel until they are removed, also when we die; their group has our
 * process id in its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/backend.h"
#include "src/log.h"
#include "src/tracefs.h"
#include "src/util.h"

/* An event for each position, and one for the functions that end an skb's life. */
#define N_EVENTS  (KBTF_MAX_POS + 1)
#define EVENT_END LOAD_END

struct kprobes {
	int events_fd; /* tracefs' kprobe_events, for appending */
	int perf_fds[N_EVENTS];
	size_t probes[N_EVENTS]; /* how many the event has */
};

static int open_events(void)
{
	const char *dir;
	char path[64];
	int fd = tracefs_dir(&dir);

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "%s/kprobe_events", dir);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int kprobe_check(const struct funcs *funcs)
{
	int fd = open_events();

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int write_line(int fd, const char *line)
{
	return write(fd, line, strlen(line)) < 0 ? -errno : 0;
}

static void event_name(char *name, size_t size, int event)
{
	snprintf(name, size, "pwru_cap_%d/pos%d", getpid(), event);
}

/*
 * One line a write, so that a refusal is this function's alone.  By name: the kernel takes probes
 * by address for the same place and refuses the second one in an event.
 */
static int add_probe(struct kprobes *k, int event, const char *module, const char *func)
{
	char name[48], line[512];
	int err;

	event_name(name, sizeof(name), event);
	snprintf(line, sizeof(line), "p:%s %s%s%s\n", name, module ?: "", module ? ":" : "", func);
	err = write_line(k->events_fd, line);
	if (!err)
		k->probes[event]++;
	return err;
}

static int read_event_id(int event, uint64_t *ret_id)
{
	char name[48], path[128], *text;
	const char *dir;
	int err = tracefs_dir(&dir);

	if (err)
		return err;
	event_name(name, sizeof(name), event);
	snprintf(path, sizeof(path), "%s/events/%s/id", dir, name);
	err = read_file(path, &text, NULL);
	if (err)
		return err;
	text[strcspn(text, "\n")] = '\0';
	err = parse_u64(text, UINT64_MAX, ret_id);
	free(text);
	return err;
}

/* Arms the probes of an event, with the program behind them. */
static int arm(struct kprobes *k, int event, const struct bpf_program *prog)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	uint64_t id;
	int fd, err = read_event_id(event, &id);

	if (err)
		return err;
	attr.config = id;
	/* One CPU is enough for a program: it runs wherever the probe is hit. */
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	k->perf_fds[event] = fd;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(prog)) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

static void kprobe_detach(void *state)
{
	struct kprobes *k = state;
	char name[48], line[64];
	int err;

	for (int event = 0; event < N_EVENTS; event++)
		if (k->perf_fds[event] >= 0)
			close(k->perf_fds[event]);
	for (int event = 0; event < N_EVENTS; event++) {
		if (!k->probes[event])
			continue;
		event_name(name, sizeof(name), event);
		snprintf(line, sizeof(line), "-:%s\n", name);
		err = write_line(k->events_fd, line);
		if (err)
			log_error("%s could not be removed from kprobe_events: %s", name,
				  strerror(-err));
	}
	close(k->events_fd);
	free(k);
}

static int add_all(struct kprobes *k, const struct funcs *funcs, size_t *refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs->roles.end); i++)
		if (funcs->roles.end[i].addr)
			add_probe(k, EVENT_END, NULL, end_name(i));
	for (size_t i = 0; i < funcs->n; i++) {
		const struct func *f = &funcs->v[i];
		int err = add_probe(k, f->pos, f->module, f->name);

		if (i % 64 == 0)
			log_status("registering probes: %zu of %zu", i, funcs->n);
		if (!err)
			continue;
		if (err == -ENOMEM || err == -EBADF)
			return err;
		++*refused;
		log_verbose("%s is left out: the kernel refuses a probe on it (%s)", f->name,
			    strerror(-err));
	}
	return 0;
}

static int kprobe_attach(const struct loaded *loaded, const struct funcs *funcs,
			 size_t *ret_refused, void **ret_state)
{
	struct kprobes *k = calloc(1, sizeof(*k));
	size_t refused = 0;
	int err;

	if (!k)
		return -ENOMEM;
	for (int event = 0; event < N_EVENTS; event++)
		k->perf_fds[event] = -1;
	k->events_fd = open_events();
	if (k->events_fd < 0) {
		err = k->events_fd;
		free(k);
		return err;
	}
	err = add_all(k, funcs, &refused);
	/* The end of ids first: an id must not outlive its skb. */
	for (int event = 0; !err && event < N_EVENTS; event++)
		if (k->probes[event])
			err = arm(k, event, loaded_program(loaded, LOAD_KPROBE, event));
	if (err) {
		kprobe_detach(k);
		return err;
	}
	*ret_refused = refused;
	*ret_state = k;
	return 0;
}

static enum load_kind kprobe_kind(const struct func *f)
{
	(void)f;
	return LOAD_KPROBE;
}

const struct backend backend_kprobe = {
	.name = "kprobe",
	.end_kind = LOAD_KPROBE,
	.requirement = "CONFIG_KPROBE_EVENTS=y",
	.check = kprobe_check,
	.kind_of = kprobe_kind,
	.attach = kprobe_attach,
	.detach = kprobe_detach,
};
