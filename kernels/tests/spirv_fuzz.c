/* SPDX-License-Identifier: MIT */
/* SPIR-V: what is read of a module, and a module with values put in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/spirv.h"
#include "runtime/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every constant gets a value; the module that comes out has the same constants. */
static void specialize(const struct tern_spirv *m, struct tern_spirv_constant *list, size_t count)
{
	static const uint64_t value = 0xfedcba9876543210;
	struct tern_spirv again;
	struct tern_spirv_constant *list_again;
	size_t count_again;
	const char *wrong;
	uint32_t *words = tern_zalloc_array(m->words, sizeof(*words));
	if (!words)
		abort();
	for (size_t i = 0; i < count; i++) {
		int e = tern_spirv_constant_set(list, count, list[i].id, list[i].bytes, &value);
		if (e && e != -EINVAL) /* several of one id, of different sizes */
			abort();
	}
	tern_spirv_specialize(m, list, count, words);
	if (tern_spirv_open(&again, words, 4 * m->words, &wrong) || again.swapped ||
	    tern_spirv_constants(&again, &list_again, &count_again) || count != count_again)
		abort();
	tern_free(list_again);
	tern_free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a right header, so that more than one in 2^32 inputs comes further */
	static const uint32_t header[] = {0x07230203, TERN_SPIRV_VERSION(0), 0, 99, 0};
	struct tern_spirv m;
	struct tern_spirv_constant *list;
	size_t count;
	const char *wrong;
	unsigned char *bytes = malloc(sizeof(header) + size);
	if (!bytes)
		abort();
	memcpy(bytes, header, sizeof(header));
	if (size)
		memcpy(bytes + sizeof(header), data, size);
	if (!tern_spirv_open(&m, data, size, &wrong) && m.words != size / 4)
		abort();
	if (!tern_spirv_open(&m, bytes, sizeof(header) + (size & ~(size_t)3), &wrong)) {
		if (tern_spirv_constants(&m, &list, &count))
			abort();
		specialize(&m, list, count);
		tern_free(list);
	}
	free(bytes);
	return 0;
}
