/* SPDX-License-Identifier: MIT */
/*
 * tern info: what Tern offers here, what it found, what is missing and how to get it. Devices are
 * asked through the library itself, as the ICD loader does, so that what is shown is what programs
 * see.
 */
#include "tools/tern.h"

#include <dirent.h>
#include <errno.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <CL/cl_icd.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/option.h"
#include "svm/policy.h"
#include "svm/space.h"

static void line(const char *what, const char *format, ...) TERN_PRINTF(2, 3);

static void line(const char *what, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	printf("  %-26s ", what);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
}

static const char *svm_level(cl_device_svm_capabilities svm)
{
	if (svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)
		return "fine-grained system: any pointer";
	if (svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER)
		return "fine-grained buffers";
	return svm & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER ? "coarse-grained buffers" : "none";
}

static const char *type_name(cl_device_type type)
{
	if (type & CL_DEVICE_TYPE_CPU)
		return "CPU";
	if (type & CL_DEVICE_TYPE_GPU)
		return "GPU";
	return type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator" : "custom";
}

static void show_device(const cl_icd_dispatch *cl, cl_device_id device, unsigned index)
{
	char name[256] = "", extensions[4096] = "", kernels[1024] = "";
	cl_device_type type = 0;
	cl_uint units = 0;
	cl_ulong memory = 0, local = 0;
	cl_bool unified = CL_TRUE;
	cl_device_svm_capabilities svm = 0;
	cl->clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof(name), name, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof(type), &type, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(units), &units, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(memory), &memory, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(local), &local, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(unified), &unified, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof(extensions), extensions, NULL);
	cl->clGetDeviceInfo(device, CL_DEVICE_BUILT_IN_KERNELS, sizeof(kernels), kernels, NULL);

	printf("\nDevice %u: %s (%s)\n", index, name, type_name(type));
	line("compute units", "%u", units);
	line("memory", "%llu MiB global%s, %llu KiB local", (unsigned long long)(memory >> 20),
	     unified ? "" : " of its own", (unsigned long long)(local >> 10));
	line("shared virtual memory", "%s%s", svm_level(svm),
	     svm & CL_DEVICE_SVM_ATOMICS ? ", with atomics" : "");
	if (*kernels)
		line("kernels built in", "%s", kernels);
	else
		line("kernels compiled for", "%s", tern_target_name());
	line("extensions", "%s", extensions);
}

/* Those that CL_DEVICE_TYPE_ALL stands for, and custom ones after them. */
static cl_int find_devices(const cl_icd_dispatch *cl, cl_platform_id platform, cl_uint most,
			   cl_device_id *devices, cl_uint *count)
{
	cl_uint all = 0, custom = 0;
	cl_int err = cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, most, devices, &all);
	all = err ? 0 : all < most ? all : most;
	if (all < most && !cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_CUSTOM, most - all,
					      devices + all, &custom))
		err = CL_SUCCESS;
	*count = all + custom < most ? all + custom : most;
	return err;
}

static int show_devices(const char *library)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		fprintf(stderr, "tern info: %s\n", dlerror());
		return 1;
	}
	/* dlsym() gives an object pointer; POSIX says that it may be used as a function's */
	union {
		void *object;
		clIcdGetPlatformIDsKHR_fn function;
	} entry = {.object = dlsym(handle, "clIcdGetPlatformIDsKHR")};
	cl_platform_id platform = NULL;
	cl_uint count = 0;
	if (!entry.object || entry.function(1, &platform, &count) != CL_SUCCESS || !count) {
		fprintf(stderr, "tern info: %s offers no platform\n", library);
		return 1;
	}
	const cl_icd_dispatch *cl = *(const cl_icd_dispatch *const *)(const void *)platform;
	cl_device_id devices[16];
	cl_uint n = 0;
	cl_int err = find_devices(cl, platform, 16, devices, &n);
	if (err != CL_SUCCESS || !n) {
		fprintf(stderr,
			"tern info: no device (error %d); see TERN_DEVICES and TERN_LOG=info\n",
			err);
		return 1;
	}
	for (cl_uint i = 0; i < n; i++)
		show_device(cl, devices[i], i);
	return 0;
}

