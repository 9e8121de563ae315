/* SPDX-License-Identifier: MIT */
/*
 * tern run: an OpenCL program with Tern as its only platform. The ICD loaders look for .icd files
 * in the folder that OCL_ICD_VENDORS names; that folder is kept in the user's cache (one for each
 * libtern.so), since nobody is left to remove it once the program has been started.
 */
#include "tools/tern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/option.h"

static const char help[] = "usage: tern run [options] [--] program [arguments]\n\n"
			   "  --devices LIST   devices to offer, for example cpu (TERN_DEVICES)\n"
			   "  --log LEVEL      error, warn, info or debug on stderr (TERN_LOG)\n"
			   "  --threads N      worker threads (TERN_THREADS)\n"
			   "  --set NAME=VALUE any option of `tern info`\n";

static bool known_option(const char *name, size_t n)
{
	for (unsigned i = 0; i < TERN_OPTION_COUNT; i++)
		if (strlen(tern_option_table[i].env) == n &&
		    !strncmp(tern_option_table[i].env, name, n))
			return true;
	return false;
}

static int set_pair(const char *pair)
{
	const char *eq = strchr(pair, '=');
	if (!eq || !known_option(pair, (size_t)(eq - pair))) {
		fprintf(stderr, "tern run: --set %s: not NAME=VALUE of an option in `tern info`\n",
			pair);
		return 2;
	}
	char *name = strndup(pair, (size_t)(eq - pair));
	if (!name || setenv(name, eq + 1, 1)) {
		perror("tern run");
		free(name);
		return 1;
	}
	free(name);
	return 0;
}

/* Applies the options and moves @argv to the program. 0, or an exit code. */
static int parse(int *argc, char ***argv)
{
	static const struct {
		const char *flag, *env;
	} flags[] = {{"--devices", "TERN_DEVICES"},
		     {"--log", "TERN_LOG"},
		     {"--threads", "TERN_THREADS"}};

	while (*argc && !strncmp(**argv, "--", 2)) {
		const char *flag = *(*argv)++;
		(*argc)--;
		if (!strcmp(flag, "--"))
			return 0;
		if (!*argc) {
			fprintf(stderr, "tern run: %s: unknown, or its value is missing\n%s", flag,
				help);
			return 2;
		}
		const char *value = *(*argv)++;
		(*argc)--;
		const char *env = NULL;
		for (size_t i = 0; i < tern_array_size(flags); i++)
			if (!strcmp(flag, flags[i].flag))
				env = flags[i].env;
		int err = 2;
		if (env)
			err = setenv(env, value, 1) ? 1 : 0;
		else if (!strcmp(flag, "--set"))
			err = set_pair(value);
		else
			fprintf(stderr, "tern run: %s: unknown option\n%s", flag, help);
		if (err)
			return err;
	}
	return 0;
}

static bool make_folders(char *path)
{
	for (char *p = path + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char c = *p;
		*p = '\0';
		bool ok = !mkdir(path, 0700) || errno == EEXIST;
		*p = c;
		if (!ok || !c)
			return ok;
	}
}

/* The cache folder, or one below /tmp for this user alone where the cache is off. */
static char *folder_for(const char *library)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a: tells libraries apart, no more */
	for (const char *p = library; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
	char *cache = tern_path_cache();
	char *folder = cache ? tern_asprintf("%s/run-%016llx", cache, (unsigned long long)hash)
			     : tern_asprintf("/tmp/tern-%u/run-%016llx", (unsigned)getuid(),
					     (unsigned long long)hash);
	tern_free(cache);
	return folder;
}

static bool write_icd(const char *folder, const char *library)
{
	struct stat st;
	if (lstat(folder, &st) || !S_ISDIR(st.st_mode) || st.st_uid != getuid() ||
	    (st.st_mode & 022)) {
		errno = EPERM;
		return false;
	}
	char *final = tern_asprintf("%s/tern.icd", folder);
	char *temporary = tern_asprintf("%s/.tern.icd.%ld", folder, (long)getpid());
	FILE *f = final && temporary ? fopen(temporary, "we") : NULL;
	bool ok = f && fprintf(f, "%s\n", library) > 0;
	ok = f && !fclose(f) && ok && !rename(temporary, final);
	tern_free(final);
	tern_free(temporary);
	return ok;
}

int tern_tool_run(int argc, char **argv)
{
	if (argc && !strcmp(argv[0], "--help")) {
		fputs(help, stdout);
		return 0;
	}
	int err = parse(&argc, &argv);
	if (err)
		return err;
	if (!argc) {
		fputs(help, stderr);
		return 2;
	}
	char *library = tern_tool_library();
	char *folder = library ? folder_for(library) : NULL;
	if (!folder)
		return 1;
	if (!make_folders(folder) || !write_icd(folder, library) ||
	    setenv("OCL_ICD_VENDORS", folder, 1) || unsetenv("OCL_ICD_FILENAMES")) {
		fprintf(stderr, "tern run: %s: %s\n", folder, strerror(errno));
		return 1;
	}
	execvp(argv[0], argv);
	fprintf(stderr, "tern run: %s: %s\n", argv[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
