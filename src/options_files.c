// SPDX-License-Identifier: GPL-2.0-only
#include "src/options_files.h"

#include <errno.h>
#include <string.h>

#include "src/log.h"
#include "src/options_table.h"
#include "src/rotate.h"
#include "src/util.h"

static int set_file_size(struct options *o, const char *text)
{
	int err = rotate_parse_size(text, &o->rotate_bytes);

	if (err == -ERANGE)
		log_error("-C %s: too large for a file", text);
	else if (err)
		log_error("-C %s: not a number of millions of bytes, at least 1, nor one with K, M "
			  "or G behind it",
			  text);
	return err ? -EINVAL : 0;
}

static int set_compress(struct options *o, const char *name)
{
	int err = compress_parse(name, &o->compress);

	if (err)
		log_error("--compress %s: there is gzip and zstd", name);
	return err;
}

/* One of some words, whose places are the values; the list ends with NULL. */
static int word(const char *option, const char *text, const char *const *words, int *ret)
{
	struct buf known = {0};

	for (int i = 0; words[i]; i++) {
		if (!strcmp(text, words[i])) {
			buf_free(&known);
			*ret = i;
			return 0;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", words[i]);
	}
	log_error("%s %s: not one of %s", option, text, buf_str(&known));
	buf_free(&known);
	return -EINVAL;
}

static int set_linktype(struct options *o, const char *text)
{
	static const char *const words[] = {
		[LINKTYPES_ETHERNET] = "ethernet",
		[LINKTYPES_SLL2] = "sll2",
		[LINKTYPES_NATIVE] = "native",
		NULL,
	};
	int value, err = word("--linktype", text, words, &value);

	if (!err)
		o->linktype = value;
	return err;
}

static int set_interfaces(struct options *o, const char *text)
{
	static const char *const words[] = {
		[IFACES_DEVICE] = "device",
		[IFACES_FUNCTION] = "function",
		[IFACES_BOTH] = "both",
		NULL,
	};
	int value, err = word("--interfaces", text, words, &value);

	if (!err)
		o->ifaces = value;
	return err;
}

int options_set_files(struct options *o, int key, const char *arg)
{
	switch (key) {
	case 'C':
		return set_file_size(o, arg);
	case OPT_COMPRESS:
		return set_compress(o, arg);
	case OPT_LINKTYPE:
		return set_linktype(o, arg);
	default:
		return set_interfaces(o, arg);
	}
}

/* What goes with -w FILE only. */
static int check_names(const struct options *o)
{
	bool rotates = o->rotate_bytes || o->rotate_seconds;

	if (!o->write_path) {
		if (rotates || o->compress != COMPRESS_NONE)
			log_info("-C, -G and --compress do nothing without -w FILE");
		return 0;
	}
	if (rotates && !strcmp(o->write_path, "-")) {
		log_error("-C, -G: standard output has no next file: give -w a name");
		return -EINVAL;
	}
	if ((o->postrotate || o->rotate_files) && !rotates)
		log_info("-W and -z do nothing without -C or -G");
	if (o->rotate_seconds && !strchr(o->write_path, '%'))
		log_info("-G: %s names no time, so each file overwrites the one before",
			 o->write_path);
	return 0;
}

/* Modules that come later are attached to while the capture runs. */
static int check_user(const struct options *o)
{
	if (!o->user || !o->all_kmods)
		return 0;
	log_error("-Z %s: --all-kmods attaches to modules that are loaded later, which takes root; "
		  "leave one of them out",
		  o->user);
	return -EINVAL;
}

int options_check_files(const struct options *o)
{
	int err = check_names(o);

	return err ? err : check_user(o);
}
