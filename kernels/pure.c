/* SPDX-License-Identifier: MIT */
#include "kernels/pure.h"

#include <string.h>

#include "runtime/base/alloc.h"

struct text {
	const char *at, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Bytes of the line splice at @at, or 0. clang allows blanks behind the backslash. */
static size_t splice_at(const char *at, const char *end)
{
	const char *p = at;
	if (end - p >= 3 && !memcmp(p, "?\?/", 3))
		p += 3;
	else if (p < end && *p == '\\')
		p++;
	else
		return 0;
	p = skip_blanks(p, end);
	if (p < end && *p == '\r')
		p++;
	return p < end && *p == '\n' ? (size_t)(p + 1 - at) : 0;
}

/* A copy of @source without line splices, for the caller to free; @end is set. */
static char *join_lines(const char *source, size_t size, char **end)
{
	const char *from = source, *stop = source + size;
	char *copy = tern_alloc(size);
	char *to = copy;
	while (copy && from < stop) {
		size_t n = splice_at(from, stop);
		if (n)
			from += n;
		else
			*to++ = *from++;
	}
	*end = to;
	return copy;
}

static bool has_word(struct text t, const char *word)
{
	return t.at < t.end && memmem(t.at, (size_t)(t.end - t.at), word, strlen(word));
}

/* Could the word at @at be a directive's name, or end that of __has_include? */
static bool is_directive(struct text t, const char *at)
{
	/* #, its other spellings, a comment behind it, __has_ */
	static const char *const before[] = {"#", "%:", "?\?=", "*/", "_"};
	while (at > t.at && is_blank(at[-1]))
		at--;
	for (size_t i = 0; i < tern_array_size(before); i++) {
		size_t n = strlen(before[i]);
		if ((size_t)(at - t.at) >= n && !memcmp(at - n, before[i], n))
			return true;
	}
	return false;
}

/* Is what follows an #include the name of a header of the request's? */
static bool names_given_header(const struct tern_build_request *q, struct text t, const char *at)
{
	at = skip_blanks(at, t.end);
	if (at >= t.end || (*at != '"' && *at != '<'))
		return false;
	char close = *at++ == '"' ? '"' : '>';
	const char *stop = memchr(at, close, (size_t)(t.end - at));
	size_t n = stop ? (size_t)(stop - at) : 0;
	for (size_t i = 0; stop && i < q->header_count; i++)
		if (strlen(q->headers[i].name) == n && !memcmp(q->headers[i].name, at, n))
			return true;
	return false;
}

/* Does no directive @word name anything but a header of the request's? */
static bool directives_are_pure(const struct tern_build_request *q, struct text t, const char *word)
{
	const size_t n = strlen(word);
	const char *at = t.at;
	while (at < t.end && (at = memmem(at, (size_t)(t.end - at), word, n))) {
		if (is_directive(t, at) && !names_given_header(q, t, at + n))
			return false;
		at += n;
	}
	return true;
}

static bool text_is_pure(const struct tern_build_request *q, struct text t)
{
	/* the time; #pragma GCC dependency */
	return !has_word(t, "__DATE__") && !has_word(t, "__TIME") &&
	       !(has_word(t, "ragma") && has_word(t, "dependency")) &&
	       directives_are_pure(q, t, "include") && directives_are_pure(q, t, "import") &&
	       directives_are_pure(q, t, "embed");
}

static bool source_is_pure(const struct tern_build_request *q, const char *source, size_t size)
{
	char *end;
	if (size == 0)
		return true;
	char *copy = join_lines(source, size, &end);
	bool pure = copy && text_is_pure(q, (struct text){copy, end});
	tern_free(copy);
	return pure;
}

bool tern_build_is_pure(const struct tern_build_request *request)
{
	const char *options = request->options;
	if (request->operation == TERN_BUILD_LINK || request->spirv)
		return true;
	if (strstr(options, "-I") || strstr(options, "__DATE__") || strstr(options, "__TIME"))
		return false;
	if (!source_is_pure(request, request->source, request->source_size))
		return false;
	for (size_t i = 0; i < request->header_count; i++)
		if (!source_is_pure(request, request->headers[i].source, request->headers[i].size))
			return false;
	return true;
}
