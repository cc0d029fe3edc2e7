// SPDX-License-Identifier: GPL-2.0-only
/*
 * What takes the kernel long with kprobes, and what is done about it (figures: Linux 6.1 and 5.10,
 * 200 functions, one emulated CPU that counts 2 ns an instruction).
 *
 *  - A perf event each function: each one waits for grace periods of its own to go.  So there is
 *    an event for many functions (kprobe_events.h), which is armed and disarmed as a whole.
 *  - Arming a probe at a function's first byte, the call to ftrace: for each such probe the
 *    kernel goes over all of ftrace's places, 3.2 s to arm, 3.4 s to disarm.  While probes are
 *    armed, a part of it can be spared (--ftrace-pause, ftrace_pause.c): it then counts for each
 *    probe, which takes two walks over all places, 7.7 ms (5.10), but patches only once.
 *  - Right behind that call it would be 10 ms.  But there a probe is a breakpoint, until it becomes
 *    a jump: programs run as in an NMI, where the ring buffer's lock is only tried, and records are
 *    lost if another CPU has it.  And the unwinder takes the address behind the breakpoint for that
 *    of the next instruction, if the first one is a push of one byte: stacks end there.
 *  - Registering a probe: 6.1 decodes an instruction at each of its jump labels, to see that none
 *    is in the way; a third of the time to attach.  Nothing helps.
 *  - Names: 5.10 searches all its symbols for each: 32 s instead of 0.2 s.  So: addresses.
 *  - Grace periods: one for each probe that goes, 2.4 s.  Expedited ones: 20 ms (6.1).
 *
 * What is left is done in a process of its own, which outlives the capture.
 */
#include "src/attach_kprobe_job.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/ftrace_pause.h"
#include "src/kprobe_events.h"
#include "src/rcu_expedited.h"
#include "src/util.h"

/* Enough for few events, few enough to tell how it goes on. */
#define PROBES_MAX 256

/* How often to look whether to go on, and to tell. */
#define NOTE_EVERY 32

/* How often to look whether another one's pause is over. */
#define PAUSED_WAIT_US 20000

/* Of the process while it detaches. */
#define NICE 10

struct event {
	const struct bpf_program *prog;
	size_t probes;
	int perf_fd;
};

struct job {
	int sock;
	const struct attach_opts *opts;
	struct kprobe_events events;
	struct event *v;
	size_t n, cap;
	uint32_t probes;
};

