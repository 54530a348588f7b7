/* SPDX-License-Identifier: Apache-2.0 */
/* Mails as mailers, and attackers, make them. */
#include "extract.h"
#include "extract_mail.h"
#include "extract_mail_words.h"
#include "extract_parse.h"
#include "extract_utf8.h"
#include "arena.h"
#include "base_limits.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

enum { TEXT_LEN_MAX = 64 << 20 };

static struct decode_converters converters;

struct mail_row {
	struct slice mail;
	const char *want, *why;
};

#define ROW(mail, want, why)                                                                       \
	{                                                                                          \
		{(const uint8_t *)(mail), sizeof(mail) - 1}, (want), (why)                         \
	}

/* HEAD: what makes a mail of it. PART: a part of a multipart with the boundary "b". */
#define HEAD "MIME-Version: 1.0\n"
#define MULTI(kind) HEAD "Content-Type: multipart/" kind "; boundary=b\n\n"
#define PART(fields, body) "--b\n" fields "\n" body "\n"
#define END "--b--\n"
#define PLAIN "Content-Type: text/plain\n"
#define HTML "Content-Type: text/html\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define B64 "Content-Transfer-Encoding: base64\n"

static const struct mail_row mails[] = {
	ROW(HEAD "\ntext\n", "text", "a body without a type is plain text"),
	ROW(HEAD PLAIN "From: a@b.example\nTo: c\nDate: yesterday\n\ntext", "text",
	    "names and dates are not the text"),
	ROW(HEAD "Subject: talks\n\ntext\n", "talks\n\ntext", "the Subject is"),
	ROW(HEAD "From: =?ibm500?B?8A==?= <a@b.example>\nDate: Mon, 1 Jan 2024 10:00 MSK\n"
		 "Subject: =?koi8-r?B?8A==?=\nTo: \xf0 <x@y>\nContent-Type: text/plain; "
		 "name=\"=?ibm037?B?8A==?=\"; x*=ibm1026''%f0\nContent-Disposition: inline; "
		 "filename=\"\xf0\"; y*0*=ibm1047''%f0; y*1=a\n\ntext",
	    "П\n\ntext", "encoded words wherever they can be: no converter is opened for them"),
	ROW(HEAD "Subject: long\n folded\n\ttwice\n\ntext", "long\n folded\n\ttwice\n\ntext",
	    "a folded Subject"),
	ROW(HEAD "SUBJECT:talks\r\n\r\ntext\r\n", "talks\n\ntext", "any case, and CRLF"),
	ROW("From a@b.example Mon Jan  1 00:00:00 2024\nReceived: from c\n\td\n\ntext", "text",
	    "a From line of a mailbox"),
	ROW("From a\n" HEAD "\none\n\nFrom here on\ntwo\n\nFrom b\n" HEAD "\nthree\n",
	    "one\n\nFrom here on\ntwo\n\nthree", "a mailbox of two, and a sentence with From"),
	ROW("From a\n" HEAD "\none\nFrom b\nX: y\n\nFrom c\n" HEAD "\ntwo",
	    "one\nFrom b\nX: y\n\ntwo", "a separator has a blank line before it"),
	ROW(HEAD PLAIN QP "\nsoft=\n break=20=C3=A9 =\n\nend", "soft break é \nend",
	    "quoted-printable"),
	ROW(HEAD PLAIN QP "\na=ZZ b= c=4 d=\xc3\xa9 =", "a=ZZ b= c=4 d=é",
	    "its broken escapes stay"),
	ROW(HEAD PLAIN B64 "\ndGV4\ndCBo\nZXJl\n", "text here", "base64"),
	ROW(HEAD PLAIN B64 "\ndG V4*d-CBo\n\n!ZX\nJl==Zm9v", "text here",
	    "base64 with what does not belong there, and behind its padding"),
	ROW(HEAD PLAIN B64 "\ndGV4dC", "text", "base64 that is cut off"),
	ROW(HEAD PLAIN "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n$=&5X=```\n`\nend\n",
	    "text", "uuencode"),
	ROW(HEAD PLAIN "Content-Transfer-Encoding: 8bit\n\ncaf\xc3\xa9", "café", "8bit"),
	ROW(HEAD PLAIN "Content-Transfer-Encoding: nonsense\n\na=20b", "a=20b",
	    "an encoding that nobody knows"),
	ROW(HEAD "Content-Type: text/plain; charset=koi8-r\n" QP "\n=F0=D2=C9=D7=C5=D4", "Привет",
	    "a charset"),
	ROW(HEAD "Content-Type: text/plain; charset=\"iso-2022-jp\"\n\n\x1b$BF|K\\\x1b(B!", "日本!",
	    "a charset of 7 bits"),
	ROW(HEAD "Content-Type: text/plain; charset=koi8-r\n" QP "\n=D0=9F=D1=80", "Пр",
	    "a charset that is wrong: it is UTF-8"),
	ROW(HEAD "Content-Type: text/plain; charset=us-ascii\n\n\x93q\x94 caf\xe9 d\xe9j\xe0 vu",
	    "“q” café déjà vu", "a charset that is a mere default"),
	ROW(HEAD "Content-Type: text/plain; charset=no-such\n\nna\xefve caf\xe9s, d\xe9j\xe0 vu",
	    "naïve cafés, déjà vu", "a charset that nobody knows"),
	ROW(HEAD "Content-Type: text/plain; charset*=utf-7'x'koi8-r\n\ntext", "text",
	    "an encoded parameter is passed over"),
	ROW(HEAD HTML "\n<p>one</p><p>two &amp; three", "one\ntwo & three", "HTML"),
	ROW(HEAD "Content-Type: text/html; charset=windows-1251\n" QP "\n<p>=CF=F0", "Пр",
	    "HTML whose charset only the mail tells"),
	ROW(HEAD HTML QP "\n<meta charset=3Dkoi8-r><p>=F0=D2", "Пр", "or only the page"),
	ROW(HEAD PLAIN "\n<p>a <b>b</b></p> <i>c</i>", "<p>a <b>b</b></p> <i>c</i>",
	    "tags in plain text are text"),
	ROW(HEAD PLAIN "\nReceived: from x\nMIME-Version: 1.0\n\ny",
	    "Received: from x\nMIME-Version: 1.0\n\ny", "a mail quoted in a text is text"),
	ROW(MULTI("mixed") "preamble\n" PART(PLAIN, "one") PART(HTML, "<p>two") END "epilogue",
	    "one\n\ntwo", "parts in order, without preamble and epilogue"),
	ROW(MULTI("mixed") PART(PLAIN, "one") PART(PLAIN, "two"), "one\n\ntwo",
	    "a multipart that does not end"),
	ROW(MULTI("mixed") PART("", "one") "--b", "one", "one that ends in a boundary"),
	ROW(HEAD "Content-Type: multipart/mixed; boundary=other\n\n" PART(PLAIN, "caf\xc3\xa9") END,
	    "--b\nContent-Type: text/plain\n\ncafé\n--b--",
	    "a boundary that never comes: all of it is text"),
	ROW(HEAD "Content-Type: multipart/mixed\n\none\n", "one", "a multipart without boundary"),
	ROW(HEAD "Content-Type: multipart/mixed; boundary=\"=?b*\"\n\n--=?b*\n\none\n--=?b*\n\ntwo"
		 "\n--=?b*--\n",
	    "one\n\ntwo", "a boundary of odd characters"),
	ROW(HEAD "Content-Type: multipart/mixed; boundary=?b\n\n--?b\n\none\n--?b--\n", "one",
	    "a boundary that should be quoted"),
	ROW(HEAD
	    "Content-Type: multipart/mixed; boundary*0=a;\n boundary*1=b\n\n--ab\n\none\n--ab--\n",
	    "one", "a boundary in two pieces (RFC 2231, 3)"),
	ROW(MULTI("alternative") PART(PLAIN, "the plain one") PART(HTML, "<p>the page here") END,
	    "the plain one", "of alternatives the plain one"),
	ROW(MULTI("alternative") PART(PLAIN, "See page.") PART(HTML, "<p>This is the whole of it."),
	    "This is the whole of it.", "unless it says far less"),
	ROW(MULTI("alternative") PART(PLAIN, "") PART(HTML, "<p>x"), "x", "or nothing"),
	ROW(MULTI("alternative") PART(HTML, "<p>page one") PART(PLAIN, "text one"), "page one",
	    "whichever comes first"),
	ROW(MULTI("alternative") PART(PLAIN, "he agreed") PART(HTML, "he refused"), "he agreed",
	    "also where they contradict each other"),
	ROW(MULTI("mixed") PART("Content-Type: message/rfc822\n", "Subject: in\nFrom: x\n\ninner")
		    END,
	    "in\n\ninner", "a forwarded mail"),
	ROW(MULTI("mixed") PART("Content-Type: message/rfc822\n" B64,
				"TUlNRS1WZXJzaW9uOiAxLjAKClRoZSBpbm5lcg==") END,
	    "The inner", "one in base64, which RFC 2046 forbids"),
	ROW(MULTI("mixed") PART("Content-Type: application/octet-stream; name=a.eml\n",
				"Subject: in\n\ninner") END,
	    "in\n\ninner", "one as a mere file"),
	ROW(MULTI("mixed") PART("Content-Type: application/octet-stream; name=a.html\n" B64,
				"PHA+YQ==") END,
	    "a", "an attached page, by its name"),
	ROW(MULTI("mixed") PART("Content-Type: application/octet-stream\n" B64, "dGV4dA==") END,
	    "text", "an attached text"),
	ROW(MULTI("signed") PART(PLAIN, "text")
		    PART("Content-Type: application/pgp-signature\n", "iQ") END,
	    "text", "a signed mail"),
	ROW(MULTI("related") PART(HTML, "<p>a") PART("Content-Type: text/css\n", "p{}") END, "a",
	    "a saved page with its style sheet"),
	ROW(HEAD
	    "Content-Type: text/plain; format=flowed\n\nthis \nflows\n> quoted \n> too\n\n  -- "
	    "\n-- \nname",
	    "this flows\n> quoted too\n\n -- \n-- \nname", "format=flowed"),
	ROW(HEAD "Content-Type: text/plain; format=flowed; delsp=yes\n\nre \nquested", "requested",
	    "with delsp"),
	ROW("\xef\xbb\xbf" HEAD "\ntext", "text", "a byte order mark"),
	ROW("\r\n\n" HEAD "\ntext", "text", "blank lines before it"),
	ROW("123      \n" HEAD "\ntext", "text", "the length that Apple writes before it"),
	ROW("MIME-Version: 1.0\rSubject: old\r\rtext\rlines", "old\n\ntext\nlines",
	    "lines of old Macintoshes"),
	ROW("Received: from x\nno header at all\n\ntext", "text",
	    "a line that is no field is passed over"),
	ROW(HEAD "Subject: a\n\xe9: b\n\ntext", NULL, "bytes beyond ASCII in a header"),
	ROW(HEAD "\na\0b", "a b", "a NUL"),
	ROW(MULTI("mixed") PART("Content-Type: message/rfc822\n", "") PART(PLAIN, "a") END, "a",
	    "a forwarded mail that is empty"),
	ROW(MULTI("digest") PART("", "Subject: one\n\nfirst") PART("", "Subject: two\n\nsecond")
		    END,
	    "one\n\nfirst\n\ntwo\n\nsecond", "a digest: its parts are mails by themselves"),
};

