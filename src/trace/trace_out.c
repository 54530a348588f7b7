/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_out.h"

#include "text_fold.h"

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

/* control_len returns the length of the character at i if it steers a terminal or turns the order
 * of what stands around it (Unicode 15, chapter 23.3 and Bidi_Control), or 0. */
static size_t control_len(struct slice s, size_t i)
{
	const uint8_t *c = s.ptr + i;
	size_t left = s.len - i;
	if (c[0] < 0x20 || c[0] == 0x7f)
		return 1;
	if (left >= 2 && ((c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xd8 && c[1] == 0x9c)))
		return 2;
	if (left < 3 || c[0] != 0xe2)
		return 0;
	bool marks =
		c[1] == 0x80 && ((c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae));
	bool isolates = c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf;
	return marks || isolates ? 3 : 0;
}

void text_for_terminal(struct slice s, struct build *out)
{
	bool broken = text_utf8_bad(s) < s.len;
	for (size_t i = 0; i < s.len;) {
		size_t len = broken && s.ptr[i] >= 0x80 ? 1 : control_len(s, i);
		build_u8(out, len ? '?' : s.ptr[i]);
		i += len ? len : 1;
	}
}
