/* SPDX-License-Identifier: MIT */
/*
 * Devices that say of themselves that their memory is not the host's, though they execute in this
 * process, on a thread of their own: for how contexts, buffers, programs and waits treat such
 * devices where no accelerator can be had. They defer: nothing runs before the doorbell, or a
 * submission that may not be deferred.
 */
#ifndef TERN_ICD_TESTS_MOCK_DEVICE_H
#define TERN_ICD_TESTS_MOCK_DEVICE_H

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "icd/api.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "runtime/base/thread.h"
#include "runtime/queue.h"
#include "vendors/cpu/cpu.h"

/* CUSTOM is of that type, for the enumeration only. */
enum {
	MOCK_PRIVATE,
	MOCK_COHERENT,
	MOCK_LIMITED,
	MOCK_PRIVATE_TOO,
	MOCK_DEVICES,
	MOCK_CUSTOM = MOCK_DEVICES
};

static struct mock {
	struct tern_device device;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct tern_command *head, *tail; /* submitted, by next_ready */
	bool go;                          /* the doorbell rang */
	bool started;
	_Atomic unsigned memory_asked, images;
	struct tern_image_place place;
} mocks[MOCK_DEVICES + 1];

static inline struct mock *mock_of(struct tern_device *device)
{
	return device->root->backend;
}

static inline void mock_copy(const struct tern_copy *c)
{
	for (size_t z = 0; z < c->region[2]; z++)
		for (size_t y = 0; y < c->region[1]; y++)
			memmove(c->dst + z * c->dst_slice + y * c->dst_row,
				c->src + z * c->src_slice + y * c->src_row, c->region[0]);
}

static inline void mock_fill(const struct tern_fill *f)
{
	for (size_t at = 0; at < f->bytes; at += f->pattern_bytes)
		memcpy(f->dst + at, f->pattern, f->pattern_bytes);
}

/* What executes built-in kernels, if a test gives a device some. */
static void (*mock_built_in)(const struct tern_ndrange *r);

static inline void mock_range(const struct tern_ndrange *r)
{
	if (!r->function) {
		REQUIRE(mock_built_in);
		mock_built_in(r);
		return;
	}
	struct tern_group group = {.work_dim = r->dim, .local_bytes = r->local_bytes};
	for (unsigned i = 0; i < 3; i++) {
		group.enqueued_local_size[i] = r->local[i];
		group.global_size[i] = r->global[i];
		group.num_groups[i] = (r->global[i] + r->local[i] - 1) / r->local[i];
		group.global_offset[i] = r->offset[i];
	}
	group.scratch_bytes = tern_kernel_scratch(r->info, r->local[0], r->local[1], r->local[2]);
	unsigned char *local =
		tern_alloc_aligned(TERN_ARGS_ALIGN, r->local_bytes + 2 * TERN_LOCAL_SLACK);
	group.scratch = tern_alloc_aligned(TERN_ARGS_ALIGN, group.scratch_bytes + 1);
	REQUIRE(local && group.scratch);
	group.local_mem = local + TERN_LOCAL_SLACK;
	for (size_t z = 0; z < group.num_groups[2]; z++)
		for (size_t y = 0; y < group.num_groups[1]; y++)
			for (size_t x = 0; x < group.num_groups[0]; x++)
				r->function(r->args, &group, x, y, z);
	tern_free(local);
	tern_free(group.scratch);
}

static inline cl_int mock_execute(struct tern_command *command)
{
	tern_command_running(command);
	switch (command->work) {
	case TERN_WORK_NONE:
		break;
	case TERN_WORK_COPY:
		mock_copy(&command->copy);
		break;
	case TERN_WORK_FILL:
		mock_fill(&command->fill);
		break;
	case TERN_WORK_NDRANGE:
		mock_range(&command->ndrange);
		break;
	case TERN_WORK_NATIVE:
		command->native.fn(command->native.args);
		break;
	case TERN_WORK_CALL:
		return command->call.fn(command->call.data);
	}
	return CL_SUCCESS;
}