static enum extract_outcome parse(struct arena *a, struct slice bytes, const char *name,
				  struct extract_found *found)
{
	struct build out;
	build_init(&out, TEXT_LEN_MAX);
	enum extract_outcome o = extract_parse(bytes, name, &converters, &out, found);
	if (o == EXTRACT_OK)
		found->text.ptr = arena_dup(a, found->text.ptr, found->text.len);
	build_release(&out);
	return o;
}

static void check_text(struct slice bytes, const char *name, const char *want, const char *why)
{
	struct arena a = {0};
	struct extract_found found = {0};
	enum extract_outcome o = parse(&a, bytes, name, &found);
	CHECK(o == EXTRACT_OK, "%s: %s", why, extract_err(o).what);
	if (want)
		CHECK(slice_eq(found.text, slice_str(want)), "%s: \"%.*s\", not \"%s\"", why,
		      (int)found.text.len, (const char *)found.text.ptr, want);
	arena_release(&a);
}

static void test_mails(void)
{
	for (size_t i = 0; i < ROWS(mails); i++)
		check_text(mails[i].mail, NULL, mails[i].want, mails[i].why);
	check_text(SLICE_LIT("Subject: a\n\ntext"), "x.EML", "a\n\ntext",
		   "a name makes a mail of a few fields");
	check_text(SLICE_LIT("Subject: a\n\ntext"), "x.txt", "Subject: a\n\ntext",
		   "without it they are text");
}

