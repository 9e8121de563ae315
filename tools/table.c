/* SPDX-License-Identifier: MIT */
#include "tools/table.h"

#include <string.h>

#include "runtime/base/alloc.h"

#define LEAST 256

static uint64_t *slot(const struct tern_table *t, uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 20);
	for (;; at++) {
		uint64_t *entry = (void *)(t->entries + (at & (t->size - 1)) * t->bytes);
		if (!*entry || *entry == key)
			return entry;
	}
}

static int grow(struct tern_table *t)
{
	struct tern_table larger = *t;
	larger.size = t->size ? 2 * t->size : LEAST;
	larger.entries = tern_zalloc_array(larger.size, t->bytes);
	if (!larger.entries)
		return -1;
	for (size_t i = 0; i < t->size; i++) {
		const uint64_t *entry = (void *)(t->entries + i * t->bytes);
		if (*entry)
			memcpy(slot(&larger, *entry), entry, t->bytes);
	}
	tern_free(t->entries);
	*t = larger;
	return 0;
}

void *tern_table_find(const struct tern_table *table, uint64_t key)
{
	uint64_t *entry = key && table->size ? slot(table, key) : NULL;
	return entry && *entry ? entry : NULL;
}

void *tern_table_add(struct tern_table *table, uint64_t key)
{
	if (!key || (table->count * 2 >= table->size && grow(table)))
		return NULL;
	uint64_t *entry = slot(table, key);
	table->count += !*entry;
	*entry = key;
	return entry;
}

void tern_table_finish(struct tern_table *table)
{
	tern_free(table->entries);
	table->entries = NULL;
	table->count = table->size = 0;
}
