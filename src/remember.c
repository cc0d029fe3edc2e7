// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file is
 *
 *	struct head | n x struct entry | types | strings
 *
 * in the host's byte order.  The strings end with a NUL; entries refer to them by offset, and 0
 * is the empty string, which stands for no module.  A sum over all that follows it finds damage.
 */
#include "src/remember.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/buf.h"
#include "src/rundir.h"
#include "src/util.h"

#define FILE_NAME "functions"

/* Changes with the format. */
static const char magic[8] = "pwrufn6";

struct head {
	char magic[8];
	uint64_t sum; /* of all behind it */
	uint64_t key;
	uint64_t n;
	uint64_t types_size; /* bytes */
	struct func_roles roles;
	struct caps_best best;
};

struct entry {
	uint64_t addr;
	uint32_t name;
	uint32_t module;
	uint32_t btf_id;
	uint8_t pos;
	uint8_t skip;
	uint8_t pad[2];
};

#define SUMMED_FROM offsetof(struct head, key)

/* FNV-1a, which is enough to notice damage and change. */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * 0x100000001b3ULL;
	return h;
}

#define HASH_START 0xcbf29ce484222325ULL

static int hash_file(const char *path, uint64_t *h)
{
	char *text;
	size_t size;
	int err = read_file(path, &text, &size);

	if (err)
		return err;
	*h = hash(*h, text, size);
	free(text);
	return 0;
}

/* A module that is loaded again has a new directory in sysfs, also where it gets the same place. */
static int hash_module(const char *name, size_t len, uint64_t *h)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/module/%.*s", (int)len, name);
	if (stat(path, &st))
		return -errno;
	*h = hash(hash(*h, name, len), &st.st_ino, sizeof(st.st_ino));
	return 0;
}

/* "name size references users state address": who uses a module changes all the time. */
static int hash_modules(uint64_t *h)
{
	char *text, *line, *rest;
	int err = read_file("/proc/modules", &text, NULL);

	/* A kernel without modules. */
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	line = strtok_r(text, "\n", &rest);
	for (; line && !err; line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strcspn(line, " ");
		char *addr = strstr(line, " 0x");

		err = hash_module(line, len, h);
		if (addr)
			*h = hash(*h, addr, strcspn(addr + 1, " (") + 1);
	}
	free(text);
	return err;
}

int remember_key(uint64_t *ret_key)
{
	uint64_t h = HASH_START;
	struct stat st;
	int err;

	/* Another program may choose its functions another way. */
	if (stat("/proc/self/exe", &st))
		return -errno;
	h = hash(h, &st.st_size, sizeof(st.st_size));
	h = hash(h, &st.st_mtim, sizeof(st.st_mtim));
	h = hash(h, PWRU_CAP_VERSION, sizeof(PWRU_CAP_VERSION));
	err = hash_file("/proc/sys/kernel/random/boot_id", &h);
	if (!err)
		err = hash_modules(&h);
	if (!err)
		*ret_key = h;
	return err;
}

/* An offset as a string; NULL if it is none. */
static const char *string_at(const char *strings, size_t size, uint32_t offset)
{
	return offset < size ? strings + offset : NULL;
}

static int parse_entry(const struct entry *e, const char *strings, size_t size, struct found *found)
{
	const char *name = string_at(strings, size, e->name);
	const char *module = string_at(strings, size, e->module);

	if (!name || !*name || !module || e->skip >= SKIP_REASONS || e->pos > KBTF_MAX_POS ||
	    (!e->skip && (!e->pos || !e->addr)))
		return -EBADMSG;
	*found = (struct found){
		.name = name,
		.module = *module ? module : NULL,
		.addr = e->addr,
		.btf_id = e->btf_id,
		.pos = e->pos,
		.skip = e->skip,
	};
	return 0;
}

/* The entries, and the types behind them, have to fit into @room. */
static bool is_sound(const struct head *head, size_t room)
{
	if (head->best.translate.load > FILTER_LOAD_PROBE)
		return false;
	if (head->n > room / sizeof(struct entry))
		return false;
	return head->types_size <= room - head->n * sizeof(struct entry);
}

static int copy_types(const void *data, size_t size, struct core_btf *ret_types)
{
	void *copy = size ? malloc(size) : NULL;

	if (size && !copy)
		return -ENOMEM;
	if (size)
		memcpy(copy, data, size);
	*ret_types = (struct core_btf){.data = copy, .size = size};
	return 0;
}

