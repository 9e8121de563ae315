/* SPDX-License-Identifier: MIT */
/* SPIR-V that the translator does not know, said with what it knows (kernels/ternc/spirv_lower.h).
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/ternc/spirv_lower.h"
#include "runtime/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out is a module; it needs nothing more. */
static void lower(const struct tern_spirv *m)
{
	struct tern_spirv again;
	uint32_t *out;
	size_t bytes;
	const char *wrong;
	if (!tern_spirv_lower(m, &out, &bytes))
		abort();
	if (!out)
		return;
	if (tern_spirv_open(&again, out, bytes, &wrong) || again.version > TERN_SPIRV_VERSION(4))
		abort();
	tern_free(out);
}

/*
 * The bytes as instructions: one says which, of those that are lowered and those that are looked
 * up, one how long it is, then one for each operand, so that ids meet.
 */
static size_t spell(const uint8_t *data, size_t size, uint32_t *words)
{
	static const uint16_t ops[] = {1,  20, 21, 22, 23, 28,  30,  32,  43,  46,  54,   59,
				       63, 64, 71, 79, 80, 124, 400, 401, 402, 403, 5631, 5632};
	size_t n = 0;
	while (size >= 2 && n < 60000) {
		uint32_t count = data[1] % 12u;
		uint32_t op = ops[data[0] % tern_array_size(ops)];
		data += 2;
		size -= 2;
		count = tern_min(count, (uint32_t)size);
		words[n++] = (count + 1) << 16 | op;
		for (uint32_t k = 0; k < count; k++)
			words[n++] = data[k] == 255 ? UINT32_MAX : data[k];
		data += count;
		size -= count;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t words[65536];
	static const uint32_t header[] = {0x07230203, TERN_SPIRV_VERSION(5), 0, 99, 0};
	struct tern_spirv m;
	const char *wrong;
	memcpy(words, header, sizeof(header));
	size_t n = spell(data, size, words + tern_array_size(header));
	uint32_t *exact = malloc(sizeof(header) + 4 * n);
	if (!exact)
		abort();
	memcpy(exact, words, sizeof(header) + 4 * n);
	if (tern_spirv_open(&m, exact, sizeof(header) + 4 * n, &wrong))
		abort();
	lower(&m);
	free(exact);
	if (!tern_spirv_open(&m, data, size, &wrong))
		lower(&m);
	return 0;
}
