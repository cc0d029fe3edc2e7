// SPDX-License-Identifier: GPL-2.0-only
#include "src/rotate.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "src/util.h"

#define MILLION 1000000

static uint64_t unit_of(char suffix)
{
	switch (suffix) {
	case 'k':
	case 'K':
		return 1 << 10;
	case 'm':
	case 'M':
		return 1 << 20;
	case 'g':
	case 'G':
		return 1 << 30;
	default:
		return 0;
	}
}

int rotate_parse_size(const char *text, uint64_t *ret_bytes)
{
	size_t len = strlen(text);
	uint64_t value, unit = len ? unit_of(text[len - 1]) : 0;
	char digits[32];
	int err;

	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len + 1);
	if (unit)
		digits[len - 1] = '\0';
	else
		unit = MILLION;
	err = parse_u64(digits, INT64_MAX / unit, &value);
	if (err)
		return err;
	if (!value)
		return -EINVAL;
	*ret_bytes = value * unit;
	return 0;
}

void rotation_begin(struct rotation *r, const struct rotate_cfg *cfg, int64_t now)
{
	*r = (struct rotation){.cfg = *cfg, .since = now};
}

static enum rotate_step next_number(struct rotation *r)
{
	r->number++;
	if (r->cfg.files && r->number >= r->cfg.files)
		r->number = 0;
	return ROTATE_NEXT;
}

static enum rotate_step next_period(struct rotation *r, int64_t now)
{
	r->since = now;
	r->periods++;
	r->number = 0;
	/* With -C the number of files is for the ring of each period, and periods go on. */
	return !r->cfg.bytes && r->cfg.files && r->periods >= r->cfg.files ? ROTATE_END
									   : ROTATE_NEXT;
}

enum rotate_step rotation_step(struct rotation *r, uint64_t size, int64_t now)
{
	if (r->cfg.seconds && now > r->since && (uint64_t)(now - r->since) >= r->cfg.seconds)
		return next_period(r, now);
	return r->cfg.bytes && size > r->cfg.bytes ? next_number(r) : ROTATE_STAY;
}

enum rotate_step rotation_force(struct rotation *r, int64_t now)
{
	if (r->cfg.bytes)
		return next_number(r);
	return r->cfg.seconds ? next_period(r, now) : ROTATE_NEXT;
}

static int append_time(struct buf *out, const char *format, int64_t seconds)
{
	time_t t = seconds;
	char name[PATH_MAX];
	struct tm tm;

	/* An empty result is a result, but strftime() returns 0 for it as for one too long. */
	if (!localtime_r(&t, &tm) || !strftime(name, sizeof(name), format, &tm))
		return -ENAMETOOLONG;
	buf_puts(out, name);
	return 0;
}

/* The digits of the last number that files get. */
static int digits(uint64_t files)
{
	int n = 0;

	for (uint64_t last = files ? files - 1 : 0; last; last /= 10)
		n++;
	return n;
}

int rotation_name(const struct rotation *r, struct buf *ret_name)
{
	int width = r->cfg.bytes ? digits(r->cfg.files) : 0;
	int err = 0;

	buf_reset(ret_name);
	if (r->cfg.seconds && *r->cfg.name)
		err = append_time(ret_name, r->cfg.name, r->since);
	else
		buf_puts(ret_name, r->cfg.name);
	if (width || r->number)
		buf_printf(ret_name, "%0*llu", width, (unsigned long long)r->number);
	return err ? err : buf_error(ret_name);
}
