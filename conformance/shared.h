/* SPDX-License-Identifier: MIT */
/*
 * What the cases of chapter "shared" have in common: memory that host and kernels use by the same
 * pointers, on every device with fine-grained system SVM.
 */
#ifndef CONFORMANCE_SHARED_H
#define CONFORMANCE_SHARED_H

#include "conformance/harness.h"

#define SHARED_PAGE 4096u

/* Skips the case unless the device has the SVM capability. */
void shared_need(cl_ulong capability, const char *name);
#define NEED_SVM(capability) shared_need(capability, #capability)
#define NEED_SYSTEM()        NEED_SVM(CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)

/* Whether the device's page tables are its own: type ACCELERATOR or CUSTOM. Such a device survives
 * wild accesses, and may refuse kinds of memory that its manual names, if it does so cleanly. */
bool shared_own_tables(void);
void shared_need_own_tables(void);

/*
 * The kernel @name of a program with
 *	inc(global int *p)                               p[i] += 1
 *	fill(global int *p, int v)                       p[i] = v + i
 *	wrong(global const int *p, int v, global int *n) *n += p[i] != v + i
 *	copy(global const uchar *from, global uchar *to)
 *	add(volatile global atomic_int *p, int times)    *p += 1, times times, scope all devices,
 *	                                                 where the device has that
 * or, in shared_kernel_of(), of @source; built as OpenCL C 3.0. It may use any pointer. Of devices
 * without a compiler: the built-in kernel that does the same, if there is one (Tern's dmirror).
 */
cl_kernel shared_kernel(const char *name);
cl_kernel shared_kernel_of(const char *source, const char *name);
/* The same in any context, without the harness: the caller releases both. */
cl_int shared_make_kernel(cl_context context, const char *name, cl_program *program,
			  cl_kernel *kernel);
/* The text of that program, for those who build it in another context. */
extern const char shared_source[];

void shared_pointer(cl_kernel kernel, cl_uint index, const void *pointer);
/* inc on @count words at @p, on conf_queue(), waiting for it. */
void shared_inc(int *p, size_t count);
void shared_fill(int *p, int value, size_t count);
/* How many of the words that `fill` wrote a kernel, or the host, sees otherwise. */
int shared_wrong(const int *p, int value, size_t count);
size_t shared_wrong_here(const int *p, int value, size_t count);

/* Enqueues on @queue and flushes; the harness keeps the event. */
cl_event shared_start(cl_command_queue queue, cl_kernel kernel, size_t global);
/* Runs on conf_queue() and returns the final status: CL_COMPLETE or an error. */
cl_int shared_try(cl_kernel kernel, size_t global);
/* The device must go on: kernels on fresh memory give what they should. */
void shared_still_works(void);

/* Private anonymous memory, not reserved; leaves the case when there is none. */
void *shared_map(size_t bytes);
/* A file without a name in the working folder, open for reading and writing with @flags. -1 and
 * errno when the file system cannot. */
int shared_file(int flags);

/* All devices of the platform with the SVM capability, conf_device() first; one context of them and
 * an in-order queue for each. The harness keeps them. */
struct shared_devices {
	cl_context context;
	cl_uint count;
	cl_device_id ids[8];
	cl_command_queue queues[8];
};
void shared_open_devices(struct shared_devices *all, cl_ulong capability);
/* The kernel @name of shared_source, or of @source, for all of them. */
cl_kernel shared_devices_kernel(const struct shared_devices *all, const char *source,
				const char *name);

#endif
