/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_out.h"

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
