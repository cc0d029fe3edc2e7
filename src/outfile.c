// SPDX-License-Identifier: GPL-2.0-only
#include "src/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A batch goes out when it has this many bytes or blocks. Larger ones save nothing measurable, and
 * a kill -9 in the midst of a write() can cut that batch: generic_perform_write() in the kernel's
 * mm/filemap.c gives up between two pages.
 */
#define BATCH_BYTES  (256 * 1024)
#define BATCH_BLOCKS 4096

/* The end of a block in the buffer. */
struct mark {
	size_t end;	  /* bytes in the batch up to there */
	uint64_t packets; /* packets in the batch up to there */
};

struct outfile {
	int fd;
	bool packet_buffered;
	int err; /* the first error; nothing is written after it */
	struct buf buf;
	size_t n_marks;
	struct mark marks[BATCH_BLOCKS];
	uint64_t bytes, written, lost; /* see struct outfile_stats */
	bool torn;
};

static int open_fd(const char *path, bool terminal)
{
	int fd;

	if (!strcmp(path, "-"))
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return -errno;
	if (!terminal && isatty(fd)) {
		close(fd);
		return -ENOTTY;
	}
	return fd;
}

static int open_any(const char *path, bool packet_buffered, bool terminal, struct outfile **ret_of)
{
	struct outfile *of;

	/* Before the file is touched: it must not be emptied for nothing. */
	of = calloc(1, sizeof(*of));
	if (!of)
		return -ENOMEM;
	of->packet_buffered = packet_buffered;
	of->fd = open_fd(path, terminal);
	if (of->fd < 0) {
		int err = of->fd;

		free(of);
		return err;
	}
	*ret_of = of;
	return 0;
}

int outfile_open(const char *path, bool packet_buffered, struct outfile **ret_of)
{
	return open_any(path, packet_buffered, false, ret_of);
}

int outfile_open_text(const char *path, bool packet_buffered, struct outfile **ret_of)
{
	return open_any(path, packet_buffered, true, ret_of);
}

struct buf *outfile_buf(struct outfile *of)
{
	return &of->buf;
}

/* The last mark; all zero if there is none. */
static struct mark last_mark(const struct outfile *of)
{
	return of->n_marks ? of->marks[of->n_marks - 1] : (struct mark){0};
}

/* The last mark that is not behind the first n bytes of the batch; all zero if there is none. */
static struct mark last_mark_within(const struct outfile *of, size_t n)
{
	size_t i = of->n_marks;

	while (i > 0 && of->marks[i - 1].end > n)
		i--;
	return i ? of->marks[i - 1] : (struct mark){0};
}

/*
 * Writes it all, however often write() has to be called for it; *ret_done is what was taken, also
 * when it failed.
 */
static int write_all(int fd, const uint8_t *data, size_t len, size_t *ret_done)
{
	size_t done = 0;
	int err = 0;

	while (done < len && !err) {
		ssize_t n = write(fd, data + done, len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0) {
			err = -EIO;
		} else if (errno == EAGAIN) {
			/* The one who gave us this stdout made it non-blocking. */
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			err = -errno;
		}
	}
	*ret_done = done;
	return err;
}

/*
 * Takes back the last n bytes that were written, if this is a regular file and they are still its
 * end: others may write to the file behind our standard output. The position is asked for, not
 * remembered, because that file may have been anywhere, and in append mode, when we got it.
 */
static bool take_back(int fd, off_t n)
{
	struct stat st;
	off_t pos;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	pos = lseek(fd, 0, SEEK_CUR);
	if (pos < n || pos != st.st_size)
		return false;
	return !ftruncate(fd, pos - n) && lseek(fd, pos - n, SEEK_SET) >= 0;
}

int outfile_flush(struct outfile *of)
{
	const struct mark all = last_mark(of);
	struct mark kept = all;
	size_t done;
	int err;

	if (of->err || !of->n_marks)
		return of->err;
	err = write_all(of->fd, of->buf.data, all.end, &done);
	if (err) {
		kept = last_mark_within(of, done);
		if (done > kept.end)
			of->torn = !take_back(of->fd, (off_t)(done - kept.end));
		of->err = err;
	}
	of->bytes += kept.end;
	of->written += kept.packets;
	of->lost += all.packets - kept.packets;
	of->n_marks = 0;
	buf_drop_front(&of->buf, all.end);
	return err;
}

/* The block behind the last mark is dropped, because of the error that the caller will get. */
static void drop_block(struct outfile *of, enum outfile_block kind)
{
	buf_cut(&of->buf, last_mark(of).end);
	if (kind == OUTFILE_PACKET)
		of->lost++;
}

int outfile_mark(struct outfile *of, enum outfile_block kind)
{
	struct mark mark = last_mark(of);
	int err = buf_error(&of->buf);

	if (err) {
		drop_block(of, kind);
		outfile_flush(of);
		if (!of->err)
			of->err = err;
		return of->err;
	}
	if (of->buf.len == mark.end)
		return of->err;
	if (of->err) {
		drop_block(of, kind);
		return of->err;
	}

	mark.end = of->buf.len;
	if (kind == OUTFILE_PACKET)
		mark.packets++;
	of->marks[of->n_marks++] = mark;
	if (mark.end >= BATCH_BYTES || of->n_marks == BATCH_BLOCKS ||
	    (of->packet_buffered && kind == OUTFILE_PACKET))
		return outfile_flush(of);
	return 0;
}

void outfile_get_stats(const struct outfile *of, struct outfile_stats *ret_stats)
{
	*ret_stats = (struct outfile_stats){
		.bytes = of->bytes,
		.written = of->written,
		.lost = of->lost,
		.pending = last_mark(of).packets,
		.torn = of->torn,
	};
}

int outfile_close(struct outfile *of, struct outfile_stats *ret_stats)
{
	int err;

	if (!of) {
		if (ret_stats)
			*ret_stats = (struct outfile_stats){0};
		return 0;
	}
	err = outfile_flush(of);
	if (close(of->fd) && !err)
		err = -errno;
	if (ret_stats)
		outfile_get_stats(of, ret_stats);
	buf_free(&of->buf);
	free(of);
	return err;
}
