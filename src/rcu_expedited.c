// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several processes may want it at the same time, and each may be killed.  "Write 1, and later
 * what was there before" would end with a 1 for ever: the second one finds the first one's 1.
 *
 * The kernel keeps whatever number is written (any but 0 means on).  So only a 0 is replaced, by a
 * number of our own, and only that number is replaced by 0.  Who wants it on holds a shared lock
 * on the file; it is switched off under an exclusive lock, which nobody gets while another one
 * holds his.  Locks end with their process: a number without a lock is that of a killed one, and
 * the next run puts the 0 back.
 *
 * /sys/kernel/rcu_normal, which overrides this, is left alone: whoever has set it wants his CPUs
 * not to be interrupted.
 */
#include "src/rcu_expedited.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "src/knob.h"

#define PATH "/sys/kernel/rcu_expedited"

/* "PWRU", which nobody else would write. */
#define OURS	     0x50575255

#define LOCK_TRIES   100
#define LOCK_WAIT_US 10000

static int lock(int fd, short type)
{
	return knob_lock(fd, type, 0, 0);
}

/* Puts the 0 back if nobody holds a lock. */
static void give_back(int fd)
{
	long value;

	if (!lock(fd, F_WRLCK) && !knob_read(fd, &value) && value == OURS)
		knob_write(fd, 0);
}

void rcu_expedited_begin(bool wanted, struct rcu_expedited *ret)
{
	int err = -EAGAIN;
	long value;
	int fd;

	ret->fd = -1;
	/* Read-only in containers, and absent without CONFIG_SYSFS: it goes without. */
	fd = wanted ? open(PATH, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	/* Who gives back holds it for a moment. */
	for (int i = 0; err && i < LOCK_TRIES; i++) {
		if (i)
			usleep(LOCK_WAIT_US);
		err = lock(fd, F_RDLCK);
	}
	if (!err)
		err = knob_read(fd, &value);
	if (!err && !value)
		err = knob_write(fd, OURS);
	else if (!err && value != OURS)
		err = -EALREADY;
	if (err)
		close(fd);
	else
		ret->fd = fd;
}

void rcu_expedited_end(struct rcu_expedited *rcu)
{
	if (rcu->fd < 0)
		return;
	/* First without a lock: of two that end together, one then gets the exclusive one. */
	lock(rcu->fd, F_UNLCK);
	give_back(rcu->fd);
	close(rcu->fd);
	rcu->fd = -1;
}

void rcu_expedited_repair(void)
{
	int fd = open(PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	give_back(fd);
	close(fd);
}
