// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng for Wireshark and tcpdump.  Section header and a first interface go out at the start,
 * because libpcap refuses a file without an interface; other interfaces when they are first seen.
 * One snapshot length for all, and but for --linktype native one link type: libpcap stops at
 * anything else.
 *
 * At the end each interface gets its statistics.  What was lost was lost before anybody looked at
 * its interface, so these packets are counted on the first one: the sums over all interfaces are
 * the figures of the summary.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "src/comment.h"
#include "src/ifaces.h"
#include "src/linktype.h"
#include "src/outfile.h"
#include "src/sink.h"
#include "src/util.h"

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

static int write_interface(struct sink_pcapng *s, uint16_t linktype, const char *name,
			   const char *description)
{
	int err = pcapng_append_idb(outfile_buf(s->out), &(struct pcapng_idb){
								 .linktype = linktype,
								 .snaplen = s->info.snaplen,
								 .name = name,
								 .description = description,
								 .filter = s->info.expression,
							 });

	return err ? err : outfile_mark(s->out, OUTFILE_OTHER);
}

static int write_first_interface(struct sink_pcapng *s)
{
	return write_interface(s, linktype_first(s->info.linktype), "none",
			       s->info.ifaces == IFACES_DEVICE
				       ? "packets that are on no device"
				       : "no packets; those that were lost are counted here");
}

static int describe_interface(struct sink_pcapng *s, const struct view *view, uint16_t linktype)
{
	struct buf name = {0}, description = {0};
	int err;

	ifaces_name(s->info.ifaces, &name, view);
	ifaces_describe(s->info.ifaces, &description, view);
	err = write_interface(s, linktype, buf_str(&name), buf_str(&description));
	buf_free(&name);
	buf_free(&description);
	return err;
}

static int64_t interface_of(struct sink_pcapng *s, const struct view *view, uint16_t linktype)
{
	bool is_new;
	int64_t number = ifaces_find(s->ifaces, view, linktype, &is_new);
	int err = number >= 0 && is_new ? describe_interface(s, view, linktype) : 0;

	return err ? err : number;
}

/*
 * skb->queue_mapping of a received packet: 0 if no queue is known, or else one more than its
 * number (skb_record_rx_queue() in linux/skbuff.h).
 */
static void put_queue(struct pcapng_epb *epb, const struct ev_hdr *hdr)
{
	epb->has_queue = hdr->queue != 0;
	epb->queue = hdr->queue - 1;
}

static int append_packet(struct sink_pcapng *s, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;
	struct link_packet packet;
	const char *comments[2];
	struct pcapng_epb epb;
	int64_t number;
	int err;

	linktype_packet(s->info.linktype, view, s->info.snaplen, &packet);
	number = interface_of(s, view, packet.linktype);
	if (number < 0)
		return number;
	epb = (struct pcapng_epb){
		.ifid = number,
		.origlen = packet.origlen,
		.ts_ns = view->time_ns,
		.pieces = packet.pieces,
		.n_pieces = packet.n_pieces,
		.flags = pcapng_epb_flags(hdr->pkt_type),
		.dropcount = view->dropped,
		.packetid = hdr->id,
		.comments = comments,
		.n_comments = ARRAY_SIZE(comments),
	};
	put_queue(&epb, hdr);
	buf_reset(&s->line);
	comment_line(&s->line, view);
	comments[0] = buf_str(&s->line);
	comments[1] = view->stack;
	err = pcapng_append_epb(outfile_buf(s->out), &epb);
	if (!err)
		++*ifaces_packets(s->ifaces, number);
	return err;
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

/* Of the first interface, and of no other, is known how many packets were lost: see above. */
static void add_lost(const struct sink_totals *t, struct pcapng_isb *isb)
{
	isb->ifrecv += t->dropped;
	isb->filteraccept += t->dropped;
	isb->ifdrop = t->dropped;
	isb->osdrop = t->lost;
}

static int append_statistics(struct sink_pcapng *s, const struct sink_totals *t, size_t number)
{
	uint64_t packets = *ifaces_packets(s->ifaces, number);
	uint64_t elsewhere = t->dropped ? PCAPNG_UNKNOWN : 0;
	char comment[128] = "";
	struct pcapng_isb isb = {
		.ifid = number,
		.ts_ns = t->end_ns,
		.starttime_ns = t->start_ns,
		.endtime_ns = t->end_ns,
		.ifrecv = packets,
		.filteraccept = packets,
		.usrdeliv = packets,
		.ifdrop = elsewhere,
		.osdrop = elsewhere,
		.comment = comment,
	};

	if (number == 0 && t->dropped) {
		add_lost(t, &isb);
		snprintf(comment, sizeof(comment),
			 "%" PRIu64 " packets of any interface were lost, and are counted here",
			 t->dropped);
	}
	return pcapng_append_isb(outfile_buf(s->out), &isb);
}

static int pcapng_totals(struct sink *sink, const struct sink_totals *totals)
{
	struct sink_pcapng *s = self(sink);
	int err = 0;

	for (size_t i = 0; !err && i < ifaces_count(s->ifaces); i++) {
		err = append_statistics(s, totals, i);
		if (!err)
			err = outfile_mark(s->out, OUTFILE_OTHER);
	}
	return err;
}

static int pcapng_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_pcapng *s = self(sink);
	struct outfile_stats stats;
	int err = outfile_close(s->out, &stats);

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
	struct sink_stats unused;
	int err;

	if (!s)
		return -ENOMEM;
	s->info = *info;
	s->sink = (struct sink){
		.path = strcmp(info->path, "-") ? info->path : "standard output",
		.packet = pcapng_packet,
		.flush = pcapng_flush,
		.totals = pcapng_totals,
		.close = pcapng_close,
	};
	s->ifaces = ifaces_new(info->ifaces, linktype_first(info->linktype));
	err = s->ifaces ? outfile_open(info->path, info->packet_buffered, &s->out) : -ENOMEM;
	if (!err)
		err = write_section(s);
	if (!err)
		err = write_first_interface(s);
	if (!err)
		err = outfile_flush(s->out);
	if (err) {
		pcapng_close(&s->sink, &unused);
		return err;
	}
	*ret_sink = &s->sink;
	return 0;
}