int recall_parse(void *data, size_t size, uint64_t key, struct memory *ret_memory)
{
	const struct head *head = data;
	const struct entry *entries = (const void *)(head + 1);
	struct inventory found = {0};
	struct core_btf types = {0};
	const char *types_at, *strings;
	size_t room;
	int err = 0;

	if (size < sizeof(*head) + 1 || memcmp(head->magic, magic, sizeof(magic)) ||
	    ((const char *)data)[size - 1] ||
	    head->sum != hash(HASH_START, (const char *)data + SUMMED_FROM, size - SUMMED_FROM))
		return -EBADMSG;
	if (head->key != key)
		return -ESTALE;
	room = size - sizeof(*head);
	if (!is_sound(head, room))
		return -EBADMSG;
	types_at = (const char *)(entries + head->n);
	strings = types_at + head->types_size;
	room -= head->n * sizeof(*entries) + head->types_size;
	found.v = calloc(head->n + 1, sizeof(*found.v));
	if (!found.v)
		return -ENOMEM;
	for (; found.n < head->n && !err; found.n++)
		err = parse_entry(&entries[found.n], strings, room, &found.v[found.n]);
	if (!err)
		err = copy_types(types_at, head->types_size, &types);
	if (err) {
		inventory_free(&found);
		return err;
	}
	found.roles = head->roles;
	found.memory = data;
	*ret_memory = (struct memory){.inventory = found, .best = head->best, .types = types};
	return 0;
}

int recall(uint64_t key, struct memory *ret_memory)
{
	char *data;
	size_t size;
	int err = rundir_read(FILE_NAME, &data, &size);

	if (err)
		return err;
	err = recall_parse(data, size, key, ret_memory);
	if (err)
		free(data);
	return err;
}

struct strings {
	struct buf buf;
	const char *module; /* the latest: they come in runs */
	uint32_t module_at;
};

static uint32_t put_string(struct strings *s, const char *text)
{
	uint32_t at = s->buf.len;

	buf_append(&s->buf, text, strlen(text) + 1);
	return at;
}

static uint32_t put_module(struct strings *s, const char *module)
{
	if (!module)
		return 0;
	if (!s->module || strcmp(s->module, module)) {
		s->module = module;
		s->module_at = put_string(s, module);
	}
	return s->module_at;
}

void *remember_format(uint64_t key, const struct memory *memory, size_t *ret_size)
{
	const struct inventory *inventory = &memory->inventory;
	struct head head = {
		.key = key,
		.n = inventory->n,
		.types_size = memory->types.size,
		.roles = inventory->roles,
		.best = memory->best,
	};
	struct strings strings = {0};
	struct buf out = {0};

	memcpy(head.magic, magic, sizeof(magic));
	buf_append(&out, &head, sizeof(head));
	put_string(&strings, "");
	for (size_t i = 0; i < inventory->n; i++) {
		const struct found *f = &inventory->v[i];
		struct entry e = {
			.addr = f->addr,
			.name = put_string(&strings, f->name),
			.module = put_module(&strings, f->module),
			.btf_id = f->btf_id,
			.pos = f->pos,
			.skip = f->skip,
		};

		buf_append(&out, &e, sizeof(e));
	}
	buf_append(&out, memory->types.data, memory->types.size);
	buf_append(&out, strings.buf.data, strings.buf.len);
	if (buf_error(&out) || buf_error(&strings.buf)) {
		buf_free(&out);
	} else {
		*ret_size = out.len;
		head.sum = hash(HASH_START, out.data + SUMMED_FROM, out.len - SUMMED_FROM);
		memcpy(out.data, &head, sizeof(head));
	}
	buf_free(&strings.buf);
	return out.data;
}

int remember(uint64_t key, const struct memory *memory)
{
	uint64_t now;
	size_t size;
	void *data;
	int err = remember_key(&now);

	/* A module has come or gone meanwhile. */
	if (!err && now != key)
		err = -ESTALE;
	if (err)
		return err;
	data = remember_format(key, memory, &size);
	err = data ? rundir_replace(FILE_NAME, data, size) : -ENOMEM;
	free(data);
	return err;
}

void memory_free(struct memory *memory)
{
	inventory_free(&memory->inventory);
	free(memory->types.data);
	memory->types = (struct core_btf){0};
}