static inline void *mock_main(void *arg)
{
	struct mock *m = arg;
	for (;;) {
		pthread_mutex_lock(&m->mutex);
		while (!m->head || !m->go) {
			m->go = false;
			pthread_cond_wait(&m->wake, &m->mutex);
		}
		struct tern_command *command = m->head;
		m->head = command->next_ready;
		pthread_mutex_unlock(&m->mutex);
		while (command)
			command = tern_command_complete(command, mock_execute(command));
	}
	return NULL;
}

static inline int mock_start(struct tern_device *device)
{
	struct mock *m = mock_of(device);
	if (!m->started && tern_thread_start(mock_main, m, 0))
		return -EAGAIN;
	m->started = true;
	return 0;
}

static inline void mock_stop(struct tern_device *device)
{
	(void)device;
}

static inline void mock_submit(struct tern_device *device, struct tern_command *command,
			       bool may_defer)
{
	struct mock *m = mock_of(device);
	pthread_mutex_lock(&m->mutex);
	command->next_ready = NULL;
	if (m->head)
		m->tail->next_ready = command;
	else
		m->head = command;
	m->tail = command;
	if (!may_defer) {
		m->go = true;
		pthread_cond_signal(&m->wake);
	}
	pthread_mutex_unlock(&m->mutex);
}

static inline uint64_t mock_expect(struct tern_device *device, const struct tern_command *command)
{
	(void)device;
	(void)command;
	return 0;
}

static inline void mock_doorbell(struct tern_device *device)
{
	struct mock *m = mock_of(device);
	pthread_mutex_lock(&m->mutex);
	m->go = true;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->mutex);
}

static inline void mock_wait(struct tern_device *device, struct tern_queue *queue,
			     bool (*done)(void *), void *arg, _Atomic uint32_t *word)
{
	(void)queue;
	mock_doorbell(device);
	while (!done(arg))
		tern_wake_sleep(word, done, arg);
}

static inline void mock_choose(struct tern_device *device, const struct tern_kernel_info *kernel,
			       unsigned dim, const size_t global[3], size_t local[3])
{
	(void)device;
	(void)kernel;
	(void)dim;
	local[0] = tern_min(global[0], (size_t)16);
}

static inline struct tern_devmem *mock_memory(struct tern_device *device)
{
	mock_of(device)->memory_asked++;
	return NULL;
}

static inline int mock_reserve(void *data, size_t size, size_t align, void **base)
{
	struct mock *m = data;
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	REQUIRE(p != MAP_FAILED && align >= 4096 && size % 4096 == 0);
	*base = (void *)tern_round_up((size_t)p, align);
	m->images++;
	return 0;
}

static inline int mock_protect(void *data, void *at, size_t size, int protection)
{
	(void)data;
	return mprotect(at, size, protection) ? -errno : 0;
}

static inline void mock_release(void *data, void *base, size_t size)
{
	((struct mock *)data)->images--;
	munmap(base, size);
}

static inline const struct tern_image_place *mock_place(struct tern_device *device)
{
	return &mock_of(device)->place;
}

static const struct tern_device_ops mock_ops = {
	.name = "mock",
	.start = mock_start,
	.stop = mock_stop,
	.submit = mock_submit,
	.expect = mock_expect,
	.doorbell = mock_doorbell,
	.wait = mock_wait,
	.choose_local = mock_choose,
	.image_place = mock_place,
	.memory = mock_memory,
};

static inline void mock_destroy(struct tern_object *object)
{
	(void)object;
}

