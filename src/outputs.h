/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OUTPUTS_H
#define PWRU_CAP_OUTPUTS_H
/*
 * From the options to the sink that the capture writes to: the file of -w, what is printed, or
 * both.
 */
#include "src/options.h"
#include "src/sink.h"

/*
 * outputs_check() - could all that the options name be written?  Touches nothing, says on stderr
 * what is wrong; returns 0 or -errno.
 */
int outputs_check(const struct options *opts);

/**
 * outputs_open() - begin all outputs
 * @info: for sink_pcapng_open() and the others
 * @ret_sink: receives the sink, on success only
 *
 * Says on stderr what is wrong, but for a reader that is gone (-EPIPE).
 *
 * Return: 0 or -errno.
 */
int outputs_open(const struct options *opts, const struct sink_info *info, struct sink **ret_sink);

#endif
