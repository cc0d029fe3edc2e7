// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line a sighting on standard output: the time, and the first comment that pcapng gets.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "src/comment.h"
#include "src/sink.h"

/* Lines that gather before they are written. */
#define BATCH_BYTES (64 * 1024)

struct sink_text {
	struct sink sink;
	uint64_t written, failed;
	uint64_t pending; /* lines in out */
	int err;	  /* the first; nothing is written any more */
	struct buf out;
};

static struct sink_text *self(struct sink *sink)
{
	return (struct sink_text *)((char *)sink - offsetof(struct sink_text, sink));
}

static void put_time(struct buf *out, uint64_t ns)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	buf_printf(out, "%02d:%02d:%02d.%09u ", tm.tm_hour, tm.tm_min, tm.tm_sec,
		   (unsigned int)(ns % 1000000000));
}

static uint64_t count_lines(const uint8_t *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static int text_flush(struct sink *sink)
{
	struct sink_text *s = self(sink);
	size_t done = 0;
	uint64_t lines;

	while (!s->err && done < s->out.len) {
		ssize_t n = write(STDOUT_FILENO, s->out.data + done, s->out.len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			s->err = -errno;
	}
	lines = count_lines(s->out.data, done);
	s->written += lines;
	s->failed += s->pending - lines;
	s->pending = 0;
	buf_reset(&s->out);
	return s->err;
}

static int text_packet(struct sink *sink, const struct view *view)
{
	struct sink_text *s = self(sink);
	size_t before = s->out.len;

	s->pending++;
	put_time(&s->out, view->time_ns);
	comment_line(&s->out, view);
	buf_puts(&s->out, "\n");
	if (buf_error(&s->out)) {
		s->err = buf_error(&s->out);
		buf_cut(&s->out, before);
	}
	if (s->err || s->out.len >= BATCH_BYTES)
		return text_flush(sink);
	return 0;
}

static int text_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_text *s = self(sink);
	int err = text_flush(sink);

	*ret_stats = (struct sink_stats){.written = s->written, .failed = s->failed};
	buf_free(&s->out);
	free(s);
	return err;
}

int sink_text_open(const struct sink_info *info, struct sink **ret_sink)
{
	struct sink_text *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->sink = (struct sink){
		.path = "standard output",
		.packet = text_packet,
		.flush = text_flush,
		.sync = text_flush,
		.close = text_close,
	};
	*ret_sink = &s->sink;
	return 0;
}
