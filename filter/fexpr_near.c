// SPDX-License-Identifier: GPL-2.0-only
#include "filter/fexpr_near.h"

#include <stdio.h>
#include <string.h>

#define MAX_LEN 63
#define FAR	(2 * MAX_LEN)

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many characters to change, add, leave out or swap with the next (Damerau, Levenshtein). */
static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int rows[3][MAX_LEN + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (unsigned int j = 0; j <= b_len; j++)
		last[j] = before[j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		unsigned int *oldest = before;

		row[0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			row[j] = min(min(last[j], row[j - 1]) + 1,
				     last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[b_len];
}

/* Also near: the one within the other, as iif in skb_iif. */
static unsigned int score(const char *wanted, const char *name)
{
	size_t wanted_len = strlen(wanted), len = strlen(name);
	unsigned int d;

	if (wanted_len > MAX_LEN || len > MAX_LEN)
		return FAR;
	d = distance(wanted, wanted_len, name, len);
	if (d <= (wanted_len + 1) / 3 + 1 && d < wanted_len)
		return d;
	if ((wanted_len >= 3 && strstr(name, wanted)) || (len >= 3 && strstr(wanted, name)))
		return d;
	return FAR;
}

void fexpr_near_try(struct fexpr_near *near, const char *name)
{
	unsigned int s = score(near->wanted, name);
	size_t at = near->cnt;

	if (near->all_cnt < FEXPR_NEAR_ALL)
		near->all[near->all_cnt] = name;
	near->all_cnt++;
	if (s == FAR)
		return;
	for (size_t i = 0; i < near->cnt; i++) {
		if (!strcmp(near->best[i], name))
			return;
	}
	while (at > 0 && near->score[at - 1] > s)
		at--;
	if (at == FEXPR_NEAR_MAX)
		return;
	if (near->cnt < FEXPR_NEAR_MAX)
		near->cnt++;
	for (size_t i = near->cnt - 1; i > at; i--) {
		near->best[i] = near->best[i - 1];
		near->score[i] = near->score[i - 1];
	}
	near->best[at] = name;
	near->score[at] = s;
}

void fexpr_near_text(const struct fexpr_near *near, char *buf, size_t size)
{
	const char *const *names = near->cnt ? near->best : near->all;
	size_t cnt = near->cnt, len = 0;

	if (!cnt && near->all_cnt <= FEXPR_NEAR_ALL)
		cnt = near->all_cnt;
	buf[0] = '\0';
	for (size_t i = 0; i < cnt && len < size; i++) {
		const char *before = i ? ", " : near->cnt ? "; near: " : "; it has ";

		len += (size_t)snprintf(buf + len, size - len, "%s%s", before, names[i]);
	}
}
