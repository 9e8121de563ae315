/* SPDX-License-Identifier: MIT */
/* More data than the smallest device has memory, and exact sums. */
#include "conformance/stress/stress.h"
#include <stdlib.h>
#include <sys/mman.h>

enum { BLOCK_WORDS = 16384 }; /* 64 KiB */

struct flood {
	struct stress_runner bump, check;
	uint32_t *words;
	uint32_t *values; /* of the first word of each block; the others count up */
	size_t blocks;
};

static size_t look_here(struct flood *flood, size_t block)
{
	const uint32_t *words = flood->words + block * BLOCK_WORDS;
	size_t wrong = 0;

	for (uint32_t i = 0; i < BLOCK_WORDS; i++)
		wrong += words[i] != flood->values[block] + i;
	return wrong;
}

static void look(struct flood *flood, size_t block)
{
	struct stress_role *role = flood->bump.role;

	stress_at(role, "checking flood on the host");
	size_t wrong = look_here(flood, block);

	if (wrong)
		stress_found(role, "the host sees %zu words of block %zu wrong", wrong, block);
}

static void look_on_device(struct flood *flood, unsigned device, size_t block)
{
	struct stress_role *role = flood->bump.role;
	atomic_uint wrong = 0; /* on this stack */

	clSetKernelArgSVMPointer(flood->check.kernel, 0, flood->words + block * BLOCK_WORDS);
	clSetKernelArg(flood->check.kernel, 1, sizeof(cl_uint), &flood->values[block]);
	clSetKernelArgSVMPointer(flood->check.kernel, 2, &wrong);
	stress_at(role, "running check");
	if (stress_run(&flood->check, device, BLOCK_WORDS) && atomic_load(&wrong))
		stress_found(role, "%s sees %u words of block %zu wrong",
			     stress.devices[device].name, atomic_load(&wrong), block);
}

/* A command that failed may have changed words, by 1 and once. Makes it one for all. */
static void settle(struct flood *flood, size_t block)
{
	uint32_t *words = flood->words + block * BLOCK_WORDS, old = flood->values[block];
	size_t wrong = 0;

	for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
		wrong += words[i] != old + i && words[i] != old + 1 + i;
		words[i] = old + 1 + i;
	}
	if (wrong)
		stress_found(flood->bump.role, "%zu words of block %zu are lost with the device",
			     wrong, block);
}

static void bump(struct flood *flood, unsigned device, size_t first, size_t count)
{
	struct stress_role *role = flood->bump.role;

	clSetKernelArgSVMPointer(flood->bump.kernel, 0, flood->words + first * BLOCK_WORDS);
	stress_at(role, "running bump");
	bool done = stress_run(&flood->bump, device, count * BLOCK_WORDS);

	stress_at(role, "settling bump");
	for (size_t i = first; i < first + count; i++) {
		if (!done)
			settle(flood, i);
		flood->values[i]++;
	}
	atomic_fetch_add(&stress.counts.windows, 1);
}

static bool flood_open(struct flood *flood, struct stress_role *role)
{
	flood->blocks = stress.flood_bytes / (BLOCK_WORDS * sizeof *flood->words);
	flood->values = calloc(flood->blocks, sizeof *flood->values);
	flood->words = mmap(NULL, stress.flood_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!flood->values || flood->words == MAP_FAILED) {
		stress_found(role, "no memory for the flood");
		free(flood->values);
		return false;
	}
	for (size_t i = 0; i < flood->blocks; i++) {
		stress_at(role, "filling the flood");
		if (atomic_load(&stress.stop) && i)
			flood->blocks = i; /* a short run: what is there is checked */
		flood->values[i] = (uint32_t)i * 1000003u;
		for (uint32_t k = 0; k < BLOCK_WORDS; k++)
			flood->words[i * BLOCK_WORDS + k] = flood->values[i] + k;
	}
	stress_runner_open(&flood->bump, role, "bump");
	stress_runner_open(&flood->check, role, "check");
	return true;
}

void stress_flood(struct stress_role *role)
{
	struct flood flood;
	size_t next = 0;

	if (!flood_open(&flood, role))
		return;
	while (!atomic_load(&stress.stop)) {
		unsigned device = stress_random(role) % stress.device_count;
		size_t count = 1 + stress_random(role) % (flood.blocks / 8 + 1);
		/* Now on from the last window, now anywhere. */
		size_t first = stress_random(role) % 2 ? next : stress_random(role) % flood.blocks;

		if (first + count > flood.blocks)
			first = flood.blocks - count;
		next = first + count < flood.blocks ? first + count : 0;
		bump(&flood, device, first, count);
		for (int i = 0; i < 4; i++) {
			look(&flood, stress_random(role) % flood.blocks);
			look_on_device(&flood, stress_random(role) % stress.device_count,
				       stress_random(role) % flood.blocks);
		}
	}
	for (size_t i = 0; i < flood.blocks; i++)
		look(&flood, i);
	stress_runner_close(&flood.bump);
	stress_runner_close(&flood.check);
	munmap(flood.words, stress.flood_bytes);
	free(flood.values);
}
