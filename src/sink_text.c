// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line a sighting on standard output: the time, and the first comment that pcapng gets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/comment.h"
#include "src/sink.h"

struct sink_text {
	struct sink sink;
	uint64_t written, failed;
	int err;
	struct buf line;
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

static int text_packet(struct sink *sink, const struct view *view)
{
	struct sink_text *s = self(sink);

	buf_reset(&s->line);
	put_time(&s->line, view->time_ns);
	comment_line(&s->line, view);
	buf_puts(&s->line, "\n");
	if (!s->err && fwrite(s->line.data, 1, s->line.len, stdout) != s->line.len)
		s->err = -errno;
	if (s->err)
		s->failed++;
	else
		s->written++;
	return s->err;
}

static int text_flush(struct sink *sink)
{
	struct sink_text *s = self(sink);

	if (fflush(stdout) && !s->err)
		s->err = -errno;
	return s->err;
}

static int text_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_text *s = self(sink);
	int err = text_flush(sink);

	*ret_stats = (struct sink_stats){.written = s->written, .failed = s->failed};
	buf_free(&s->line);
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
		.close = text_close,
	};
	*ret_sink = &s->sink;
	return 0;
}
