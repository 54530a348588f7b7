/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <cairo.h>
#include <cmark-gfm.h>
#include <curl/curl.h>
#include <gmime/gmime.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <pango/pango.h>
#include <seccomp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>
#include <zip.h>

enum { VERSION_LEN = 32 };

/* libxml2 tells 20914 for 2.9.14, and more behind it. */
static const char *xml2_version(char *buf)
{
	long v = strtol(xmlParserVersion, NULL, 10);
	(void)snprintf(buf, VERSION_LEN, "%ld.%ld.%ld", v / 10000, v / 100 % 100, v % 100);
	return buf;
}

static const char *three(char *buf, unsigned major, unsigned minor, unsigned micro)
{
	(void)snprintf(buf, VERSION_LEN, "%u.%u.%u", major, minor, micro);
	return buf;
}

static const char *mime_version(char *buf)
{
	return three(buf, gmime_major_version, gmime_minor_version, gmime_micro_version);
}

static const char *glib_version(char *buf)
{
	return three(buf, glib_major_version, glib_minor_version, glib_micro_version);
}

static const char *zip_version(char *buf)
{
	(void)buf;
	return zip_libzip_version();
}

static const char *seccomp_version_text(char *buf)
{
	const struct scmp_version *v = seccomp_version();
	return three(buf, v->major, v->minor, v->micro);
}

static const char *curl_version_text(char *buf)
{
	(void)buf;
	return curl_version_info(CURLVERSION_NOW)->version;
}

static const char *cairo_version_text(char *buf)
{
	(void)buf;
	return cairo_version_string();
}

static const char *cmark_version_text(char *buf)
{
	(void)buf;
	return cmark_version_string();
}

static const char *pango_version_text(char *buf)
{
	(void)buf;
	return pango_version_string();
}

static const char *sqlite_version(char *buf)
{
	(void)buf;
	return sqlite3_libversion();
}

/* Its text is the number alone from OpenSSL 3 on. */
static const char *openssl_version(char *buf)
{
	(void)buf;
	return OpenSSL_version(OPENSSL_VERSION_STRING);
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
	{"Cairo", cairo_version_text},  {"cmark-gfm", cmark_version_text},
	{"GLib", glib_version},         {"glibc", libc_version},
	{"GMime", mime_version},        {"jansson", json_version},
	{"libcurl", curl_version_text}, {"libseccomp", seccomp_version_text},
	{"libsodium", sodium_version},  {"libxml2", xml2_version},
	{"libzip", zip_version},        {"OpenSSL", openssl_version},
	{"Pango", pango_version_text},  {"SQLite", sqlite_version},
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
