/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KPROBE_EVENTS_H
#define PWRU_CAP_KPROBE_EVENTS_H
/*
 * Probes as tracefs makes them: lines in kprobe_events.  Lines that name the same event become
 * several probes of one event (since 5.4).
 *
 * They live until they are removed, also when their maker is dead.  So each maker has a group of
 * events of his own, pwru_cap_N, and holds a lock on byte N of kprobe_events for as long as he
 * lives: a group without a lock is left over.  (There is one tracefs a kernel: this holds between
 * containers, where process ids and files in /run would not.)
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kprobe_events {
	int fd;		 /* kprobe_events, for appending; it holds the lock */
	const char *dir; /* tracefs; a constant */
	unsigned int group;
};

/* kprobe_events_check() - does this kernel have them, and may we use them? 0 or -errno */
int kprobe_events_check(void);

/**
 * kprobe_events_open() - take a group that nobody has
 * @ret_events: filled on success
 *
 * Return: 0 or -errno.
 */
int kprobe_events_open(struct kprobe_events *ret_events);

/**
 * kprobe_events_add() - one more probe of an event
 * @event: number of the event in the group
 * @addr: of an instruction
 * @nr: differs between the probes of an event
 *
 * Return: 0, or -errno if the kernel does not want a probe there.
 */
int kprobe_events_add(const struct kprobe_events *events, size_t event, uint64_t addr, size_t nr);

/* kprobe_events_id() - the event's id, for perf; 0 or -errno */
int kprobe_events_id(const struct kprobe_events *events, size_t event, uint64_t *ret_id);

/* kprobe_events_remove() - the event, with all its probes; 0 or -errno */
int kprobe_events_remove(const struct kprobe_events *events, size_t event);

/* kprobe_events_close() - the group is free from now on */
void kprobe_events_close(struct kprobe_events *events);

/**
 * kprobe_events_sweep() - remove the groups of makers that are dead
 * @remove: or only count them
 *
 * Return: how many events were, or would be, removed; or -errno.
 */
int kprobe_events_sweep(bool remove);

#endif
