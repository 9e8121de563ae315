/* SPDX-License-Identifier: MIT */
/*
 * Every built-in function that clang's OpenCL header declares for our features, in all its types,
 * is in the device library's archive or is known to the vectoriser. The build defines where clang,
 * its headers and the archive are.
 */
#include <stdint.h>
#include <string.h>

#include "kernels/features.h"
#include "kernels/ternc/library_format.h"
#include "runtime/base/base.h"
#include "runtime/base/tests/test.h"

struct archive {
	unsigned char *bytes;
	size_t size;
};

static uint32_t get32(const struct archive *a, size_t at)
{
	uint32_t v;
	REQUIRE(at + 4 <= a->size);
	memcpy(&v, a->bytes + at, sizeof(v));
	return v;
}

static struct archive read_archive(const char *path)
{
	struct archive a = {0};
	FILE *f = fopen(path, "rb");
	REQUIRE(f && fseek(f, 0, SEEK_END) == 0);
	a.size = (size_t)ftell(f);
	REQUIRE(fseek(f, 0, SEEK_SET) == 0);
	a.bytes = malloc(a.size);
	REQUIRE(a.bytes && fread(a.bytes, 1, a.size, f) == a.size);
	fclose(f);
	REQUIRE(get32(&a, 0) == TERN_LIBRARY_MAGIC);
	return a;
}

static bool in_archive(const struct archive *a, const char *name)
{
	uint32_t low = 0, high = get32(a, 4);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *at = (const char *)a->bytes +
				 get32(a, TERN_LIBRARY_HEADER_BYTES + 8 * (size_t)middle);
		int order = strcmp(name, at);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static bool is_external(const char *name)
{
#define X(external) external,
	static const char *const known[] = {TERN_LIBRARY_EXTERNALS(X)};
#undef X
	for (size_t i = 0; i < tern_array_size(known); i++) {
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			return true;
	}
	return false;
}

/* Functions on images and the like are declared whatever the features; no kernel can call them. */
static bool needs_other_types(const char *name)
{
	static const char *const types[] = {"ocl_image", "ocl_sampler", "ocl_pipe", "ocl_queue"};
	for (size_t i = 0; i < tern_array_size(types); i++) {
		if (strstr(name, types[i]))
			return true;
	}
	return false;
}

/* Asks clang for the mangled names of all that @std declares; returns how many were checked. */
static unsigned check_version(const struct archive *a, const char *std, const char *features)
{
	static const char key[] = "\"mangledName\": \"";
	char command[8192], line[4096];
	unsigned checked = 0;
	snprintf(command, sizeof(command),
		 "%s -cc1 -triple spir64-unknown-unknown -x cl -cl-std=%s '%s%s' -U__SPIR__ "
		 "-U__SPIR64__ -U__IMAGE_SUPPORT__ -internal-isystem '%s' -include opencl-c.h "
		 "-ast-dump=json /dev/null 2>/dev/null",
		 TERN_CLANG, std, "-cl-ext=-all", features, TERN_CLANG_INCLUDE);
	FILE *f = popen(command, "r");
	REQUIRE(f);
	while (fgets(line, sizeof(line), f)) {
		char *name = strstr(line, key), *end;
		if (!name || !(end = strchr(name += strlen(key), '"')))
			continue;
		*end = '\0';
		if (strncmp(name, "_Z", 2) != 0 || needs_other_types(name))
			continue;
		bool found = in_archive(a, name) || is_external(name);
		if (!found)
			fprintf(stderr, "%s: missing: %s\n", std, name);
		EXPECT(found);
		checked++;
	}
	pclose(f);
	return checked;
}

int main(void)
{
#define X(name, major, minor, patch) ",+" name
#define D(name, major, minor, patch) " '-D" name "=1'"
	/* the header knows some by macros only */
	static const char older[] = TERN_C_EXTENSIONS(X) "'" TERN_C_EXTENSIONS(D) " '-Dunused=1";
	static const char all[] = TERN_C_EXTENSIONS(X) TERN_C_EXTENSIONS_20(X)
		TERN_C_FEATURES(X) "'" TERN_C_EXTENSIONS(D) TERN_C_EXTENSIONS_20(D)
			TERN_C_FEATURES(D) " '-Dunused=1";
#undef D
#undef X
	struct archive a = read_archive(TERN_DEVICE_LIBRARY);
	/* clang's header declares about that many */
	EXPECT(check_version(&a, "CL1.2", older) > 8000);
	EXPECT(check_version(&a, "CL3.0", all) > 8000);
	free(a.bytes);
	return test_result();
}
