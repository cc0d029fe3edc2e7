/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_UNNAMED_H
#define PWRU_CAP_UNNAMED_H
/*
 * Files that get their name only once there is something in them, so that nobody finds an empty
 * one, whatever happens to the process in between.
 */

/**
 * unnamed_open() - open a new file for writing where @path is to be
 *
 * A regular file that is at @path is removed: the new one may need its room.
 *
 * Return: its descriptor; -EEXIST if @path is something else than a regular file; or -errno, also
 * where the file system cannot do it (-EOPNOTSUPP, -EISDIR and others).
 */
int unnamed_open(const char *path);

/* unnamed_publish() - give it its name; returns 0 or -errno */
int unnamed_publish(int fd, const char *path);

#endif
