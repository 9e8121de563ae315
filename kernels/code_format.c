/* SPDX-License-Identifier: MIT */
#include "kernels/code_format.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/sha256.h"

enum {
	FORMAT_VERSION = 4,
	CHECKSUM_AT = 64,
	HEADER_BYTES = 96,
	PAYLOAD_ALIGN = 64,
	/* the least that each element takes in the bytes */
	MIN_KERNEL_BYTES = 112,
	MIN_ARG_BYTES = 34,
	MIN_FORMAT_BYTES = 9,
};

/* Bounds that keep all sums of sizes far from overflow. */
#define MAX_ARGS_BYTES ((uint32_t)1 << 20)
#define MAX_SIZE       ((uint64_t)1 << 32)

static const char magic[8] = {'T', 'E', 'R', 'N', 'C', 'O', 'D', 'E'};

static void write_arg(struct tern_writer *w, const struct tern_kernel_arg *a)
{
	tern_write_string(w, a->name);
	tern_write_string(w, a->type_name);
	tern_write_u32(w, a->kind);
	tern_write_u32(w, a->address_space);
	tern_write_u32(w, a->access);
	tern_write_u32(w, a->qualifiers);
	tern_write_u32(w, a->offset);
	tern_write_u32(w, a->size);
}

static void write_kernel(struct tern_writer *w, const struct tern_kernel_info *k)
{
	tern_write_string(w, k->name);
	tern_write_string(w, k->attributes);
	tern_write_u32(w, k->flags);
	tern_write_u32(w, k->args_bytes);
	tern_write_u32(w, k->lanes);
	tern_write_u32(w, k->rows);
	tern_write_u64(w, k->local_bytes);
	tern_write_u64(w, k->stack_bytes);
	tern_write_u64(w, k->private_bytes);
	tern_write_u64(w, k->frame_bytes);
	tern_write_u64(w, k->stream_bytes);
	for (int i = 0; i < 3; i++)
		tern_write_u32(w, k->required_size[i]);
	tern_write_u32(w, k->required_lanes);
	for (int i = 0; i < 3; i++)
		tern_write_u32(w, k->size_hint[i]);
	tern_write_raw(w, k->vec_type_hint, sizeof(k->vec_type_hint));
	tern_write_u32(w, k->max_group_size);
	tern_write_u32(w, k->exchanged);
	tern_write_u32(w, k->arg_count);
	for (uint32_t i = 0; i < k->arg_count; i++)
		write_arg(w, &k->args[i]);
}

static void write_info(struct tern_writer *w, const struct tern_code_info *info)
{
	tern_write_string(w, info->target);
	tern_write_string(w, info->options);
	tern_write_u64(w, info->global_bytes);
	tern_write_u32(w, info->kernel_count);
	tern_write_u32(w, info->form_count);
	for (uint32_t i = 0; i < info->kernel_count + info->form_count; i++)
		write_kernel(w, &info->kernels[i]);
	tern_write_u32(w, info->format_count);
	for (uint32_t i = 0; i < info->format_count; i++) {
		const struct tern_printf_format *f = &info->formats[i];
		tern_write_string(w, f->format);
		tern_write_u32(w, f->arg_count);
		tern_write_raw(w, f->arg_bytes, f->arg_count);
	}
}

static void checksum(const unsigned char *bytes, size_t size, unsigned char *digest)
{
	struct tern_sha256 s;
	tern_sha256_init(&s);
	tern_sha256_update(&s, bytes, CHECKSUM_AT);
	tern_sha256_update(&s, bytes + HEADER_BYTES, size - HEADER_BYTES);
	tern_sha256_finish(&s, digest);
}

void tern_code_format_seal(void *bytes, size_t size)
{
	if (size >= HEADER_BYTES)
		checksum(bytes, size, (unsigned char *)bytes + CHECKSUM_AT);
}

void tern_code_format_write(struct tern_writer *w, const struct tern_code_info *info,
			    const void *payload, size_t payload_size)
{
	static const unsigned char zero_header[HEADER_BYTES];
	tern_write_raw(w, zero_header, sizeof(zero_header));
	write_info(w, info);
	tern_write_align(w, PAYLOAD_ALIGN);
	size_t payload_at = w->size;
	tern_write_raw(w, payload, payload_size);

	struct tern_writer h = {0};
	char version[16] = TERN_CODE_VERSION;
	tern_write_raw(&h, magic, sizeof(magic));
	tern_write_u32(&h, FORMAT_VERSION);
	tern_write_u32(&h, TERN_ABI_VERSION);
	tern_write_raw(&h, version, sizeof(version));
	tern_write_u64(&h, w->size);
	tern_write_u64(&h, payload_at);
	tern_write_u64(&h, payload_size);
	tern_write_u32(&h, info->kind);
	tern_write_u32(&h, 0);
	if (h.failed || w->failed) {
		w->failed = true;
	} else {
		memcpy(w->data, h.data, h.size);
		tern_code_format_seal(w->data, w->size);
	}
	tern_writer_finish(&h);
}

