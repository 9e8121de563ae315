/* SPDX-License-Identifier: MIT */
/* tern kernels: compiles OpenCL C or SPIR-V without running it, and reports what became of each
 * kernel. */
#include "tools/tern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/spirv.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/option.h"

static const char help[] =
	"usage: tern kernels [options] file... [-- build options]\n\n"
	"Files are OpenCL C or, where there is a translator (TERN_SPIRV), SPIR-V.\n\n"
	"  --cpu NAME    native, avx512, avx2 or baseline (TERN_CPU)\n"
	"  --dump        write IR and assembly of each stage here\n"
	"  --scalar      do not vectorise\n"
	"  -             the source comes from the standard input\n\n"
	"Everything after -- is given to the compiler as to clBuildProgram: -- "
	"-cl-std=CL3.0 -DN=4\n"
	"Exit status: 0 all built, 1 some did not, 2 wrong usage.\n";

enum { SOURCE_MOST = 64 << 20 };

/* All of @file, NUL-terminated; NULL: errno. */
static char *read_all(FILE *file, size_t *size)
{
	char *text = NULL;
	size_t room = 0;
	*size = 0;
	while (!feof(file)) {
		if (room - *size < 2) {
			room = room ? 2 * room : 65536;
			char *more = room <= SOURCE_MOST ? tern_realloc_array(text, room, 1) : NULL;
			if (!more) {
				errno = room <= SOURCE_MOST ? ENOMEM : EFBIG;
				break;
			}
			text = more;
		}
		*size += fread(text + *size, 1, room - *size - 1, file);
		if (ferror(file))
			break;
	}
	if (!text || !feof(file)) {
		tern_free(text);
		return NULL;
	}
	text[*size] = '\0';
	return text;
}

/* NULL with a message. */
static char *read_source(const char *name, size_t *size)
{
	bool from_stdin = !strcmp(name, "-");
	FILE *file = from_stdin ? stdin : fopen(name, "re");
	char *text = file ? read_all(file, size) : NULL;
	if (!text)
		fprintf(stderr, "tern kernels: %s: %s\n", name, strerror(errno));
	if (file && !from_stdin)
		fclose(file);
	return text;
}

static void print_kernel(const struct tern_kernel_info *k)
{
	char size[40] = "any";
	if (k->required_size[0])
		snprintf(size, sizeof(size), "%u x %u x %u", k->required_size[0],
			 k->required_size[1], k->required_size[2]);
	bool exchanged = k->flags & TERN_KERNEL_EXCHANGED;
	printf("  %-24s %5u %4u %9llu %9llu %9llu %4u  %s%s\n", k->name, k->lanes, k->rows,
	       (unsigned long long)k->private_bytes, (unsigned long long)k->local_bytes,
	       (unsigned long long)k->frame_bytes, k->arg_count, size,
	       exchanged ? " (lanes along dimension 1)" : "");
}

/* The log speaks of <source>; a reader wants to go to the file. */
static void print_log(const char *log, const char *name)
{
	static const char place[] = "<source>";
	const char *at;
	while ((at = strstr(log, place))) {
		printf("%.*s%s", (int)(at - log), log, name);
		log = at + sizeof(place) - 1;
	}
	fputs(log, stdout);
}

static const char *failure(enum tern_build_status status)
{
	switch (status) {
	case TERN_BUILD_INVALID_OPTIONS:
		return "invalid build options";
	case TERN_BUILD_TIMEOUT:
		return "the compiler took too long (TERN_COMPILE_TIMEOUT)";
	case TERN_BUILD_CRASHED:
		return "the compiler crashed";
	case TERN_BUILD_UNAVAILABLE:
		return "no compile server (TERN_TERNC), or no memory";
	default:
		return "build failed";
	}
}

/* True when @bytes are a SPIR-V module, which is then in this machine's byte order. */
static bool to_native_spirv(char *bytes, size_t size)
{
	struct tern_spirv m;
	const char *wrong;
	if (tern_spirv_open(&m, bytes, size, &wrong))
		return false;
	tern_spirv_specialize(&m, NULL, 0, (uint32_t *)(void *)bytes);
	return true;
}