/* The same through the child: nothing of it needs what the filter forbids. */
static void test_child(void)
{
	for (size_t i = 0; i < ROWS(mails); i++) {
		struct arena a = {0};
		struct slice text = {NULL, 0};
		struct sr_err e = extract_text(&a, mails[i].mail, NULL, NULL, &text);
		CHECK(!sr_bad(e), "%s: %s", mails[i].why, e.what);
		if (mails[i].want)
			CHECK(slice_eq(text, slice_str(mails[i].want)), "%s: text", mails[i].why);
		arena_release(&a);
	}
}

static const struct {
	const char *value, *want, *why;
} headers[] = {
	{"plain", "plain", "no encoded word"},
	{"=?utf-8?Q?a_b=5Fc?=", "a b_c", "Q"},
	{"=?UTF-8?b?w6k=?=", "é", "B"},
	{"=?utf-8?q?a?= =?utf-8?q?b?=\r\n =?utf-8?q?c?= d", "abc d", "space between words is none"},
	{"=?utf-8?B?ww==?= =?utf-8?B?qQ==?=", "é", "a character cut in two"},
	{"=?koi8-r?B?8A==?==?utf-8?q?=C3=A9?=", "Пé", "two charsets"},
	{"=?us-ascii*en?Q?a?=", "a", "with a language"},
	{"=?no-such?Q?a?= =?utf-16?Q?b?=", "ab", "charsets that nobody knows"},
	{"=?utf-8?x?a?= b", "=?utf-8?x?a?= b", "neither Q nor B"},
	{"=?utf-8?Q?a", "=?utf-8?Q?a", "a word without end"},
	{"a =? b ?= c", "a =? b ?= c", "what is no word"},
	{"=?=?=?=?", "=?=?=?=?", "beginnings"},
	{"caf\xc3\xa9", "café", "bare UTF-8"},
	{"", "", "nothing"},
};

