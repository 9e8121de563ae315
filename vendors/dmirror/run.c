/* SPDX-License-Identifier: MIT */
/*
 * The built-in kernels. Work-item number n of the ND-range, counted along x first, is for element
 * global offset in x + n of every array.
 */
#include <errno.h>
#include <string.h>

#include "vendors/dmirror/internal.h"

#define COUNT_MOST UINT64_C(256) /* additions that one operation stands for */

struct run {
	struct dmirror_access *access;
	const unsigned char *args;
	uint64_t first, count; /* elements */
};

static uint64_t pointer_at(const struct run *r, size_t offset)
{
	uint64_t address;
	memcpy(&address, r->args + offset, sizeof(address));
	return address;
}

static uint32_t number_at(const struct run *r, size_t offset)
{
	uint32_t number;
	memcpy(&number, r->args + offset, sizeof(number));
	return number;
}

/* The first element of @bytes each that the array argument at @offset has for this run. */
static int array_at(const struct run *r, size_t offset, size_t bytes, uint64_t *out)
{
	uint64_t start;
	*out = pointer_at(r, offset);
	bool bad = *out % bytes || __builtin_mul_overflow(r->first, bytes, &start) ||
		   __builtin_add_overflow(*out, start, out) ||
		   __builtin_mul_overflow(r->count, bytes, &start);
	if (!bad)
		return 0;
	r->access->failure = (struct tern_trap_failure){.address = *out};
	return -EINVAL;
}

static int run_copy(const struct run *r)
{
	uint64_t from, to;
	int error = array_at(r, 0, 1, &from);
	if (!error)
		error = array_at(r, 8, 1, &to);
	return error ? error : dmirror_copy_bytes(r->access, from, to, r->count);
}

static int run_fill(const struct run *r)
{
	uint64_t to;
	uint32_t value = number_at(r, 8);
	int error = array_at(r, 0, sizeof(value), &to);
	if (error)
		return error;
	return dmirror_fill(r->access, to, r->count * sizeof(value), &value, sizeof(value));
}

static int run_add(const struct run *r)
{
	struct dmirror *d = r->access->d;
	uint32_t *a = (uint32_t *)(void *)dmirror_buffer(d, 0);
	const uint32_t *b = (const uint32_t *)(const void *)dmirror_buffer(d, 1);
	uint64_t at[3], bytes = r->count * sizeof(*a);
	int error = 0;
	for (unsigned i = 0; i < 3 && !error; i++)
		error = array_at(r, 8 * i, sizeof(*a), &at[i]);
	for (uint64_t done = 0, n; done < bytes && !error; done += n) {
		n = dmirror_block(at[2] + done, bytes - done, sizeof(*a));
		error = dmirror_read(r->access, at[0] + done, n, dmirror_buffer(d, 0));
		if (!error)
			error = dmirror_read(r->access, at[1] + done, n, dmirror_buffer(d, 1));
		for (size_t i = 0; i < n / sizeof(*a); i++)
			a[i] += b[i];
		if (!error)
			error = dmirror_write(r->access, at[2] + done, n, a);
	}
	return error;
}

static int run_compare(const struct run *r)
{
	struct dmirror *d = r->access->d;
	const char *a = dmirror_buffer(d, 0), *b = dmirror_buffer(d, 1);
	uint64_t at[2], result[2] = {0, UINT64_MAX};
	int error = array_at(r, 0, 1, &at[0]);
	if (!error)
		error = array_at(r, 8, 1, &at[1]);
	for (uint64_t done = 0, n; done < r->count && !error; done += n) {
		n = dmirror_block(at[0] + done, r->count - done, 1);
		error = dmirror_read(r->access, at[0] + done, n, dmirror_buffer(d, 0));
		if (!error)
			error = dmirror_read(r->access, at[1] + done, n, dmirror_buffer(d, 1));
		for (size_t i = 0; i < n && !error; i++) {
			if (a[i] == b[i])
				continue;
			result[0]++;
			if (result[1] == UINT64_MAX)
				result[1] = r->first + done + i;
		}
	}
	return error ? error : dmirror_write(r->access, pointer_at(r, 16), sizeof(result), result);
}

