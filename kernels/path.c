/* SPDX-License-Identifier: MIT */
/* Where the helper programs are: the compile server, the accelerator process, the translator. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/option.h"

/* The object that this file was linked into, from the kernel: for when the name that the dynamic
 * linker knows is relative to a folder that may be another one by now. */
static bool mapped_path(char out[PATH_MAX])
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 128];
	bool found = false;
	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned long start, end;
		int at = 0;
		uintptr_t here = (uintptr_t)&mapped_path;
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &start, &end, &at) != 2 || !at ||
		    here < start || here >= end)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, PATH_MAX, "%s", line + at);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

/* The folder of libtern.so (of the executable, in a unit test), without links. */
static bool own_folder(char out[PATH_MAX])
{
	Dl_info info;
	char path[PATH_MAX];
	union {
		bool (*function)(char *);
		const void *object;
	} here = {.function = mapped_path};
	const char *name = dladdr(here.object, &info) ? info.dli_fname : NULL;
	if (!name || name[0] != '/')
		name = mapped_path(path) ? path : NULL;
	if (!name || !realpath(name, out))
		return false;
	char *slash = strrchr(out, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

/* The helper program @name, which @named, if not "auto", says where to find. */
static char *find_helper(const char *name, const char *named)
{
	/* from <prefix>/lib, from <prefix>/lib/<triplet>, and in a build folder */
	static const char *const places[] = {"../libexec/tern", "../../libexec/tern", "../bin"};
	char folder[PATH_MAX];
	if (strcmp(named, "auto") != 0)
		return access(named, X_OK) ? NULL : tern_strdup(named);
	if (!own_folder(folder))
		return NULL;
	for (size_t i = 0; i < tern_array_size(places); i++) {
		char *path = tern_asprintf("%s/%s/%s", folder, places[i], name);
		if (!path || !access(path, X_OK))
			return path;
		tern_free(path);
	}
	return NULL;
}

char *tern_path_ternc(void)
{
	return find_helper("ternc", tern_option(TERN_OPTION_TERNC));
}

char *tern_path_spirv(void)
{
	/* not PATH: the application may be changing its environment in another thread */
	static const char *const folders[] = {"/usr/local/bin", "/usr/bin"};
	/* by LLVM's version: 15 is the one that the tests are run with; bitcode of 20 is too new */
	static const int versions[] = {15, 19, 18, 17, 16};
	const char *named = tern_option(TERN_OPTION_SPIRV);
	if (!strcmp(named, "off"))
		return NULL;
	if (strcmp(named, "auto") != 0)
		return access(named, X_OK) ? NULL : tern_strdup(named);
	for (size_t i = 0; i < tern_array_size(versions) * tern_array_size(folders); i++) {
		char *path =
			tern_asprintf("%s/llvm-spirv-%d", folders[i % tern_array_size(folders)],
				      versions[i / tern_array_size(folders)]);
		if (!path || !access(path, X_OK))
			return path;
		tern_free(path);
	}
	return NULL;
}

static bool takes_spirv;

static void look_for_translator(void)
{
	char *path = tern_path_spirv();
	takes_spirv = path != NULL;
	tern_free(path);
}

bool tern_kernels_take_spirv(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, look_for_translator);
	return takes_spirv;
}

char *tern_path_accel(void)
{
	return find_helper("tern-accel", tern_option(TERN_OPTION_ACCEL_PROCESS));
}