static void test_headers(void)
{
	for (size_t i = 0; i < ROWS(headers); i++) {
		struct parse p = {.conv = &converters};
		struct slice got = {NULL, 0};
		struct build out;
		build_init(&out, 0);
		enum extract_outcome o = mail_header(slice_str(headers[i].value), &p, &out);
		CHECK(o == EXTRACT_OK && !sr_bad(build_done(&out, &got)), "%s", headers[i].why);
		CHECK(slice_eq(got, slice_str(headers[i].want)), "%s: %.*s", headers[i].why,
		      (int)out.len, (const char *)out.ptr);
		build_release(&out);
	}
}

static const struct {
	const char *mail, *warning, *why;
} skipped[] = {
	{HEAD "\ntext", NULL, "nothing to skip"},
	{MULTI("mixed") PART(PLAIN, "a") PART("Content-Type: image/png\n" B64, "iVBO") END,
	 "1 part of this mail was not read: a picture", "a picture"},
	{MULTI("mixed") PART(PLAIN, "a") PART("Content-Type: image/png\n", "x")
		 PART("Content-Type: application/pdf\n" B64, "JVBERi0xLjcK")
			 PART("Content-Type: image/gif\n", "x") END,
	 "3 parts of this mail were not read: a PDF, 2 pictures", "three parts of two kinds"},
	{MULTI("mixed") PART(PLAIN, "a") PART("Content-Type: application/pdf\n", "text after all")
		 END,
	 NULL, "a part is what its bytes say"},
	{MULTI("mixed") PART(PLAIN, "a")
		 PART("Content-Type: application/octet-stream\n" B64, "AQIDBAUGBwgODxAREg==") END,
	 "1 part of this mail was not read: a file of binary data", "binary data"},
	{MULTI("mixed") PART(PLAIN, "a") PART("Content-Type: application/ms-tnef\n" B64, "eJ8+Ig==")
		 END,
	 "1 part of this mail was not read: a winmail.dat", "an attachment of Outlook"},
	{MULTI("mixed") PART(PLAIN, "a")
		 PART("Content-Type: message/external-body; access-type=local-file; "
		      "name=\"/etc/passwd\"\n",
		      "Content-Type: text/plain\n\n") END,
	 "1 part of this mail was not read: a part that lies elsewhere", "what lies elsewhere"},
	{MULTI("mixed") PART(PLAIN, "a") PART(
		 "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n", "MII") END,
	 "1 part of this mail was not read: an encrypted part", "an encrypted part"},
	{MULTI("mixed") PART(PLAIN, "a") PART("Content-Type: application/zip\n" B64, "UEsDBBQAAAA=")
		 END,
	 "1 part of this mail was not read: an archive", "an archive"},
	{MULTI("mixed") PART(PLAIN, "a")
		 PART("Content-Type: message/rfc822\n" B64, "TUlNRS1WZXJzaW9uOiAxLjAKCg==") END,
	 "1 part of this mail was not read: a file without text", "an attached empty mail"},
};

