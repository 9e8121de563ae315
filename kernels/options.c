/* SPDX-License-Identifier: MIT */
#include "kernels/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/alloc.h"

enum { COMPILE = 1, LINK = 2, BOTH = COMPILE | LINK };

/* Options without a value. */
static const struct {
	const char *text;
	uint32_t flag;
	unsigned where;
} plain[] = {
	{"-cl-single-precision-constant", TERN_OPT_SINGLE_PRECISION_CONSTANT, COMPILE},
	{"-cl-denorms-are-zero", TERN_OPT_DENORMS_ARE_ZERO, BOTH},
	{"-cl-fp32-correctly-rounded-divide-sqrt", TERN_OPT_CORRECT_DIVIDE_SQRT, COMPILE},
	{"-cl-opt-disable", TERN_OPT_DISABLE, COMPILE},
	{"-cl-strict-aliasing", TERN_OPT_STRICT_ALIASING, COMPILE},
	{"-cl-uniform-work-group-size", TERN_OPT_UNIFORM_GROUPS, COMPILE},
	{"-cl-no-subgroup-ifp", TERN_OPT_NO_SUBGROUP_IFP, BOTH},
	{"-cl-mad-enable", TERN_OPT_MAD_ENABLE, COMPILE},
	{"-cl-no-signed-zeros", TERN_OPT_NO_SIGNED_ZEROS, BOTH},
	{"-cl-unsafe-math-optimizations", TERN_OPT_UNSAFE_MATH, BOTH},
	{"-cl-finite-math-only", TERN_OPT_FINITE_MATH, BOTH},
	{"-cl-fast-relaxed-math", TERN_OPT_FAST_RELAXED_MATH, BOTH},
	{"-w", TERN_OPT_NO_WARNINGS, COMPILE},
	{"-Werror", TERN_OPT_WARNINGS_ARE_ERRORS, COMPILE},
	{"-cl-kernel-arg-info", TERN_OPT_ARG_INFO, COMPILE},
	{"-g", TERN_OPT_DEBUG, COMPILE},
	{"-O0", TERN_OPT_DISABLE, COMPILE},
	{"-O1", 0, COMPILE},
	{"-O2", 0, COMPILE},
	{"-O3", 0, COMPILE},
	{"-Os", 0, COMPILE},
	{"-create-library", TERN_OPT_CREATE_LIBRARY, LINK},
	{"-enable-link-options", TERN_OPT_ENABLE_LINK_OPTIONS, LINK},
};

static const struct {
	const char *text;
	enum tern_language language;
} languages[] = {
	{"CL1.0", TERN_LANGUAGE_CL10}, {"CL1.1", TERN_LANGUAGE_CL11}, {"CL1.2", TERN_LANGUAGE_CL12},
	{"CL2.0", TERN_LANGUAGE_CL20}, {"CL3.0", TERN_LANGUAGE_CL30},
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9');
}

/*
 * The next word of *at into @word, which has room for the whole text. 1: a word; 0: the end;
 * -EINVAL: a quote without its end.
 */
static int next_word(const char **at, char *word)
{
	const char *p = *at;
	bool quoted = false;
	while (is_space(*p))
		p++;
	if (!*p) {
		*at = p;
		return 0;
	}
	for (; *p && (quoted || !is_space(*p)); p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\' || is_space(p[1])))
			*word++ = *++p;
		else if (*p == '"')
			quoted = !quoted;
		else
			*word++ = *p;
	}
	*word = '\0';
	*at = p;
	return quoted ? -EINVAL : 1;
}

static int refuse(struct tern_options *o, const char *what, const char *word)
{
	snprintf(o->error, sizeof(o->error), "%s: %.160s", what, word);
	for (char *p = o->error; *p; p++) /* one line, whatever a quoted word holds */
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return -EINVAL;
}

