/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_out.h"

#include "hex.h"
#include "text_print.h"

#include <math.h>
#include <time.h>

json_t *json_text(struct slice s)
{
	return json_stringn(s.len ? (const char *)s.ptr : "", s.len);
}

bool json_put(json_t **list, json_t *item)
{
	/* jansson frees item itself when appending to NULL fails. */
	if (json_array_append_new(*list, item) == 0)
		return true;
	json_decref(*list);
	*list = NULL;
	return false;
}

static int append(const char *bytes, size_t len, void *out)
{
	build_bytes(out, bytes, len);
	return 0;
}

struct sr_err json_write(json_t *value, struct build *out)
{
	int bad = !value ||
		  json_dump_callback(value, append, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	json_decref(value);
	build_str(out, "\n");
	struct slice done;
	return bad ? sr_nomem() : build_done(out, &done);
}

json_t *json_hex(const void *ptr, size_t len)
{
	struct build b = {0};
	hex_write(&b, slice_make(ptr, len));
	json_t *text = b.failed ? NULL : json_stringn((const char *)b.ptr, b.len);
	build_release(&b);
	return text;
}

void out_bound(struct build *out, double p)
{
	double power = floor(log10(p));
	/* The slack is for the rounding of pow and of the quotient. */
	double digits = ceil(p / pow(10, power) * 10 * (1 + 1e-12));
	if (digits >= 100) {
		digits = 10;
		power++;
	}
	build_fmt(out, "%.1fe%+03.0f", digits / 10, power);
}

void out_reader(struct build *out, struct slice id, struct slice name, struct slice house,
		struct slice side)
{
	text_print(out, name.len ? name : id);
	build_str(out, " (");
	text_print(out, id);
	build_str(out, ")");
	if (house.len) {
		build_str(out, ", ");
		text_print(out, house);
	}
	if (side.len) {
		build_str(out, ", ");
		text_print(out, side);
	}
}

void out_time(struct build *out, int64_t time)
{
	char buf[64];
	struct tm tm;
	time_t t = (time_t)time;
	if (gmtime_r(&t, &tm) && strftime(buf, sizeof buf, "%Y-%m-%d %H:%M UTC", &tm))
		build_str(out, buf);
	else
		build_str(out, "a time that no calendar has");
}
