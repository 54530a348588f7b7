/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <seccomp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

enum { VERSION_LEN = 32 };

/* libxml2 tells 20914 for 2.9.14, and more behind it. */
static const char *xml2_version(char *buf)
{
	long v = strtol(xmlParserVersion, NULL, 10);
	(void)snprintf(buf, VERSION_LEN, "%ld.%ld.%ld", v / 10000, v / 100 % 100, v % 100);
	return buf;
}

static const char *seccomp_version_text(char *buf)
{
	const struct scmp_version *v = seccomp_version();
	(void)snprintf(buf, VERSION_LEN, "%u.%u.%u", v->major, v->minor, v->micro);
	return buf;
}

static const char *sqlite_version(char *buf)
{
	(void)buf;
	return sqlite3_libversion();
}

static const char *sodium_version(char *buf)
{
	(void)buf;
	return sodium_version_string();
}

static const char *json_version(char *buf)
{
	(void)buf;
	return jansson_version_str();
}

static const char *unicode_version(char *buf)
{
	(void)buf;
	return utf8proc_version();
}

static const char *libc_version(char *buf)
{
	(void)buf;
	return gnu_get_libc_version();
}

/* The libraries that tell their version while they run; libcsv and uchardet do not. */
static const struct {
	const char *name;
	const char *(*version)(char *buf);
} known[] = {
	{"glibc", libc_version},
	{"jansson", json_version},
	{"libseccomp", seccomp_version_text},
	{"libsodium", sodium_version},
	{"libxml2", xml2_version},
	{"SQLite", sqlite_version},
	{"utf8proc", unicode_version},
};

enum { KNOWN_N = sizeof known / sizeof *known };

const struct sr_library *sr_libraries(size_t *n)
{
	static char text[KNOWN_N][VERSION_LEN];
	static struct sr_library all[KNOWN_N];
	for (size_t i = 0; i < KNOWN_N; i++)
		all[i] = (struct sr_library){known[i].name, known[i].version(text[i])};
	*n = KNOWN_N;
	return all;
}
