/* SPDX-License-Identifier: MIT */
/* Build options: the parser, and the look at whether a build is pure. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/options.h"
#include "kernels/pure.h"
#include "runtime/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *text, enum tern_build_operation operation)
{
	struct tern_options o;
	int e = tern_options_parse(text, operation, &o);
	if (e && e != -EINVAL && e != -ENOMEM)
		abort();
	if (e == -EINVAL &&
	    (!o.error[0] || strchr(o.error, '\n') || !memchr(o.error, 0, sizeof(o.error))))
		abort();
	for (size_t i = 0; !e && i < o.preprocessor_count; i++)
		if (o.preprocessor[i][0] != '-')
			abort();
	tern_options_finish(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	parse(text, TERN_BUILD_COMPILE);
	parse(text, TERN_BUILD_LINK);
	parse(text, TERN_BUILD_BUILD);
	/* the same text as the source: only that the answer comes, within the bytes */
	const struct tern_build_request request = {.operation = TERN_BUILD_BUILD,
						   .options = text,
						   .source = text,
						   .source_size = size};
	bool pure = tern_build_is_pure(&request);
	if (pure && strstr(text, "__TIME__"))
		abort();
	free(text);
	return 0;
}