static int run_increment(const struct run *r)
{
	uint32_t *words = (uint32_t *)(void *)dmirror_buffer(r->access->d, 0);
	uint64_t at, bytes = r->count * sizeof(*words);
	int error = array_at(r, 0, sizeof(*words), &at);
	for (uint64_t done = 0, n; done < bytes && !error; done += n) {
		n = dmirror_block(at + done, bytes - done, sizeof(*words));
		error = dmirror_read(r->access, at + done, n, words);
		for (size_t i = 0; i < n / sizeof(*words); i++)
			words[i]++;
		if (!error)
			error = dmirror_write(r->access, at + done, n, words);
	}
	return error;
}

static int run_ramp(const struct run *r)
{
	uint32_t *words = (uint32_t *)(void *)dmirror_buffer(r->access->d, 0);
	uint32_t value = number_at(r, 8) + (uint32_t)r->first;
	uint64_t at, bytes = r->count * sizeof(*words);
	int error = array_at(r, 0, sizeof(*words), &at);
	for (uint64_t done = 0, n; done < bytes && !error; done += n) {
		n = dmirror_block(at + done, bytes - done, sizeof(*words));
		for (size_t i = 0; i < n / sizeof(*words); i++)
			words[i] = value++;
		error = dmirror_write(r->access, at + done, n, words);
	}
	return error;
}

/* CRC-32 as in ISO 3309, bit by bit. */
static uint32_t crc(uint32_t sum, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sum ^= (unsigned char)bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return sum;
}

static int run_checksum(const struct run *r)
{
	uint32_t sum = UINT32_MAX;
	uint64_t at;
	char *buffer = dmirror_buffer(r->access->d, 0);
	int error = array_at(r, 0, 1, &at);
	for (uint64_t done = 0, n; done < r->count && !error; done += n) {
		n = dmirror_block(at + done, r->count - done, 1);
		error = dmirror_read(r->access, at + done, n, buffer);
		if (!error)
			sum = crc(sum, buffer, n);
	}
	sum = ~sum;
	return error ? error : dmirror_write(r->access, pointer_at(r, 8), sizeof(sum), &sum);
}

/* Whatever the number of work-items: one walks. */
static int run_sum_list(const struct run *r)
{
	uint64_t at = pointer_at(r, 0), most = pointer_at(r, 16), result[2] = {0, 0};
	int error = 0;
	while (at && result[1] < most && !error) {
		uint64_t node[2]; /* the next one's address, a value */
		error = dmirror_read(r->access, at, sizeof(node), node);
		at = node[0];
		result[0] += node[1];
		result[1]++;
	}
	return error ? error : dmirror_write(r->access, pointer_at(r, 8), sizeof(result), result);
}

static uint32_t update_exchange(uint32_t old, uint32_t value, uint32_t unused)
{
	(void)old, (void)unused;
	return value;
}

static uint32_t update_compare(uint32_t old, uint32_t expected, uint32_t desired)
{
	return old == expected ? desired : old;
}

static uint32_t update_add(uint32_t old, uint32_t value, uint32_t unused)
{
	(void)unused;
	return old + value;
}

static int each_atomic(const struct run *r, tern_trap_update *update, uint32_t other)
{
	uint64_t at, results;
	int error = array_at(r, 0, sizeof(uint32_t), &at);
	if (!error)
		error = array_at(r, 16, sizeof(uint32_t), &results);
	for (uint64_t i = 0; i < r->count && !error; i++) {
		uint32_t old;
		error = tern_trap_atomic(&r->access->d->devmem, 0, at + i * sizeof(old), update,
					 number_at(r, 8), other, &old, &r->access->failure);
		if (!error)
			error = dmirror_write(r->access, results + i * sizeof(old), sizeof(old),
					      &old);
	}
	return error;
}

