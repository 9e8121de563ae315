/* SPDX-License-Identifier: MIT */
/*
 * DOC: devices and the interface of a back end
 *
 * A back end (vendors/X) makes its root devices at start-up and fills their properties; nothing is
 * started then, so that a program which only enumerates platforms pays nothing. Threads or
 * processes start at the first start(), when a queue is made.
 *
 * The runtime hands a back end only commands that are ready: everything they wait for is complete.
 * The back end executes them in any order and at once, and reports tern_command_running() and
 * tern_command_complete(). Order is the runtime's: an in-order queue hands over one command after
 * the other's completion, through the successor that tern_command_complete() returns.
 *
 * A sub-device is a device with a parent and shares its parent's back end.
 */
#ifndef TERN_RUNTIME_DEVICE_H
#define TERN_RUNTIME_DEVICE_H

#include "runtime/base/futex.h"
#include "runtime/object.h"
#include "kernels/image.h"
#include "kernels/kernels.h"
#include "svm/device_memory.h"

struct tern_command;
struct tern_device;
struct tern_queue;

/* Properties as the device queries report them, clGetDeviceInfo (section 4.2). Strings are static
 * or live as long as the device. What follows from others (CL_DEVICE_ATOMIC_*, the feature lists,
 * all that is the same for each device) is in icd/device.c. */
struct tern_device_caps {
	cl_device_type type;
	const char *name, *vendor;
	cl_uint vendor_id;
	cl_uint compute_units;
	size_t max_group_size;
	size_t max_item_sizes[3];
	cl_uint clock_mhz;
	cl_uint vector_width_char, vector_width_short, vector_width_int, vector_width_long,
		vector_width_float, vector_width_double; /* native = preferred; 0: no such type */
	cl_ulong global_mem_bytes, max_alloc_bytes;
	cl_ulong cache_bytes;
	cl_uint cache_line_bytes;
	cl_ulong local_mem_bytes;
	cl_bool local_mem_dedicated;
	cl_ulong printf_bytes;
	cl_ulong max_global_variable_bytes;
	cl_device_svm_capabilities svm;
	/* Where the device's memory is: what decides where buffers and SVM allocations of a context
	 * with it must lie. Not SYSTEM without CL_DEVICE_SVM_FINE_GRAIN_SYSTEM: the device reaches
	 * TERN_HEAP_SHARED only. */
	enum tern_memory_model memory_model;
	cl_bool host_unified_memory;
	cl_bool native_kernels;
	cl_uint max_sub_devices;
	cl_device_affinity_domain affinity_domains;
	cl_ulong timer_resolution_ns;
	/* Kernels that it has built in (clCreateProgramWithBuiltInKernels). As long as the device.
	 */
	const struct tern_kernel_info *built_in;
	cl_uint built_in_count;
	/* Programs of source, IL or binaries are not for it: it runs its built-in kernels only.
	 * Then what is said about the kernel language is said of no such device. */
	bool no_compiler;
};

