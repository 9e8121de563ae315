/* SPDX-License-Identifier: MIT */
/* Command queues and commands. The protocol is described in event.h. */
#ifndef TERN_RUNTIME_QUEUE_H
#define TERN_RUNTIME_QUEUE_H

#include "runtime/event.h"

struct tern_kernel;
struct tern_memory;

struct tern_queue {
	struct tern_object obj;
	struct tern_context *context; /* reference */
	struct tern_device *device;   /* reference; started */
	cl_command_queue_properties properties;
	cl_queue_properties *property_list; /* as given, with the final 0, or NULL */
	size_t property_list_bytes;
	cl_uint priority, throttle;  /* CL_QUEUE_PRIORITY_*, CL_QUEUE_THROTTLE_*; 0: not given */
	void *impl;                  /* runtime/queue.c's own */
	struct tern_list in_context; /* context->queues */
	uint64_t number;             /* in the context, ascending */
};

TERN_DEFINE_HANDLE(queue, cl_command_queue, TERN_KIND_QUEUE)

struct tern_queue_options {
	cl_command_queue_properties properties;
	cl_uint priority, throttle;
	const cl_queue_properties *list; /* copied; may be NULL */
	size_t list_bytes;
};

cl_int tern_queue_create(struct tern_context *context, struct tern_device *device,
			 const struct tern_queue_options *options,
			 struct tern_queue **out) TERN_MUST_CHECK;
/* Puts a new queue on its context's list, and takes a dying one off. */
void tern_queue_join_context(struct tern_queue *queue);
void tern_queue_leave_context(struct tern_queue *queue);
cl_int tern_queue_flush(struct tern_queue *queue) TERN_MUST_CHECK;
cl_int tern_queue_finish(struct tern_queue *queue) TERN_MUST_CHECK;

/* A box of bytes copied between two places of the address space; rows and slices may have pitches.
 */
struct tern_copy {
	const unsigned char *src;
	unsigned char *dst;
	size_t region[3];          /* bytes, rows, slices */
	size_t src_row, src_slice; /* pitches in bytes */
	size_t dst_row, dst_slice;
};

struct tern_fill {
	unsigned char *dst;
	size_t bytes; /* a multiple of pattern_bytes */
	size_t pattern_bytes;
	unsigned char pattern[128];
};

/* One kernel execution, all of it captured at the enqueue (later clSetKernelArg do not matter). */
struct tern_ndrange {
	struct tern_module *module;          /* reference, held by the command */
	const struct tern_kernel_info *info; /* of module's code */
	tern_group_fn *function;
	unsigned dim;
	uint16_t name; /* tern_status_name() */
	/* As the function takes them: of TERN_KERNEL_EXCHANGED the first two dimensions are the
	 * program's exchanged. 1, 0, 1 beyond the program's dim; local is never 0. */
	size_t global[3], offset[3], local[3];
	/* info->args_bytes, aligned to TERN_ARGS_ALIGN: from tern_command_args(), or tern_alloc()ed
	 * and freed with the command. */
	void *args;
	size_t local_bytes; /* local memory of one group: the kernel's own and the arguments' */
	/* What the program says that it reaches beyond its arguments (clSetKernelExecInfo); owned
	 * by the command. */
	const void *const *indirect;
	unsigned indirect_count;
};

struct tern_native {
	void(CL_CALLBACK *fn)(void *);
	void *args; /* a copy, freed with the command; or from tern_command_args() */
};

/* A function of the runtime's to run as a command, on any thread: e.g. clEnqueueSVMFree, unmap. */
struct tern_call {
	cl_int (*fn)(void *data); /* what it returns (CL_SUCCESS or an error) becomes the status */
	void *data;
	bool user_code; /* calls into the program: then never on a thread inside an API call */
};

enum tern_command_work {
	TERN_WORK_NONE, /* markers, barriers, migrations on a device that shares the host's memory
			 */
	TERN_WORK_COPY,
	TERN_WORK_FILL,
	TERN_WORK_NDRANGE,
	TERN_WORK_NATIVE,
	TERN_WORK_CALL,
};

