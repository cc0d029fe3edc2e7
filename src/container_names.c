// SPDX-License-Identifier: GPL-2.0-only
#include "src/container_names.h"

#include <glob.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/utf8.h"

static char *printable(const char *text, size_t len)
{
	size_t size = UTF8_SANITIZED_SIZE(len);
	char *result = len ? malloc(size) : NULL;

	if (result)
		utf8_sanitize(result, size, text, len);
	return result;
}

static char *printable_string(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_string))
		return NULL;
	return printable(json_object_get_string(value), json_object_get_string_len(value));
}

/* Docker keeps a directory a container. */
static char *name_of_docker(const char *root, const char *id)
{
	struct json_object *config, *value;
	char *path, *name = NULL;

	if (asprintf(&path, "%s/var/lib/docker/containers/%s/config.v2.json", root, id) < 0)
		return NULL;
	config = json_object_from_file(path);
	free(path);
	if (json_object_is_type(config, json_type_object) &&
	    json_object_object_get_ex(config, "Name", &value))
		name = printable_string(value);
	json_object_put(config);
	/* There it is "/name". */
	if (name && *name == '/')
		memmove(name, name + 1, strlen(name));
	if (name && !*name) {
		free(name);
		name = NULL;
	}
	return name;
}

/* The first of its names, if this is its entry. */
static char *name_in_entry(struct json_object *entry, const char *id)
{
	struct json_object *value, *names;

	if (!json_object_is_type(entry, json_type_object) ||
	    !json_object_object_get_ex(entry, "id", &value) ||
	    !json_object_is_type(value, json_type_string) ||
	    strcmp(json_object_get_string(value), id) != 0 ||
	    !json_object_object_get_ex(entry, "names", &names) ||
	    !json_object_is_type(names, json_type_array) || !json_object_array_length(names))
		return NULL;
	return printable_string(json_object_array_get_idx(names, 0));
}

static char *name_in_list(const char *path, const char *id)
{
	struct json_object *list = json_object_from_file(path);
	char *name = NULL;

	if (json_object_is_type(list, json_type_array))
		for (size_t i = 0; !name && i < json_object_array_length(list); i++)
			name = name_in_entry(json_object_array_get_idx(list, i), id);
	json_object_put(list);
	return name;
}

/* Files whose path is the root's and this; returns how many, and with them what globfree() frees.
 */
static size_t find_files(const char *root, const char *pattern, const char *rest, glob_t *ret_files)
{
	char *path;
	int err;

	memset(ret_files, 0, sizeof(*ret_files));
	if (asprintf(&path, "%s%s%s", root, pattern, rest) < 0)
		return 0;
	err = glob(path, GLOB_NOSORT, NULL, ret_files);
	free(path);
	return err ? 0 : ret_files->gl_pathc;
}

/* Podman and cri-o share a store with a list for each storage driver. */
static char *name_of_store(const char *root, const char *id)
{
	char *name = NULL;
	glob_t files;
	size_t n = find_files(root, "/var/lib/containers/storage/*-containers/containers.json", "",
			      &files);

	for (size_t i = 0; !name && i < n; i++)
		name = name_in_list(files.gl_pathv[i], id);
	globfree(&files);
	return name;
}

/* Kubernetes has a link for each container's log: POD_NAMESPACE_CONTAINER-ID.log. */
static char *name_of_log(const char *path, const char *id)
{
	const char *pod = strrchr(path, '/') + 1, *space = strchr(pod, '_'), *container;
	char *text = NULL, *name;
	int len;

	container = space ? strchr(space + 1, '_') : NULL;
	if (!container || strlen(container) < strlen(id) + strlen("_-.log"))
		return NULL;
	len = asprintf(&text, "%.*s/%.*s/%.*s", (int)(container - space - 1), space + 1,
		       (int)(space - pod), pod,
		       (int)(strlen(container) - strlen(id) - strlen("_-.log")), container + 1);
	if (len < 0)
		return NULL;
	name = printable(text, len);
	free(text);
	return name;
}

static char *name_of_kubernetes(const char *root, const char *id)
{
	char rest[128], *name = NULL;
	glob_t files;

	snprintf(rest, sizeof(rest), "%s.log", id);
	if (find_files(root, "/var/log/containers/*_*_*-", rest, &files))
		name = name_of_log(files.gl_pathv[0], id);
	globfree(&files);
	return name;
}

char *container_name(const char *root, const char *id)
{
	char *name = name_of_docker(root, id);

	if (!name)
		name = name_of_kubernetes(root, id);
	return name ? name : name_of_store(root, id);
}