/* All functions may be called from any thread with no lock held. Results: 0 or -errno. */
struct tern_device_ops {
	const char *name; /* for TERN_DEVICES and the log */
	/* (required) Makes the device ready to execute; counted: each success is paired with a
	 * stop(). */
	int (*start)(struct tern_device *device);
	/* (required) Undoes one start(). At the last one the workers end; no command is in flight.
	 */
	void (*stop)(struct tern_device *device);
	/*
	 * (required) Takes a ready command over. Cannot fail: what goes wrong completes the command
	 * with an error. @may_defer: the program may not see it run until doorbell(): a back end
	 * need not wake a sleeping thread for a small command.
	 */
	void (*submit)(struct tern_device *device, struct tern_command *command, bool may_defer);
	/*
	 * (required) Roughly the nanoseconds that @command will take, before it is enqueued. The
	 * runtime rings the doorbell when what was deferred adds up to something.
	 */
	uint64_t (*expect)(struct tern_device *device, const struct tern_command *command);
	/* (required) All that was submitted must now make progress (clFlush). */
	void (*doorbell)(struct tern_device *device);
	/*
	 * (required) Returns when @done(@arg) is true; all that was submitted makes progress, as
	 * after doorbell(). Executes the device's work meanwhile where it can, by preference that
	 * of @queue (may be NULL), else sleeps on *@word by tern_wake_sleep().
	 * Never runs a native kernel or any other code of the program on the caller's thread.
	 */
	void (*wait)(struct tern_device *device, struct tern_queue *queue, bool (*done)(void *arg),
		     void *arg, _Atomic uint32_t *word);
	/*
	 * (with caps.max_sub_devices) clCreateSubDevices: @count sub-devices of @units[i] compute
	 * units each, in consecutive units from @first[i] on. On success @out holds references.
	 * -EINVAL: more units than there are.
	 */
	int (*partition)(struct tern_device *device, const cl_uint *first, const cl_uint *units,
			 unsigned count, struct tern_device **out);
	/*
	 * (with caps.affinity_domains) Splits by one of them (exactly one bit): writes first unit
	 * and number of units of each part, at most @max; returns how many parts there are, or
	 * -ENOTSUP.
	 */
	int (*affinity_parts)(struct tern_device *device, cl_device_affinity_domain domain,
			      cl_uint *first, cl_uint *units, unsigned max);
	/* (required) The work-group size to use when the program gives none: fills @local[0..2]. */
	void (*choose_local)(struct tern_device *device, const struct tern_kernel_info *kernel,
			     unsigned dim, const size_t global[3], size_t local[3]);
	/* (optional) Frees what belongs to a sub-device that is destroyed. */
	void (*destroy)(struct tern_device *device);
	/* (optional) Where the images of programs go; NULL: into this process. */
	const struct tern_image_place *(*image_place)(struct tern_device *device);
	/*
	 * (optional) @command, a kernel, has been enqueued and must wait for others: what it will
	 * touch can be made ready. Before anything of it can happen. retract(): a kernel, announced
	 * or not, has finished or never will begin. Both or neither.
	 */
	void (*announce)(struct tern_device *device, const struct tern_command *command);
	void (*retract)(struct tern_device *device, const struct tern_command *command);
	/* (optional) Its memory for tern_space_migrate() and its like; NULL or absent: the host's.
	 * Valid while the device is started. */
	struct tern_devmem *(*memory)(struct tern_device *device);
};

struct tern_device {
	struct tern_object obj;
	const struct tern_device_ops *ops;
	void *backend; /* the back end's own state */
	struct tern_device_caps caps;
	struct tern_device *parent; /* reference; NULL: a root device */
	struct tern_device *root;   /* itself for a root device */
	/* CL_DEVICE_PARTITION_TYPE: how this sub-device was asked for, with the final 0. Set by
	 * clCreateSubDevices; tern_free() it with the device. NULL: a root device. */
	cl_device_partition_property *partition;
	size_t partition_bytes;
	cl_uint first_unit;             /* within the root device */
	cl_command_queue default_queue; /* CL_DEVICE: none here */
};

TERN_DEFINE_HANDLE(device, cl_device_id, TERN_KIND_DEVICE)

/* Whether the program's references count: not for root devices (clRetainDevice, 4.3). */
static inline bool tern_device_is_root(const struct tern_device *device)
{
	return !device->parent;
}

/* A back end: makes its root devices. */
struct tern_backend {
	const char *name;
	/* Fills @out with at most @max new devices; returns their number or -errno. */
	int (*probe)(struct tern_device **out, unsigned max);
};

/*
 * Sleeping until something is done once, without a system call when nobody sleeps: the sleeper
 * leaves a mark in the word before it rechecks; who makes @done true calls tern_wake_done() after.
 */
enum { TERN_WAKE_SLEEPERS = 1, TERN_WAKE_DONE = 2 };

static inline void tern_wake_sleep(_Atomic uint32_t *word, bool (*done)(void *arg), void *arg)
{
	uint32_t seen = atomic_fetch_or(word, TERN_WAKE_SLEEPERS);
	if (!done(arg) && !(seen & TERN_WAKE_DONE))
		tern_futex_wait(word, TERN_WAKE_SLEEPERS);
}

static inline void tern_wake_done(_Atomic uint32_t *word)
{
	if (atomic_exchange(word, TERN_WAKE_DONE) & TERN_WAKE_SLEEPERS)
		tern_futex_wake(word, INT_MAX);
}

/* The memory of the root device @device, which stays started until the put. NULL: it is not
 * started, and is not started for this, or has no memory of its own. */
struct tern_devmem *tern_device_memory_get(struct tern_device *device);
void tern_device_memory_put(struct tern_device *device);

#define TERN_MAX_ROOT_DEVICES 16

/*
 * Start-up, at the first API call; idempotent and thread-safe. @backends: the table of vendors/, in
 * the order of TERN_DEVICES' defaults, ended by NULL. After it tern_root_devices() is constant.
 * 0 or -errno (then no device is offered).
 */
int tern_runtime_start(const void *dispatch, const struct tern_backend *const *backends);
unsigned tern_root_devices(struct tern_device *const **out);

#endif
