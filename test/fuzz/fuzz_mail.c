/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of mails, in this process: whatever it takes for a text must be clean UTF-8 within its
 * bound. The same input is read as a mail, as a header and as lines of format=flowed. */
#include "extract_mail.h"
#include "extract_mail_words.h"
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
	struct parse p = {.conv = converters()};
	struct build out;
	if (!size)
		return 0;
	build_init(&out, TEXT_LEN_MAX);
	if (mail_text(&p, bytes, &out, &text) == EXTRACT_OK)
		check_clean(text);
	build_reset(&out);
	if (mail_header(bytes, &p, &out) == EXTRACT_OK && parse_built(&out, &text) == EXTRACT_OK)
		check_clean(text);
	build_reset(&out);
	mail_unflow(bytes, size % 2, &out);
	if (out.len > 2 * size + 2)
		abort();
	build_release(&out);
	return 0;
}
