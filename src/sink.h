/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SINK_H
#define PWRU_CAP_SINK_H
/*
 * Where packets go.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/compress.h"
#include "src/filemode.h"
#include "src/printing.h"
#include "src/rotate.h"
#include "src/view.h"

/* What a sink may say about the capture as a whole. */
struct sink_info {
	struct rotate_cfg files; /* the file, or "-", and when the next one is begun */
	const char *postrotate;	 /* program to run for each file that is finished; NULL: none */
	enum compress_kind compress;
	const char *command_line; /* as typed */
	const char *expression;	  /* NULL: none */
	const char *backend;	  /* how the functions are attached */
	uint32_t functions;	  /* how many */
	const char *skipped;	  /* which are not, as words; "" for none */
	uint32_t snaplen;
	bool packet_buffered; /* write each packet at once */
	enum linktype_mode linktype;
	enum ifaces_mode ifaces;
	const struct printing *printing; /* of text and JSON */
};

/* The figures of a whole capture, when it ends; times are nanoseconds since 1970-01-01 UTC. */
struct sink_totals {
	uint64_t received; /* packets that matched, and were to be written */
	uint64_t dropped;  /* of those, packets that the sink did not get */
	uint64_t lost;	   /* of those, packets that were lost in the kernel */
	uint64_t start_ns;
	uint64_t end_ns;
};

/* The figures of a sink at its end. */
struct sink_stats {
	uint64_t written; /* packets that are in the file, or were taken by the pipe */
	uint64_t failed;  /* packets that could not be written any more */
	uint64_t partly;  /* of those written: packets that another output did not get */
	/*
	 * Of a sink that stands for many: whose error it was, the path as it was then. "": of none,
	 * or the sink stands for itself.
	 */
	char failed_path[PATH_MAX];
};

struct sink {
	const char *path; /* for messages; another one with the next file */
	/*
	 * Takes a packet. Returns 0 or -errno; after an error the sink takes no more.  -ECANCELED:
	 * nor did it take this one, for the output is complete.
	 */
	int (*packet)(struct sink *sink, const struct view *view);
	/*
	 * Called at least once a second: hands what is buffered to the kernel; with
	 * compression, what has come together in a second. Returns 0 or -errno.
	 */
	int (*flush)(struct sink *sink);
	/* Hands all that is buffered to the kernel now. Returns 0 or -errno. */
	int (*sync)(struct sink *sink);
	/* Begins the next file now. Returns as packet(). NULL: there is no next file. */
	int (*rotate)(struct sink *sink);
	/*
	 * Takes the figures of the capture, after the last packet; leaves them out after an error,
	 * which it may return once more. Returns 0 or -errno. NULL: the output has no place for
	 * them.
	 */
	int (*totals)(struct sink *sink, const struct sink_totals *totals);
	/* Ends the output and frees the sink. Returns 0 or the first error of its life. */
	int (*close)(struct sink *sink, struct sink_stats *ret_stats);
};

/*
 * sink_check() - could this path, -w's, be written? Touches nothing, so that a capture that cannot
 * start leaves an existing file alone. Says on stderr what is wrong; returns 0 or -errno.
 */
int sink_check(const char *path);

/**
 * sink_pcapng_open() - begin a pcapng file
 * @info: what to say in its section header; strings must outlive the sink
 * @ret_sink: receives the new sink, on success only
 *
 * Return: 0 or -errno.
 */
int sink_pcapng_open(const struct sink_info *info, struct sink **ret_sink);

/* sink_text_open() - lines as info.printing says, to its path; otherwise as sink_pcapng_open() */
int sink_text_open(const struct sink_info *info, struct sink **ret_sink);

/*
 * sink_json_open() - a line of JSON a packet, as samples/output.schema.json describes it; otherwise
 * as sink_text_open()
 */
int sink_json_open(const struct sink_info *info, struct sink **ret_sink);

/**
 * sink_all_open() - a sink that hands each packet to all of several
 * @sinks: @n of them, which belong to the result; also after an error
 * @n: 1 to SINK_ALL_MAX
 *
 * The first is the one that counts: its path is that of the whole, what it has written is what was
 * captured, and only it may be complete (-ECANCELED): the others do not get that packet either. The
 * first error of any is the error of the whole, but a reader that is gone (-EPIPE) gives way to
 * another error.
 *
 * Return: 0 or -ENOMEM; then the sinks are closed.
 */
#define SINK_ALL_MAX 4
int sink_all_open(struct sink *const *sinks, size_t n, struct sink **ret_sink);

#endif
