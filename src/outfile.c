// SPDX-License-Identifier: GPL-2.0-only
#include "src/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/unnamed.h"

/*
 * A batch goes out when it has this many bytes or blocks. Larger ones save nothing measurable, and
 * a kill -9 in the midst of a write() can cut that batch: generic_perform_write() in the kernel's
 * mm/filemap.c gives up between two pages.
 */
#define BATCH_BYTES  (256 * 1024)
#define BATCH_BLOCKS 4096
/* Compressed: a larger batch becomes smaller. */
#define COMPRESSED_BATCH_BYTES (1024 * 1024)

/* The end of a block in the buffer. */
struct mark {
	size_t end;	  /* bytes in the batch up to there */
	uint64_t packets; /* packets in the batch up to there */
};

struct outfile {
	int fd;
	bool packet_buffered;
	struct compressor *compressor; /* NULL: none */
	struct buf compressed;	       /* what it has made of the batch */
	uint64_t compressed_bytes;     /* in the file, without the tail */
	bool has_tail;		       /* the tail stands behind them, and is overwritten */
	int err;		       /* the first error; nothing is written after it */
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

static void free_outfile(struct outfile *of)
{
	compressor_free(of->compressor);
	buf_free(&of->compressed);
	buf_free(&of->buf);
	free(of);
}

static int put_head(struct outfile *of, const struct buf *head)
{
	if (!head)
		return 0;
	if (buf_error(head))
		return buf_error(head);
	buf_append(&of->buf, head->data, head->len);
	return outfile_mark(of, OUTFILE_OTHER);
}

/* Before the file is touched: it must not be emptied for nothing. */
static int prepare(const struct outfile_opts *opts, struct outfile **ret_of)
{
	struct outfile *of = calloc(1, sizeof(*of));
	int err = 0;

	if (!of)
		return -ENOMEM;
	of->fd = -1;
	of->packet_buffered = opts->packet_buffered;
	if (opts->compress != COMPRESS_NONE)
		err = compressor_new(opts->compress, &of->compressor);
	if (!err)
		err = put_head(of, opts->head);
	if (err) {
		free_outfile(of);
		return err;
	}
	*ret_of = of;
	return 0;
}

/* Writes the head. */
static int begin(struct outfile *of, int fd, bool ours)
{
	struct stat st;

	if (fd < 0)
		return fd;
	of->fd = fd;
	of->has_tail = of->compressor && ours && !fstat(fd, &st) && S_ISREG(st.st_mode);
	return outfile_flush(of);
}

/* -EAGAIN: it has to be done the plain way. */
static int begin_unnamed(struct outfile *of, const char *path, bool replace)
{
	struct stat st;
	int err, fd;

	if (!strcmp(path, "-") || (!replace && !lstat(path, &st)))
		return -EAGAIN;
	fd = unnamed_open(path);
	if (fd < 0)
		return -EAGAIN;
	err = begin(of, fd, true);
	if (err)
		return err;
	return unnamed_publish(fd, path) ? -EAGAIN : 0;
}

int outfile_open(const char *path, const struct outfile_opts *opts, struct outfile **ret_of)
{
	struct outfile *of;
	int err = prepare(opts, &of);

	if (err)
		return err;
	err = begin_unnamed(of, path, opts->replace);
	if (err == -EAGAIN) {
		outfile_close(of, NULL);
		err = prepare(opts, &of);
		if (err)
			return err;
		err = begin(of, open_fd(path, opts->terminal), strcmp(path, "-"));
	}
	if (err) {
		outfile_close(of, NULL);
		return err;
	}
	*ret_of = of;
	return 0;
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

/* The batch as it is; a cut one leaves the blocks that are whole. */
static int write_blocks(struct outfile *of, const struct mark *all, struct mark *ret_kept)
{
	size_t done;
	int err = write_all(of->fd, of->buf.data, all->end, &done);

	*ret_kept = err ? last_mark_within(of, done) : *all;
	if (done > ret_kept->end)
		of->torn = !take_back(of->fd, (off_t)(done - ret_kept->end));
	return err;
}

/* To where the last batch ends, and there the tail: what has been tried behind it is taken back. */
static bool restore_tail(struct outfile *of, const void *tail, size_t len)
{
	off_t end = (off_t)of->compressed_bytes;
	size_t done;

	if (!end)
		len = 0;
	return !ftruncate(of->fd, end + (off_t)len) && lseek(of->fd, end, SEEK_SET) == end &&
	       !write_all(of->fd, tail, len, &done);
}

/* The batch compressed, and the tail; a cut one leaves nothing. */
static int write_compressed(struct outfile *of, const struct mark *all, struct mark *ret_kept)
{
	size_t tail_len, done = 0;
	const void *tail = compressor_tail(of->compressor, &tail_len);
	int err;

	*ret_kept = (struct mark){0};
	buf_reset(&of->compressed);
	err = compressor_batch(of->compressor, of->buf.data, all->end, &of->compressed);
	if (!err && of->has_tail)
		buf_append(&of->compressed, tail, tail_len);
	if (!err)
		err = buf_error(&of->compressed);
	if (!err)
		err = write_all(of->fd, of->compressed.data, of->compressed.len, &done);
	if (err) {
		if (of->has_tail)
			of->torn = !restore_tail(of, tail, tail_len);
		else if (done)
			of->torn = !take_back(of->fd, (off_t)done);
		return err;
	}
	*ret_kept = *all;
	of->compressed_bytes += done - (of->has_tail ? tail_len : 0);
	if (of->has_tail)
		lseek(of->fd, (off_t)of->compressed_bytes, SEEK_SET);
	return 0;
}

/* Where the tail could not stand behind each batch, it stands at the end. */
static int write_tail(struct outfile *of)
{
	size_t len, done;
	const void *tail;

	if (!of->compressor || of->has_tail || !of->compressed_bytes)
		return 0;
	tail = compressor_tail(of->compressor, &len);
	return write_all(of->fd, tail, len, &done);
}

int outfile_flush(struct outfile *of)
{
	const struct mark all = last_mark(of);
	struct mark kept;
	int err;

	if (of->err || !of->n_marks)
		return of->err;
	err = of->compressor ? write_compressed(of, &all, &kept) : write_blocks(of, &all, &kept);
	of->err = err;
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
	if (mark.end >= (of->compressor ? COMPRESSED_BATCH_BYTES : BATCH_BYTES) ||
	    of->n_marks == BATCH_BLOCKS || (of->packet_buffered && kind == OUTFILE_PACKET))
		return outfile_flush(of);
	return 0;
}

uint64_t outfile_size(const struct outfile *of)
{
	return of->compressor ? of->compressed_bytes : of->bytes + last_mark(of).end;
}

bool outfile_is_at(const struct outfile *of, const char *path)
{
	struct stat ours, theirs;

	return !fstat(of->fd, &ours) && !stat(path, &theirs) && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
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
	err = of->fd < 0 ? of->err : outfile_flush(of);
	if (of->fd >= 0 && !err)
		err = write_tail(of);
	if (of->fd >= 0 && close(of->fd) && !err)
		err = -errno;
	if (ret_stats)
		outfile_get_stats(of, ret_stats);
	free_outfile(of);
	return err;
}
