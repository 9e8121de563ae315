/* SPDX-License-Identifier: MIT */
#include "tools/tern.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/base.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"info", tern_tool_info, "devices, SVM levels, permissions and options in force"},
	{"run", tern_tool_run,
	 "[options] -- program: run a program on Tern alone (tern run --help)"},
	{"top", tern_tool_top,
	 "[--once] [--json] [--all] [PID]: what the processes that use Tern are doing"},
	{"trace", tern_tool_trace,
	 "[options] -- program: record faults, migrations and commands; and exports"},
	{"lab", tern_tool_lab,
	 "run [options] -- program: compare migration policies (tern lab --help)"},
	{"kernels", tern_tool_kernels,
	 "[options] file.cl...: compile, and say what was vectorised and what not, and why"},
	{"cache", tern_tool_cache, "stats | clear | path: the folder of compiled kernels"},
};

static void usage(FILE *to)
{
	fprintf(to, "Tern " TERN_VERSION ", an OpenCL 3.0 runtime with one address space\n\n");
	for (size_t i = 0; i < tern_array_size(commands); i++)
		fprintf(to, "  tern %-8s %s\n", commands[i].name, commands[i].help);
}

char *tern_tool_library(void)
{
	/* from bin/: of an installation, and of a build tree */
	static const char *const places[] = {"/../" TERN_LIBDIR "/libtern.so",
					     "/../lib/libtern.so"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; i < tern_array_size(places); i++) {
			char path[PATH_MAX + 64];
			snprintf(path, sizeof(path), "%s%s", self, places[i]);
			char *real = realpath(path, NULL);
			if (real)
				return real;
		}
	}
	fprintf(stderr, "tern: libtern.so is not where this command expects it (%s%s)\n",
		n > 0 ? self : "?", places[0]);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	for (size_t i = 0; i < tern_array_size(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		puts(TERN_VERSION);
		return 0;
	}
	fprintf(stderr, "tern: no command '%s'\n", argv[1]);
	usage(stderr);
	return 2;
}
