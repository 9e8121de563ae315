/* SPDX-License-Identifier: MIT */
/* A device whose process cannot be started again: commands fail, and it works when it can. */
#include <limits.h>

#include "harness.h"

static const char source[] =
	"kernel void number(global uint *out) { out[get_global_id(0)] = (uint)get_global_id(0); }"
	"kernel void endless(global int *p) { while (*(volatile global int *)p == 0); }";

static char path[PATH_MAX], aside[PATH_MAX + 8];

/* Starts this test again with the device's program under a name of our own. */
static void begin(char *self)
{
	char folder[] = "/tmp/tern-accel-test-XXXXXX";
	char *found = tern_path_accel();
	if (!found)
		exit(77); /* it was not built */
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/tern-accel", folder);
	CHECK(!symlink(found, path));
	tern_free(found);
	setenv("TERN_ACCEL_PROCESS", path, 1);
	execl("/proc/self/exe", self, folder, NULL);
	exit(1);
}

static void broken(struct tern_queue *queue)
{
	int *word = shared_alloc(64);
	uint32_t *out = shared_alloc(4096);
	cl_event running, queued;
	enqueue_kernel(queue, "endless", RANGE(1, 1), ARGS(&word), &running);
	enqueue_kernel(queue, "number", RANGE(1024, 8), ARGS(&out), &queued);
	CHECK(!tern_queue_flush(queue));
	usleep(20000);
	CHECK(!rename(path, aside));
	CHECK(!kill(device_pid(), SIGKILL));
	CHECK(event_end(running) == CL_OUT_OF_RESOURCES);
	CHECK(event_end(queued) == CL_OUT_OF_RESOURCES);
	for (unsigned i = 0; i < 200; i++)
		CHECK(run_kernel(queue, "number", RANGE(1024, 8), ARGS(&out)) ==
		      CL_OUT_OF_RESOURCES);
	struct tern_queue_options options = {.properties = 0};
	struct tern_queue *none;
	CHECK(tern_queue_create(test_context, test_device, &options, &none) == CL_OUT_OF_RESOURCES);
	char *text = log_take();
	CHECK(strstr(text, "does not start again") && strstr(text, "kernel number cannot run"));
	free(text);
	/* The host's part goes on. */
	CHECK(!enqueue_copy(queue, out, word, 64, true));
	CHECK(!rename(aside, path));
	struct tern_queue *again = queue_new(0);
	CHECK(run_kernel(queue, "number", RANGE(1024, 8), ARGS(&out)) == CL_COMPLETE);
	CHECK(run_kernel(again, "number", RANGE(1024, 8), ARGS(&out)) == CL_COMPLETE);
	CHECK(out[1023] == 1023);
	queue_release(again);
	shared_free(word, 64);
	shared_free(out, 4096);
}

static void not_there(void)
{
	struct tern_queue_options options = {.properties = 0};
	struct tern_queue *queue;
	CHECK(!rename(path, aside));
	CHECK(tern_queue_create(test_context, test_device, &options, &queue) ==
	      CL_OUT_OF_RESOURCES);
	CHECK(!rename(aside, path));
	queue = queue_new(0);
	broken(queue);
	queue_release(queue);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		begin(argv[0]);
	snprintf(path, sizeof(path), "%s/tern-accel", argv[1]);
	snprintf(aside, sizeof(aside), "%s.not", path);
	setenv("TERN_LOG", "error", 1);
	test_start(source);
	log_capture();
	not_there();
	test_end();
	CHECK(!unlink(path) && !rmdir(argv[1]));
	return 0;
}
