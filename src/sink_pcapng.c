// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng for Wireshark and tcpdump.  Each file begins with a section header and a first interface,
 * because libpcap refuses a file without one; other interfaces when they are first seen in it.
 * One snapshot length for all, and but for --linktype native one link type: libpcap stops at
 * anything else.
 *
 * At the end of a file each interface gets its statistics.  What was lost was lost before anybody
 * looked at its interface, so these packets are counted on the first one: the sums over all
 * interfaces, and over all files, are the figures of the summary.
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
#include "src/outfiles.h"
#include "src/sink.h"
#include "src/util.h"

struct sink_pcapng {
	struct sink sink;
	struct sink_info info;
	struct outfiles *files;
	struct ifaces *ifaces; /* in the present file */
	struct buf line;       /* the first comment of the packet at hand */
	uint64_t unmarked;     /* packets that failed before the output saw them */
	uint64_t lost;	       /* told by the packets of the present file */
	uint64_t lost_before;  /* told by those of the files that have ended */
	uint64_t from_ns;      /* of the present file's first packet; 0: it is the first file */
	uint64_t to_ns;	       /* of its last packet */
	bool next_file;	       /* the next packet is the first one of another file */
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

static int append_interface(const struct sink_pcapng *s, struct buf *out, uint16_t linktype,
			    const char *name, const char *description)
{
	return pcapng_append_idb(out, &(struct pcapng_idb){
					      .linktype = linktype,
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
	s->ifaces = ifaces_new(s->info.ifaces, linktype_first(s->info.linktype));
	if (!s->ifaces)
		return -ENOMEM;
	err = append_section(s, out);
	if (err)
		return err;
	return append_interface(s, out, linktype_first(s->info.linktype), "none",
				s->info.ifaces == IFACES_DEVICE
					? "packets that are on no device"
					: "no packets; those that were lost are counted here");
}

static int describe_interface(struct sink_pcapng *s, const struct view *view, uint16_t linktype)
{
	struct outfile *out = outfiles_file(s->files);
	struct buf name = {0}, description = {0};
	int err;

	ifaces_name(s->info.ifaces, &name, view);
	ifaces_describe(s->info.ifaces, &description, view);
	err = append_interface(s, outfile_buf(out), linktype, buf_str(&name),
			       buf_str(&description));
	if (!err)
		err = outfile_mark(out, OUTFILE_OTHER);
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
	err = pcapng_append_epb(outfile_buf(outfiles_file(s->files)), &epb);
	if (err)
		return err;
	++*ifaces_packets(s->ifaces, number);
	s->lost += view->dropped;
	if (s->next_file)
		s->from_ns = view->time_ns;
	s->next_file = false;
	s->to_ns = view->time_ns;
	return 0;
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

/* Of the first interface, and of no other, is known how many packets were lost: see above. */
static void add_lost(const struct sink_totals *t, struct pcapng_isb *isb)
{
	isb->ifrecv += t->dropped;
	isb->filteraccept += t->dropped;
	isb->ifdrop = t->dropped;
	isb->osdrop = t->lost;
}

static int append_statistics(const struct sink_pcapng *s, const struct sink_totals *t,
			     size_t number, struct buf *out)
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
	return pcapng_append_isb(out, &isb);
}

static int append_all_statistics(const struct sink_pcapng *s, const struct sink_totals *t,
				 struct buf *out)
{
	int err = 0;

	for (size_t i = 0; !err && i < ifaces_count(s->ifaces); i++)
		err = append_statistics(s, t, i, out);
	return err;
}

/* A file that another one follows tells of the losses that its packets tell of. */
static int append_tail(void *sink_pcapng, struct buf *out)
{
	struct sink_pcapng *s = sink_pcapng;
	const struct sink_totals totals = {
		.dropped = s->lost,
		.lost = s->lost,
		.start_ns = s->from_ns,
		.end_ns = s->to_ns,
	};

	s->lost_before += s->lost;
	s->lost = 0;
	s->next_file = true;
	return append_all_statistics(s, &totals, out);
}

/* The last file tells of all others. */
static int pcapng_totals(struct sink *sink, const struct sink_totals *totals)
{
	struct sink_pcapng *s = self(sink);
	struct outfile *out = outfiles_file(s->files);
	struct sink_totals rest = *totals;
	int err;

	/*
	 * The last file that -W allows has its own already.  What is left of a packet that failed
	 * in the midst ends nothing.
	 */
	if (!out || s->unmarked)
		return 0;
	rest.dropped -= s->lost_before;
	rest.lost -= s->lost_before;
	if (s->from_ns)
		rest.start_ns = s->from_ns;
	err = append_all_statistics(s, &rest, outfile_buf(out));
	return err ? err : outfile_mark(out, OUTFILE_OTHER);
}

static int pcapng_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_pcapng *s = self(sink);
	struct outfile_stats stats;
	int err = outfiles_close(s->files, &stats);

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
	struct outfiles_opts opts = {
		.rotate = info->files,
		.postrotate = info->postrotate,
		.compress = info->compress,
		.packet_buffered = info->packet_buffered,
		.head = append_head,
		.tail = append_tail,
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
		.totals = pcapng_totals,
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
