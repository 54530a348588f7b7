/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_house.h"

#include "photo_image.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, ARGS_MAX = 24 };

void photo_in_folder(const char *folder, const char *name, const char *ending,
		     char out[PHOTO_PATH_LEN])
{
	if (snprintf(out, PHOTO_PATH_LEN, "%s/%s%s", folder, name, ending) >= PHOTO_PATH_LEN)
		photo_die("is too long a name", folder);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		photo_die("cannot be written", path);
}

void photo_house_open(const char *program, size_t readers_n, struct photo_house *out)
{
	const char *tmp = getenv("TMPDIR");
	*out = (struct photo_house){.program = program, .readers_n = readers_n};
	photo_in_folder(tmp ? tmp : "/tmp", "subrosa-photo", "-XXXXXX", out->folder);
	if (!mkdtemp(out->folder))
		photo_die("cannot be made", out->folder);
	photo_in_folder(out->folder, "readers", ".csv", out->readers);
	FILE *f = fopen(out->readers, "w");
	if (!f)
		photo_die("cannot be written", out->readers);
	(void)fprintf(f, "id,name,house,side\n");
	for (size_t i = 0; i < readers_n; i++)
		(void)fprintf(f, "r%04zu,Reader %zu,House %zu,Side %zu\n", i, i, i % 8, i % 2);
	if (fclose(f) != 0)
		photo_die("cannot be written", out->readers);
}

void photo_house_close(struct photo_house *h)
{
	const char *argv[] = {"rm", "-rf", h->folder, NULL};
	(void)photo_run(argv);
}

static char *read_text(const char *path)
{
	char *text = calloc(1, TEXT_MAX);
	FILE *f = fopen(path, "r");
	if (!text || !f)
		photo_die("cannot be read", path);
	size_t n = fread(text, 1, TEXT_MAX - 1, f);
	text[n] = 0;
	(void)fclose(f);
	return text;
}

/* The paper's text as it is cut: with some places, and with none. */
struct cut {
	char *source, *plain;
	size_t source_n, plain_n, words, places;
};

static void put(struct cut *c, const char *text, size_t n, bool source, bool plain)
{
	if (source) {
		memcpy(c->source + c->source_n, text, n);
		c->source_n += n;
	}
	if (plain) {
		memcpy(c->plain + c->plain_n, text, n);
		c->plain_n += n;
	}
}

/* put_place puts the place text[0, n): all of it if it is kept, or its first wording. */
static void put_place(struct cut *c, const char *text, size_t n, bool keep)
{
	size_t from = 1;
	if (text[1] == '#')
		from = strcspn(text, "|") + 1;
	size_t first = strcspn(text + from, "|}");
	put(c, text + from, first, !keep, true);
	put(c, text, n, keep, false);
	c->places += keep;
}

static void cut_text(const char *text, size_t words, size_t every, struct cut *c)
{
	size_t seen = 0;
	bool inside = false;
	for (const char *p = text; *p; p++) {
		if (*p == '{' && strchr(p, '}')) {
			size_t n = (size_t)(strchr(p, '}') - p) + 1;
			put_place(c, p, n, seen++ % every == every - 1);
			c->words += !inside;
			inside = true;
			p += n - 1;
			continue;
		}
		bool space = *p == ' ' || *p == '\n';
		c->words += !space && !inside;
		inside = !space;
		if (*p == '\n' && p[1] == '\n' && c->words >= words)
			break;
		put(c, p, 1, true, true);
	}
	put(c, "\n", 1, true, true);
	c->source[c->source_n] = c->plain[c->plain_n] = 0;
}

void photo_paper_make(const struct photo_house *h, const char *name, const char *from, size_t words,
		      size_t every, struct photo_paper *out)
{
	char *text = read_text(from);
	struct cut c = {.source = calloc(1, TEXT_MAX + 1), .plain = calloc(1, TEXT_MAX + 1)};
	if (!c.source || !c.plain)
		photo_die("no memory", "calloc");
	cut_text(text, words, every, &c);
	*out = (struct photo_paper){.from = from, .words = c.words, .places = c.places};
	photo_in_folder(h->folder, name, ".md", out->source);
	photo_in_folder(h->folder, name, "-plain.txt", out->plain);
	photo_in_folder(h->folder, name, "", out->copies);
	photo_in_folder(h->folder, name, ".ledger", out->ledger);
	write_text(out->source, c.source);
	write_text(out->plain, c.plain);
	free(c.source);
	free(c.plain);
	free(text);
}

void photo_paper_mark(const struct photo_house *h, const struct photo_paper *p, const char *design,
		      struct photo_cost *c)
{
	const char *argv[] = {h->program,
			      "mark",
			      p->source,
			      "--readers",
			      h->readers,
			      "--out",
			      p->copies,
			      "--ledger",
			      p->ledger,
			      "--no-auto",
			      "--layers",
			      "words,layout",
			      design ? "--max-collusion" : NULL,
			      design,
			      NULL};
	if (photo_spawn(argv, NULL, c) != 0)
		photo_die("cannot be marked", p->source);
}

void photo_copy(const struct photo_paper *p, size_t reader, char path[PHOTO_PATH_LEN])
{
	char name[32];
	(void)snprintf(name, sizeof name, "r%04zu", reader);
	photo_in_folder(p->copies, name, ".pdf", path);
}

static unsigned number_of(const json_t *reader)
{
	const char *id = json_string_value(json_object_get(reader, "reader"));
	return id && *id == 'r' ? (unsigned)strtoul(id + 1, NULL, 10) : UINT32_MAX;
}

static void read_verdict(const char *file, size_t reader, struct photo_verdict *v)
{
	json_t *all = json_load_file(file, 0, NULL), *one;
	size_t i;
	if (!all) {
		v->status = -1;
		return;
	}
	const json_t *seen = json_object_get(json_object_get(all, "seen"), "layers");
	v->layout = (size_t)json_integer_value(json_object_get(seen, "layout"));
	json_array_foreach(json_object_get(all, "named"), i, one) if (v->named_n < PHOTO_NAMED_MAX)
		v->named[v->named_n++] = number_of(one);
	json_array_foreach(json_object_get(all, "ranking"), i, one) if (number_of(one) == reader)
		v->p = json_number_value(json_object_get(one, "p_value"));
	json_decref(all);
}

void photo_trace(const struct photo_house *h, const struct photo_paper *p, const char *const *leak,
		 size_t reader, struct photo_verdict *out)
{
	char file[PHOTO_PATH_LEN], name[32];
	const char *argv[ARGS_MAX] = {h->program, "trace", "--json", "--ledger", p->ledger};
	for (size_t i = 0, n = 5; leak[i] && n < ARGS_MAX - 1; i++, n++)
		argv[n] = leak[i];
	(void)snprintf(name, sizeof name, "verdict-%ld", (long)getpid());
	photo_in_folder(h->folder, name, ".json", file);
	*out = (struct photo_verdict){.p = 1};
	out->status = photo_spawn(argv, file, &out->cost);
	if (out->status == 0 || out->status == 1)
		read_verdict(file, reader, out);
	(void)unlink(file);
}
