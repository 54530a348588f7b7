/* SPDX-License-Identifier: Apache-2.0 */
/* jsonget [-t | -n] FILE [KEY]...: what stands in a JSON file. A KEY is the name of a member, or
 * the number of an item. Prints the value (a string without its quotes), with -t its type, with -n
 * how many items or members it has. Exit status 1 if there is no such value, 2 if FILE is not JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const json_t *member(const json_t *in, const char *key)
{
	if (json_is_object(in))
		return json_object_get(in, key);
	char *end;
	unsigned long i = strtoul(key, &end, 10);
	return *key && !*end ? json_array_get(in, i) : NULL;
}

static const char *type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
		return "integer";
	case JSON_REAL:
		return "real";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NULL:
		return "null";
	}
	return "";
}

static void show(const json_t *v, char what)
{
	if (what == 't')
		(void)puts(type_name(v));
	else if (what == 'n')
		(void)printf("%zu\n", json_is_object(v) ? json_object_size(v) : json_array_size(v));
	else if (json_is_string(v))
		(void)puts(json_string_value(v));
	else if (json_dumpf(v, stdout, JSON_ENCODE_ANY | JSON_COMPACT) == 0)
		(void)puts("");
}

int main(int argc, char **argv)
{
	char what = argc > 1 && argv[1][0] == '-' ? argv[1][1] : 0;
	int i = what ? 2 : 1;
	if (i >= argc)
		return 2;
	json_error_t error;
	json_t *all = json_load_file(argv[i], JSON_REJECT_DUPLICATES, &error);
	if (!all) {
		(void)fprintf(stderr, "%s:%d: %s\n", argv[i], error.line, error.text);
		return 2;
	}
	const json_t *v = all;
	while (v && ++i < argc)
		v = member(v, argv[i]);
	if (v)
		show(v, what);
	json_decref(all);
	return v ? 0 : 1;
}
