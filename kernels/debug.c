/* SPDX-License-Identifier: MIT */
#include "kernels/debug.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/cache_folder.h"
#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"

static const char folder_name[] = "debug";

/* The folder's descriptor, or -errno. */
static int open_folder(void)
{
	int cache = tern_cache_folder_open(true), e = 0;
	if (cache < 0)
		return cache;
	if (mkdirat(cache, folder_name, 0700) && errno != EEXIST)
		e = -errno;
	int folder =
		e ? e : openat(cache, folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	e = folder < 0 && !e ? -errno : e;
	close(cache);
	return e ? e : folder;
}

static bool holds(int fd, const char *bytes, size_t size)
{
	char part[4096];
	size_t done = 0;
	ssize_t n;
	while ((n = read(fd, part, sizeof(part))) > 0) {
		if ((size_t)n > size - done || memcmp(part, bytes + done, (size_t)n) != 0)
			return false;
		done += (size_t)n;
	}
	return n == 0 && done == size;
}

/* With these very contents: what was damaged since is written anew. */
static bool is_there(int folder, const char *name, const void *bytes, size_t size)
{
	struct stat s;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool same = fd >= 0 && !fstat(fd, &s) && S_ISREG(s.st_mode) && holds(fd, bytes, size);
	if (fd >= 0)
		close(fd);
	return same;
}

static char *path_of(const char *name)
{
	char *cache = tern_path_cache();
	char *path = cache ? tern_asprintf("%s/%s/%s", cache, folder_name, name) : NULL;
	tern_free(cache);
	return path;
}

char *tern_debug_file(const void *bytes, size_t size, const char *suffix)
{
	struct tern_cache_key key;
	struct tern_sha256 sum;
	char name[TERN_CACHE_NAME_BYTES], *file = NULL, *path = NULL;
	tern_sha256_init(&sum);
	tern_sha256_update(&sum, bytes, size);
	tern_sha256_finish(&sum, key.bytes);
	tern_cache_name(&key, name);
	name[16] = '\0'; /* 64 bits: nobody wants to type more */
	file = tern_asprintf("%s%s", name, suffix);
	int folder = file ? open_folder() : -ENOMEM;
	int e = folder < 0 ? folder : 0;
	if (!e && !is_there(folder, file, bytes, size))
		e = tern_cache_folder_write(folder, file, bytes, size);
	if (!e)
		path = path_of(file);
	else
		tern_log_info("no file for debuggers (error %d)", -e);
	if (folder >= 0)
		close(folder);
	tern_free(file);
	return path;
}

/* The descriptor goes to the listing. */
static void remove_files(int folder)
{
	DIR *listing = fdopendir(folder);
	const struct dirent *entry;
	if (!listing) {
		close(folder);
		return;
	}
	while ((entry = readdir(listing)))
		if (entry->d_name[0] != '.')
			unlinkat(folder, entry->d_name, 0);
	closedir(listing);
}

void tern_debug_clear(int cache)
{
	int folder = openat(cache, folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (folder < 0)
		return;
	remove_files(folder);
	unlinkat(cache, folder_name, AT_REMOVEDIR);
}

bool tern_debug_has_lines(const void *image, size_t size)
{
	static const char section[] = ".debug_line";
	return memmem(image, size, section, sizeof(section)) != NULL;
}

static void *open_object(const char *path)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	if (object) { /* another module's */
		dlclose(object);
		return NULL;
	}
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object)
		tern_log_info("no debugger will see %s: %s", path, dlerror());
	return object;
}

void tern_debug_reload(const void *bytes, size_t size, struct tern_image *image)
{
	char *path = tern_debug_file(bytes, size, ".so");
	void *object = path ? open_object(path) : NULL;
	struct link_map *map = NULL;
	Elf64_Ehdr header;
	if (object && dlinfo(object, RTLD_DI_LINKMAP, &map)) {
		dlclose(object);
		object = NULL;
	}
	if (object) {
		bool has_functions = image->functions != NULL;
		memcpy(&header, bytes, sizeof(header));
		tern_image_unload(image);
		image->object = object;
		/* the linker's address arithmetic: the image's addresses count from here */
		image->functions = has_functions ? (void *)(map->l_addr + header.e_entry) : NULL;
		tern_log_debug("%s is loaded for debuggers", path);
	}
	tern_free(path);
}
