// SPDX-License-Identifier: GPL-2.0-only
#include "src/requirement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "src/util.h"

void requirement_text(const struct requirement *r, char *text, size_t size)
{
	char version[64] = "";

	if (r->major)
		snprintf(version, sizeof(version), "Linux %u.%u or newer", r->major, r->minor);
	snprintf(text, size, "%s%s%s%s", version, *version && r->config ? " with " : "",
		 r->config ?: "", r->config ? "=y" : "");
}

/* A release that is no version is none that we know anything of. */
static bool is_older(const char *release, unsigned int major, unsigned int minor)
{
	unsigned int its_major, its_minor;

	if (sscanf(release, "%u.%u", &its_major, &its_minor) != 2)
		return false;
	return its_major < major || (its_major == major && its_minor < minor);
}

bool requirement_lack(const struct requirement *r, const char *release, bool symbol_there,
		      char *text, size_t size)
{
	*text = '\0';
	if (is_older(release, r->major, r->minor))
		snprintf(text, size, "this is Linux %s", release);
	else if (r->symbol && !symbol_there)
		snprintf(text, size, "this kernel (%s) is built without %s", release, r->config);
	return *text;
}

bool has_symbol(const char *kallsyms, const char *name)
{
	size_t len = strlen(name);

	/* "ffffffff81000000 T name", and a module behind a tab */
	for (const char *p = kallsyms; (p = strstr(p, name)); p += len)
		if (p > kallsyms && p[-1] == ' ' && (!p[len] || strchr("\n\t", p[len])))
			return true;
	return false;
}

bool requirement_lack_here(const struct requirement *r, char *text, size_t size)
{
	struct utsname uts;
	bool there = true; /* for all that can be known */
	char *kallsyms;

	*text = '\0';
	if (uname(&uts))
		return false;
	if (r->symbol && !is_older(uts.release, r->major, r->minor) &&
	    !read_file("/proc/kallsyms", &kallsyms, NULL)) {
		there = has_symbol(kallsyms, r->symbol);
		free(kallsyms);
	}
	return requirement_lack(r, uts.release, there, text, size);
}
