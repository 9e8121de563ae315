/* SPDX-License-Identifier: MIT */
/* Which processes have a status page, and what is in it. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "tools/top.h"

#define LINK "/memfd:" TERN_STATUS_FILE " (deleted)"

/* As much as there is of a file of /proc, ended by a zero. -1: it cannot be read. */
static ssize_t read_file(int folder, const char *name, char *to, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, to, size - 1);
	close(fd);
	if (n >= 0)
		to[n] = '\0';
	return n;
}

/* What the process calls itself: in its own namespace. 0: not known. */
static uint64_t own_number(int folder)
{
	char text[4096];
	if (read_file(folder, "status", text, sizeof(text)) < 0)
		return 0;
	const char *line = strstr(text, "\nNSpid:");
	if (!line)
		line = strstr(text, "\nPid:");
	if (!line)
		return 0;
	line = strchr(line, ':') + 1;
	uint64_t number = 0;
	for (char *end; *line && *line != '\n'; line = end) {
		uint64_t n = strtoull(line, &end, 10);
		if (end == line)
			break;
		number = n;
	}
	return number;
}

/* Users come in runs, and looking one up may take a while. */
static void name_user(struct tern_top_process *p)
{
	static uid_t last;
	static char name[sizeof(p->user)];
	if (!*name || last != p->uid) {
		const struct passwd *user = getpwuid(p->uid);
		last = p->uid;
		if (user)
			snprintf(name, sizeof(name), "%s", user->pw_name);
		else
			snprintf(name, sizeof(name), "%u", (unsigned)p->uid);
	}
	memcpy(p->user, name, sizeof(name));
}

static void describe(int folder, struct tern_top_process *p)
{
	ssize_t n = read_file(folder, "cmdline", p->program, sizeof(p->program));
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!p->program[i])
			p->program[i] = ' ';
	if (n <= 0 || !*p->program) {
		n = read_file(folder, "comm", p->program, sizeof(p->program));
		if (n > 0 && p->program[n - 1] == '\n')
			p->program[n - 1] = '\0';
	}
	if (n <= 0 || !*p->program)
		snprintf(p->program, sizeof(p->program), "?");
	name_user(p);
}

/* The page in descriptor @name of the folder @fds, or NULL. */
static const struct tern_status_page *page_in(int fds, const char *name, ino_t *inode)
{
	char target[64];
	struct stat s;
	const char *why;
	ssize_t n = readlinkat(fds, name, target, sizeof(target) - 1);
	if (n != (ssize_t)strlen(LINK) || memcmp(target, LINK, strlen(LINK)) != 0)
		return NULL;
	/* It may be something else by now: nothing that makes us wait. */
	int fd = openat(fds, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	const struct tern_status_page *page = fstat(fd, &s) ? NULL : tern_status_map(fd, &why);
	close(fd);
	if (page)
		*inode = s.st_ino;
	return page;
}

/* Reads the page of the process in @folder; false: it has none of its own. */
static bool read_page(int folder, struct tern_top_process *p)
{
	int fd = openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *fds = fd < 0 ? NULL : fdopendir(fd);
	if (!fds) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	uint64_t self = 0;
	for (struct dirent *entry; !p->now && (entry = readdir(fds));) {
		const struct tern_status_page *page = page_in(fd, entry->d_name, &p->inode);
		if (!page)
			continue;
		/* A child may have its parent's descriptor. */
		self = self ? self : own_number(folder);
		if (page->header.process == self)
			p->now = tern_alloc(sizeof(*p->now));
		if (p->now)
			tern_status_read(page, p->now);
		tern_status_unmap(page);
	}
	closedir(fds);
	return p->now;
}

static bool look_at(int proc, const char *name, const struct tern_top *top,
		    struct tern_top_process *p)
{
	struct stat s;
	*p = (struct tern_top_process){.pid = (pid_t)strtol(name, NULL, 10)};
	if (p->pid <= 0 || (top->only && p->pid != top->only))
		return false;
	int folder = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	bool has = !fstat(folder, &s) && (top->everybody || s.st_uid == geteuid());
	p->uid = s.st_uid;
	has = has && read_page(folder, p);
	if (has)
		describe(folder, p);
	close(folder);
	return has;
}

static int by_pid(const void *a, const void *b)
{
	const struct tern_top_process *x = a, *y = b;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int add(struct tern_top *top, const struct tern_top_process *p)
{
	if ((top->count & (top->count + 1)) == 0) { /* full: 0, 1, 3, 7, ... */
		void *more = tern_realloc_array(top->processes, 2 * top->count + 1, sizeof(*p));
		if (!more)
			return -ENOMEM;
		top->processes = more;
	}
	top->processes[top->count++] = *p;
	return 0;
}

/* What @old knew becomes what was before. */
static void remember(struct tern_top *top, struct tern_top *old)
{
	size_t at = 0;
	for (size_t i = 0; i < top->count; i++) {
		struct tern_top_process *p = &top->processes[i];
		while (at < old->count && old->processes[at].pid < p->pid)
			at++;
		if (at == old->count)
			break;
		struct tern_top_process *same = &old->processes[at];
		if (same->pid != p->pid || same->inode != p->inode ||
		    same->now->started_ns != p->now->started_ns)
			continue;
		p->before = same->now;
		same->now = NULL;
	}
}

int tern_top_scan(struct tern_top *top)
{
	struct tern_top old = *top;
	top->processes = NULL;
	top->count = 0;
	int error = 0, folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *proc = folder < 0 ? NULL : fdopendir(folder);
	if (!proc)
		error = -errno;
	for (struct dirent *entry; !error && (entry = readdir(proc));) {
		struct tern_top_process p;
		if (!isdigit((unsigned char)*entry->d_name) ||
		    !look_at(folder, entry->d_name, top, &p))
			continue;
		error = add(top, &p);
		if (error)
			tern_free(p.now);
	}
	if (proc)
		closedir(proc);
	else if (folder >= 0)
		close(folder);
	if (top->count)
		qsort(top->processes, top->count, sizeof(top->processes[0]), by_pid);
	remember(top, &old);
	tern_top_finish(&old);
	return error;
}

void tern_top_finish(struct tern_top *top)
{
	for (size_t i = 0; i < top->count; i++) {
		tern_free(top->processes[i].now);
		tern_free(top->processes[i].before);
	}
	tern_free(top->processes);
	top->processes = NULL;
	top->count = 0;
}
