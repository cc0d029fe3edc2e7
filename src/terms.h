/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TERMS_H
#define PWRU_CAP_TERMS_H
/*
 * The simple flags (--src-ip, --port ...) as terms of a tcpdump expression: what they ask for is
 * in the packet's bytes, and one engine filters those.
 */

enum term {
	TERM_FAMILY,
	TERM_PROTO,
	TERM_SRC_IP,
	TERM_DST_IP,
	TERM_PORT,
	TERM_SRC_PORT,
	TERM_DST_PORT,
	TERMS, /* how many */
};

/* The longest: "src net ", an IPv6 address of 45 bytes, "/128". */
#define TERM_LEN 64

/* All zero: no terms. */
struct terms {
	char text[TERMS][TERM_LEN]; /* "": not asked for */
};

/**
 * terms_set() - add a term, or replace the one of the same flag
 * @terms: unchanged on error
 * @term: which one
 * @value: as it was typed:
 *	TERM_FAMILY			inet or inet6
 *	TERM_PROTO			name or number of the protocol above IP
 *	TERM_SRC_IP, TERM_DST_IP	an IPv4 or IPv6 address, or ADDRESS/BITS for a network
 *	TERM_PORT, ..._PORT		1 to 65535
 *
 * Says on stderr what is wrong, beginning with the flag's name.
 *
 * Return: 0 or -EINVAL.
 */
int terms_set(struct terms *terms, enum term term, const char *value);

/* terms_clear() - take a term away */
void terms_clear(struct terms *terms, enum term term);

/**
 * terms_join() - an expression and all terms, combined by "and"
 * @expression: the user's; NULL or blank for none
 * @ret_joined: receives the text, to be freed; NULL if there is nothing at all. Without terms it
 *	is the expression as it is
 *
 * Says on stderr what is wrong.
 *
 * Return: 0; -EINVAL if parentheses around the expression would not hold it together; -ENOMEM.
 */
int terms_join(const struct terms *terms, const char *expression, char **ret_joined);

#endif
