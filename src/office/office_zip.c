/* SPDX-License-Identifier: Apache-2.0 */
#include "office_zip.h"

#include "arena.h"
#include "base_limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zip.h>

enum { READ_LEN = 32 * 1024 };

struct part {
	struct slice name;
	zip_uint64_t len, packed; /* as the archive claims */
	zip_int32_t method;
	time_t time;
};

struct office_zip {
	struct arena a;
	struct slice bytes;
	zip_t *za;
	struct part *parts;
	size_t *by_name; /* numbers of parts, by name without case */
	size_t n;
	uint64_t read_len; /* all that was unpacked so far */
};

bool office_zip_prepare(void)
{
	struct tm t = {.tm_year = 80, .tm_mday = 1};
	if (setenv("TZ", "UTC0", 1))
		return false;
	(void)mktime(&t);
	return true;
}

static struct sr_err damaged(void)
{
	return sr_fail(SR_E_INPUT, "is a damaged office document, or none: its ZIP archive cannot "
				   "be read");
}

static struct sr_err from_zip(zip_error_t *e)
{
	return zip_error_code_zip(e) == ZIP_ER_MEMORY ? sr_nomem() : damaged();
}

/* open_archive opens the archive in s, which it takes over. */
static struct sr_err open_archive(zip_source_t *s, int flags, zip_t **za)
{
	zip_error_t e;
	struct sr_err bad = sr_ok();
	zip_error_init(&e);
	*za = zip_open_from_source(s, flags, &e);
	if (!*za) {
		bad = from_zip(&e);
		zip_source_free(s);
	}
	zip_error_fini(&e);
	return bad;
}

static struct sr_err open_borrowed(struct slice bytes, zip_t **za)
{
	zip_source_t *s = zip_source_buffer_create(bytes.ptr, bytes.len, 0, NULL);
	return s ? open_archive(s, ZIP_RDONLY, za) : sr_nomem();
}

/* open_copy opens a copy of bytes for writing; s is kept for the caller. The copy is libzip's own:
 * version 1.7 frees bytes that it borrowed when the parts in front of a changed one are long. */
