/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[128];

bool relay_files_begin(void)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(root, sizeof root, "%s/subrosa-relay-XXXXXX",
		       tmp && strlen(tmp) < 80 ? tmp : "/tmp");
	return mkdtemp(root) != NULL;
}

const char *relay_files_path(const char *name)
{
	static char path[8][512];
	static unsigned next;
	char *p = path[next++ % 8];
	(void)snprintf(p, sizeof path[0], "%s/%s", root, name);
	return p;
}

void relay_files_empty(void)
{
	DIR *d = opendir(root);
	if (!d)
		return;
	for (const struct dirent *e; (e = readdir(d));)
		(void)unlink(relay_files_path(e->d_name));
	(void)closedir(d);
}

void relay_files_end(void)
{
	relay_files_empty();
	(void)rmdir(root);
}
