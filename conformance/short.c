/* SPDX-License-Identifier: MIT */
/* The short forms of harness.h. */
#include "conformance/report.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void conf_run_on(cl_command_queue queue, cl_kernel kernel, size_t global, size_t local)
{
	cl_event event = NULL;

	OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, local ? &local : NULL, 0, NULL,
				  &event));
	OK(clFinish(queue));
	/* clFinish need not say that a command failed. */
	CHECK_EQ(CL_COMPLETE, conf_event_status(event));
	OK(clReleaseEvent(event));
}

void conf_run(cl_kernel kernel, size_t global, size_t local)
{
	conf_run_on(conf_queue(), kernel, global, local);
}

cl_int conf_run_for_word(cl_program program, const char *name)
{
	cl_kernel kernel = conf_kernel_of(program, name);
	cl_mem mem = conf_buffer(0, sizeof(cl_int), NULL);
	cl_int value = -1;

	ARG(kernel, 0, mem);
	conf_run(kernel, 1, 1);
	conf_read(mem, &value, sizeof value);
	return value;
}

void conf_read(cl_mem mem, void *to, size_t size)
{
	OK(clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, 0, size, to, 0, NULL, NULL));
}

void conf_write(cl_mem mem, const void *from, size_t size)
{
	OK(clEnqueueWriteBuffer(conf_queue(), mem, CL_TRUE, 0, size, from, 0, NULL, NULL));
}

bool conf_device_bool(cl_device_info param)
{
	cl_bool value = CL_FALSE;

	OK(clGetDeviceInfo(conf_device(), param, sizeof value, &value, NULL));
	return value;
}

cl_uint conf_device_uint(cl_device_info param)
{
	cl_uint value = 0;

	OK(clGetDeviceInfo(conf_device(), param, sizeof value, &value, NULL));
	return value;
}

cl_ulong conf_device_ulong(cl_device_info param)
{
	cl_ulong value = 0;

	OK(clGetDeviceInfo(conf_device(), param, sizeof value, &value, NULL));
	return value;
}

size_t conf_device_size(cl_device_info param)
{
	size_t value = 0;

	OK(clGetDeviceInfo(conf_device(), param, sizeof value, &value, NULL));
	return value;
}

char *conf_device_string(cl_device_info param)
{
	size_t size = 0;

	OK(clGetDeviceInfo(conf_device(), param, 0, NULL, &size));
	char *text = calloc(1, size + 1);

	REQUIRE(text != NULL);
	OK(clGetDeviceInfo(conf_device(), param, size, text, NULL));
	return text;
}

char *conf_build_log(cl_program program)
{
	size_t size = 0;

	OK(clGetProgramBuildInfo(program, conf_device(), CL_PROGRAM_BUILD_LOG, 0, NULL, &size));
	char *text = calloc(1, size + 1);

	REQUIRE(text != NULL);
	OK(clGetProgramBuildInfo(program, conf_device(), CL_PROGRAM_BUILD_LOG, size, text, NULL));
	return text;
}

bool conf_has_extension(const char *name)
{
	char *list = conf_device_string(CL_DEVICE_EXTENSIONS);
	size_t length = strlen(name);
	bool found = false;

	for (char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			found = true;
	free(list);
	return found;
}

bool conf_has_feature(const char *name)
{
	size_t size = 0;
	bool found = false;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_OPENCL_C_FEATURES, 0, NULL, &size));
	cl_name_version *list = calloc(1, size + 1);

	REQUIRE(list != NULL);
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_OPENCL_C_FEATURES, size, list, NULL));
	for (size_t i = 0; i < size / sizeof *list; i++)
		found |= !strncmp(list[i].name, name, sizeof list[i].name);
	free(list);
	return found;
}

bool conf_has_images(void)
{
	return conf_device_bool(CL_DEVICE_IMAGE_SUPPORT);
}

cl_int conf_event_status(cl_event event)
{
	cl_int status = CL_QUEUED;

	OK(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
	return status;
}

double conf_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void conf_sleep(double seconds)
{
	struct timespec left = {.tv_sec = (time_t)seconds,
				.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	while (nanosleep(&left, &left))
		;
}

bool conf_wait_word(atomic_int *word, int value, double seconds)
{
	double end = conf_now() + seconds;

	while (atomic_load(word) != value) {
		if (conf_now() > end)
			return false;
		conf_sleep(0.0005);
	}
	return true;
}

bool conf_wait_event(cl_event event, double seconds)
{
	double end = conf_now() + seconds;

	while (conf_event_status(event) > CL_COMPLETE) {
		if (conf_now() > end)
			return false;
		conf_sleep(0.0005);
	}
	return true;
}

int conf_child_status(int pid, double seconds)
{
	double end = conf_now() + seconds;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (conf_now() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		conf_sleep(0.002);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static unsigned device_number(void)
{
	cl_device_id devices[64];
	cl_uint count = 0, number = 0;

	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, LENGTH(devices), devices, &count));
	while (number + 1 < count && devices[number] != conf_device())
		number++;
	return number;
}

int conf_run_alone(const char *name)
{
	char self[4096], platform[128], device[16];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	REQUIRE(length > 0);
	self[length] = '\0';
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_NAME, sizeof platform, platform, NULL));
	snprintf(device, sizeof device, "%u", device_number());
	pid_t pid = fork();

	if (pid == 0) {
		execl(self, self, "--platform", platform, "--device", device, name, (char *)NULL);
		_exit(99);
	}
	REQUIRE(pid > 0);
	return conf_child_status(pid, 20);
}

uint32_t conf_random(uint32_t *state)
{
	uint32_t x = *state ? *state : 0x9e3779b9u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}
