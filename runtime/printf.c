/* SPDX-License-Identifier: MIT */
#include "runtime/printf.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"

#define NUMBER_MOST 65535 /* of widths and precisions */
#define STRING_MOST 65536 /* bytes of a string */
#define PAGE_BYTES  4096u
#define VECTOR_MOST 16

enum length { LENGTH_NONE, LENGTH_HH, LENGTH_H, LENGTH_HL, LENGTH_L };

/* One conversion specification of a format. */
struct conversion {
	char flags[8];
	int width, precision; /* -1: not given */
	unsigned elements;    /* 0: no vector */
	enum length length;
	char type;
};

/* The arguments of a record. */
struct arguments {
	const unsigned char *at, *end;
	const uint8_t *bytes; /* of each */
	uint32_t left;
};

static const char *read_number(const char *s, int *out)
{
	int n = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		n = tern_min(n * 10 + (*s - '0'), NUMBER_MOST);
	*out = n;
	return s;
}

static const char *read_length(const char *s, enum length *out)
{
	*out = LENGTH_NONE;
	if (*s == 'l') {
		*out = LENGTH_L;
		return s + 1;
	}
	if (*s != 'h')
		return s;
	*out = s[1] == 'h' ? LENGTH_HH : s[1] == 'l' ? LENGTH_HL : LENGTH_H;
	return s + (*out == LENGTH_H ? 1 : 2);
}

/* Parses what follows a '%'. NULL: not a conversion specification. */
static const char *read_conversion(const char *s, struct conversion *c)
{
	*c = (struct conversion){.width = -1, .precision = -1};
	size_t flags = strspn(s, "-+ #0");
	for (size_t i = 0; i < flags; i++)
		if (!strchr(c->flags, s[i]))
			c->flags[strlen(c->flags)] = s[i];
	s += flags;
	if (*s >= '1' && *s <= '9')
		s = read_number(s, &c->width);
	if (*s == '.')
		s = read_number(s + 1, &c->precision);
	if (*s == 'v') {
		int n;
		s = read_number(s + 1, &n);
		if (n != 2 && n != 3 && n != 4 && n != 8 && n != 16)
			return NULL;
		c->elements = (unsigned)n;
	}
	s = read_length(s, &c->length);
	c->type = *s;
	return *s && strchr("diouxXfFeEgGaAcsp", *s) ? s + 1 : NULL;
}

/* The next argument's bytes: at most @size to @value, the rest of which is zero. False: none left.
 */
static bool take(struct arguments *a, void *value, size_t size)
{
	memset(value, 0, size);
	if (!a->left)
		return false;
	size_t bytes = *a->bytes, padded = tern_round_up(bytes, 8);
	if ((size_t)(a->end - a->at) < padded)
		return false;
	memcpy(value, a->at, tern_min(bytes, size));
	a->at += padded;
	a->bytes++;
	a->left--;
	return true;
}

static double half_to_double(uint16_t h)
{
	int exponent = h >> 10 & 31;
	double fraction = h & 1023, value;
	if (exponent == 31)
		value = fraction != 0 ? (double)NAN : (double)INFINITY;
	else
		value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
	return h & 0x8000 ? -value : value;
}

/* A printf format of the host's for one value: "%<flags><width><precision><length><type>". */
static void host_format(const struct conversion *c, const char *length, char *out, size_t size)
{
	char width[12] = "", precision[12] = "";
	if (c->width >= 0)
		snprintf(width, sizeof(width), "%d", c->width);
	if (c->precision >= 0)
		snprintf(precision, sizeof(precision), ".%d", c->precision);
	snprintf(out, size, "%%%s%s%s%s%c", c->flags, width, precision, length, c->type);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void write_float(FILE *out, const struct conversion *c, const void *value, size_t size)
{
	char format[48];
	double d = 0;
	float f;
	uint16_t h;
	host_format(c, "", format, sizeof(format));
	if (size == sizeof(f)) {
		memcpy(&f, value, sizeof(f));
		d = (double)f;
	} else if (size == sizeof(h)) {
		memcpy(&h, value, sizeof(h));
		d = half_to_double(h);
	} else {
		memcpy(&d, value, sizeof(d));
	}
	fprintf(out, format, d);
}

static void write_integer(FILE *out, const struct conversion *c, uint64_t value, size_t size)
{
	char format[48];
	host_format(c, "ll", format, sizeof(format));
	unsigned shift = 64 - 8 * (unsigned)size;
	if (c->type == 'd' || c->type == 'i')
		fprintf(out, format, (long long)(value << shift) >> shift);
	else
		fprintf(out, format, (unsigned long long)(value << shift >> shift));
}

/* Reads memory that may not be there: the kernel system says so rather than a signal. */
static bool read_memory(uint64_t from, void *to, size_t bytes)
{
	struct iovec local = {.iov_base = to, .iov_len = bytes};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)from, .iov_len = bytes};
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	if (n < 0 && (errno == ENOSYS || errno == EPERM)) { /* not allowed here */
		memcpy(to, (const void *)(uintptr_t)from, bytes);
		return true;
	}
	return n == (ssize_t)bytes;
}

