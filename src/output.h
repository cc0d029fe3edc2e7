/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OUTPUT_H
#define PWRU_CAP_OUTPUT_H
/*
 * From what the options say of the output to a sink.
 */
#include "src/options.h"
#include "src/sink.h"

/**
 * output_check() - could what -w and --output-file name be written, and what -z names be run?
 * @options: a const struct options
 *
 * Touches nothing. Says on stderr what is wrong.
 *
 * Return: 0 or -errno.
 */
int output_check(const void *options);

/**
 * output_open() - the sink that is asked for: the file of -w, what is printed, or one of both
 * @about: what it may say about the capture; the rest is filled in
 * @ret_sink: receives the new sink, on success only
 *
 * Says on stderr what is wrong, but for -EPIPE.
 *
 * Return: 0 or -errno.
 */
int output_open(const struct options *opts, const struct sink_info *about, struct sink **ret_sink);

#endif