/* Storage for the arrays: a first pass counts, a second one hands out. */
struct tables {
	struct tern_kernel_info *kernels;
	struct tern_kernel_arg *args;
	struct tern_printf_format *formats;
	size_t kernel_count, arg_count, format_count;
};

static void read_arg(struct tern_reader *r, uint32_t args_bytes, struct tern_kernel_arg *a)
{
	a->name = tern_read_string(r);
	a->type_name = tern_read_string(r);
	a->kind = tern_read_u32(r);
	a->address_space = tern_read_u32(r);
	a->access = tern_read_u32(r);
	a->qualifiers = tern_read_u32(r);
	a->offset = tern_read_u32(r);
	a->size = tern_read_u32(r);
	/* whatever is not a value lies in the block as 8 bytes */
	uint64_t in_block = a->kind == TERN_ARG_VALUE ? a->size : 8;
	tern_reader_check(r, a->kind <= TERN_ARG_QUEUE && a->address_space <= TERN_SPACE_LOCAL &&
				     a->access <= TERN_ACCESS_READ_WRITE && a->qualifiers <= 15);
	tern_reader_check(r, a->offset + in_block <= args_bytes);
	tern_reader_check(r, a->kind == TERN_ARG_VALUE   ? a->size > 0
			     : a->kind == TERN_ARG_LOCAL ? a->size == 0
							 : a->size == 8);
}

static bool sizes_valid(const uint32_t size[3])
{
	bool none = !size[0] && !size[1] && !size[2];
	bool all = size[0] && size[1] && size[2];
	return none || all;
}

static bool kernel_valid(const struct tern_kernel_info *k)
{
	return k->args_bytes <= MAX_ARGS_BYTES && k->lanes >= 1 && k->lanes <= 64 && k->rows >= 1 &&
	       k->rows <= 64 && k->local_bytes <= MAX_SIZE && k->stack_bytes <= MAX_SIZE &&
	       k->private_bytes <= MAX_SIZE && k->frame_bytes <= MAX_SIZE &&
	       k->stream_bytes <= MAX_SIZE && k->required_lanes <= 64 &&
	       sizes_valid(k->required_size) && sizes_valid(k->size_hint) &&
	       k->vec_type_hint[sizeof(k->vec_type_hint) - 1] == '\0' && k->max_group_size >= 1 &&
	       k->name[0] != '\0';
}

static void read_kernel(struct tern_reader *r, struct tables *t, struct tern_kernel_info *k)
{
	*k = (struct tern_kernel_info){0};
	k->name = tern_read_string(r);
	k->attributes = tern_read_string(r);
	k->flags = tern_read_u32(r);
	k->args_bytes = tern_read_u32(r);
	k->lanes = tern_read_u32(r);
	k->rows = tern_read_u32(r);
	k->local_bytes = tern_read_u64(r);
	k->stack_bytes = tern_read_u64(r);
	k->private_bytes = tern_read_u64(r);
	k->frame_bytes = tern_read_u64(r);
	k->stream_bytes = tern_read_u64(r);
	for (int i = 0; i < 3; i++)
		k->required_size[i] = tern_read_u32(r);
	k->required_lanes = tern_read_u32(r);
	for (int i = 0; i < 3; i++)
		k->size_hint[i] = tern_read_u32(r);
	const void *hint = tern_read_raw(r, sizeof(k->vec_type_hint));
	if (hint)
		memcpy(k->vec_type_hint, hint, sizeof(k->vec_type_hint));
	k->max_group_size = tern_read_u32(r);
	k->exchanged = tern_read_u32(r);
	k->arg_count = tern_read_count(r, MIN_ARG_BYTES);
	tern_reader_check(r, kernel_valid(k));
	struct tern_kernel_arg *args = t->args ? t->args + t->arg_count : NULL;
	k->args = args;
	for (uint32_t i = 0; i < k->arg_count && !r->failed; i++) {
		struct tern_kernel_arg a;
		read_arg(r, k->args_bytes, args ? &args[i] : &a);
	}
	t->arg_count += k->arg_count;
}

/* Reads the description; with @t's arrays NULL it only checks and counts. */
static void read_info(struct tern_reader *r, struct tables *t, struct tern_code_info *info)
{
	info->target = tern_read_string(r);
	info->options = tern_read_string(r);
	info->global_bytes = tern_read_u64(r);
	tern_reader_check(r, info->global_bytes <= MAX_SIZE);
	info->kernel_count = tern_read_count(r, MIN_KERNEL_BYTES);
	info->form_count = tern_read_count(r, MIN_KERNEL_BYTES);
	info->kernels = t->kernels;
	uint32_t count = info->kernel_count + info->form_count;
	for (uint32_t i = 0; i < count && !r->failed; i++) {
		struct tern_kernel_info k, *into = t->kernels ? &t->kernels[i] : &k;
		read_kernel(r, t, into);
		tern_reader_check(r, !into->exchanged || (i < info->kernel_count &&
							  into->exchanged >= info->kernel_count &&
							  into->exchanged < count));
	}
	info->format_count = tern_read_count(r, MIN_FORMAT_BYTES);
	info->formats = t->formats;
	for (uint32_t i = 0; i < info->format_count && !r->failed; i++) {
		struct tern_printf_format f;
		f.format = tern_read_string(r);
		f.arg_count = tern_read_count(r, 1);
		f.arg_bytes = tern_read_raw(r, f.arg_count);
		if (t->formats)
			t->formats[i] = f;
	}
	t->kernel_count = count;
	t->format_count = info->format_count;
}

