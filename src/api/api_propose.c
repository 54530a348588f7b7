/* SPDX-License-Identifier: Apache-2.0 */
#include "api_propose.h"

#include "api_chat.h"
#include "api_grammar.h"
#include "api_pack.h"

#include <stdlib.h>
#include <string.h>

struct asker {
	struct arena *a;
	const struct sr_places_options *o;
	const struct api_paper *paper;
	const struct vary_pack *pack;
	struct api_chat *chat;
	struct api_grammar *grammar;
	struct vary_proposer *proposer;
	struct api_proposals *out;
};

static void announce(const struct asker *k)
{
	struct sr_sink at = api_sink(&k->o->sink, k->o->paper);
	if (!k->out->sentences_n) {
		note(&at, SR_WARNING, 0, 0, "there is no sentence that could be sent");
		return;
	}
	note(&k->o->sink, SR_INFO, 0, 0, "sending %zu sentences of %s to %s (model %s)",
	     k->out->sentences_n, k->o->paper, api_chat_where(k->chat), k->o->propose.model);
	if (api_chat_open_air(k->chat))
		note(&at, SR_WARNING, 0, 0,
		     "the text goes unencrypted over the network; https would not let others read "
		     "it");
}

/* ask makes request number i and takes the answer. Only without memory does it fail. */
static struct sr_err ask(struct asker *k, size_t i, bool *good)
{
	struct build request = {0}, why = {0};
	struct arena scratch = {0};
	struct slice bytes, answer, text = {0};
	struct sr_err e = vary_propose_write(k->proposer, i, k->o->propose.model, &request);
	if (!sr_bad(e))
		e = build_done(&request, &bytes);
	if (!sr_bad(e))
		e = api_chat_ask(k->chat, &scratch, bytes, &answer, &why);
	if (!sr_bad(e))
		e = vary_propose_read(k->proposer, i, answer);
	*good = !sr_bad(e);
	if (sr_bad(e) && e.code != SR_E_NOMEM) {
		struct sr_sink at = api_sink(&k->o->sink, k->o->paper);
		if (sr_bad(build_done(&why, &text)) || !text.len)
			text = slice_str(e.what);
		note(&at, SR_WARNING, 0, 0, "request %zu of %zu failed: %.*s", i + 1,
		     k->out->requests_n, (int)text.len, (const char *)text.ptr);
		e = sr_ok();
	}
	build_release(&request);
	build_release(&why);
	arena_release(&scratch);
	return e;
}

static void tell_progress(const struct asker *k, size_t done)
{
	const struct sr_progress *p = &k->o->progress;
	if (p->fn)
		p->fn(p->user, "requests", done, k->out->requests_n);
}

static struct sr_err ask_all(struct asker *k)
{
	size_t n = k->out->requests_n, row = 0, done = 0;
	for (; done < n && row < API_PROPOSE_FAILURES; done++) {
		bool good;
		tell_progress(k, done);
		SR_TRY(ask(k, done, &good));
		row = good ? 0 : row + 1;
		k->out->failed_n += !good;
	}
	tell_progress(k, n);
	k->out->failed_n += n - done;
	struct sr_sink at = api_sink(&k->o->sink, k->o->paper);
	if (n && k->out->failed_n == n)
		return api_explain(&at,
				   sr_fail(SR_E_IO, "not one request was answered as it should be; "
						    "nothing is written"));
	if (k->out->failed_n)
		note(&at, SR_WARNING, 0, 0, "%zu of %zu requests failed%s", k->out->failed_n, n,
		     done < n ? " or were not made any more" : "");
	return sr_ok();
}

static size_t count_wordings(const struct vary_place *at, size_t n)
{
	size_t wordings = 0;
	for (size_t i = 0; i < n; i++)
		wordings += at[i].place.wordings_n - 1;
	return wordings;
}

static int order_places(const void *x, const void *y)
{
	const struct vary_place *a = x, *b = y;
	return (a->off > b->off) - (a->off < b->off);
}

