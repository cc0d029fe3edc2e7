// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng for Wireshark and tcpdump.  Each file begins with a section header and a first interface,
 * because libpcap refuses a file without one; other interfaces when they are first seen in it.
 * One link type and one snapshot length for all: libpcap stops at anything else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "src/comment.h"
#include "src/ifaces.h"
#include "src/outfiles.h"
#include "src/sink.h"
#include "src/util.h"

#define LINKTYPE_ETHERNET 1

struct sink_pcapng {
	struct sink sink;
	struct sink_info info;
	struct outfiles *files;
	struct ifaces *ifaces; /* in the present file */
	struct buf line;       /* the first comment of the packet at hand */
	uint64_t unmarked;     /* packets that failed before the output saw them */
};

static struct sink_pcapng *self(struct sink *sink)
{
	return (struct sink_pcapng *)((char *)sink - offsetof(struct sink_pcapng, sink));
}

static void printable(char *dst, size_t size, const char *text)
{
	utf8_sanitize(dst, size, text, strlen(text));
}

static int append_section(const struct sink_pcapng *s, struct buf *out)
{
	char command[1024], os[sizeof(struct utsname)], attached[1200];
	const char *comments[] = {command, attached};
	struct utsname uts;

	if (uname(&uts))
		return -errno;
	snprintf(os, sizeof(os), "%s %s %s", uts.sysname, uts.release, uts.version);
	printable(command, sizeof(command), s->info.command_line);
	snprintf(attached, sizeof(attached), "attached to %u functions (%s)%s%s", s->info.functions,
		 s->info.backend, *s->info.skipped ? "; " : "", s->info.skipped);
	return pcapng_append_shb(out, &(struct pcapng_shb){
					      .hardware = uts.machine,
					      .os = os,
					      .userappl = "pwru-cap " PWRU_CAP_VERSION,
					      .comments = comments,
					      .n_comments = ARRAY_SIZE(comments),
				      });
}

static int append_interface(const struct sink_pcapng *s, struct buf *out, const char *name,
			    const char *description)
{
	return pcapng_append_idb(out, &(struct pcapng_idb){
					      .linktype = LINKTYPE_ETHERNET,
					      .snaplen = s->info.snaplen,
					      .name = name,
					      .description = description,
					      .filter = s->info.expression,
				      });
}

/* Each file begins so, and knows of no other interfaces yet. */
static int append_head(void *sink_pcapng, struct buf *out)
{
	struct sink_pcapng *s = sink_pcapng;
	int err;

	ifaces_free(s->ifaces);
	s->ifaces = ifaces_new();
	if (!s->ifaces)
		return -ENOMEM;
	err = append_section(s, out);
	return err ? err : append_interface(s, out, "none", "packets that are on no device");
}

static int64_t interface_of(struct sink_pcapng *s, const struct view *view)
{
	struct outfile *out = outfiles_file(s->files);
	struct buf description = {0};
	bool is_new;
	int64_t number = ifaces_find(s->ifaces, view, &is_new);
	int err;

	if (number < 0 || !is_new)
		return number;
	ifaces_describe(&description, view);
	err = append_interface(s, outfile_buf(out), view->ifname, buf_str(&description));
	if (!err)
		err = outfile_mark(out, OUTFILE_OTHER);
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
	return pcapng_append_epb(outfile_buf(outfiles_file(s->files)), &epb);
}

static const char *path_of(const struct sink_pcapng *s)
{
	const char *path = outfiles_path(s->files);

	return strcmp(path, "-") ? path : "standard output";
}

static int pcapng_packet(struct sink *sink, const struct view *view)
{
	struct sink_pcapng *s = self(sink);
	int err = outfiles_turn(s->files, view->time_ns);

	sink->path = path_of(s);
	if (!err)
		err = append_packet(s, view);
	if (err) {
		s->unmarked += err != -ECANCELED;
		return err;
	}
	return outfile_mark(outfiles_file(s->files), OUTFILE_PACKET);
}

static int pcapng_flush(struct sink *sink)
{
	return outfiles_flush(self(sink)->files);
}

static int pcapng_sync(struct sink *sink)
{
	struct outfile *out = outfiles_file(self(sink)->files);

	return out ? outfile_flush(out) : 0;
}

static int pcapng_rotate(struct sink *sink)
{
	struct sink_pcapng *s = self(sink);
	int err = outfiles_rotate(s->files);

	sink->path = path_of(s);
	return err;
}

static int pcapng_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_pcapng *s = self(sink);
	struct outfile_stats stats;
	int err = outfiles_close(s->files, &stats);

	ret_stats->written = stats.written;
	ret_stats->failed = stats.lost + s->unmarked;
	ifaces_free(s->ifaces);
	buf_free(&s->line);
	free(s);
	return err;
}

int sink_pcapng_open(const struct sink_info *info, struct sink **ret_sink)
{
	struct sink_pcapng *s = calloc(1, sizeof(*s));
	struct outfiles_opts opts = {
		.rotate = info->files,
		.postrotate = info->postrotate,
		.compress = info->compress,
		.packet_buffered = info->packet_buffered,
		.head = append_head,
		.ctx = s,
	};
	struct sink_stats unused;
	int err;

	if (!s)
		return -ENOMEM;
	s->info = *info;
	s->sink = (struct sink){
		.packet = pcapng_packet,
		.flush = pcapng_flush,
		.sync = pcapng_sync,
		.rotate = strcmp(info->files.name, "-") ? pcapng_rotate : NULL,
		.close = pcapng_close,
	};
	err = outfiles_open(&opts, &s->files);
	if (err) {
		pcapng_close(&s->sink, &unused);
		return err;
	}
	s->sink.path = path_of(s);
	*ret_sink = &s->sink;
	return 0;
}