static int run_exchange(const struct run *r)
{
	return each_atomic(r, update_exchange, 0);
}

static int run_compare_exchange(const struct run *r)
{
	return each_atomic(r, update_compare, number_at(r, 12));
}

/* As many additions in a row, by whatever work-item, are one. */
static int add_at(const struct run *r, uint64_t at, uint32_t value)
{
	uint32_t old;
	return tern_trap_atomic(&r->access->d->devmem, 0, at, update_add, value, 0, &old,
				&r->access->failure);
}

static int run_count(const struct run *r)
{
	uint64_t at = pointer_at(r, 0), left = r->count * number_at(r, 8), n;
	int error = 0;
	for (; left && !error; left -= n) {
		n = tern_min(left, COUNT_MOST);
		error = add_at(r, at, (uint32_t)n);
	}
	return error;
}

static int run_check_ramp(const struct run *r)
{
	const uint32_t *words = (const uint32_t *)(const void *)dmirror_buffer(r->access->d, 0);
	uint32_t value = number_at(r, 8) + (uint32_t)r->first, wrong = 0;
	uint64_t at, bytes = r->count * sizeof(*words);
	int error = array_at(r, 0, sizeof(*words), &at);
	for (uint64_t done = 0, n; done < bytes && !error; done += n) {
		n = dmirror_block(at + done, bytes - done, sizeof(*words));
		error = dmirror_read(r->access, at + done, n, dmirror_buffer(r->access->d, 0));
		for (size_t i = 0; i < n / sizeof(*words) && !error; i++)
			wrong += words[i] != value++;
	}
	return error || !wrong ? error : add_at(r, pointer_at(r, 16), wrong);
}

/* All work-items at the one word. */
static int run_atomic_add(const struct run *r)
{
	int error = 0;
	for (uint64_t i = 0; i < r->count && !error; i++)
		error = add_at(r, pointer_at(r, 0), number_at(r, 8));
	return error;
}

static int run_exclusive(const struct run *r)
{
	uint32_t pages = 0;
	uint64_t at;
	int error = array_at(r, 0, 1, &at);
	if (!error)
		error = tern_trap_exclusive(&r->access->d->devmem, 0, at, r->count, &pages,
					    &r->access->failure);
	return error ? error : dmirror_write(r->access, pointer_at(r, 8), sizeof(pages), &pages);
}

static int run_held(const struct run *r)
{
	uint32_t pages = 0;
	uint64_t at;
	int error = array_at(r, 0, 1, &at);
	if (!error)
		error = tern_trap_held(&r->access->d->devmem, at, r->count, &pages);
	return error ? error : dmirror_write(r->access, pointer_at(r, 8), sizeof(pages), &pages);
}

static const struct {
	const char *name;
	int (*run)(const struct run *r);
} kernels[] = {
	{"tern_copy", run_copy},
	{"tern_fill", run_fill},
	{"tern_add", run_add},
	{"tern_increment", run_increment},
	{"tern_ramp", run_ramp},
	{"tern_check_ramp", run_check_ramp},
	{"tern_compare", run_compare},
	{"tern_checksum", run_checksum},
	{"tern_sum_list", run_sum_list},
	{"tern_exchange", run_exchange},
	{"tern_compare_exchange", run_compare_exchange},
	{"tern_atomic_add", run_atomic_add},
	{"tern_count", run_count},
	{"tern_exclusive", run_exclusive},
	{"tern_held", run_held},
};

int dmirror_run(struct dmirror_access *a, const struct tern_ndrange *range)
{
	struct run r = {.access = a, .args = range->args, .first = range->offset[0], .count = 1};
	/* Their product is checked at the enqueue. */
	for (unsigned i = 0; i < 3; i++)
		r.count *= range->global[i];
	for (size_t i = 0; i < tern_array_size(kernels); i++)
		if (!strcmp(kernels[i].name, range->info->name))
			return kernels[i].run(&r);
	return -EINVAL;
}