/* put_together drops what the document's form cannot hold, and adds the rest to what was found. */
static struct sr_err put_together(struct asker *k)
{
	struct vary_proposed *made = vary_propose_result(k->proposer);
	const struct api_paper *p = k->paper;
	size_t before = count_wordings(made->places, made->places_n);
	made->places_n = api_form_keep(&p->form, &p->text, made->places, made->places_n);
	made->dropped[VARY_REFUSED_DOCUMENT] +=
		before - count_wordings(made->places, made->places_n);
	size_t n = p->found_n + made->places_n;
	struct vary_place *all = ARENA_ARRAY(k->a, n, struct vary_place);
	if (!all)
		return sr_nomem();
	if (p->found_n)
		memcpy(all, p->found, p->found_n * sizeof *all);
	if (made->places_n)
		memcpy(all + p->found_n, made->places, made->places_n * sizeof *all);
	if (n)
		qsort(all, n, sizeof *all, order_places);
	k->out->made = made;
	k->out->all = all;
	k->out->all_n = n;
	return sr_ok();
}

static struct sr_err propose(struct asker *k)
{
	const struct api_paper *p = k->paper;
	const struct vary_propose_request q = {
		.pack = k->pack,
		.paper = &p->text,
		.found = p->found,
		.found_n = p->found_n,
		.grammar = api_grammar_reader(k->grammar),
	};
	struct sr_err e = vary_propose_open(k->a, &q, &k->proposer);
	SR_TRY(e.code == SR_E_INPUT ? api_explain(&k->o->sink, e) : e);
	k->out->sentences_n = vary_propose_sentences(k->proposer);
	k->out->requests_n = vary_propose_requests(k->proposer);
	announce(k);
	SR_TRY(ask_all(k));
	return put_together(k);
}

/* with_readers gets ready what judges the proposals: the pack and the grammar reader. */
static struct sr_err with_readers(struct asker *k)
{
	const struct sr_find_options *find = &k->o->find;
	struct vary_pack *pack = ARENA_NEW(k->a, struct vary_pack);
	if (!pack)
		return sr_nomem();
	SR_TRY(api_pack_find(k->a, find->language, find->fixed, &k->o->sink, pack));
	SR_TRY(api_pack_grammar(k->a, pack, &k->grammar));
	k->pack = pack;
	if (api_grammar_why(k->grammar))
		note(&k->o->sink, SR_WARNING, 0, 0,
		     "the grammar reader cannot be used: %s. Nobody but you checks the grammar of "
		     "what is proposed",
		     api_grammar_why(k->grammar));
	return propose(k);
}

struct sr_err api_propose(struct arena *a, const struct sr_places_options *o,
			  const struct api_paper *p, struct api_proposals *out)
{
	*out = (struct api_proposals){.all = p->found, .all_n = p->found_n};
	if (!o->propose.url)
		return sr_ok();
	struct asker k = {.a = a, .o = o, .paper = p, .out = out};
	SR_TRY(api_chat_open(&o->propose, &o->sink, &k.chat));
	struct sr_err e = with_readers(&k);
	api_grammar_close(k.grammar);
	api_chat_close(k.chat);
	return e;
}

static size_t dropped_n(const struct vary_proposed *m)
{
	size_t n = 0;
	for (size_t i = 0; i < VARY_REFUSALS; i++)
		n += m->dropped[i];
	return n;
}

void api_propose_words(const struct api_proposals *p, struct build *out)
{
	const struct vary_proposed *m = p->made;
	if (!m)
		return;
	build_fmt(
		out,
		"\nThe model proposed %zu wordings: %zu are written as questions {?|..|..} at %zu "
		"spots, %zu are dropped.\n",
		m->proposed_n, m->proposed_n - dropped_n(m), m->places_n, dropped_n(m));
	for (size_t i = 0; i < VARY_REFUSALS; i++)
		if (m->dropped[i])
			build_fmt(out, "  %5zu  %s\n", m->dropped[i],
				  vary_refusal_words((enum vary_refusal)i));
	if (p->failed_n)
		build_fmt(out, "%zu of %zu requests failed.\n", p->failed_n, p->requests_n);
}

json_t *api_propose_json(const struct api_proposals *p)
{
	const struct vary_proposed *m = p->made;
	if (!m)
		return json_null();
	json_t *dropped = json_object();
	for (size_t i = 0; i < VARY_REFUSALS && dropped; i++) {
		const char *name = vary_refusal_name((enum vary_refusal)i);
		if (json_object_set_new(dropped, name, json_integer((json_int_t)m->dropped[i]))) {
			json_decref(dropped);
			dropped = NULL;
		}
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "sentences",
			 (json_int_t)p->sentences_n, "requests", (json_int_t)p->requests_n,
			 "failed", (json_int_t)p->failed_n, "proposed", (json_int_t)m->proposed_n,
			 "written", (json_int_t)(m->proposed_n - dropped_n(m)), "spots",
			 (json_int_t)m->places_n, "dropped", dropped);
}
