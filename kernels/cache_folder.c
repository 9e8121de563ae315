/* SPDX-License-Identifier: MIT */
#include "kernels/cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernels/debug.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"

enum { UNIT = 4096, ABANDONED_SECONDS = 3600, TEMPORARY_NAME_BYTES = 64 };

static const char size_name[] = "size";
static const char temporary_prefix[] = "t-";

uint64_t tern_cache_limit(void)
{
	return tern_option_number(TERN_OPTION_CACHE_SIZE, (uint64_t)1 << 30);
}

void tern_cache_name(const struct tern_cache_key *key, char out[TERN_CACHE_NAME_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < sizeof(key->bytes); i++) {
		*out++ = digits[key->bytes[i] >> 4];
		*out++ = digits[key->bytes[i] & 15];
	}
	*out = '\0';
}

/* The other way round; false when @name is not that of an entry. */
static bool key_of_name(const char *name, struct tern_cache_key *out)
{
	if (strlen(name) != TERN_CACHE_NAME_BYTES - 1 ||
	    strspn(name, "0123456789abcdef") != TERN_CACHE_NAME_BYTES - 1)
		return false;
	for (size_t i = 0; i < sizeof(out->bytes); i++) {
		const char pair[] = {name[2 * i], name[2 * i + 1], '\0'};
		out->bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return true;
}

/* Makes @path and the folders above it, for their owner alone. */
static int make_folders(char *path)
{
	int e = 0;
	for (char *at = path + 1;; at++) {
		char c = *at;
		if (c && c != '/')
			continue;
		*at = '\0';
		e = mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
		*at = c;
		if (!c)
			return e;
	}
}

static int open_path(const char *path)
{
	if (tern_fault_hit())
		return -EMFILE;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int check_owner(int folder, const char *path)
{
	static _Atomic bool warned;
	struct stat s;
	if (fstat(folder, &s))
		return -errno;
	if (s.st_uid == geteuid() && !(s.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	if (!atomic_exchange(&warned, true))
		tern_log_warn("the cache %s is not used: it must belong to you, and nobody else "
			      "may write to it",
			      path);
	return -EPERM;
}

int tern_cache_folder_open(bool create)
{
	char *path = tern_path_cache();
	if (!path)
		return -ENOENT;
	int folder = *path ? open_path(path) : -ENOENT;
	if (folder == -ENOENT && *path && create) {
		int e = make_folders(path);
		folder = e ? (e == -ENOENT ? -ENOTDIR : e) : open_path(path);
	}
	int e = folder < 0 ? folder : check_owner(folder, path);
	if (e && folder >= 0)
		close(folder);
	tern_free(path);
	return e ? e : folder;
}

/* The application's limit, exceeding which would raise SIGXFSZ. */
static bool may_write(size_t size)
{
	struct rlimit limit;
	return !getrlimit(RLIMIT_FSIZE, &limit) && size <= limit.rlim_cur;
}

static int write_all(int fd, const unsigned char *at, size_t size)
{
	while (size) {
		if (tern_fault_hit())
			return -ENOSPC;
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int create_temporary(int folder, char name[TEMPORARY_NAME_BYTES])
{
	static _Atomic unsigned counter;
	snprintf(name, TEMPORARY_NAME_BYTES, "%s%d-%u-%llx", temporary_prefix, (int)getpid(),
		 counter++, (unsigned long long)tern_clock_ns());
	if (tern_fault_hit())
		return -EMFILE;
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

/* Closes @fd and gives the temporary file its name, unless @e says that it is not worth it. */
static int put_in_place(int folder, int fd, const char *temporary, const char *name, int e)
{
	if (close(fd) && !e)
		e = -errno;
	if (!e && tern_fault_hit())
		e = -EIO;
	if (!e && renameat(folder, temporary, folder, name))
		e = -errno;
	if (e)
		unlinkat(folder, temporary, 0);
	return e;
}

int tern_cache_folder_write(int folder, const char *name, const void *bytes, size_t size)
{
	char temporary[TEMPORARY_NAME_BYTES];
	if (!may_write(size))
		return -EFBIG;
	int fd = create_temporary(folder, temporary);
	if (fd < 0)
		return fd;
	return put_in_place(folder, fd, temporary, name, write_all(fd, bytes, size));
}

struct entry {
	struct timespec used;
	uint64_t size;
	struct tern_cache_key key;
};

struct listing {
	struct entry *entries;
	size_t count, capacity;
	uint64_t bytes; /* of all entries */
};

static int add_entry(struct listing *l, const struct entry *e)
{
	if (l->count == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 64;
		struct entry *grown = tern_realloc_array(l->entries, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->entries = grown;
		l->capacity = capacity;
	}
	l->entries[l->count++] = *e;
	l->bytes += e->size;
	return 0;
}

static bool abandoned(const char *name, const struct stat *s)
{
	return !strncmp(name, temporary_prefix, sizeof(temporary_prefix) - 1) &&
	       s->st_mtim.tv_sec < time(NULL) - ABANDONED_SECONDS;
}

static DIR *open_listing(int folder)
{
	int fd = tern_fault_hit() ? -1 : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Lists the entries, which the caller frees, and removes temporary files that nobody writes. */
static int list_entries(int folder, struct listing *out)
{
	struct listing l = {0};
	DIR *dir = open_listing(folder);
	int e = dir ? 0 : -EMFILE;
	for (struct dirent *d; !e && (d = readdir(dir));) {
		struct stat s;
		struct entry entry;
		if (fstatat(folder, d->d_name, &s, AT_SYMLINK_NOFOLLOW) || !S_ISREG(s.st_mode))
			continue;
		if (key_of_name(d->d_name, &entry.key)) {
			entry.used = s.st_mtim;
			entry.size = (uint64_t)s.st_size;
			e = add_entry(&l, &entry);
		} else if (abandoned(d->d_name, &s)) {
			unlinkat(folder, d->d_name, 0);
		}
	}
	if (dir)
		closedir(dir);
	if (e)
		tern_free(l.entries);
	else
		*out = l;
	return e;
}

static int by_time(const void *a, const void *b)
{
	const struct timespec *s = &((const struct entry *)a)->used;
	const struct timespec *t = &((const struct entry *)b)->used;
	if (s->tv_sec != t->tv_sec)
		return s->tv_sec < t->tv_sec ? -1 : 1;
	return (s->tv_nsec > t->tv_nsec) - (s->tv_nsec < t->tv_nsec);
}

static uint64_t units_of(uint64_t size)
{
	return (size + UNIT - 1) / UNIT;
}

static void remove_entry(int folder, const struct tern_cache_key *key)
{
	char name[TERN_CACHE_NAME_BYTES];
	tern_cache_name(key, name);
	unlinkat(folder, name, 0);
}

/* Puts a "size" in place that says @units. */
static void reset_size(int folder, uint64_t units)
{
	char temporary[TEMPORARY_NAME_BYTES];
	int fd = may_write(units) ? create_temporary(folder, temporary) : -1;
	if (fd < 0)
		return;
	int e = ftruncate(fd, (off_t)units) ? -errno : 0;
	e = put_in_place(folder, fd, temporary, size_name, e);
	if (e)
		tern_log_debug("cache: size file: error %d", -e);
}

/* Removes what was used least recently until 7/8 of the bound are left. */
static void make_room(int folder)
{
	struct listing l;
	uint64_t units = 0, target = tern_cache_limit() / UNIT / 8 * 7;
	size_t i = 0;
	if (list_entries(folder, &l))
		return;
	for (size_t k = 0; k < l.count; k++)
		units += units_of(l.entries[k].size);
	if (units > tern_cache_limit() / UNIT) {
		qsort(l.entries, l.count, sizeof(*l.entries), by_time);
		for (; i < l.count && units > target; i++) {
			remove_entry(folder, &l.entries[i].key);
			units -= units_of(l.entries[i].size);
		}
	}
	tern_log_debug("cache: %zu of %zu entries removed", i, l.count);
	tern_free(l.entries);
	reset_size(folder, units);
}

void tern_cache_folder_account(int folder, size_t size)
{
	static const unsigned char zeros[UNIT];
	uint64_t units = units_of(size);
	struct stat s;
	int fd = tern_fault_hit()
			 ? -1
			 : openat(folder, size_name,
				  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	int e = fstat(fd, &s);
	bool first = !e && s.st_size == 0;
	if (!e && !may_write((size_t)s.st_size + units))
		e = -EFBIG;
	for (uint64_t left = units; !e && left; left -= tern_min(left, (uint64_t)UNIT))
		e = write_all(fd, zeros, tern_min(left, (uint64_t)UNIT));
	if (!e)
		e = fstat(fd, &s);
	close(fd);
	/* a count that begins anew, or cannot be kept, says nothing of what is there */
	if (first || e || (uint64_t)s.st_size > tern_cache_limit() / UNIT)
		make_room(folder);
}

int tern_cache_stats(struct tern_cache_stats *stats)
{
	struct listing l = {0};
	int folder = tern_cache_folder_open(false);
	char *path = tern_path_cache();
	int e = folder >= 0                 ? list_entries(folder, &l)
		: folder == -ENOENT && path ? 0 /* not made yet */
					    : -ENOENT;
	tern_free(path);
	if (folder >= 0)
		close(folder);
	if (e)
		return e == -ENOMEM ? e : -ENOENT;
	*stats = (struct tern_cache_stats){
		.entries = l.count, .bytes = l.bytes, .limit = tern_cache_limit()};
	tern_free(l.entries);
	return 0;
}

int tern_cache_clear(void)
{
	struct listing l;
	int folder = tern_cache_folder_open(false);
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	int e = list_entries(folder, &l);
	if (!e) {
		for (size_t i = 0; i < l.count; i++)
			remove_entry(folder, &l.entries[i].key);
		unlinkat(folder, size_name, 0);
		tern_free(l.entries);
		tern_debug_clear(folder);
	}
	close(folder);
	return e;
}
