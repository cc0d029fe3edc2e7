// SPDX-License-Identifier: GPL-2.0-only
/*
 * kprobe: for kernels without kprobe.multi links.
 *
 * The kernel may take long to remove what this attaches, and what it attaches does not go away
 * with the process.  So a process of its own does the work and holds what there is (the keeper,
 * attach_kprobe_job.c); here is what remains in the process that captures: it starts the keeper,
 * shows how it goes on, and tells it to end.  If this process is killed, the keeper finds itself
 * alone and removes everything.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/attach_kprobe_job.h"
#include "src/attach_progress.h"
#include "src/backend.h"
#include "src/clock.h"
#include "src/ftrace_pause.h"
#include "src/keeper.h"
#include "src/kprobe_events.h"
#include "src/log.h"
#include "src/rcu_expedited.h"

/* How soon a signal is seen that came between looking for it and waiting. */
#define POLL_MS 100

/* How long, in times of that, is waited without a word. */
#define PATIENCE 10

struct kprobes {
	int sock; /* to the keeper */
	const struct funcs *funcs;
	uint64_t since_ns; /* start of what goes on, for the rate */
	size_t refused;
	struct kprobes *next; /* of another keeper, detached with this */
};

static int kprobe_check(const struct funcs *funcs)
{
	return kprobe_events_check();
}

/* The programs that the functions need. */
static size_t program_fds(const struct attach_opts *opts, int *fds)
{
	unsigned int needed = 1 << LOAD_END;
	size_t n = 0;

	for (size_t i = 0; i < opts->funcs->n; i++)
		needed |= 1 << opts->funcs->v[i].pos;
	for (int pos = 0; pos < LOAD_POSITIONS; pos++)
		if (needed & 1 << pos)
			fds[n++] = bpf_program__fd(loaded_program(opts->loaded, LOAD_KPROBE, pos));
	return n;
}

static void tell_tracer_left(void)
{
	log_info("a tracer of --ftrace-pause is left on all functions: %s in tracefs cannot be "
		 "removed; close what has a file of it open, and the next run will remove it",
		 FTRACE_PAUSE_DIR);
}

static void take_note(struct kprobes *k, const struct kprobe_note *note)
{
	switch (note->kind) {
	case NOTE_ATTACHING:
		attach_progress_show("attaching", k->since_ns, note->done, note->of);
		break;
	case NOTE_DETACHING:
		attach_progress_show("detaching", k->since_ns, note->done, note->of);
		break;
	case NOTE_REFUSED:
		k->refused++;
		/* One that the user has named himself is worth a word in any case. */
		if (k->funcs->v[note->done].pos == FUNC_BY_STACK || log_shows(LOG_VERBOSE))
			log_info("%s is left out: the kernel refuses a probe on it (%s)",
				 k->funcs->v[note->done].name, strerror(-note->err));
		break;
	case NOTE_NOT_PAUSED:
		log_verbose("the kernel patches each function by itself, which takes longer: %s",
			    note->err == -EBUSY ? "something else uses ftrace, or it is off"
						: strerror(-note->err));
		break;
	case NOTE_TRACER_LEFT:
		tell_tracer_left();
		break;
	case NOTE_ATTACHED:
	case NOTE_DETACHED:
		break;
	}
}

/* Until a note of that kind. Returns its error, -EINTR because of @stop, -ESRCH without keeper. */
static int wait_for(struct kprobes *k, int kind, const volatile sig_atomic_t *stop)
{
	struct pollfd readable = {.fd = k->sock, .events = POLLIN};
	struct kprobe_note note;

	k->since_ns = clock_now_ns();
	for (;;) {
		if (stop && *stop)
			return -EINTR;
		if (poll(&readable, 1, POLL_MS) <= 0)
			continue;
		if (recv(k->sock, &note, sizeof(note), MSG_DONTWAIT) != sizeof(note))
			return -ESRCH;
		take_note(k, &note);
		if ((int)note.kind == kind)
			return note.err;
	}
}

/*
 * Whatever the backend is: while ftrace is off nothing is seen.  The end of a killed process takes
 * the kernel a while, and the lock goes late.
 */