static struct sr_err open_copy(struct slice bytes, zip_source_t **s, zip_t **za)
{
	void *copy = malloc(bytes.len);
	if (!copy)
		return sr_nomem();
	memcpy(copy, bytes.ptr, bytes.len);
	*s = zip_source_buffer_create(copy, bytes.len, 1, NULL);
	if (!*s) {
		free(copy);
		return sr_nomem();
	}
	zip_source_keep(*s);
	return open_archive(*s, 0, za);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static int order_names(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int d = lower(a.ptr[i]) - lower(b.ptr[i]);
		if (d)
			return d;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

static int by_name(const void *a, const void *b, void *z)
{
	const struct part *parts = ((const struct office_zip *)z)->parts;
	return order_names(parts[*(const size_t *)a].name, parts[*(const size_t *)b].name);
}

static struct sr_err read_entry(struct office_zip *z, size_t i, uint64_t *claimed)
{
	enum { NEEDED = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD };
	zip_stat_t st;
	if (zip_stat_index(z->za, i, ZIP_FL_ENC_RAW, &st))
		return from_zip(zip_get_error(z->za));
	if ((st.valid & NEEDED) != NEEDED || !st.name[0])
		return damaged();
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		return sr_fail(SR_E_INPUT, "is encrypted; save it without a password");
	if (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)
		return sr_fail(SR_E_INPUT, "is packed in a way that word processors do not use");
	if (st.size > LIMIT_ZIP_TOTAL_BYTES - *claimed)
		return sr_fail(SR_E_LIMIT, "unpacks to more than subrosa accepts");
	*claimed += st.size;
	z->by_name[i] = i;
	z->parts[i] = (struct part){.name = slice_str(st.name),
				    .len = st.size,
				    .packed = st.comp_size,
				    .method = st.comp_method,
				    .time = st.valid & ZIP_STAT_MTIME ? st.mtime : 0};
	return sr_ok();
}

static struct sr_err read_directory(struct office_zip *z)
{
	zip_int64_t n = zip_get_num_entries(z->za, 0);
	if (n <= 0)
		return damaged();
	if (n > LIMIT_ZIP_PARTS)
		return sr_fail(SR_E_LIMIT, "consists of more parts than subrosa accepts");
	z->n = (size_t)n;
	z->parts = ARENA_ARRAY(&z->a, z->n, struct part);
	z->by_name = ARENA_ARRAY(&z->a, z->n, size_t);
	if (!z->parts || !z->by_name)
		return sr_nomem();
	uint64_t claimed = 0;
	for (size_t i = 0; i < z->n; i++)
		SR_TRY(read_entry(z, i, &claimed));
	qsort_r(z->by_name, z->n, sizeof *z->by_name, by_name, z);
	for (size_t i = 1; i < z->n; i++)
		if (by_name(&z->by_name[i - 1], &z->by_name[i], z) == 0)
			return sr_fail(SR_E_INPUT,
				       "has two parts of the same name: it was tampered with");
	return sr_ok();
}

struct sr_err office_zip_open(struct slice bytes, struct office_zip **out)
{
	if (!bytes.len)
		return damaged();
	struct office_zip *z = calloc(1, sizeof *z);
	if (!z)
		return sr_nomem();
	z->bytes = bytes;
	struct sr_err e = open_borrowed(bytes, &z->za);
	if (!sr_bad(e))
		e = read_directory(z);
	if (sr_bad(e))
		office_zip_close(z);
	else
		*out = z;
	return e;
}

void office_zip_close(struct office_zip *z)
{
	if (!z)
		return;
	if (z->za)
		zip_discard(z->za);
	arena_release(&z->a);
	free(z);
}

size_t office_zip_parts(const struct office_zip *z)
{
	return z->n;
}

struct slice office_zip_name(const struct office_zip *z, size_t i)
{
	assert(i < z->n);
	return z->parts[i].name;
}

bool office_zip_find(const struct office_zip *z, struct slice name, size_t *i)
{
	size_t from = 0, to = z->n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int d = order_names(z->parts[z->by_name[mid]].name, name);
		if (d == 0) {
			*i = z->by_name[mid];
			return true;
		}
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

/* count adds what was unpacked of a part to all that was. */
static struct sr_err count(struct office_zip *z, const struct part *p, uint64_t len, size_t n)
{
	z->read_len += n;
	if (len > LIMIT_ZIP_PART_BYTES || z->read_len > LIMIT_ZIP_TOTAL_BYTES)
		return sr_fail(SR_E_LIMIT, "unpacks to more than subrosa accepts");
	if (len > LIMIT_ZIP_RATIO_FROM && len / LIMIT_ZIP_RATIO > p->packed)
		return sr_fail(SR_E_LIMIT, "is packed so tightly that it must be a trap");
	return sr_ok();
}

static struct sr_err unpack(struct office_zip *z, const struct part *p, zip_file_t *f,
			    struct build *out)
{
	uint8_t buf[READ_LEN];
	struct slice all;
	zip_int64_t n;
	uint64_t len = 0;
	while ((n = zip_fread(f, buf, sizeof buf)) > 0) {
		len += (uint64_t)n;
		SR_TRY(count(z, p, len, (size_t)n));
		build_bytes(out, buf, (size_t)n);
	}
	if (n < 0)
		return from_zip(zip_file_get_error(f));
	/* Of a part that claims to be packed into nothing libzip checks neither length nor CRC. */
	if (len != p->len)
		return damaged();
	return build_done(out, &all);
}

struct sr_err office_zip_read(struct office_zip *z, size_t i, struct build *out)
{
	assert(i < z->n);
	zip_file_t *f = zip_fopen_index(z->za, i, 0);
	if (!f)
		return from_zip(zip_get_error(z->za));
	struct sr_err e = unpack(z, &z->parts[i], f, out);
	(void)zip_fclose(f);
	return e;
}

/* The directory of an archive without comment and ZIP64 (APPNOTE 4.3.12, 4.3.16): n headers of at
 * least DIR_LEN bytes each. */
enum {
	END_LEN = 22,
	DIR_LEN = 46,
	DIR_TIME = 12, /* offset of time and date in it; in a local header LOCAL_TIME */
	LOCAL_LEN = 30,
	LOCAL_TIME = 10,
	TIME_LEN = 4,
};

static bool find_directory(struct slice zip, size_t n, struct slice *out)
{
	struct slice end, head;
	uint16_t all_n, comment_len;
	uint32_t len, off;
	if (zip.len < END_LEN)
		return false;
	end = slice_sub(zip, zip.len - END_LEN, END_LEN);
	if (!slice_take(&end, 10, &head) || memcmp(head.ptr, "PK\5\6", 4) != 0 ||
	    !slice_u16(&end, &all_n) || !slice_u32(&end, &len) || !slice_u32(&end, &off) ||
	    !slice_u16(&end, &comment_len) || comment_len || all_n != n)
		return false;
	if (off > zip.len || len > zip.len - off)
		return false;
	*out = slice_sub(zip, off, len);
	return true;
}

/* next_header cuts a header from a directory and tells where its local header is. */
static bool next_header(struct slice *dir, struct slice *header, uint32_t *local)
{
	struct slice s = *dir, skipped;
	uint16_t name_len, extra_len, comment_len;
	if (!slice_take(&s, 28, &skipped) || memcmp(skipped.ptr, "PK\1\2", 4) != 0 ||
	    !slice_u16(&s, &name_len) || !slice_u16(&s, &extra_len) ||
	    !slice_u16(&s, &comment_len) || !slice_take(&s, 8, &skipped) || !slice_u32(&s, local))
		return false;
	return slice_take(dir, (size_t)DIR_LEN + name_len + extra_len + comment_len, header);
}

/* restore_times gives the headers of to, which has as many parts as from, the times of from: libzip
 * takes them through the time zone of the machine, which has no place for some of them. */
static bool restore_times(struct slice from, uint8_t *to, size_t to_len, size_t n)
{
	struct slice dir_from, dir_to, header_from, header_to, all = slice_make(to, to_len);
	uint32_t local;
	if (!find_directory(from, n, &dir_from) || !find_directory(all, n, &dir_to))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!next_header(&dir_from, &header_from, &local) ||
		    !next_header(&dir_to, &header_to, &local) || local > to_len ||
		    to_len - local < LOCAL_LEN)
			return false;
		const uint8_t *time = header_from.ptr + DIR_TIME;
		memcpy(to + (header_to.ptr - to) + DIR_TIME, time, TIME_LEN);
		memcpy(to + local + LOCAL_TIME, time, TIME_LEN);
	}
	return true;
}

bool office_zip_is_writable(const struct office_zip *z)
{
	struct slice dir;
	return find_directory(z->bytes, z->n, &dir);
}

static struct sr_err change_part(const struct office_zip *z, zip_t *za,
				 const struct office_zip_change *c)
{
	assert(c->part < z->n);
	const struct part *p = &z->parts[c->part];
	static const uint8_t none[1];
	zip_source_t *s =
		zip_source_buffer(za, c->bytes.len ? c->bytes.ptr : none, c->bytes.len, 0);
	if (!s)
		return sr_nomem();
	if (zip_file_replace(za, c->part, s, 0)) {
		zip_source_free(s);
		return from_zip(zip_get_error(za));
	}
	if (zip_set_file_compression(za, c->part, p->method, 0) ||
	    zip_file_set_mtime(za, c->part, p->time, 0))
		return from_zip(zip_get_error(za));
	return sr_ok();
}

static struct sr_err take_source(zip_source_t *s, struct build *out)
{
	uint8_t buf[READ_LEN];
	if (zip_source_open(s))
		return damaged();
	zip_int64_t n;
	while ((n = zip_source_read(s, buf, sizeof buf)) > 0)
		build_bytes(out, buf, (size_t)n);
	(void)zip_source_close(s);
	struct slice all;
	return n < 0 ? damaged() : build_done(out, &all);
}

static struct sr_err change_all(const struct office_zip *z, zip_t **za, zip_source_t *s,
				const struct office_zip_change *changes, size_t n,
				struct build *out)
{
	for (size_t i = 0; i < n; i++)
		SR_TRY(change_part(z, *za, &changes[i]));
	if (zip_close(*za))
		return from_zip(zip_get_error(*za));
	*za = NULL;
	size_t at = out->len;
	SR_TRY(take_source(s, out));
	if (!restore_times(z->bytes, out->ptr + at, out->len - at, z->n))
		return sr_fail(SR_E_INPUT, "is packed in a way that word processors do not use; "
					   "save it anew in one");
	return sr_ok();
}

struct sr_err office_zip_write(const struct office_zip *z, const struct office_zip_change *changes,
			       size_t n, struct build *out)
{
	zip_source_t *s = NULL;
	zip_t *za = NULL;
	struct sr_err e = open_copy(z->bytes, &s, &za);
	if (!sr_bad(e))
		e = change_all(z, &za, s, changes, n, out);
	if (za)
		zip_discard(za);
	zip_source_free(s);
	return e;
}
