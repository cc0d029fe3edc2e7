/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SINK_H
#define PWRU_CAP_SINK_H
/*
 * Where packets go.
 */
#include <stdbool.h>
#include <stdint.h>

#include "src/printing.h"
#include "src/view.h"

/* What a sink may say about the capture as a whole. */
struct sink_info {
	const char *path;	  /* file, or "-" */
	const char *command_line; /* as typed */
	const char *expression;	  /* NULL: none */
	const char *backend;	  /* how the functions are attached */
	uint32_t functions;	  /* how many */
	const char *skipped;	  /* which are not, as words; "" for none */
	uint32_t snaplen;
	bool packet_buffered;		 /* write each packet at once */
	const struct printing *printing; /* of text and JSON */
};

/* The figures of a sink at its end. */
struct sink_stats {
	uint64_t written; /* packets that are in the file, or were taken by the pipe */
	uint64_t failed;  /* packets that could not be written any more */
	uint64_t partly;  /* of those written: packets that another output did not get */
	/* Whose error it was, if it is not the sink's own path: of a sink that stands for many. */
	const char *failed_path;
};

struct sink {
	const char *path; /* for messages */
	/* Takes a packet. Returns 0 or -errno; after an error the sink takes no more. */
	int (*packet)(struct sink *sink, const struct view *view);
	/* Hands what is buffered to the kernel. Returns 0 or -errno. */
	int (*flush)(struct sink *sink);
	/* Ends the output and frees the sink. Returns 0 or the first error of its life. */
	int (*close)(struct sink *sink, struct sink_stats *ret_stats);
};

/*
 * sink_check() - could this path be written? Touches nothing, so that a capture that cannot start
 * leaves an existing file alone. Says on stderr what is wrong; returns 0 or -errno.
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
 * The first is the one that counts: what it has written is what was captured.  The first error of
 * any is the error of the whole.
 *
 * Return: 0 or -ENOMEM; then the sinks are closed.
 */
#define SINK_ALL_MAX 4
int sink_all_open(struct sink *const *sinks, size_t n, struct sink **ret_sink);

#endif