struct notes {
	unsigned n;
	char last[256];
};

static void take_note(void *user, const struct sr_note *note)
{
	struct notes *notes = user;
	size_t len = strlen(note->text);
	len = len < sizeof notes->last ? len : sizeof notes->last - 1;
	notes->n++;
	memcpy(notes->last, note->text, len);
	notes->last[len] = 0;
}

static void test_skipped(void)
{
	for (size_t i = 0; i < ROWS(skipped); i++) {
		struct arena a = {0};
		struct notes notes = {0};
		struct sr_sink sink = {take_note, &notes, "x"};
		struct slice text;
		struct sr_err e = extract_text(&a, slice_str(skipped[i].mail), NULL, &sink, &text);
		CHECK(!sr_bad(e), "%s: %s", skipped[i].why, e.what);
		CHECK(notes.n == (skipped[i].warning ? 1 : 0), "%s: %u notes", skipped[i].why,
		      notes.n);
		if (skipped[i].warning)
			CHECK(strcmp(notes.last, skipped[i].warning) == 0, "%s: %s", skipped[i].why,
			      notes.last);
		arena_release(&a);
	}
}

static const struct {
	const char *mail;
	enum extract_outcome want;
	const char *why;
} refused[] = {
	{HEAD "Subject: talks\n", EXTRACT_NOTHING, "headers only"},
	{HEAD "Subject: talks\n\n \n\t\n", EXTRACT_NOTHING, "an empty body"},
	{HEAD "Content-Type: image/png\n" B64 "\niVBO", EXTRACT_NOTHING, "a mere picture"},
	{MULTI("mixed") END, EXTRACT_NOTHING, "no part"},
	{MULTI("encrypted") PART("Content-Type: application/pgp-encrypted\n", "Version: 1")
		 PART("Content-Type: application/octet-stream\n", "-----BEGIN PGP MESSAGE-----"),
	 EXTRACT_ENCRYPTED, "PGP/MIME"},
	{HEAD "Subject: x\nContent-Type: application/x-pkcs7-mime; name=smime.p7m\n" B64 "\nMIIB",
	 EXTRACT_ENCRYPTED, "S/MIME"},
	{HEAD PLAIN "\n-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n",
	 EXTRACT_ENCRYPTED, "PGP in the body"},
};

static void test_refused(void)
{
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct arena a = {0};
		struct extract_found found;
		enum extract_outcome o = parse(&a, slice_str(refused[i].mail), NULL, &found);
		CHECK(o == refused[i].want, "%s: %s", refused[i].why,
		      o == EXTRACT_OK ? "read" : extract_err(o).what);
		arena_release(&a);
	}
}

