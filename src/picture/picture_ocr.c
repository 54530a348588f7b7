/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_ocr.h"

#include <string.h>
#include <tesseract/capi.h>

enum { PPI = 200 }; /* what Tesseract takes a picture for that does not say */

static TessBaseAPI *api;

bool ocr_open(const char *languages)
{
	api = TessBaseAPICreate();
	return api && TessBaseAPIInit2(api, NULL, languages, OEM_LSTM_ONLY) == 0;
}

const char *ocr_version(void)
{
	return TessVersion();
}

/* is_word: text without white space within; the gap between two words would be lost. */
static bool is_word(const char *text)
{
	size_t len = strlen(text);
	return len && len <= EXTRACT_WORD_BYTES_MAX && len == strcspn(text, " \t\n\r\f\v");
}

static bool add_word(struct arena *a, TessResultIterator *it, struct picture_words *out)
{
	const TessPageIterator *page = TessResultIteratorGetPageIteratorConst(it);
	int left, top, right, bottom;
	char *text = TessResultIteratorGetUTF8Text(it, RIL_WORD);
	bool ok = true;
	if (text && is_word(text) &&
	    TessPageIteratorBoundingBox(page, RIL_WORD, &left, &top, &right, &bottom)) {
		float confidence = TessResultIteratorConfidence(it, RIL_WORD);
		ok = words_add(a, out,
			       &(struct picture_word){
				       .text = slice_str(text),
				       .x = (float)left,
				       .y = (float)top,
				       .w = (float)(right - left),
				       .h = (float)(bottom - top),
				       .confidence = (uint8_t)(confidence < 0     ? 0
							       : confidence > 100 ? 100
										  : confidence)});
	}
	TessDeleteText(text);
	return ok;
}

static bool take_words(struct arena *a, TessResultIterator *it, struct picture_words *out)
{
	const TessPageIterator *page = TessResultIteratorGetPageIteratorConst(it);
	bool line = false, block = false;
	do {
		size_t n = out->n;
		line |= TessPageIteratorIsAtBeginningOf(page, RIL_TEXTLINE);
		block |= TessPageIteratorIsAtBeginningOf(page, RIL_BLOCK);
		if (!add_word(a, it, out))
			return false;
		if (out->n == n)
			continue;
		out->at[n].starts_line = line;
		out->at[n].starts_block = block;
		line = block = false;
	} while (TessResultIteratorNext(it, RIL_WORD));
	return true;
}

bool ocr_words(struct arena *a, PIX *pix, enum ocr_layout layout, struct picture_words *out)
{
	static const TessPageSegMode modes[] = {[OCR_AUTO] = PSM_AUTO,
						[OCR_BLOCK] = PSM_SINGLE_BLOCK,
						[OCR_SPARSE] = PSM_SPARSE_TEXT};
	*out = (struct picture_words){0};
	TessBaseAPISetPageSegMode(api, modes[layout]);
	TessBaseAPISetImage2(api, pix);
	TessBaseAPISetSourceResolution(api, PPI);
	if (TessBaseAPIRecognize(api, NULL))
		return true;
	TessResultIterator *it = TessBaseAPIGetIterator(api);
	bool ok = !it || take_words(a, it, out);
	if (it)
		TessResultIteratorDelete(it);
	TessBaseAPIClear(api);
	return ok;
}
