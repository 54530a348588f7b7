/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of hostile files, in this process: whatever it takes for a text must be clean UTF-8
 * within its bound. */
#include "extract_parse.h"
#include "extract_utf8.h"
#include "fuzz.h"

#include <stdlib.h>

enum { TEXT_LEN_MAX = 1 << 20 };

/* Opening converters loads files: once is enough, they are reset before each use. */
static const struct decode_converters *converters(void)
{
	static struct decode_converters conv;
	static bool is_open;
	if (!is_open) {
		if (!parse_open(&conv))
			abort();
	}
	is_open = true;
	return &conv;
}

static void read_as(struct slice bytes, const char *name)
{
	struct build out;
	struct extract_found found;
	build_init(&out, TEXT_LEN_MAX);
	enum extract_outcome o = extract_parse(bytes, name, converters(), &out, &found);
	if (o == EXTRACT_PARTLY)
		abort();
	if (o == EXTRACT_OK) {
		struct utf8_counts n = utf8_count(found.text);
		if (n.bad_n || n.control_n || found.replaced_n > found.text.len / 3)
			abort();
	}
	build_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {data, size};
	read_as(bytes, "x.txt");
	read_as(bytes, "x.html");
	return 0;
}
