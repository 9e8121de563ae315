/* SPDX-License-Identifier: MIT */
#include "svm/directory.h"

#include "svm/model.h"
#include "svm/pinned.h"

#define TABLE_BYTES (TABLE_SIZE * sizeof(struct chunk *))

static unsigned upper(uint64_t address)
{
	return (unsigned)(address >> (CHUNK_SHIFT + TABLE_BITS));
}

static unsigned lower(uint64_t address)
{
	return (unsigned)(address >> CHUNK_SHIFT) & (TABLE_SIZE - 1);
}

struct chunk *directory_find(const struct directory *dir, uint64_t address)
{
	struct chunk **table = dir->tables[upper(address)];
	return table ? table[lower(address)] : NULL;
}

static struct chunk *chunk_create(struct directory *dir, uint64_t base)
{
	if (dir->most && dir->count >= dir->most)
		return NULL;
	struct chunk *chunk = tern_pinned_alloc(dir->chunk_bytes);
	if (!chunk)
		return NULL;
	if (model_create(&chunk->model)) {
		tern_pinned_free(chunk, dir->chunk_bytes);
		return NULL;
	}
	dir->count++;
	chunk->base = base;
	tern_list_init(&chunk->resident_link);
	tern_list_init(&chunk->staged_link);
	return chunk;
}

struct chunk *directory_get(struct directory *dir, uint64_t address)
{
	struct chunk ***table = &dir->tables[upper(address)];
	if (!*table) {
		if (dir->tables_most && dir->table_count >= dir->tables_most)
			return NULL;
		*table = tern_pinned_alloc(TABLE_BYTES);
		dir->table_count += *table != NULL;
	}
	if (!*table)
		return NULL;
	struct chunk **at = &(*table)[lower(address)];
	if (!*at)
		*at = chunk_create(dir, chunk_base(address));
	return *at;
}

struct chunk *directory_next(const struct directory *dir, uint64_t address, uint64_t end)
{
	address = chunk_base(address + TERN_CHUNK - 1);
	end = tern_min(end, ADDRESS_END);
	while (address < end) {
		struct chunk **table = dir->tables[upper(address)];
		if (!table) {
			uint64_t span = TERN_CHUNK << TABLE_BITS;
			address = (address + span) & ~(span - 1);
			continue;
		}
		if (table[lower(address)])
			return table[lower(address)];
		address += TERN_CHUNK;
	}
	return NULL;
}

void directory_finish(struct directory *dir)
{
	for (unsigned i = 0; i < TABLE_SIZE; i++) {
		struct chunk **table = dir->tables[i];
		for (unsigned j = 0; table && j < TABLE_SIZE; j++)
			if (table[j]) {
				model_destroy(table[j]->model);
				tern_pinned_free(table[j], dir->chunk_bytes);
			}
		tern_pinned_free(table, TABLE_BYTES);
		dir->tables[i] = NULL;
	}
}

void chunk_pages(const struct chunk *chunk, enum page_state state, uint64_t *out)
{
	for (unsigned w = 0; w < BITS_WORDS; w++) {
		uint64_t home = ~(chunk->shared[w] | chunk->staged[w] | chunk->away[w]);
		out[w] = state == PAGE_HOME     ? home
			 : state == PAGE_SHARED ? chunk->shared[w]
			 : state == PAGE_STAGED ? chunk->staged[w]
						: chunk->away[w];
	}
}