struct tern_command {
	struct tern_event event; /* first */
	enum tern_command_work work;
	union {
		struct tern_copy copy;
		struct tern_fill fill;
		struct tern_ndrange ndrange;
		struct tern_native native;
		struct tern_call call;
	};
	/* Objects kept alive until the command has finished (memory objects, a kernel). */
	struct tern_object **uses;
	unsigned use_count;
	/* (optional) Runs once when the command has finished, before the event does, successful or
	 * not, on any thread: undoes what the enqueue did (map counts). */
	void (*cleanup)(struct tern_command *command, cl_int status);
	void *cleanup_data;

	/* From here on: the queue's and the back end's own. */
	_Atomic uint32_t pending;
	_Atomic cl_int failed; /* the first error of what it waited for */
	_Atomic(struct tern_command *) successor;
	struct tern_list live; /* out-of-order queues */
	void *owned;           /* what did not fit into the command's own storage */
	struct tern_command *next_ready;
	uint32_t flags; /* runtime/schedule.h */
	/* Out-of-order queues: where it is seen to run; NULL: nowhere. */
	struct tern_status_command *running;
	uint64_t backend_state[8];
};

/*
 * A new command of @queue with one reference, for the caller to fill (work and its union, uses,
 * cleanup) and to hand to tern_command_enqueue(), or to drop with tern_command_cancel().
 * @use_count: how many pointers `uses` has room for. NULL when there is no memory. Fast: commands
 * come from a pool.
 */
struct tern_command *tern_command_create(struct tern_queue *queue, cl_command_type type,
					 unsigned use_count) TERN_MUST_CHECK;
/* Adds a reference on @object to the command's uses. */
void tern_command_use(struct tern_command *command, struct tern_object *object);
/*
 * Storage of @bytes for ndrange.args or native.args, aligned to TERN_ARGS_ALIGN, part of the
 * command when it fits and freed with it either way: faster than an allocation of the caller's.
 * Once for each command. NULL when there is no memory.
 */
void *tern_command_args(struct tern_command *command, size_t bytes) TERN_MUST_CHECK;
/* Memory of @bytes that is freed with the command, for what its work needs. NULL: no memory. */
void *tern_command_own(struct tern_command *command, size_t bytes) TERN_MUST_CHECK;
/* Frees a command that was not enqueued, with what it owns (args, uses); cleanup() does not run. */
void tern_command_cancel(struct tern_command *command);

/*
 * Enqueues. The arguments were checked, but for the wait list, which is checked here:
 * CL_INVALID_EVENT_WAIT_LIST, CL_INVALID_CONTEXT. On an error the command is cancelled.
 * @event: where to put the program's reference, or NULL. @blocking: return when the command has
 * finished, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST when an event of the wait list failed, or
 * the command's own error. On an idle in-order queue a blocking copy runs on the calling thread.
 */
cl_int tern_command_enqueue(struct tern_command *command, cl_uint wait_count,
			    const cl_event *wait_list, cl_event *event,
			    bool blocking) TERN_MUST_CHECK;
/* As above, and later commands of the queue wait for it (clEnqueueBarrierWithWaitList); with an
 * empty wait list it waits for all earlier commands, as markers do. */
cl_int tern_command_enqueue_marker(struct tern_command *command, bool barrier, cl_uint wait_count,
				   const cl_event *wait_list, cl_event *event) TERN_MUST_CHECK;

/* For back ends. The command starts to execute: status, time, callbacks. */
void tern_command_running(struct tern_command *command);
/* When that was, by CLOCK_MONOTONIC: for `tern top`, where a command may take long, or the time is
 * known anyway. */
void tern_command_began(struct tern_command *command, uint64_t ns);
/* What it caused on a device with memory of its own: for CL_EVENT_SVM_STATISTICS_TERN. Adds up. */
struct tern_space_stats;
void tern_command_caused(struct tern_command *command, const struct tern_space_stats *stats);
/* What @command, a kernel, will touch, in the words of svm/space.h: for
 * tern_space_command_queued() and _begins(). */
struct tern_space_command;
void tern_command_describe(const struct tern_command *command, struct tern_space_command *out);
/*
 * The command has executed, with CL_SUCCESS (0) or an error. Drops the back end's reference.
 * Everything that becomes ready is submitted, except that one ready command of the same device may
 * be returned for the caller to execute next (NULL: none).
 */
struct tern_command *tern_command_complete(struct tern_command *command, cl_int status);

#endif
