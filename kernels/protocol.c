/* SPDX-License-Identifier: MIT */
#include "kernels/protocol.h"

#include <errno.h>

#include "runtime/base/alloc.h"

void tern_wire_write_request(struct tern_writer *w, const struct tern_wire_request *request)
{
	tern_write_u32(w, request->operation);
	tern_write_u32(w, request->flags);
	tern_write_string(w, request->target);
	tern_write_string(w, request->cpu);
	tern_write_string(w, request->features);
	tern_write_u32(w, request->register_lanes);
	tern_write_string(w, request->dump);
	tern_write_string(w, request->debug_source);
	tern_write_string(w, request->directory);
	tern_write_string(w, request->translator);
	tern_write_u32(w, request->translator_seconds);
	tern_write_string(w, request->options);
	tern_write_bytes(w, request->source, request->source_size);
	tern_write_u32(w, request->header_count);
	for (uint32_t i = 0; i < request->header_count; i++) {
		tern_write_string(w, request->headers[i].name);
		tern_write_bytes(w, request->headers[i].source, request->headers[i].size);
	}
	tern_write_u32(w, request->input_count);
	for (uint32_t i = 0; i < request->input_count; i++)
		tern_write_bytes(w, request->inputs[i].bytes, request->inputs[i].size);
}

static int read_headers(struct tern_reader *r, struct tern_wire_request *q)
{
	q->header_count = tern_read_count(r, 13);
	q->headers = tern_zalloc_array(q->header_count, sizeof(*q->headers));
	if (!q->headers)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->header_count; i++) {
		q->headers[i].name = tern_read_string(r);
		q->headers[i].source = tern_read_bytes(r, &q->headers[i].size);
	}
	return 0;
}

static int read_inputs(struct tern_reader *r, struct tern_wire_request *q)
{
	q->input_count = tern_read_count(r, 8);
	q->inputs = tern_zalloc_array(q->input_count, sizeof(*q->inputs));
	if (!q->inputs)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->input_count; i++)
		q->inputs[i].bytes = tern_read_bytes(r, &q->inputs[i].size);
	return 0;
}

int tern_wire_read_request(const void *bytes, size_t size, struct tern_wire_request *out)
{
	struct tern_wire_request q = {0};
	struct tern_reader r;
	tern_reader_init(&r, bytes, size);
	q.operation = tern_read_u32(&r);
	q.flags = tern_read_u32(&r);
	q.target = tern_read_string(&r);
	q.cpu = tern_read_string(&r);
	q.features = tern_read_string(&r);
	q.register_lanes = tern_read_u32(&r);
	q.dump = tern_read_string(&r);
	q.debug_source = tern_read_string(&r);
	q.directory = tern_read_string(&r);
	q.translator = tern_read_string(&r);
	q.translator_seconds = tern_read_u32(&r);
	q.options = tern_read_string(&r);
	q.source = tern_read_bytes(&r, &q.source_size);
	tern_reader_check(&r, q.operation >= TERN_BUILD_COMPILE && q.operation <= TERN_BUILD_BUILD);
	tern_reader_check(&r, q.register_lanes >= 1 && q.register_lanes <= 64);
	int e = read_headers(&r, &q);
	if (!e)
		e = read_inputs(&r, &q);
	if (!e)
		e = tern_reader_done(&r);
	if (e) {
		tern_wire_free_request(&q);
		return e;
	}
	*out = q;
	return 0;
}

void tern_wire_free_request(struct tern_wire_request *request)
{
	tern_free(request->headers);
	tern_free(request->inputs);
	request->headers = NULL;
	request->inputs = NULL;
}

void tern_wire_write_result(struct tern_writer *w, const struct tern_wire_result *result)
{
	tern_write_u32(w, result->status);
	tern_write_string(w, result->log);
	tern_write_bytes(w, result->code, result->code_size);
}

int tern_wire_read_result(const void *bytes, size_t size, struct tern_wire_result *out)
{
	struct tern_wire_result q = {0};
	struct tern_reader r;
	tern_reader_init(&r, bytes, size);
	q.status = tern_read_u32(&r);
	q.log = tern_read_string(&r);
	q.code = tern_read_bytes(&r, &q.code_size);
	tern_reader_check(&r, q.status <= TERN_BUILD_UNAVAILABLE);
	tern_reader_check(&r, (q.status == TERN_BUILD_OK) == (q.code_size > 0));
	int e = tern_reader_done(&r);
	if (!e)
		*out = q;
	return e;
}