/* Is there an .icd file in @folder that names @library? */
static bool named_in(const char *folder, const char *library)
{
	DIR *dir = opendir(folder);
	bool found = false;
	for (struct dirent *e; dir && !found && (e = readdir(dir));) {
		const char *dot = strrchr(e->d_name, '.');
		if (!dot || strcmp(dot, ".icd") != 0)
			continue;
		char path[4096], text[4096] = "";
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		FILE *f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(text, sizeof(text), f)) {
			text[strcspn(text, "\r\n")] = '\0';
			char *real = realpath(text, NULL);
			found = real && !strcmp(real, library);
			free(real);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void show_loader(const char *library)
{
	const char *env = getenv("OCL_ICD_VENDORS");
	const char *folder = env && *env ? env : "/etc/OpenCL/vendors";
	if (named_in(folder, library))
		line("ICD loader", "finds it: %s", folder);
	else
		line("ICD loader",
		     "does not find it in %s; put a file tern.icd there with the path above, set "
		     "OCL_ICD_VENDORS, or use `tern run`",
		     folder);
}

/* What the accelerator, and nothing else, needs of the kernel. */
static void show_userfaultfd(void)
{
	struct tern_space_features f;
	tern_space_probe(&f);
	if (!f.system) {
		line("userfaultfd",
		     "no (%s): the accelerator reaches what clSVMAlloc and buffers give only; the "
		     "cpu device does not need it",
		     f.why);
		return;
	}
	line("userfaultfd", "yes: any memory of a program can migrate to the accelerator");
	line("moving pages", "%s",
	     f.move ? "yes (UFFDIO_MOVE)" : "no: they are copied, which takes longer");
	if (!f.move)
		line("", "why: %s", f.why);
	line("asking for a mapping", "%s",
	     f.query ? "yes (PROCMAP_QUERY)"
		     : "no (Linux 6.11 has PROCMAP_QUERY): /proc/self/maps is read at faults");
}

static bool is_offered(const char *name)
{
	size_t length = strlen(name);
	for (const char *s = tern_option(TERN_OPTION_DEVICES); *s; s += *s == ',') {
		size_t n = strcspn(s, ",");
		if (n == length && !memcmp(s, name, n))
			return true;
		s += n;
	}
	return false;
}

static void show_accelerator(void)
{
	char *path = tern_path_accel();
	if (!path)
		line("accelerator",
		     "its program tern-accel is not found; set TERN_ACCEL_PROCESS to its path");
	else if (is_offered("accel"))
		line("accelerator", "offered; %s", path);
	else
		line("accelerator",
		     "not offered; TERN_DEVICES=cpu,accel or `tern run --devices cpu,accel` does");
	tern_free(path);
	show_userfaultfd();
}

/* The kernel's HMM test driver: vendors/dmirror. */
static void show_dmirror(void)
{
	static const char node[] = "/dev/hmm_dmirror0";
	const char *state =
		is_offered("dmirror") ? "offered" : "not offered; TERN_DEVICES=cpu,dmirror does";
	if (!access(node, R_OK | W_OK))
		line("kernel HMM", "the test driver is there (%s): dmirror %s", node, state);
	else if (errno == ENOENT)
		line("kernel HMM",
		     "no device: a kernel with CONFIG_TEST_HMM would give dmirror (%s)", node);
	else
		line("kernel HMM", "no device: %s cannot be opened (%s)", node, strerror(errno));
}

static void show_machine(void)
{
	struct utsname u;
	printf("\nFound on this machine\n");
	if (!uname(&u))
		line("kernel", "%s %s", u.sysname, u.release);
	show_accelerator();
	show_dmirror();
	char *ternc = tern_path_ternc();
	if (ternc)
		line("compile server", "%s", ternc);
	else
		line("compile server", "not found: programs can be made from binaries, not built; "
				       "set TERN_TERNC to the "
				       "path of ternc");
	tern_free(ternc);
	char *translator = tern_path_spirv();
	line("SPIR-V",
	     translator ? "%s"
			: "not taken: no translator (package llvm-spirv-15 or a later one)%s",
	     translator ? translator : "");
	tern_free(translator);
	char *cache = tern_path_cache();
	struct tern_cache_stats s;
	if (!cache)
		line("cache", "off");
	else if (tern_cache_stats(&s))
		line("cache", "%s cannot be used (it must belong to you, mode 0700)", cache);
	else
		line("cache", "%s: %llu entries, %llu KiB", cache, (unsigned long long)s.entries,
		     (unsigned long long)(s.bytes >> 10));
	tern_free(cache);
}

static void show_policies(void)
{
	printf("\nMigration policies (TERN_POLICY; auto is the first)\n");
	for (const struct tern_policy *const *p = tern_policies; *p; p++)
		line((*p)->name, "%s", (*p)->help);
	printf("\nEviction (TERN_EVICT; auto is the first)\n");
	for (const struct tern_eviction *const *e = tern_evictions; *e; e++)
		line((*e)->name, "%s", (*e)->help);
}

static void show_options(void)
{
	printf("\nOptions (environment variables)\n");
	for (unsigned i = 0; i < TERN_OPTION_COUNT; i++) {
		const struct tern_option_info *o = &tern_option_table[i];
		char value[160];
		snprintf(value, sizeof(value), "%s=%s", o->env, tern_option((enum tern_option)i));
		line(value, "%s%s", tern_option_is_set((enum tern_option)i) ? "(set) " : "",
		     o->help);
	}
}

int tern_tool_info(int argc, char **argv)
{
	(void)argv;
	if (argc) {
		fprintf(stderr, "usage: tern info\n");
		return 2;
	}
	char *library = tern_tool_library();
	if (!library)
		return 1;
	printf("Tern %s\n", TERN_VERSION);
	line("library", "%s", library);
	show_loader(library);
	int err = show_devices(library);
	show_machine();
	show_policies();
	show_options();
	free(library);
	return err;
}
