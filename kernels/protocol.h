/* SPDX-License-Identifier: MIT */
/*
 * DOC: what libtern asks of the compile server
 *
 * libtern starts `ternc --server` with one end of a stream socket pair as descriptor 3 and sends
 * build requests (TERN_MESSAGE_BUILD, struct tern_wire_request), one at a time; each is answered by
 * TERN_MESSAGE_RESULT (struct tern_wire_result). The server ends when its peer closes the socket,
 * also in the middle of a build. A build that crashes or exceeds the server's limits ends the
 * server without an answer.
 */
#ifndef TERN_KERNELS_PROTOCOL_H
#define TERN_KERNELS_PROTOCOL_H

#include "kernels/kernels.h"
#include "kernels/wire.h"

enum { TERN_MESSAGE_BUILD = 1, TERN_MESSAGE_RESULT = 2 };

/* The descriptor that the compile server inherits. */
#define TERN_SERVER_FD 3

/* tern_wire_request.flags */
enum {
	TERN_WIRE_SCALAR = 1 << 0, /* do not widen */
	TERN_WIRE_REPORT = 1 << 1, /* notes in the log: what was not widened, why, in which line */
	TERN_WIRE_SPIRV = 1 << 2,  /* the source is a SPIR-V module */
};

struct tern_wire_input {
	const void *bytes; /* the serialised form of a struct tern_code */
	size_t size;
};

struct tern_wire_request {
	uint32_t operation;   /* enum tern_build_operation */
	uint32_t flags;       /* TERN_WIRE_* */
	const char *target;   /* for struct tern_code_info.target */
	const char *cpu;      /* as LLVM names it: "znver5" */
	const char *features; /* as LLVM writes them: "+avx512f,-xop" */
	uint32_t register_lanes;
	const char *dump;         /* folder for IR and assembly, or "" */
	const char *debug_source; /* -g: the source's file for debuggers, or "" */
	/* The application's current directory, for relative -I paths; "" where it is not known. */
	const char *directory;
	/* For SPIR-V: the translator's path, and how long it may take, in seconds; 0: no limit. */
	const char *translator;
	uint32_t translator_seconds;
	const char *options;
	const char *source;
	size_t source_size;
	struct tern_header *headers;
	uint32_t header_count;
	struct tern_wire_input *inputs;
	uint32_t input_count;
};

void tern_wire_write_request(struct tern_writer *w, const struct tern_wire_request *request);
/*
 * Fills @out, whose strings and bytes lie in @bytes; its two arrays are freed by
 * tern_wire_free_request(). -EINVAL (nothing to free) or -ENOMEM.
 */
int tern_wire_read_request(const void *bytes, size_t size,
			   struct tern_wire_request *out) TERN_MUST_CHECK;
void tern_wire_free_request(struct tern_wire_request *request);

struct tern_wire_result {
	uint32_t status; /* enum tern_build_status: OK, FAILED, INVALID_OPTIONS, UNAVAILABLE */
	const char *log;
	const void *code; /* serialised; empty unless the status is OK */
	size_t code_size;
};

void tern_wire_write_result(struct tern_writer *w, const struct tern_wire_result *result);
/* Fills @out, which lies in @bytes. -EINVAL. The code is not looked into. */
int tern_wire_read_result(const void *bytes, size_t size,
			  struct tern_wire_result *out) TERN_MUST_CHECK;

#endif
