/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_page.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_LAYERS = 3072, OPT_PAPER_SIZE, OPT_FONT, OPT_FONT_SIZE, OPT_RAGGED, OPT_FOOTER };

static const struct argp_option options[] = {
	{"layers", OPT_LAYERS, "LIST", 0,
	 "what marks a copy: 'words', its wordings alone (the default), or 'words,layout', also "
	 "where its words stand on the page: then there is a DIR/ID.pdf for each reader, too",
	 0},
	{"paper-size", OPT_PAPER_SIZE, "SIZE", 0, "of the PDF's pages: a4 (the default), letter",
	 0},
	{"font", OPT_FONT, "FAMILY", 0,
	 "of the PDF: serif (the default), sans, or a family that is installed", 0},
	{"font-size", OPT_FONT_SIZE, "POINTS", 0, "of the PDF's text, 6 to 24; 11 by default", 0},
	{"ragged", OPT_RAGGED, NULL, 0, "the PDF's lines end where they end, not all at one edge",
	 0},
	{"footer", OPT_FOOTER, NULL, 0, "the reader's name stands at the foot of every page", 0},
	{0},
};

static double points(const char *text, struct argp_state *state)
{
	char *end;
	double size = strtod(text, &end);
	if (end == text || *end || !(size >= 6 && size <= 24))
		argp_error(state, "--font-size takes a number of points from 6 to 24");
	return size;
}

static bool layers(const char *text, struct argp_state *state)
{
	bool layout = strcmp(text, "words,layout") == 0 || strcmp(text, "layout,words") == 0;
	if (!layout && strcmp(text, "words") != 0)
		argp_error(state, "--layers takes 'words' or 'words,layout'");
	return layout;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_page_options *o = state->input;
	switch (key) {
	case OPT_LAYERS:
		o->wanted = layers(arg, state);
		return 0;
	case OPT_PAPER_SIZE:
		if (strcmp(arg, "a4") != 0 && strcmp(arg, "letter") != 0)
			argp_error(state, "--paper-size takes a4 or letter");
		o->paper = arg;
		return 0;
	case OPT_FONT:
		o->font = arg;
		return 0;
	case OPT_FONT_SIZE:
		o->size = points(arg, state);
		return 0;
	case OPT_RAGGED:
		o->ragged = true;
		return 0;
	case OPT_FOOTER:
		o->footer = true;
		return 0;
	case ARGP_KEY_END:
		if (!o->wanted && (o->paper || o->font || o->size > 0 || o->ragged || o->footer))
			argp_error(state, "options of the PDF need --layers words,layout");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_page_argp = {.options = options, .parser = parse};
