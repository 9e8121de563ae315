/* SPDX-License-Identifier: MIT */
/*
 * Extensions of Tern's own, for applications: what a device with its own memory did with the pages
 * of the program. Needs nothing but <CL/cl.h>.
 *
 * The enumerants are 0x54455200 to 0x544552FF ("TER"), outside of every range that the OpenCL
 * registry assigns (it ends at 0x100000FF). Functions are found by
 * clGetExtensionFunctionAddressForPlatform.
 *
 * All functions may be called by any thread at any time, except from a signal handler.
 */
#ifndef CL_TERN_H
#define CL_TERN_H

#include <CL/cl.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * cl_tern_svm_statistics
 *
 * Counters of the address space that the program shares with devices. A device whose page tables
 * are the host's (the cpu device) never moves a page: all its counters are 0. The other devices of
 * the process share one set of counters, which begins when the first of their command-queues is
 * created and is cleared when the last is released; they wrap at 2^64.
 *
 * Units: a page is page_bytes bytes. A fault is one access that had to wait, however many pages
 * were moved for it. Times are nanoseconds.
 */
#define cl_tern_svm_statistics                1
#define CL_TERN_SVM_STATISTICS_EXTENSION_NAME "cl_tern_svm_statistics"

typedef struct cl_svm_statistics_tern {
	/* Accesses that found their page elsewhere, or not writable there. */
	cl_ulong device_read_faults, device_write_faults;
	cl_ulong host_read_faults, host_write_faults;
	/* Pages whose contents were copied. */
	cl_ulong pages_to_device, pages_to_host;
	cl_ulong pages_zeroed;      /* new on the device, without a copy */
	cl_ulong pages_dropped;     /* read-only copies that a write on the other side ended */
	cl_ulong pages_evicted;     /* the device's memory was full; in pages_to_host when copied */
	cl_ulong pages_invalidated; /* the program unmapped them while they were on the device */
	cl_ulong pages_fallback;    /* taken the slow way: locked, copy-on-write, an old kernel */
	cl_ulong faults_deferred;   /* waited because the other side held the page */
	cl_ulong faults_retried;
	cl_ulong faults_refused; /* accesses to what the device may not reach: commands failed */
	cl_ulong link_ns;        /* time that the transfers took on the device's link */
	/* No counters. */
	cl_ulong resident_bytes; /* of the program's, on the device now; 0 for a range of memory */
	cl_ulong page_bytes;
} cl_svm_statistics_tern;

/*
 * Writes the counters to *out: of all memory when @ptr is NULL (@size must be 0 then), else of the
 * 2 MiB blocks of addresses that the @size bytes at @ptr touch, which need not be allocated.
 *
 * @struct_size: sizeof(cl_svm_statistics_tern) as the caller knows it. A library that knows more
 * members writes only that many bytes, one that knows fewer sets the rest to 0.
 *
 * CL_SUCCESS, or, with *out unchanged:
 * - CL_INVALID_DEVICE when @device is no valid device;
 * - CL_INVALID_VALUE when @out is NULL, @struct_size is smaller than the structure above or no
 *   multiple of 8, exactly one of @ptr and @size is 0, or the range leaves the address space.
 */
typedef cl_int(CL_API_CALL *clGetSVMStatisticsTERN_fn)(cl_device_id device, const void *ptr,
						       size_t size, size_t struct_size,
						       cl_svm_statistics_tern *out);

/*
 * clGetEventInfo: what one command caused, as a cl_event_svm_statistics_tern. All zeros for
 * commands on devices without their own memory. CL_PROFILING_INFO_NOT_AVAILABLE while the command
 * has not finished, and for user events. Needs no CL_QUEUE_PROFILING_ENABLE.
 *
 * param_value_size: sizeof(cl_event_svm_statistics_tern) as the caller knows it, at least 24, which
 * is the structure's first version. A library that knows more members writes only what has room;
 * param_value_size_ret says how many bytes were written, which is less than the size when the
 * library knows fewer, and how many there are when param_value is NULL.
 */
#define CL_EVENT_SVM_STATISTICS_TERN         0x54455200
#define CL_TERN_EVENT_SVM_STATISTICS_VERSION 2

typedef struct cl_event_svm_statistics_tern {
	cl_uint faults;    /* of the device */
	cl_uint pages_in;  /* came to the device */
	cl_uint pages_out; /* left it meanwhile, by eviction or faults of the host */
	cl_uint reserved;  /* 0 */
	cl_ulong link_ns;  /* time that these transfers took on the device's link */
	/* From here on: version 2. */
	cl_ulong bytes_to_device, bytes_to_host; /* contents copied: pages new on the device, in
						    pages_in, have none */
	cl_ulong stalled_ns; /* that its threads waited for pages, all together: from when a fault
				was seen until it was resolved */
} cl_event_svm_statistics_tern;

/*
 * cl_tern_mem_advice
 *
 * Values for the advice of clEnqueueMemAdviseINTEL (cl_intel_unified_shared_memory), which defines
 * none. The advice is a hint to the migration policy, kept for the 2 MiB blocks of addresses that
 * lie wholly in the range; it replaces earlier advice. 0 takes it back.
 */
#define cl_tern_mem_advice                1
#define CL_TERN_MEM_ADVICE_EXTENSION_NAME "cl_tern_mem_advice"

#define CL_MEM_ADVICE_READ_MOSTLY_TERN 0x54455210 /* copies on both sides while nobody writes */
#define CL_MEM_ADVICE_PREFER_HOST_TERN 0x54455211 /* its home is the host's memory */
#define CL_MEM_ADVICE_PREFER_DEVICE_TERN                                                           \
	0x54455212 /* its home is the memory of the queue's device */

#ifdef __cplusplus
}
#endif

#endif