static void tell(const struct job *job, struct kprobe_note note)
{
	/* Nobody may be there any more. */
	while (send(job->sock, &note, sizeof(note), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static bool asked_to_end(const struct job *job)
{
	char byte;

	return recv(job->sock, &byte, 1, MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR);
}

static void wait_for_end(const struct job *job)
{
	char byte;

	while (recv(job->sock, &byte, 1, 0) < 0 && errno == EINTR)
		;
}

/* An event for the next probes. */
static int new_event(struct job *job, const struct bpf_program *prog)
{
	struct event *v = grow(job->v, job->n, &job->cap, sizeof(*v));

	if (!v)
		return -ENOMEM;
	job->v = v;
	v[job->n++] = (struct event){.prog = prog, .perf_fd = -1};
	return 0;
}

static int add_probe(struct job *job, uint64_t addr)
{
	struct event *event = &job->v[job->n - 1];
	int err = kprobe_events_add(&job->events, job->n - 1, addr, event->probes);

	if (err)
		return err;
	event->probes++;
	job->probes++;
	return 0;
}

/* Not this function alone, but the whole. */
static bool is_fatal(int err)
{
	return err == -ENOMEM || err == -EBADF || err == -EPERM || err == -EACCES;
}

static int add_ends(struct job *job)
{
	const struct func_roles *roles = &job->opts->funcs->roles;
	int err = new_event(job, loaded_program(job->opts->loaded, LOAD_KPROBE, LOAD_END));

	for (size_t i = 0; !err && i < ARRAY_SIZE(roles->end); i++)
		if (roles->end[i].addr)
			add_probe(job, roles->end[i].addr);
	return err;
}

static int add_funcs(struct job *job)
{
	const struct funcs *funcs = job->opts->funcs;

	for (size_t i = 0; i < funcs->n; i++) {
		const struct func *f = &funcs->v[i];
		int err = 0;

		if (i % NOTE_EVERY == 0) {
			if (asked_to_end(job))
				return -ECANCELED;
			tell(job, (struct kprobe_note){NOTE_ATTACHING, .done = i, .of = funcs->n});
		}
		if (!i || funcs->v[i - 1].pos != f->pos || job->v[job->n - 1].probes == PROBES_MAX)
			err = new_event(job,
					loaded_program(job->opts->loaded, LOAD_KPROBE, f->pos));
		if (err)
			return err;
		err = add_probe(job, f->addr);
		if (is_fatal(err))
			return err;
		if (err)
			tell(job, (struct kprobe_note){NOTE_REFUSED, err, .done = i});
	}
	return 0;
}

/* Arms the probes of an event, with its program behind them. */
static int arm(struct job *job, size_t number)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	struct event *event = &job->v[number];
	uint64_t id;
	int err;

	if (!event->probes)
		return 0; /* the kernel has not heard of it */
	err = kprobe_events_id(&job->events, number, &id);
	if (err)
		return err;
	attr.config = id;
	/* One CPU is enough for a program: it runs wherever the probe is hit. */
	event->perf_fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event->perf_fd < 0 ||
	    ioctl(event->perf_fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(event->prog)) ||
	    ioctl(event->perf_fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

/* If ftrace cannot be paused, it only takes longer. */
static int pause_ftrace(const struct job *job, struct ftrace_pause *ret_pause)
{
	int err;

	/* While another one pauses it, nothing is seen: then there is nothing to say "ready" to. */
	while ((err = ftrace_pause_begin(job->opts->ftrace_pause, ret_pause)) == -EAGAIN) {
		if (asked_to_end(job))
			return -ECANCELED;
		usleep(PAUSED_WAIT_US);
	}
	if (!err || ret_pause->fd < 0)
		return err;
	tell(job, (struct kprobe_note){NOTE_NOT_PAUSED, err});
	return 0;
}

/* The end of ids, the first event, first: an id must not outlive its skb. */
static int arm_all(struct job *job)
{
	struct ftrace_pause pause;
	int err = pause_ftrace(job, &pause), failed;

	for (size_t i = 0; !err && i < job->n; i++)
		err = asked_to_end(job) ? -ECANCELED : arm(job, i);
	failed = ftrace_pause_end(&pause);
	if (failed == FTRACE_PAUSE_LEFT) {
		tell(job, (struct kprobe_note){NOTE_TRACER_LEFT, 0});
		failed = 0;
	}
	return err ? err : failed;
}

static int attach(struct job *job)
{
	struct rcu_expedited rcu;
	int err = kprobe_events_open(&job->events);

	if (err)
		return err;
	rcu_expedited_begin(job->opts->rcu_expedited, &rcu);
	err = add_ends(job);
	if (!err)
		err = add_funcs(job);
	if (!err)
		err = arm_all(job);
	rcu_expedited_end(&rcu);
	return err;
}

static int detach(struct job *job)
{
	struct rcu_expedited rcu;
	uint32_t done = 0;
	int err = 0;

	rcu_expedited_begin(job->opts->rcu_expedited, &rcu);
	for (size_t i = 0; i < job->n; i++)
		if (job->v[i].perf_fd >= 0)
			close(job->v[i].perf_fd);
	for (size_t i = 0; i < job->n; i++) {
		int failed = 0;

		tell(job, (struct kprobe_note){NOTE_DETACHING, .done = done, .of = job->probes});
		if (job->v[i].probes)
			failed = kprobe_events_remove(&job->events, i);
		if (failed)
			err = failed;
		done += job->v[i].probes;
	}
	rcu_expedited_end(&rcu);
	kprobe_events_close(&job->events);
	return err;
}

void kprobe_job(int sock, void *opts)
{
	struct job job = {.sock = sock, .opts = opts, .events.fd = -1};
	int err = attach(&job);

	tell(&job, (struct kprobe_note){NOTE_ATTACHED, err, .done = job.probes});
	if (!err)
		wait_for_end(&job);
	/* The other process is to be back at the prompt first. */
	setpriority(PRIO_PROCESS, 0, NICE);
	err = detach(&job);
	tell(&job, (struct kprobe_note){NOTE_DETACHED, err});
	free(job.v);
}

void kprobe_sweep_job(int sock, void *ctx)
{
	struct rcu_expedited rcu;

	rcu_expedited_begin(*(const bool *)ctx, &rcu);
	kprobe_events_sweep(true);
	rcu_expedited_end(&rcu);
}