/* check_any accepts any outcome, but a text must be clean. */
static enum extract_outcome check_any(struct slice bytes, const char *why)
{
	struct arena a = {0};
	struct extract_found found;
	enum extract_outcome o = parse(&a, bytes, NULL, &found);
	if (o == EXTRACT_OK) {
		struct utf8_counts n = utf8_count(found.text);
		CHECK(n.bad_n == 0 && n.control_n == 0, "%s: not clean", why);
		CHECK(found.replaced_n <= found.text.len / 3, "%s: replaced", why);
	}
	arena_release(&a);
	return o;
}

/* Each prefix has a block of its own, so that the sanitizer sees the edges. */
static void test_prefixes(void)
{
	for (size_t i = 0; i < ROWS(mails); i++) {
		for (size_t n = 0; n <= mails[i].mail.len; n += test_stride(3)) {
			struct arena a = {0};
			uint8_t *p = malloc(n ? n : 1);
			if (p && n)
				memcpy(p, mails[i].mail.ptr, n);
			if (p)
				(void)check_any(slice_make(p, n), mails[i].why);
			free(p);
			arena_release(&a);
		}
	}
}

static void test_bit_flips(void)
{
	for (size_t i = 0; i < ROWS(mails); i++) {
		struct slice s = mails[i].mail;
		struct arena a = {0};
		uint8_t *copy = arena_dup(&a, s.ptr, s.len);
		for (size_t bit = 0; copy && bit < s.len * 8; bit += test_stride(5)) {
			copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
			(void)check_any(slice_make(copy, s.len), mails[i].why);
			copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		arena_release(&a);
	}
}

static void test_no_memory(void)
{
	for (size_t i = 0; i < ROWS(mails); i++) {
		bool failed = true;
		for (size_t n = 1; failed; n++) {
			struct build out;
			struct extract_found found;
			build_init(&out, TEXT_LEN_MAX);
			test_alloc_fail_at(n);
			enum extract_outcome o =
				extract_parse(mails[i].mail, NULL, &converters, &out, &found);
			failed = test_alloc_failed();
			test_alloc_fail_at(0);
			build_release(&out);
			CHECK(!failed || o == EXTRACT_MEMORY, "%s: allocation %zu: %d",
			      mails[i].why, n, (int)o);
		}
	}
}

/* A mail of many times the same: start, then again with %u counting up, then end. */
static const struct {
	const char *start, *again, *end;
	unsigned again_n;
	enum extract_outcome want;
	const char *why;
} bombs[] = {
	{HEAD "Content-Type: multipart/mixed; boundary=b0\n\n",
	 "--b%u\nContent-Type: multipart/mixed; boundary=b%u\n\n", "", 10000, EXTRACT_DEEP,
	 "10,000 multiparts within each other"},
	{HEAD, "Content-Type: message/rfc822\n\nX: %u\n", "\ntext", 10000, EXTRACT_DEEP,
	 "10,000 mails within each other"},
	{HEAD "Content-Type: multipart/mixed; boundary=b0\n\n",
	 "--b%u\nContent-Type: multipart/mixed; boundary=b%u\n\n", "", 30, EXTRACT_NOTHING,
	 "30 multiparts are not too many"},
	{MULTI("mixed"), "--b\n\na\n", "", 1000000, EXTRACT_PARTS, "a million parts"},
	{MULTI("mixed"), "--b\n\na\n", "", LIMIT_MAIL_PARTS - 1, EXTRACT_OK,
	 "as many as there may be"},
	{MULTI("mixed"), "--b\n\na\n", "", LIMIT_MAIL_PARTS, EXTRACT_PARTS, "and one more"},
	{MULTI("mixed"), "--b\n", "", 1000000, EXTRACT_NOTHING, "a million boundaries"},
	{"From a\n", HEAD "\nx\n\nFrom a\n", "", 100000, EXTRACT_PARTS, "a mailbox of 100,000"},
	{HEAD, "X-%u: y\n", "\ntext", 1000000, EXTRACT_OK, "a million fields"},
	{HEAD, "Subject: %u\n", "\ntext", 100000, EXTRACT_OK, "Subjects"},
	{HEAD "Subject: ", "=?", "\n\ntext", 1000000, EXTRACT_OK, "words that do not end"},
	{HEAD "Subject: ", "=?a?q?", "\n\ntext", 500000, EXTRACT_OK, "words in words"},
	{HEAD "Content-Type: text/plain", "; a%u=b", "\n\ntext", 100000, EXTRACT_OK, "parameters"},
	{HEAD "Content-Type: text/plain", "; a", "\n\ntext", 100000, EXTRACT_OK,
	 "parameters without value"},
	{HEAD "Content-Type: multipart/mixed; boundary=\"", "x", "\"\n\ntext", 100000, EXTRACT_OK,
	 "a long boundary"},
	{HEAD "Content-Type: text/plain; charset=", "x", "\n\ntext", 1000000, EXTRACT_OK,
	 "a long charset"},
	{HEAD "X: ", "(", "\n\ntext", 1000000, EXTRACT_OK, "comments in comments"},
	{HEAD "Content-Type: text/plain; x=", "(", "\n\ntext", 1000000, EXTRACT_OK,
	 "in a type, too"},
	{HEAD "\n", "-----BEGIN PGP MESSAGE-----\n", "x", 10000, EXTRACT_ENCRYPTED, "PGP"},
	{HEAD "\n", "long", "", 4000000, EXTRACT_OK, "a line of 16 MB"},
	{HEAD, "long", ": x\n\ntext", 1000000, EXTRACT_NOTHING, "a name of 4 MB"},
	{HEAD PLAIN B64 "\n", "dGV4", "", 8000000, EXTRACT_OK, "base64"},
	{HEAD PLAIN QP "\n", "=\n", "", 8000000, EXTRACT_NOTHING, "soft line ends"},
	{HEAD PLAIN "Content-Transfer-Encoding: x-uuencode\n\n", "begin 644 a\n", "", 1000000,
	 EXTRACT_OK, "uuencoded files that only begin"},
};

static void build_again(struct build *b, const char *again, unsigned i)
{
	for (; *again; again++) {
		if (again[0] == '%' && again[1] == 'u') {
			build_fmt(b, "%u", i++);
			again++;
		} else {
			build_bytes(b, again, 1);
		}
	}
}

static void test_bombs(void)
{
	const unsigned eighth = (unsigned)test_stride(8);
	for (size_t i = 0; i < ROWS(bombs); i++) {
		struct arena a = {0};
		struct build b;
		struct slice mail, text;
		build_init(&b, 0);
		build_str(&b, bombs[i].start);
		/* What is large is so with an eighth of it as well. */
		const unsigned n =
			bombs[i].again_n / (bombs[i].again_n > LIMIT_MAIL_PARTS ? eighth : 1);
		for (unsigned k = 0; k < n; k++)
			build_again(&b, bombs[i].again, k);
		build_str(&b, bombs[i].end);
		struct sr_err e = build_done(&b, &mail);
		if (!sr_bad(e))
			e = extract_text(&a, mail, NULL, NULL, &text);
		struct sr_err want = extract_err(bombs[i].want);
		CHECK(e.what == want.what, "%s: %s, not %s", bombs[i].why, e.what ? e.what : "read",
		      want.what ? want.what : "read");
		build_release(&b);
		arena_release(&a);
	}
}

int main(void)
{
	/* First, while this process has loaded nothing that a child could inherit. */
	test_run("through the child", test_child);
	if (!parse_open(&converters))
		return EXIT_FAILURE;
	test_run("mails", test_mails);
	test_run("headers", test_headers);
	test_run("skipped parts", test_skipped);
	test_run("refusals", test_refused);
	test_run("prefixes", test_prefixes);
	test_run("bit flips", test_bit_flips);
	test_run("no memory", test_no_memory);
	test_run("bombs", test_bombs);
	decode_close(&converters);
	return test_done();
}