static void repair_ftrace(const volatile sig_atomic_t *stop)
{
	int err = ftrace_pause_repair();

	for (int i = 0; err == -EAGAIN && !*stop; i++) {
		if (i == PATIENCE)
			log_info("waiting for another pwru-cap, which has switched ftrace off "
				 "while it attaches (--ftrace-pause)");
		poll(NULL, 0, POLL_MS);
		err = ftrace_pause_repair();
	}
	if (err == FTRACE_PAUSE_LEFT)
		tell_tracer_left();
	/* Who may not even look has not switched it off. */
	else if (err && err != -EAGAIN && err != -ENOENT && err != -EACCES && err != -EPERM)
		log_error("a pwru-cap that was killed has left kernel.ftrace_enabled at 0, and it "
			  "cannot be set to 1: %s",
			  strerror(-err));
}

static int kprobe_attach(const struct attach_opts *opts, size_t *ret_refused, void **ret_state)
{
	struct kprobes *k = calloc(1, sizeof(*k));
	int fds[LOAD_POSITIONS];
	int err;

	if (!k)
		return -ENOMEM;
	k->funcs = opts->funcs;
	k->sock = keeper_start(kprobe_job, (void *)opts, fds, program_fds(opts, fds));
	err = k->sock < 0 ? k->sock : wait_for(k, NOTE_ATTACHED, opts->stop);
	if (err) {
		/* That is enough for the keeper to undo what it has done. */
		if (k->sock >= 0)
			close(k->sock);
		free(k);
		if (err == -ESRCH)
			repair_ftrace(opts->stop);
		return err;
	}
	*ret_refused = k->refused;
	*ret_state = k;
	return 0;
}

/* The keeper says nothing while it waits: there is only the end to be read. */
static bool kprobe_lost(const void *state)
{
	const struct kprobes *k = state;
	char byte;

	return recv(k->sock, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 ||
	       (errno != EAGAIN && errno != EINTR);
}

static void kprobe_merge(void *to, void *from)
{
	struct kprobes *last = from;

	while (last->next)
		last = last->next;
	last->next = ((struct kprobes *)to)->next;
	((struct kprobes *)to)->next = from;
}

static int detach_one(struct kprobes *k, bool wait, const volatile sig_atomic_t *stop)
{
	int err = 0;

	shutdown(k->sock, SHUT_WR);
	if (wait)
		err = wait_for(k, NOTE_DETACHED, stop);
	if (err && err != -EINTR)
		log_error("some probes could not be removed (%s): the next run will try again",
			  strerror(-err));
	close(k->sock);
	free(k);
	return err;
}

static int kprobe_detach(void *state, bool wait, const volatile sig_atomic_t *stop)
{
	int err = 0;

	for (struct kprobes *k = state, *next; k; k = next) {
		int failed;

		next = k->next;
		failed = detach_one(k, wait, stop);
		if (failed)
			err = failed;
	}
	return err;
}

void kprobe_repair(bool rcu_expedited, const volatile sig_atomic_t *stop)
{
	int sock, n;

	repair_ftrace(stop);
	rcu_expedited_repair();
	n = kprobe_events_sweep(false);
	if (n <= 0)
		return;
	log_info("removing the probes of a pwru-cap that was killed, in the background");
	sock = keeper_start(kprobe_sweep_job, &rcu_expedited, NULL, 0);
	if (sock < 0)
		log_error("a process to remove them: %s", strerror(-sock));
	else
		close(sock);
}

static enum load_kind kprobe_kind(const struct func *f)
{
	return LOAD_KPROBE;
}

const struct backend backend_kprobe = {
	.name = "kprobe",
	.end_kind = LOAD_KPROBE,
	.requirement = {.config = "CONFIG_KPROBE_EVENTS", .symbol = "trace_kprobe_create"},
	.check = kprobe_check,
	.kind_of = kprobe_kind,
	.attach = kprobe_attach,
	.module_kind = LOAD_KPROBE,
	.attach_module = kprobe_attach,
	.merge = kprobe_merge,
	.lost = kprobe_lost,
	.detach = kprobe_detach,
};
