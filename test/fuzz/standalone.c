/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer: over the files given (or all files of the folders given),
 * then over deterministic mutations of them. Says so in TAP. A target that finds a bug aborts, and
 * the input at fault is in the file named by the environment variable FUZZ_INPUT, if there is one.
 *
 * usage: fuzz_X [-n MUTATIONS] [-s SEED] [FILE|FOLDER]... */
#include "fuzz.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_LEN_MAX = 64 * 1024, FILES_N_MAX = 4096, EDITS_N_MAX = 8 };

struct input {
	uint8_t *bytes;
	size_t len;
};

static struct input corpus[FILES_N_MAX];
static size_t corpus_n;

static _Noreturn void die(const char *what, const char *name)
{
	printf("Bail out! %s: %s\n", name, what);
	exit(EXIT_FAILURE);
}

static void *must_alloc(size_t len)
{
	void *p = malloc(len ? len : 1);
	if (!p)
		die("out of memory", "standalone");
	return p;
}

/* keep_input leaves the bytes where a person finds them after a crash. */
static void keep_input(struct input in)
{
	const char *path = getenv("FUZZ_INPUT");
	FILE *f = path ? fopen(path, "wb") : NULL;
	if (!f)
		return;
	(void)fwrite(in.bytes, 1, in.len, f);
	(void)fclose(f);
}

/* run_exact gives the target a block of exactly len bytes, so that a read beyond its end shows. */
static void run_exact(struct input in)
{
	keep_input(in);
	uint8_t *p = must_alloc(in.len);
	if (in.len)
		memcpy(p, in.bytes, in.len);
	(void)LLVMFuzzerTestOneInput(p, in.len);
	free(p);
}

static void add_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		die(strerror(errno), path);
	if (corpus_n == FILES_N_MAX)
		die("too many files", path);
	static uint8_t buf[INPUT_LEN_MAX];
	size_t len = fread(buf, 1, sizeof buf, f);
	(void)fclose(f);
	uint8_t *bytes = must_alloc(len);
	memcpy(bytes, buf, len);
	corpus[corpus_n++] = (struct input){bytes, len};
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* add_path adds a file, or the files of a folder in the order of their names. */
static void add_path(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		die(strerror(errno), path);
	if (!S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	struct dirent **names;
	int n = scandir(path, &names, is_visible, by_name);
	if (n < 0)
		die(strerror(errno), path);
	for (int i = 0; i < n; i++) {
		char name[4096];
		int len = snprintf(name, sizeof name, "%s/%s", path, names[i]->d_name);
		if (len < 0 || (size_t)len >= sizeof name)
			die("name too long", path);
		add_path(name);
		free(names[i]);
	}
	free(names);
}

static size_t below(uint64_t *state, size_t n)
{
	return n ? (size_t)(test_random(state) % n) : 0;
}

/* insert puts len bytes at off, as far as there is room. */
static void insert(struct input *in, size_t off, const uint8_t *bytes, size_t len)
{
	if (len > INPUT_LEN_MAX - in->len)
		len = INPUT_LEN_MAX - in->len;
	memmove(in->bytes + off + len, in->bytes + off, in->len - off);
	memcpy(in->bytes + off, bytes, len);
	in->len += len;
}

static void cut(struct input *in, size_t off, size_t len)
{
	memmove(in->bytes + off, in->bytes + off + len, in->len - off - len);
	in->len -= len;
}

/* edit makes one change: a bit, a byte, a cut, an insertion, a shorter end, a piece of another
 * input. */
static void edit(struct input *in, uint64_t *state)
{
	static const char *const words[] = {"{",    "|",    "}", "\\",          "\"", "\n",
					    "\r\n", ",",    ";", "\xff",        "\0", "<p>",
					    "&#",   "</p>", "-", "\xef\xbb\xbf"};
	size_t off = below(state, in->len + 1);
	const char *word = words[below(state, sizeof words / sizeof words[0])];
	const struct input *other = &corpus[below(state, corpus_n)];
	size_t from = below(state, other->len + 1);
	switch (below(state, 6)) {
	case 0:
		if (off < in->len)
			in->bytes[off] ^= (uint8_t)(1U << below(state, 8));
		break;
	case 1:
		if (off < in->len)
			in->bytes[off] = (uint8_t)test_random(state);
		break;
	case 2:
		cut(in, off, below(state, in->len - off + 1));
		break;
	case 3:
		insert(in, off, (const uint8_t *)word, strlen(word) + !*word);
		break;
	case 4:
		in->len = off;
		break;
	default:
		insert(in, off, other->bytes + from, below(state, other->len - from + 1));
		break;
	}
}

static void run_mutations(unsigned long mutations_n, uint64_t seed)
{
	struct input in = {must_alloc(INPUT_LEN_MAX), 0};
	for (unsigned long i = 0; i < mutations_n; i++) {
		const struct input *from = &corpus[below(&seed, corpus_n)];
		memcpy(in.bytes, from->bytes, from->len);
		in.len = from->len;
		for (size_t k = 1 + below(&seed, EDITS_N_MAX); k; k--)
			edit(&in, &seed);
		run_exact(in);
	}
	free(in.bytes);
}

static unsigned long number(const char *text)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *end || end == text)
		die("not a number", text);
	return n;
}

int main(int argc, char **argv)
{
	unsigned long mutations_n = 1000;
	unsigned long seed = 1;
	/* The empty input is part of every corpus. */
	corpus[corpus_n++] = (struct input){must_alloc(0), 0};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
			mutations_n = number(argv[++i]);
		else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
			seed = number(argv[++i]);
		else
			add_path(argv[i]);
	}
	printf("# seed %lu\n", seed);
	(void)fflush(stdout);
	for (size_t i = 0; i < corpus_n; i++)
		run_exact(corpus[i]);
	printf("ok 1 - %zu files\n", corpus_n);
	(void)fflush(stdout);
	run_mutations(mutations_n, seed);
	printf("ok 2 - %lu mutations\n1..2\n", mutations_n);
	for (size_t i = 0; i < corpus_n; i++)
		free(corpus[i].bytes);
	return EXIT_SUCCESS;
}
