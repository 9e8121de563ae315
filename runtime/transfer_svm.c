/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/transfer.h"
#include "svm/svm.h"

struct svm_free {
	void(CL_CALLBACK *fn)(cl_command_queue, cl_uint, void **, void *);
	void *user_data;
	cl_command_queue queue;
	cl_uint count;
	void *pointers[];
};

static cl_int free_pointers(void *data)
{
	struct svm_free *f = data;
	cl_int status = CL_SUCCESS;
	if (f->fn) {
		f->fn(f->queue, f->count, f->pointers, f->user_data);
		return CL_SUCCESS;
	}
	for (cl_uint i = 0; i < f->count; i++) {
		if (!f->pointers[i] || !tern_svm_free(f->pointers[i]))
			continue;
		tern_log_error("clEnqueueSVMFree: %p is not from clSVMAlloc, or freed before",
			       f->pointers[i]);
		status = CL_INVALID_VALUE;
	}
	return status;
}

static void finish(struct tern_command *command, cl_int status)
{
	(void)status;
	tern_free(command->cleanup_data);
}

cl_int tern_transfer_svm_free(const struct tern_submission *s, void *const *pointers, cl_uint count,
			      void(CL_CALLBACK *fn)(cl_command_queue, cl_uint, void **, void *),
			      void *user_data)
{
	struct svm_free *f = tern_alloc(sizeof(*f) + count * sizeof(f->pointers[0]));
	if (!f)
		return CL_OUT_OF_HOST_MEMORY;
	*f = (struct svm_free){fn, user_data, tern_queue_handle(s->queue), count};
	if (count)
		memcpy(f->pointers, pointers, count * sizeof(f->pointers[0]));
	cl_int error = CL_OUT_OF_HOST_MEMORY;
	struct tern_command *command = tern_command_create(s->queue, CL_COMMAND_SVM_FREE, 0);
	if (!command)
		goto err_pointers;
	command->work = TERN_WORK_CALL;
	command->call = (struct tern_call){.fn = free_pointers, .data = f, .user_code = fn};
	command->cleanup = finish;
	command->cleanup_data = f;
	error = tern_command_enqueue(command, s->wait_count, s->wait_list, s->event, s->blocking);
	if (error)
		goto err_pointers;
	return CL_SUCCESS;

err_pointers:
	tern_free(f);
	return error;
}