/* A copy of the string that the kernel's pointer says: of a literal in its image, unless it is
 * wild. NULL: there is none, or no memory. */
static char *copy_string(uint64_t at)
{
	char *text = NULL;
	for (size_t used = 0; used < STRING_MOST;) {
		size_t piece = PAGE_BYTES - (at + used) % PAGE_BYTES;
		char *more = tern_realloc_array(text, used + piece + 1, 1);
		if (!more)
			break;
		text = more;
		if (!read_memory(at + used, text + used, piece))
			break;
		text[used + piece] = '\0';
		if (memchr(text + used, 0, piece))
			return text;
		used += piece;
		if (used >= STRING_MOST)
			return text;
	}
	tern_free(text);
	tern_log_error("printf() in a kernel: %%s with a pointer to no string, %#llx",
		       (unsigned long long)at);
	return NULL;
}

static void write_other(FILE *out, const struct conversion *c, uint64_t value)
{
	char format[48];
	host_format(c, "", format, sizeof(format));
	if (c->type == 'c') {
		fprintf(out, format, (int)value);
	} else if (c->type == 'p') {
		fprintf(out, format, (void *)(uintptr_t)value);
	} else {
		char *text = value ? copy_string(value) : NULL;
		fprintf(out, format, text ? text : "(null)");
		tern_free(text);
	}
}

#pragma GCC diagnostic pop

static bool is_float(char type)
{
	return strchr("fFeEgGaA", type) != NULL;
}

/* Bytes of a scalar that is passed by the default promotions, as its length modifier says. */
static size_t scalar_bytes(enum length length)
{
	static const size_t bytes[] = {[LENGTH_NONE] = 4,
				       [LENGTH_HH] = 1,
				       [LENGTH_H] = 2,
				       [LENGTH_HL] = 4,
				       [LENGTH_L] = 8};
	return bytes[length];
}

static bool write_scalar(FILE *out, const struct conversion *c, struct arguments *a)
{
	uint64_t value;
	size_t passed = a->left ? *a->bytes : 0;
	if (!take(a, &value, sizeof(value)))
		return false;
	if (is_float(c->type))
		write_float(out, c, &value, passed == 4 ? 4 : 8);
	else if (strchr("csp", c->type))
		write_other(out, c, value);
	else
		write_integer(out, c, value, scalar_bytes(c->length));
	return true;
}

static bool write_vector(FILE *out, const struct conversion *c, struct arguments *a)
{
	unsigned char value[VECTOR_MOST * 8];
	size_t size = scalar_bytes(c->length);
	if (strchr("csp", c->type) || !take(a, value, sizeof(value)))
		return false;
	for (unsigned i = 0; i < c->elements; i++) {
		if (i)
			fputc(',', out);
		uint64_t element = 0;
		memcpy(&element, value + i * size, size);
		if (is_float(c->type))
			write_float(out, c, &element, size == 1 ? 4 : size);
		else
			write_integer(out, c, element, size);
	}
	return true;
}

static void write_record(FILE *out, const char *s, struct arguments *a)
{
	while (*s) {
		size_t plain = strcspn(s, "%");
		fwrite(s, 1, plain, out);
		s += plain;
		if (!*s)
			return;
		if (s[1] == '%') {
			fputc('%', out);
			s += 2;
			continue;
		}
		struct conversion c;
		const char *next = read_conversion(s + 1, &c);
		if (!next) { /* undefined by the specification: shown as it is */
			fputc('%', out);
			s++;
			continue;
		}
		if (!(c.elements ? write_vector(out, &c, a) : write_scalar(out, &c, a)))
			return;
		s = next;
	}
}

void tern_printf_write(FILE *out, const struct tern_printf_buffer *buffer,
		       const struct tern_code_info *code)
{
	uint64_t used = tern_min(buffer->used, buffer->capacity), at = 0;
	while (used - at >= 8) {
		uint32_t head[2];
		memcpy(head, buffer->data + at, sizeof(head));
		if (head[1] < 8 || head[1] % 8 || head[1] > used - at ||
		    head[0] >= code->format_count)
			return; /* the end of what fitted, or damaged by the kernel */
		const struct tern_printf_format *f = &code->formats[head[0]];
		struct arguments a = {.at = buffer->data + at + 8,
				      .end = buffer->data + at + head[1],
				      .bytes = f->arg_bytes,
				      .left = f->arg_count};
		write_record(out, f->format, &a);
		at += head[1];
	}
}

void tern_printf_flush(const struct tern_printf_buffer *buffer, const struct tern_code_info *code)
{
	if (!buffer->used)
		return;
	/* The program's locale may have another decimal point. */
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = plain ? uselocale(plain) : (locale_t)0;
	flockfile(stdout);
	tern_printf_write(stdout, buffer, code);
	fflush(stdout);
	funlockfile(stdout);
	if (plain) {
		uselocale(before);
		freelocale(plain);
	}
}
