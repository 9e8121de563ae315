/* SPDX-License-Identifier: MIT */
/*
 * A program that never uses the accelerator does not pay for it: with TERN_DEVICES=cpu,accel and
 * the cpu device at work there are the threads, processes, descriptors and mappings that there are
 * with TERN_DEVICES=cpu. Each case is a process of its own (this program, started anew) that
 * reports on itself. A control that does use the accelerator shows that its traces would be seen.
 */
#include <dirent.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "svm/aperture.h"
#include <CL/cl_icd.h>

extern char **environ;

/* What a process has; compared as a whole. */
struct traces {
	int threads, children, accelerators;
	int descriptors, userfaultfds, memory_files;
	int mappings;     /* in what is the aperture's */
	int reservations; /* of 1 GiB and more */
	int maps;         /* all */
};

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count - 2;
}

/* Whether @fd is a pidfd of a process tern-accel, which is no child of ours. */
static bool is_accel(const char *fd)
{
	char path[300], line[128], name[64] = "";
	int pid = -1;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", fd);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Pid: %d", &pid);
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	bool is = f && fgets(name, sizeof(name), f) && !strncmp(name, "tern-accel", 10);
	if (f)
		fclose(f);
	return is;
}

static void count_descriptors(struct traces *out)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		char path[300], target[256];
		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		out->descriptors++;
		out->userfaultfds += strstr(target, "[userfaultfd]") != NULL;
		out->memory_files += strstr(target, "memfd:") != NULL;
		out->accelerators += is_accel(entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static void count_maps(struct traces *out)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];
	unsigned long start, end;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		out->maps++;
		out->reservations += end - start >= 1ul << 30;
		out->mappings += start < TERN_APERTURE_END && end > TERN_APERTURE_START;
	}
	if (f)
		fclose(f);
}

/* Children of all threads. */
static int count_children(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0, pid;
	while (tasks && (entry = readdir(tasks))) {
		char path[300];
		snprintf(path, sizeof(path), "/proc/self/task/%s/children", entry->d_name);
		FILE *f = fopen(path, "re");
		while (f && fscanf(f, "%d", &pid) == 1)
			count++;
		if (f)
			fclose(f);
	}
	if (tasks)
		closedir(tasks);
	return count;
}

/* Kernels on a buffer, a coarse-grained and a fine-grained allocation, and on malloc'ed memory. */
static void use(const cl_icd_dispatch *cl, cl_context context, cl_device_id device)
{
	const char *text = "kernel void k(global int *p) { p[get_global_id(0)] += 22; }";
	cl_int err, value = 20;
	size_t one = 1;
	cl_command_queue queue =
		cl->clCreateCommandQueueWithProperties(context, device, NULL, &err);
	cl_program program = cl->clCreateProgramWithSource(context, 1, &text, NULL, &err);
	EXPECT(cl->clBuildProgram(program, 1, &device, "", NULL, NULL) == CL_SUCCESS);
	cl_kernel kernel = cl->clCreateKernel(program, "k", &err);
	cl_mem buffer =
		cl->clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof(value), &value, &err);
	void *memory[] = {
		cl->clSVMAlloc(context, CL_MEM_READ_WRITE, 4096, 0),
		cl->clSVMAlloc(context, CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER, 4096, 0),
		malloc(4096)};
	cl_device_svm_capabilities svm = 0;
	EXPECT(cl->clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL) ==
	       CL_SUCCESS);
	EXPECT(cl->clSetKernelArg(kernel, 0, sizeof(buffer), &buffer) == CL_SUCCESS);
	EXPECT(cl->clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL) ==
	       CL_SUCCESS);
	for (int i = 0; i < (svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM ? 3 : 2); i++) {
		EXPECT(memory[i] != NULL);
		EXPECT(cl->clSetKernelArgSVMPointer(kernel, 0, memory[i]) == CL_SUCCESS);
		EXPECT(cl->clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL,
						  NULL) == CL_SUCCESS);
	}
	EXPECT(cl->clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof(value), &value, 0, NULL,
				       NULL) == CL_SUCCESS);
	EXPECT(value == 42);
	EXPECT(cl->clFinish(queue) == CL_SUCCESS);
	free(memory[2]);
}

/* Uses the device of @type and writes what this process then has. The OpenCL objects are alive
 * then. */
