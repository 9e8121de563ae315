/* SPDX-License-Identifier: MIT */
#include "tools/text.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of the character that @p, which is not at the end, begins with; 0: it is not UTF-8. */
static unsigned character(const unsigned char *p)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (*p < 0x80)
		return 1;
	unsigned n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	if (*p < 0xc0 || *p >= 0xf8)
		return 0;
	unsigned code = *p & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) /* the end, too */
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

/* A C0 or C1 control character. */
static int is_control(const unsigned char *p)
{
	return *p < 32 || *p == 127 || (*p == 0xc2 && p[1] < 0xa0);
}

unsigned tern_text_plain(char *to, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;
	unsigned columns = 0;
	while (*p) {
		unsigned n = character(p);
		bool escaped = !n || is_control(p);
		size_t bytes = escaped ? 4 : n;
		if (at + bytes >= size)
			break;
		if (escaped)
			snprintf(to + at, 5, "\\x%02x", *p);
		else
			memcpy(to + at, p, n);
		at += bytes;
		columns += escaped ? 4 : 1;
		p += escaped ? 1 : n;
	}
	to[at] = '\0';
	return columns;
}

void tern_text_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		unsigned n = character(p);
		if (!n)
			fputs("\\ufffd", out);
		else if (n == 1 && (*p < 32 || strchr("\"\\<", *p) || *p == 127))
			fprintf(out, "\\u%04x", *p);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
	fputc('"', out);
}

void tern_text_csv(FILE *out, const char *text)
{
	fputc('"', out);
	if (*text && strchr("=+-@\t\r", *text))
		fputc('\'', out);
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			fputc('"', out);
		fputc((unsigned char)*p < 32 ? ' ' : *p, out);
	}
	fputc('"', out);
}
