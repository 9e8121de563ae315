/* SPDX-License-Identifier: MIT */
/* What the cases of the suite are put together from. */
#include "bench/compute.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *compute_memory(size_t bytes)
{
	void *memory = calloc(1, bytes);

	bench_must(memory ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY, "calloc");
	return memory;
}

static struct compute_argument *next_argument(struct compute *compute)
{
	bench_must(compute->argument_count < COMPUTE_ARGUMENTS ? CL_SUCCESS : CL_INVALID_ARG_INDEX,
		   "arguments of a case");
	return &compute->arguments[compute->argument_count++];
}

void *compute_zeros(struct compute *compute, size_t bytes)
{
	bench_must(compute->buffer_count < COMPUTE_BUFFERS ? CL_SUCCESS : CL_INVALID_ARG_INDEX,
		   "buffers of a case");
	struct compute_buffer *buffer = &compute->buffers[compute->buffer_count];

	next_argument(compute)->buffer = (int)compute->buffer_count++;
	buffer->size = bytes;
	buffer->host = compute_memory(bytes);
	return buffer->host;
}

cl_uint compute_random(cl_uint *state)
{
	*state = *state * 747796405u + 2891336453u;
	cl_uint word = ((*state >> ((*state >> 28) + 4)) ^ *state) * 277803737u;

	return (word >> 22) ^ word;
}

cl_uint *compute_uints(struct compute *compute, size_t count, cl_uint below)
{
	cl_uint state = 12345 + compute->buffer_count;
	cl_uint *host = compute_zeros(compute, count * sizeof *host);

	for (size_t i = 0; i < count; i++) {
		host[i] = compute_random(&state);
		if (below)
			host[i] = (cl_uint)((cl_ulong)host[i] * below >> 32);
	}
	return host;
}

float *compute_floats(struct compute *compute, size_t count, double low, double high)
{
	cl_uint state = 12345 + compute->buffer_count;
	float *host = compute_zeros(compute, count * sizeof *host);

	for (size_t i = 0; i < count; i++)
		host[i] = (float)(low + (high - low) * compute_random(&state) / 4294967296.0);
	return host;
}

double *compute_doubles(struct compute *compute, size_t count, double low, double high)
{
	cl_uint state = 12345 + compute->buffer_count;
	double *host = compute_zeros(compute, count * sizeof *host);

	for (size_t i = 0; i < count; i++)
		host[i] = low + (high - low) * compute_random(&state) / 4294967296.0;
	return host;
}

void compute_restore(struct compute *compute)
{
	compute->buffers[compute->buffer_count - 1].restored = true;
}

void compute_value(struct compute *compute, const void *value, size_t size)
{
	struct compute_argument *argument = next_argument(compute);

	argument->buffer = -1;
	argument->size = size;
	memcpy(argument->value, value, size);
}

void compute_int(struct compute *compute, cl_int value)
{
	compute_value(compute, &value, sizeof value);
}

void compute_float(struct compute *compute, float value)
{
	compute_value(compute, &value, sizeof value);
}

void compute_local(struct compute *compute, size_t bytes)
{
	struct compute_argument *argument = next_argument(compute);

	argument->buffer = -1;
	argument->local = true;
	argument->size = bytes;
}

void compute_range(struct compute *compute, size_t count, size_t local)
{
	compute->dimensions = 1;
	compute->global[0] = count;
	compute->local[0] = local;
}

void compute_range_2d(struct compute *compute, size_t x, size_t y, size_t local_x, size_t local_y)
{
	compute_range(compute, x, local_x);
	compute->dimensions = 2;
	compute->global[1] = y;
	compute->local[1] = local_y;
}

size_t compute_choose(const struct compute *compute, size_t full, size_t small)
{
	return compute->small ? small : full;
}

void *compute_host(const struct compute *compute, unsigned buffer)
{
	return compute->buffers[buffer].host;
}
