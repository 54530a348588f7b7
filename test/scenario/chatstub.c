/* SPDX-License-Identifier: Apache-2.0 */
/* chatstub PORTFILE LOG REPLY...: a server on 127.0.0.1 that pretends to have a language model. It
 * writes its port to PORTFILE and every request to LOG, and gives one reply after the other, the
 * last one again and again. A reply is STATUS:HOW:FILE, by HOW
 *
 *	content  the file is what the model says, in a chat completion
 *	body     the file is the body
 *	half     only the first half of that arrives
 *	hang     nothing arrives
 *	huge     blanks without end
 *	close    the connection is closed at once
 *	location it says that it is elsewhere: FILE is that URL
 *
 * It ends by itself after two minutes. */
#include <arpa/inet.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1024 * 1024, LIFE_S = 120 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_on(const char *portfile)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof at;
	char temporary[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		die("listen");
	(void)snprintf(temporary, sizeof temporary, "%s.new", portfile);
	FILE *f = fopen(temporary, "w");
	if (!f || fprintf(f, "%d\n", ntohs(at.sin_port)) < 0 || fclose(f) != 0 ||
	    rename(temporary, portfile) != 0)
		die(portfile);
	return fd;
}

static size_t body_len(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");
	return line ? strtoul(line + 17, NULL, 10) : 0;
}

/* read_request reads head and body. */
static size_t read_request(int fd, char *buf)
{
	size_t len = 0;
	while (len < REQUEST_MAX) {
		ssize_t n = read(fd, buf + len, REQUEST_MAX - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		buf[len] = 0;
		const char *end = strstr(buf, "\r\n\r\n");
		if (end && len - (size_t)(end + 4 - buf) >= body_len(buf))
			break;
	}
	return len;
}

static char *load(const char *path, size_t *len)
{
	char *bytes = malloc(REQUEST_MAX);
	FILE *f = fopen(path, "r");
	if (!bytes || !f)
		die(path);
	*len = fread(bytes, 1, REQUEST_MAX - 1, f);
	bytes[*len] = 0;
	(void)fclose(f);
	return bytes;
}

static void put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);
		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void put_head(int fd, int status, const char *rest)
{
	char head[4096];
	int n = snprintf(head, sizeof head, "HTTP/1.1 %d Pretended\r\nConnection: close\r\n%s\r\n",
			 status, rest);
	put(fd, head, (size_t)n);
}

static void put_body(int fd, int status, const char *body, size_t len, size_t sent)
{
	char line[64];
	(void)snprintf(line, sizeof line, "Content-Length: %zu\r\n", len);
	put_head(fd, status, line);
	put(fd, body, sent);
}

static void put_content(int fd, int status, const char *text, size_t len)
{
	json_t *all = json_pack("{s:[{s:{s:s, s:s%}}]}", "choices", "message", "role", "assistant",
				"content", text, len);
	char *body = json_dumps(all, 0);
	if (!body)
		die("the content is not UTF-8");
	put_body(fd, status, body, strlen(body), strlen(body));
	free(body);
	json_decref(all);
}

static void put_huge(int fd)
{
	char blanks[65536];
	memset(blanks, ' ', sizeof blanks);
	put_head(fd, 200, "");
	while (write(fd, blanks, sizeof blanks) > 0)
		;
}

static void reply(int fd, const char *how)
{
	char kind[16] = "";
	int status = 0, n = 0;
	if (sscanf(how, "%d:%15[a-z]:%n", &status, kind, &n) != 2 || !n)
		die(how);
	const char *file = how + n;
	size_t len = 0;
	char *bytes = NULL, line[2048];
	if (strcmp(kind, "content") == 0 || strcmp(kind, "body") == 0 || strcmp(kind, "half") == 0)
		bytes = load(file, &len);
	if (strcmp(kind, "content") == 0)
		put_content(fd, status, bytes, len);
	else if (strcmp(kind, "body") == 0)
		put_body(fd, status, bytes, len, len);
	else if (strcmp(kind, "half") == 0)
		put_body(fd, status, bytes, len, len / 2);
	else if (strcmp(kind, "huge") == 0)
		put_huge(fd);
	else if (strcmp(kind, "hang") == 0)
		(void)pause();
	else if (strcmp(kind, "location") == 0) {
		(void)snprintf(line, sizeof line, "Location: %s\r\nContent-Length: 0\r\n", file);
		put_head(fd, status, line);
	}
	free(bytes);
}

int main(int argc, char **argv)
{
	static char request[REQUEST_MAX + 1];
	if (argc < 4)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(LIFE_S);
	int fd = listen_on(argv[1]);
	for (int next = 3;;) {
		int client = accept(fd, NULL, NULL);
		if (client < 0)
			die("accept");
		size_t len = read_request(client, request);
		FILE *log = fopen(argv[2], "a");
		if (!log || fwrite(request, 1, len, log) != len || fputs("\n====\n", log) < 0 ||
		    fclose(log) != 0)
			die(argv[2]);
		reply(client, argv[next]);
		(void)close(client);
		if (next + 1 < argc)
			next++;
	}
}