/* Appends @prefix and @text as one string to the list. */
static int append(char ***list, size_t *count, const char *prefix, const char *text)
{
	char **grown = tern_realloc_array(*list, *count + 1, sizeof(**list));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*count] = tern_asprintf("%s%s", prefix, text);
	if (!grown[*count])
		return -ENOMEM;
	++*count;
	return 0;
}

static int add_define(struct tern_options *o, char *text)
{
	char *p = text;
	if (!is_name_start(*p))
		return refuse(o, "malformed option", "-D");
	while (is_name(*p))
		p++;
	if (*p != '\0' && *p != '=' && *p != '(')
		return refuse(o, "malformed definition", text);
	text[strcspn(text, "\r\n")] = '\0';
	return append(&o->preprocessor, &o->preprocessor_count, "-D", text);
}

static int add_include(struct tern_options *o, const char *text)
{
	if (!*text)
		return refuse(o, "malformed option", "-I");
	return append(&o->preprocessor, &o->preprocessor_count, "-I", text);
}

static int set_language(struct tern_options *o, const char *value)
{
	for (size_t i = 0; i < tern_array_size(languages); i++) {
		if (strcmp(value, languages[i].text) == 0) {
			o->language = languages[i].language;
			return 0;
		}
	}
	return refuse(o, "unknown OpenCL C version", value);
}

/* -Wname, -Wno-name, -Wname=value: clang knows them better than we do. */
static bool is_warning(const char *word)
{
	if (word[0] != '-' || word[1] != 'W' || !is_name_start(word[2]))
		return false;
	return word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-_+=")] == '\0';
}

static int take_plain(struct tern_options *o, unsigned where, const char *word)
{
	for (size_t i = 0; i < tern_array_size(plain); i++) {
		if (strcmp(word, plain[i].text) != 0)
			continue;
		if (!(plain[i].where & where))
			return refuse(o,
				      where == LINK ? "not an option of the linker"
						    : "not an option of the compiler",
				      word);
		o->flags |= plain[i].flag;
		return 0;
	}
	return refuse(o, "unknown option", word);
}

/* @word is an option; its value may be the next word of *at, for which @spare has room. */
static int take(struct tern_options *o, unsigned where, char *word, const char **at, char *spare)
{
	bool has_value = word[0] == '-' && (word[1] == 'D' || word[1] == 'I');
	if (where & COMPILE && has_value) {
		char *value = word + 2;
		if (!*value) {
			int n = next_word(at, spare);
			if (n <= 0)
				return refuse(o, n ? "quote without end" : "value missing", word);
			value = spare;
		}
		return word[1] == 'D' ? add_define(o, value) : add_include(o, value);
	}
	if (where & COMPILE && strncmp(word, "-cl-std=", 8) == 0)
		return set_language(o, word + 8);
	if (where & COMPILE && strcmp(word, "-Werror") != 0 && is_warning(word))
		return append(&o->warnings, &o->warning_count, "", word);
	return take_plain(o, where, word);
}

int tern_options_parse(const char *text, enum tern_build_operation operation,
		       struct tern_options *out)
{
	*out = (struct tern_options){.language = TERN_LANGUAGE_CL12};
	unsigned where = operation == TERN_BUILD_LINK ? LINK : COMPILE;
	size_t room = strlen(text) + 1;
	char *word = tern_alloc(2 * room);
	if (!word)
		return -ENOMEM;
	int e = 0, n;
	while (!e && (n = next_word(&text, word)) != 0)
		e = n < 0 ? refuse(out, "quote without end", word)
			  : take(out, where, word, &text, word + room);
	if (!e && out->flags & TERN_OPT_ENABLE_LINK_OPTIONS &&
	    !(out->flags & TERN_OPT_CREATE_LIBRARY))
		e = refuse(out, "needs -create-library", "-enable-link-options");
	tern_free(word);
	return e;
}

static void free_list(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tern_free(list[i]);
	tern_free(list);
}

void tern_options_finish(struct tern_options *options)
{
	free_list(options->preprocessor, options->preprocessor_count);
	free_list(options->warnings, options->warning_count);
	*options = (struct tern_options){0};
}
