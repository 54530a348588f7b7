/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of office documents, in this process: whatever it takes for a text must be clean UTF-8
 * within its bound. The same input is read as a document and, since its checksums catch nearly
 * every change, as the XML in one. */
#include "extract_xml.h"
#include "extract_parse.h"
#include "extract_utf8.h"
#include "fuzz.h"

#include <stdlib.h>

enum { TEXT_LEN_MAX = 1 << 20 };

static const struct decode_converters *converters(void)
{
	static struct decode_converters conv;
	static bool is_open;
	if (!is_open && !parse_open(&conv))
		abort();
	is_open = true;
	return &conv;
}

static void check_clean(struct slice text)
{
	struct utf8_counts n = utf8_count(text);
	if (n.bad_n || n.control_n || text.len > TEXT_LEN_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {data, size}, text;
	struct extract_found found;
	struct decode_result res;
	struct build out, decoded;
	build_init(&out, TEXT_LEN_MAX);
	build_init(&decoded, 0);
	if (extract_parse(bytes, NULL, converters(), &out, &found) == EXTRACT_OK)
		check_clean(found.text);
	build_reset(&out);
	/* It is promised clean UTF-8. */
	if (decode_text(bytes, decode_guess(bytes, NULL, true), converters(), &decoded, &res) ==
		    EXTRACT_OK &&
	    xml_text(res.text, &out) == EXTRACT_OK && parse_built(&out, &text) == EXTRACT_OK)
		check_clean(text);
	build_release(&out);
	build_release(&decoded);
	return 0;
}