static int report(const char *name, const char *options)
{
	size_t size;
	char *source = read_source(name, &size);
	if (!source)
		return 1;
	struct tern_build_request request = {.operation = TERN_BUILD_BUILD,
					     .options = options,
					     .source = source,
					     .source_size = size,
					     .spirv = to_native_spirv(source, size)};
	struct tern_build_result result;
	uint64_t start = tern_clock_ns();
	int error = tern_kernels_build(&request, &result);
	double ms = (double)(tern_clock_ns() - start) / 1e6;
	tern_free(source);
	if (error) {
		fprintf(stderr, "tern kernels: %s: %s\n", name, strerror(-error));
		return 1;
	}
	bool good = result.status == TERN_BUILD_OK;
	/* "x86-64/znver5/+avx512f,...": the features go without saying */
	const char *target = tern_target_name(), *slash = strchr(target, '/');
	size_t shown = slash ? strcspn(slash + 1, "/") + (size_t)(slash + 1 - target) : 0;
	printf("%s: %s, %.1f ms, for %.*s\n", name, good ? "built" : failure(result.status), ms,
	       shown ? (int)shown : (int)strlen(target), target);
	if (good) {
		const struct tern_code_info *info = tern_code_info(result.code);
		printf("  %-24s %5s %4s %9s %9s %9s %4s  %s\n", "kernel", "lanes", "rows",
		       "private B", "local B", "frame B", "args", "work-group size");
		for (uint32_t i = 0; i < info->kernel_count + info->form_count; i++)
			print_kernel(&info->kernels[i]);
		if (info->global_bytes)
			printf("  program-scope variables: %llu bytes\n",
			       (unsigned long long)info->global_bytes);
		tern_code_put(result.code);
	}
	print_log(result.log, strcmp(name, "-") ? name : "<stdin>");
	tern_free(result.log);
	return good ? 0 : 1;
}

/* The build options, with spaces between; NULL: no memory. */
static char *join(int argc, char **argv)
{
	size_t size = 1;
	for (int i = 0; i < argc; i++)
		size += strlen(argv[i]) + 1;
	char *text = tern_zalloc(size);
	for (int i = 0; text && i < argc; i++) {
		strcat(text, argv[i]);
		if (i + 1 < argc)
			strcat(text, " ");
	}
	return text;
}

static int wrong(const char *what)
{
	fprintf(stderr, "tern kernels: %s\n%s", what, help);
	return 2;
}

static bool is_target(const char *name)
{
	static const char *const names[] = {"native", "avx512", "avx2", "baseline"};
	for (size_t i = 0; i < tern_array_size(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

int tern_tool_kernels(int argc, char **argv)
{
	char kernels[40] = "report";
	int files = 0, i;
	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return 0;
		} else if (!strcmp(argv[i], "--dump")) {
			strcat(kernels, ",dump");
		} else if (!strcmp(argv[i], "--scalar")) {
			strcat(kernels, ",scalar");
		} else if (!strcmp(argv[i], "--cpu") && i + 1 < argc) {
			if (!is_target(argv[++i]))
				return wrong("--cpu is native, avx512, avx2 or baseline");
			setenv("TERN_CPU", argv[i], 1);
		} else if (argv[i][0] == '-' && argv[i][1]) {
			return wrong("an option that is not known");
		} else {
			argv[files++] = argv[i];
		}
		if (strlen(kernels) > 20)
			return wrong("an option twice");
	}
	if (!files)
		return wrong("no file");
	/* Before anything reads an option: they are read once. */
	setenv("TERN_KERNELS", kernels, 1);
	char *options = join(i < argc ? argc - i - 1 : 0, argv + i + 1);
	if (!options)
		return 1;
	int status = 0;
	for (int f = 0; f < files; f++)
		status |= report(argv[f], options);
	tern_free(options);
	tern_kernels_finish();
	return status;
}
