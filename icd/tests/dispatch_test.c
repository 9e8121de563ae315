/* SPDX-License-Identifier: MIT */
/* The dispatch table, what the loader looks up, and that a platform needs nothing started. */
#include <time.h>

#include "icd/api.h"
#include "icd/platform.h"
#include "runtime/base/tests/test.h"

static void table(void)
{
	struct _cl_icd_dispatch empty = {0};
	const void *const *slots = (const void *const *)(const void *)&tern_icd_dispatch;
	size_t filled = 0, all = sizeof(empty) / sizeof(void *);
	for (size_t i = 0; i < all; i++)
		filled += slots[i] != NULL;
	/* Direct3D 10 and 11, DX9 */
	EXPECT(all - filled == 6 + 6 + 4);
	EXPECT(tern_icd_dispatch.clGetPlatformIDs == tern_clGetPlatformIDs);
	EXPECT(tern_icd_dispatch.clSetContextDestructorCallback ==
	       tern_clSetContextDestructorCallback);
	EXPECT(tern_icd_dispatch.clGetDeviceIDsFromD3D10KHR == NULL);
}

static void look_up(void)
{
	EXPECT(clGetExtensionFunctionAddress("clIcdGetPlatformIDsKHR") ==
	       (void *)tern_clGetPlatformIDs);
	EXPECT(clGetExtensionFunctionAddress("clGetPlatformInfo") != NULL);
	EXPECT(clGetExtensionFunctionAddress("clCreateCommandQueueWithPropertiesKHR") != NULL);
	EXPECT(clGetExtensionFunctionAddress("clCreateFromGLBuffer") == NULL);
	EXPECT(clGetExtensionFunctionAddress("") == NULL);
	EXPECT(clGetExtensionFunctionAddress(NULL) == NULL);
	cl_platform_id platform = tern_icd_platform();
	EXPECT(tern_clGetExtensionFunctionAddressForPlatform(
		       platform, "clCreateCommandQueueWithPropertiesKHR") != NULL);
	EXPECT(!tern_clGetExtensionFunctionAddressForPlatform(
		NULL, "clCreateCommandQueueWithPropertiesKHR"));
}

/* Not the clock on the wall: other tests run at the same time. */
static uint64_t cpu_time_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static unsigned threads(void)
{
	unsigned n = 0;
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "Threads: %u", &n);
	if (status)
		fclose(status);
	return n;
}

static void platform_ids(void)
{
	cl_platform_id ids[3] = {NULL, (cl_platform_id)ids, (cl_platform_id)ids};
	cl_uint count = 0;
	EXPECT(tern_clGetPlatformIDs(0, ids, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetPlatformIDs(1, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetPlatformIDs(0, NULL, &count) == CL_SUCCESS && count == 1);
	EXPECT(tern_clGetPlatformIDs(3, ids, &count) == CL_SUCCESS && count == 1);
	EXPECT(ids[0] == tern_icd_platform() && ids[1] == (cl_platform_id)ids);
}

static void has_word(const char *list, const char *word)
{
	const char *at = strstr(list, word);
	EXPECT(at && (at == list || at[-1] == ' ') &&
	       (at[strlen(word)] == ' ' || !at[strlen(word)]));
}

static void platform_info(void)
{
	cl_platform_id platform = tern_icd_platform();
	char text[1024] = "";
	size_t bytes = 0;
	EXPECT(tern_clGetPlatformInfo(NULL, CL_PLATFORM_NAME, 0, NULL, &bytes) ==
	       CL_INVALID_PLATFORM);
	EXPECT(tern_clGetPlatformInfo(platform, 0, 0, NULL, &bytes) == CL_INVALID_VALUE);
	EXPECT(tern_clGetPlatformInfo(platform, CL_PLATFORM_NAME, 4, text, &bytes) ==
	       CL_INVALID_VALUE);
	EXPECT(!text[0] && !bytes);
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_NAME, 5, text, &bytes));
	EXPECT(!strcmp(text, "Tern") && bytes == 5);
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof(text), text, NULL));
	EXPECT(!strncmp(text, "OpenCL 3.0 Tern ", 16));
	cl_version version = 0;
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_NUMERIC_VERSION, sizeof(version),
				       &version, NULL));
	EXPECT(version == CL_MAKE_VERSION(3, 0, 0));

	/* The two lists of extensions are the same. */
	cl_name_version list[128];
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_EXTENSIONS, sizeof(text), text,
				       &bytes));
	EXPECT(bytes == strlen(text) + 1 && text[bytes - 2] != ' ');
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_EXTENSIONS_WITH_VERSION, sizeof(list),
				       list, &bytes));
	EXPECT(bytes % sizeof(list[0]) == 0 && bytes);
	size_t length = 0;
	for (size_t i = 0; i < bytes / sizeof(list[0]); i++) {
		has_word(text, list[i].name);
		length += strlen(list[i].name) + 1;
	}
	EXPECT(length == strlen(text) + 1);
}

int main(void)
{
	uint64_t before = cpu_time_ns();
	platform_ids();
	platform_info();
	look_up();
	EXPECT(cpu_time_ns() - before < 1000000);
	EXPECT(threads() == 1);
	EXPECT(!tern_dispatch); /* nothing was started */
	table();
	return test_result();
}