/* Whoever takes another form of a kernel gives it the same arguments and local memory. */
static bool forms_valid(const struct tern_code_info *info)
{
	for (uint32_t i = 0; i < info->kernel_count; i++) {
		const struct tern_kernel_info *k = &info->kernels[i],
					      *form = &info->kernels[k->exchanged];
		if (k->exchanged &&
		    (form->args_bytes != k->args_bytes || form->arg_count != k->arg_count ||
		     form->local_bytes != k->local_bytes || !(form->flags & TERN_KERNEL_EXCHANGED)))
			return false;
	}
	return true;
}

/* One allocation for all arrays. */
static int allocate_tables(struct tables *t, void **out)
{
	size_t kernels = t->kernel_count * sizeof(*t->kernels);
	size_t args = t->arg_count * sizeof(*t->args);
	size_t formats = t->format_count * sizeof(*t->formats);
	unsigned char *p = tern_zalloc(kernels + args + formats);
	if (!p)
		return -ENOMEM;
	t->kernels = (void *)p;
	t->args = (void *)(p + kernels);
	t->formats = (void *)(p + kernels + args);
	t->arg_count = 0;
	*out = p;
	return 0;
}

/* Checks the header and finds description and payload. */
static int read_header(const unsigned char *bytes, size_t size, struct tern_code_parsed *p,
		       size_t *payload_at)
{
	struct tern_reader r;
	unsigned char digest[TERN_SHA256_BYTES];
	char version[16] = TERN_CODE_VERSION;
	if (size < HEADER_BYTES || memcmp(bytes, magic, sizeof(magic)) != 0)
		return -EINVAL;
	tern_reader_init(&r, bytes + sizeof(magic), size - sizeof(magic));
	bool ours = tern_read_u32(&r) == FORMAT_VERSION;
	ours &= tern_read_u32(&r) == TERN_ABI_VERSION;
	ours = memcmp(tern_read_raw(&r, sizeof(version)), version, sizeof(version)) == 0 && ours;
	ours &= tern_read_u64(&r) == size;
	uint64_t at = tern_read_u64(&r), n = tern_read_u64(&r);
	uint32_t kind = tern_read_u32(&r);
	ours &= tern_read_u32(&r) == 0;
	ours &= at >= HEADER_BYTES && at <= size && at % PAYLOAD_ALIGN == 0 && n == size - at;
	ours &= kind >= TERN_CODE_OBJECT && kind <= TERN_CODE_EXECUTABLE && n > 0;
	if (!ours)
		return -EINVAL;
	checksum(bytes, size, digest);
	if (memcmp(digest, bytes + CHECKSUM_AT, sizeof(digest)) != 0)
		return -EINVAL;
	p->info.kind = kind;
	p->payload = bytes + at;
	p->payload_size = n;
	*payload_at = at;
	return 0;
}

int tern_code_format_parse(const void *bytes, size_t size, struct tern_code_parsed *out)
{
	struct tern_code_parsed p = {0};
	struct tables t = {0};
	struct tern_reader r;
	size_t payload_at;
	int e = read_header(bytes, size, &p, &payload_at);
	if (e)
		return e;
	const unsigned char *description = (const unsigned char *)bytes + HEADER_BYTES;
	tern_reader_init(&r, description, payload_at - HEADER_BYTES);
	read_info(&r, &t, &p.info);
	/* nothing but the padding may follow */
	size_t left = tern_reader_left(&r);
	tern_reader_check(&r, left < PAYLOAD_ALIGN);
	for (size_t i = 0; i < left && !r.failed; i++)
		tern_reader_check(&r, r.at[i] == 0);
	if (r.failed)
		return -EINVAL;
	e = allocate_tables(&t, &p.tables);
	if (e)
		return e;
	tern_reader_init(&r, description, payload_at - HEADER_BYTES);
	read_info(&r, &t, &p.info);
	if (!forms_valid(&p.info)) {
		tern_code_format_finish(&p);
		return -EINVAL;
	}
	*out = p;
	return 0;
}

void tern_code_format_finish(struct tern_code_parsed *parsed)
{
	tern_free(parsed->tables);
	*parsed = (struct tern_code_parsed){0};
}