static int report(cl_device_type type)
{
	struct traces traces = {0};
	cl_platform_id platform;
	cl_device_id device;
	cl_int err;
	EXPECT(clIcdGetPlatformIDsKHR(1, &platform, NULL) == CL_SUCCESS);
	const cl_icd_dispatch *cl = *(const cl_icd_dispatch *const *)(const void *)platform;
	if (cl->clGetDeviceIDs(platform, type, 1, &device, NULL) != CL_SUCCESS)
		return TEST_SKIP;
	cl_context context = cl->clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	use(cl, context, device);
	traces.threads = entries("/proc/self/task");
	traces.children = count_children();
	count_descriptors(&traces);
	count_maps(&traces);
	EXPECT(write(STDOUT_FILENO, &traces, sizeof(traces)) == (ssize_t)sizeof(traces));
	return test_result();
}

/* Runs this program with @devices and the device @what; what it reports. Its exit status. */
static int run(const char *program, const char *devices, const char *what, struct traces *out)
{
	char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)what, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid;
	memset(out, 0, sizeof(*out));
	setenv("TERN_DEVICES", devices, 1);
	if (pipe(ends) || posix_spawn_file_actions_init(&actions))
		return -1;
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	int error = posix_spawn(&pid, program, &actions, NULL, argv, environ);
	close(ends[1]);
	ssize_t got = error ? 0 : read(ends[0], out, sizeof(*out));
	char rest[256]; /* what the tests' summary says; up to its end */
	while (!error && read(ends[0], rest, sizeof(rest)) > 0)
		;
	close(ends[0]);
	posix_spawn_file_actions_destroy(&actions);
	if (error || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) || got == (ssize_t)sizeof(*out) ? WEXITSTATUS(status) : -1;
}

static void print(const char *name, const struct traces *t)
{
	printf("%-22s threads %d, children %d, tern-accel %d, descriptors %d (userfaultfd %d, "
	       "memfd %d), maps %d (aperture %d, large %d)\n",
	       name, t->threads, t->children, t->accelerators, t->descriptors, t->userfaultfds,
	       t->memory_files, t->maps, t->mappings, t->reservations);
}

static void test_idle(const char *program)
{
	struct traces alone, both, control;
	/* The first run may compile; the second finds the cache in force. */
	EXPECT(run(program, "cpu", "cpu", &alone) == 0);
	EXPECT(run(program, "cpu", "cpu", &alone) == 0);
	EXPECT(run(program, "cpu,accel", "cpu", &both) == 0);
	print("cpu", &alone);
	print("cpu,accel: cpu used", &both);
	EXPECT(both.threads == alone.threads);
	EXPECT(both.children == alone.children);
	EXPECT(both.accelerators == 0);
	EXPECT(both.descriptors == alone.descriptors);
	EXPECT(both.userfaultfds == 0);
	EXPECT(both.memory_files == alone.memory_files);
	EXPECT(both.mappings == 0);
	EXPECT(both.reservations == alone.reservations);
	EXPECT(both.maps <= alone.maps + 2); /* malloc's arenas differ by a mapping or two */
	int status = run(program, "cpu,accel", "accel", &control);
	if (status == TEST_SKIP) {
		puts("no accelerator here: no control");
		return;
	}
	print("cpu,accel: accel used", &control);
	EXPECT(status == 0);
	EXPECT(control.accelerators == 1);
	EXPECT(control.threads > 1);
	EXPECT(control.memory_files > alone.memory_files);
	EXPECT(control.mappings > 0);
}

int main(int argc, char **argv)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	puts("skipped: a sanitizer's own threads and mappings would be counted");
	return TEST_SKIP;
#endif
	if (argc > 1)
		return report(!strcmp(argv[1], "accel") ? CL_DEVICE_TYPE_ACCELERATOR
							: CL_DEVICE_TYPE_CPU);
	char *ternc = tern_path_ternc();
	char folder[] = "/tmp/tern-idle-XXXXXX";
	if (!ternc || !mkdtemp(folder)) {
		puts("skipped: no compile server");
		tern_free(ternc);
		return TEST_SKIP;
	}
	tern_free(ternc);
	setenv("TERN_CACHE", folder, 1);
	setenv("TERN_THREADS", "1", 1); /* more are made when they are needed, or not */
	test_idle("/proc/self/exe");
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	EXPECT(system(command) == 0);
	return test_result();
}