static inline void mock_init(struct mock *m, enum tern_memory_model model, bool system)
{
	const cl_ulong bytes = (cl_ulong)256 << 20;
	struct tern_device *device = &m->device;
	device->ops = &mock_ops;
	device->backend = m;
	device->root = device;
	device->caps = (struct tern_device_caps){
		.type = CL_DEVICE_TYPE_ACCELERATOR,
		.name = "mock",
		.vendor = "Tern",
		.compute_units = 1,
		.max_group_size = 64,
		.max_item_sizes = {64, 64, 64},
		.clock_mhz = 1,
		.vector_width_char = 1,
		.vector_width_short = 1,
		.vector_width_int = 1,
		.vector_width_long = 1,
		.vector_width_float = 1,
		.vector_width_double = 1,
		.global_mem_bytes = bytes,
		.max_alloc_bytes = bytes / 2,
		.cache_line_bytes = 64,
		.local_mem_bytes = 65536,
		.printf_bytes = 1 << 20,
		.max_global_variable_bytes = 65536,
		.svm = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_BUFFER |
		       CL_DEVICE_SVM_ATOMICS | (system ? CL_DEVICE_SVM_FINE_GRAIN_SYSTEM : 0),
		.memory_model = model,
		.timer_resolution_ns = 1,
	};
	pthread_mutex_init(&m->mutex, NULL);
	pthread_cond_init(&m->wake, NULL);
	m->place = (struct tern_image_place){mock_reserve, mock_protect, mock_release, m};
	tern_object_init(&device->obj, TERN_KIND_DEVICE, mock_destroy);
}

static inline int mock_probe(struct tern_device **out, unsigned max)
{
	REQUIRE(max > MOCK_DEVICES);
	mock_init(&mocks[MOCK_PRIVATE], TERN_MEMORY_PRIVATE, true);
	mock_init(&mocks[MOCK_COHERENT], TERN_MEMORY_COHERENT, true);
	mock_init(&mocks[MOCK_LIMITED], TERN_MEMORY_PRIVATE, false);
	mock_init(&mocks[MOCK_PRIVATE_TOO], TERN_MEMORY_PRIVATE, true);
	mock_init(&mocks[MOCK_CUSTOM], TERN_MEMORY_SYSTEM, true);
	mocks[MOCK_CUSTOM].device.caps.type = CL_DEVICE_TYPE_CUSTOM;
	for (unsigned i = 0; i <= MOCK_CUSTOM; i++)
		out[i] = &mocks[i].device;
	return MOCK_CUSTOM + 1;
}

static const struct tern_backend mock_backend = {.name = "mock", .probe = mock_probe};

static cl_device_id mock_cpu;
static cl_device_id mock_ids[MOCK_DEVICES];

/* Before any other call: the platform has the cpu device and the mocks. */
static inline void mock_begin(void)
{
	static const struct tern_backend *const backends[] = {&tern_cpu_backend, &mock_backend,
							      NULL};
	cl_platform_id platform;
	cl_device_id all[1 + MOCK_DEVICES];
	cl_uint count = 0;
	REQUIRE(!setenv("TERN_DEVICES", "cpu,mock", 1));
	REQUIRE(!tern_runtime_start(&tern_icd_dispatch, backends));
	REQUIRE(!tern_clGetPlatformIDs(1, &platform, NULL));
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1 + MOCK_DEVICES, all, &count));
	REQUIRE(count == 1 + MOCK_DEVICES);
	mock_cpu = all[0];
	memcpy(mock_ids, all + 1, sizeof(mock_ids));
}

static inline cl_context mock_context(cl_uint count, const cl_device_id *devices)
{
	cl_int error = CL_INVALID_VALUE;
	cl_context c = tern_clCreateContext(NULL, count, devices, NULL, NULL, &error);
	REQUIRE(c && !error);
	return c;
}

static inline cl_command_queue mock_queue(cl_context context, cl_device_id device)
{
	cl_int error = CL_INVALID_VALUE;
	cl_command_queue q = tern_clCreateCommandQueueWithProperties(context, device, NULL, &error);
	REQUIRE(q && !error);
	return q;
}

#endif
