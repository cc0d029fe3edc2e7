/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_COMMAND_LINE_H
#define PWRU_CAP_TESTS_COMMAND_LINE_H
/*
 * For tests of options_parse(): a command line is parsed, what it prints is kept.
 */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/options.h"
#include "src/util.h"

#define MAX_WORDS 16

/* What stdout and stderr got during the latest parse(). */
static char out_text[8192], err_text[2048];

/* Lets a temporary file stand in for a descriptor; returns the descriptor that was there. */
static int divert(int fd, FILE **ret_file)
{
	int saved = dup(fd);

	*ret_file = tmpfile();
	assert_true(saved >= 0 && *ret_file);
	assert_int_equal(dup2(fileno(*ret_file), fd), fd);
	return saved;
}

static void restore(int fd, int saved, FILE *file, char *text, size_t size)
{
	fflush(stdout);
	dup2(saved, fd);
	close(saved);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* Parses a NULL-terminated list of words behind the program's name. */
static int parse(const char *const *words, struct options *opts, enum options_action *action)
{
	char *argv[MAX_WORDS + 2] = {(char *)"pwru-cap"};
	int argc = 1, saved_out, saved_err, err;
	FILE *out_file, *err_file;

	while (words[argc - 1]) {
		assert_true(argc <= MAX_WORDS);
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	fflush(stdout);
	saved_out = divert(STDOUT_FILENO, &out_file);
	saved_err = divert(STDERR_FILENO, &err_file);
	optind = 0; /* glibc: begin anew */
	err = options_parse(argc, argv, opts, action);
	restore(STDERR_FILENO, saved_err, err_file, err_text, sizeof(err_text));
	restore(STDOUT_FILENO, saved_out, out_file, out_text, sizeof(out_text));
	return err;
}

/* The options that must come out without a message. */
static struct options parse_good(const char *const *words)
{
	enum options_action action = OPTIONS_DONE;
	struct options o;

	memset(&o, 0xa5, sizeof(o));
	if (parse(words, &o, &action))
		fail_msg("refused: %s", err_text);
	assert_int_equal(action, OPTIONS_RUN);
	assert_string_equal(err_text, "");
	assert_string_equal(out_text, "");
	return o;
}

#define GOOD(...) parse_good((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* The command line is refused, in words with this message among them. */
static void refused(const char *const *words, const char *message)
{
	enum options_action action;
	struct options o;

	assert_int_equal(parse(words, &o, &action), -EINVAL);
	assert_string_equal(out_text, "");
	assert_memory_equal(err_text, "pwru-cap: ", 10);
	if (!strstr(err_text, message))
		fail_msg("no '%s' in: %s", message, err_text);
	options_free(&o);
}

#endif
