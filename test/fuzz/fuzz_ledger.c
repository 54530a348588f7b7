/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a ledger. An input that begins with the first letter of SQLite's magic is the file
 * itself; any other is a list of edits (16-bit offset, new byte) to a good ledger, so that the
 * fuzzer gets past SQLite's own checks. Whatever the file, it is refused or it reads as it was. */
#include "fuzz.h"
#include "ledger.h"
#include "platform.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/subrosa-fuzz-XXXXXX";
static char path[sizeof folder + 16];
static struct arena mem;
static struct slice good;

static void must(struct sr_err e)
{
	assert(e.code == SR_OK);
}

static void clean_up(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
	arena_release(&mem);
}

static void make_good(void)
{
	struct ledger_paper p = {.title = SLICE_LIT("title"), .lattice = SLICE_LIT("lattice")};
	struct ledger_reader r[2] = {{.id = SLICE_LIT("A"), .fold = SLICE_LIT("a")},
				     {.id = SLICE_LIT("b"), .fold = SLICE_LIT("b")}};
	struct ledger_issued copy = {.number = 1};
	struct crypto_key seed;
	struct ledger *l;
	must(crypto_init());
	must(crypto_key_random(&seed));
	assert(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/ledger", folder);
	must(ledger_create(path, &p, &seed, NULL, NULL, &l));
	must(ledger_commit_readers(l, r, 2, 1, 1, SLICE_LIT("entry")));
	must(ledger_mark_issued(l, &copy, 1));
	ledger_close(l);
	crypto_key_release(&seed);
	must(platform_read_file(&mem, path, 1 << 20, &good));
	(void)atexit(clean_up);
}

static void edit(uint8_t *bytes, struct slice edits)
{
	uint16_t at;
	uint8_t value;
	while (slice_u16(&edits, &at) && slice_u8(&edits, &value))
		bytes[at % good.len] = value;
}

static void put(struct slice bytes)
{
	FILE *f = fopen(path, "wb");
	assert(f);
	assert(fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len);
	(void)fclose(f);
}

static void try_open(bool readonly, bool edited)
{
	struct ledger *l;
	struct ledger_readers rs;
	struct arena a = {0};
	if (sr_bad(ledger_open(path, readonly, NULL, NULL, &l)))
		return;
	struct sr_err e = ledger_readers_load(l, &a, &rs);
	if (!sr_bad(e) && edited)
		assert(rs.n == 2 && slice_eq(rs.at[0].id, SLICE_LIT("A")) &&
		       slice_eq(ledger_paper(l)->lattice, SLICE_LIT("lattice")));
	if (!readonly) {
		struct ledger_reader more = {.id = SLICE_LIT("c"), .fold = SLICE_LIT("c")};
		e = ledger_commit_readers(l, &more, 1, 3, 1, SLICE_LIT(""));
	}
	ledger_close(l);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *ptr, size_t len)
{
	static char journal[sizeof path + 16];
	if (!good.len)
		make_good();
	bool edited = len == 0 || ptr[0] != 'S';
	struct slice bytes = slice_make(ptr, len);
	uint8_t *copy = NULL;
	if (edited) {
		copy = malloc(good.len);
		assert(copy);
		memcpy(copy, good.ptr, good.len);
		edit(copy, bytes);
		bytes = slice_make(copy, good.len);
	}
	put(bytes);
	free(copy);
	try_open(true, edited);
	try_open(false, edited);
	(void)snprintf(journal, sizeof journal, "%s-journal", path);
	(void)unlink(journal);
	return 0;
}
