/* SPDX-License-Identifier: MIT */
/* Between runtime/program*.c only. */
#ifndef TERN_RUNTIME_PROGRAM_BUILD_H
#define TERN_RUNTIME_PROGRAM_BUILD_H

#include "runtime/program.h"
#include "runtime/program_thread.h"

/* A program without builds; references on the devices and the context. NULL: no memory. */
struct tern_program *tern_program_create(struct tern_context *context,
					 enum tern_program_origin origin,
					 struct tern_device *const *devices,
					 cl_uint count) TERN_MUST_CHECK;

/* CL_SUCCESS when @text is valid for @operation; else the operation's error, logged, or no memory.
 */
cl_int tern_program_check_options(enum tern_build_operation operation,
				  const char *text) TERN_MUST_CHECK;
/*
 * Sets build->uniform and build->arg_info as @options of a build or compile say. Those of a binary
 * may be a link's, which say nothing of either. CL_OUT_OF_HOST_MEMORY.
 */
cl_int tern_program_build_traits(const struct tern_program *program,
				 enum tern_build_operation operation, const char *options,
				 struct tern_program_build *build) TERN_MUST_CHECK;

/* @il may be NULL. */
void tern_program_il_destroy(struct tern_program_il *il);
/* The module for a build that begins now: its words, with the constants' values. NULL: no memory.
 */
uint32_t *tern_program_il_words(struct tern_program *program) TERN_MUST_CHECK;

/* One device's share of a job. */
struct tern_build_part {
	cl_uint index;             /* of the device in the program */
	unsigned same_as;          /* the first part with the same inputs: it does the work */
	struct tern_code **inputs; /* LINK: references; BUILD of a binary: the binary */
	cl_uint input_count;
	char *options; /* becomes the build's */
	bool uniform, arg_info;
	/* The outcome. */
	cl_int compiled; /* CL_SUCCESS, or why there is no code */
	cl_build_status status;
	struct tern_code *code;
	struct tern_module *module;
	char *log;
};

/*
 * A build operation on one program. It owns what it points at. Life: create, begin (marks the
 * program's entries as in progress), finish (works, publishes, notifies, frees) here or on a build
 * thread.
 */
struct tern_build_job {
	struct tern_build_task task;  /* first */
	struct tern_program *program; /* reference */
	enum tern_build_operation operation;
	char *options;
	uint32_t *il; /* of a program with IL: what is compiled */
	struct tern_build_part *parts;
	cl_uint part_count;
	struct tern_program **headers;   /* references */
	struct tern_header *header_list; /* names are the job's own, sources the headers' */
	cl_uint header_count;
	tern_program_notify notify;
	void *notify_data;
};

/* A job with @count parts and a copy of @options, or NULL. */
struct tern_build_job *tern_build_job_create(struct tern_program *program,
					     enum tern_build_operation operation,
					     const char *options, cl_uint count) TERN_MUST_CHECK;
/* Frees a job that has not begun. */
void tern_build_job_destroy(struct tern_build_job *job);
/* With the program's lock held: marks the parts' entries as in progress. */
void tern_build_job_begin_locked(struct tern_build_job *job);
/*
 * Does the job and frees it. @notify set: on a build thread, and the result is CL_SUCCESS unless no
 * thread could be had. Else here, and the result is the operation's.
 */
cl_int tern_build_job_finish(struct tern_build_job *job) TERN_MUST_CHECK;

#endif
