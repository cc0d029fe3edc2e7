/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RCU_EXPEDITED_H
#define PWRU_CAP_RCU_EXPEDITED_H
/*
 * Expedited grace periods while the kernel is asked for something that waits for many of them:
 * /sys/kernel/rcu_expedited, a setting of the whole machine, which is borrowed and given back.
 */
#include <stdbool.h>

struct rcu_expedited {
	int fd; /* -1: nothing was borrowed */
};

/*
 * rcu_expedited_begin() - switch it on, unless it is on already or cannot be had; @wanted false
 * does nothing
 */
void rcu_expedited_begin(bool wanted, struct rcu_expedited *ret);

/* rcu_expedited_end() - back to what it was, once the last of all pwru-cap processes ends it */
void rcu_expedited_end(struct rcu_expedited *rcu);

/* rcu_expedited_repair() - give back what a process borrowed that was killed since */
void rcu_expedited_repair(void);

#endif
