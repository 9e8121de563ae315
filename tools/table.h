/* SPDX-License-Identifier: MIT */
/* Tables from numbers that are not 0 to what is known of them: open addressing, no removal. */
#ifndef TERN_TOOLS_TABLE_H
#define TERN_TOOLS_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Zeros, but for @bytes: of an entry, which begins with its key, a uint64_t. */
struct tern_table {
	size_t bytes, count, size;
	char *entries;
};

/* NULL: @key is 0 or has none. */
void *tern_table_find(const struct tern_table *table, uint64_t key);
/* The entry of @key, a new one has zeros behind it. NULL: no memory, or @key is 0. Others move. */
void *tern_table_add(struct tern_table *table, uint64_t key);
void tern_table_finish(struct tern_table *table);

#endif
