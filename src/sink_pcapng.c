// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng for Wireshark and tcpdump.  Section header and a first interface go out at the start,
 * because libpcap refuses a file without an interface; other interfaces when they are first seen.
 * One link type and one snapshot length for all: libpcap stops at anything else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "src/comment.h"
#include "src/ifaces.h"
#include "src/outfile.h"
#include "src/sink.h"
#include "src/util.h"

#define LINKTYPE_ETHERNET 1

struct sink_pcapng {
	struct sink sink;
	struct sink_info info;
	struct outfile *out;
	struct ifaces *ifaces;
	struct buf line;   /* the first comment of the packet at hand */
	uint64_t unmarked; /* packets that failed before the output saw them */
};

static struct sink_pcapng *self(struct sink *sink)
{
	return (struct sink_pcapng *)((char *)sink - offsetof(struct sink_pcapng, sink));
}

static void printable(char *dst, size_t size, const char *text)
{
	utf8_sanitize(dst, size, text, strlen(text));
}

static int write_section(struct sink_pcapng *s)
{
	char command[1024], os[sizeof(struct utsname)], attached[1200];
	const char *comments[] = {command, attached};
	struct utsname uts;
	int err;

	if (uname(&uts))
		return -errno;
	snprintf(os, sizeof(os), "%s %s %s", uts.sysname, uts.release, uts.version);
	printable(command, sizeof(command), s->info.command_line);
	snprintf(attached, sizeof(attached), "attached to %u functions (%s)%s%s", s->info.functions,
		 s->info.backend, *s->info.skipped ? "; " : "", s->info.skipped);
	err = pcapng_append_shb(outfile_buf(s->out),
				&(struct pcapng_shb){
					.hardware = uts.machine,
					.os = os,
					.userappl = "pwru-cap " PWRU_CAP_VERSION,
					.comments = comments,
					.n_comments = ARRAY_SIZE(comments),
				});
	return err ? err : outfile_mark(s->out, OUTFILE_OTHER);
}

static int write_interface(struct sink_pcapng *s, const char *name, const char *description)
{
	int err = pcapng_append_idb(outfile_buf(s->out), &(struct pcapng_idb){
								 .linktype = LINKTYPE_ETHERNET,
								 .snaplen = s->info.snaplen,
								 .name = name,
								 .description = description,
								 .filter = s->info.expression,
							 });

	return err ? err : outfile_mark(s->out, OUTFILE_OTHER);
}

static int64_t interface_of(struct sink_pcapng *s, const struct view *view)
{
	struct buf description = {0};
	bool is_new;
	int64_t number = ifaces_find(s->ifaces, view, &is_new);
	int err;

	if (number < 0 || !is_new)
		return number;
	ifaces_describe(&description, view);
	err = write_interface(s, view->ifname, buf_str(&description));
	buf_free(&description);
	return err ? err : number;
}

static uint32_t original_length(const struct view *view)
{
	uint32_t length = view->rec->hdr->wire_len;

	/* tcpdump calls longer ones invalid (big TCP); the comment says len=. */
	if (length > PCAPNG_MAX_CAPLEN)
		length = PCAPNG_MAX_CAPLEN;
	/* The bytes were read a moment after the lengths, and may be more by then. */
	return length < view->frame.caplen ? view->frame.caplen : length;
}

static int append_packet(struct sink_pcapng *s, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;
	int64_t number = interface_of(s, view);
	const char *comments[2];
	struct pcapng_epb epb = {
		.ifid = number,
		.origlen = original_length(view),
		.ts_ns = view->time_ns,
		.pieces = view->frame.pieces,
		.n_pieces = view->frame.n_pieces,
		.flags = pcapng_epb_flags(hdr->pkt_type),
		.dropcount = view->dropped,
		.packetid = hdr->id,
		.comments = comments,
		.n_comments = ARRAY_SIZE(comments),
	};

	if (number < 0)
		return number;
	buf_reset(&s->line);
	comment_line(&s->line, view);
	comments[0] = buf_str(&s->line);
	comments[1] = view->stack;
	return pcapng_append_epb(outfile_buf(s->out), &epb);
}

static int pcapng_packet(struct sink *sink, const struct view *view)
{
	struct sink_pcapng *s = self(sink);
	int err = append_packet(s, view);

	if (err) {
		s->unmarked++;
		return err;
	}
	return outfile_mark(s->out, OUTFILE_PACKET);
}

static int pcapng_flush(struct sink *sink)
{
	return outfile_flush(self(sink)->out);
}

static int pcapng_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_pcapng *s = self(sink);
	struct outfile_stats stats;
	int err = outfile_close(s->out, &stats);

	*ret_stats = (struct sink_stats){
		.written = stats.written,
		.failed = stats.lost + s->unmarked,
	};
	ifaces_free(s->ifaces);
	buf_free(&s->line);
	free(s);
	return err;
}

int sink_pcapng_open(const struct sink_info *info, struct sink **ret_sink)
{
	struct sink_pcapng *s = calloc(1, sizeof(*s));
	struct sink_stats unused;
	int err;

	if (!s)
		return -ENOMEM;
	s->info = *info;
	s->sink = (struct sink){
		.path = strcmp(info->path, "-") ? info->path : "standard output",
		.packet = pcapng_packet,
		.flush = pcapng_flush,
		.close = pcapng_close,
	};
	s->ifaces = ifaces_new();
	err = s->ifaces ? outfile_open(info->path, info->packet_buffered, &s->out) : -ENOMEM;
	if (!err)
		err = write_section(s);
	if (!err)
		err = write_interface(s, "none", "packets that are on no device");
	if (!err)
		err = outfile_flush(s->out);
	if (err) {
		pcapng_close(&s->sink, &unused);
		return err;
	}
	*ret_sink = &s->sink;
	return 0;
}
