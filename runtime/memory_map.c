/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/memory.h"
#include "runtime/transfer.h"

#define MAP_FOR_WRITING (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)

/* A map that the program has. Each of its references keeps it: that of the tree while it is in
 * force, that of the map command until it has finished, and the enqueuing thread's. */
struct map {
	struct tern_itree_node node; /* in the root's maps */
	struct tern_memory *memory;  /* alive as long as the map is in the tree or a command's */
	cl_map_flags flags;
	unsigned refs;
	bool mapped;                          /* in the tree */
	enum { PENDING, DONE, FAILED } state; /* of the map command */
};

static size_t map_size(const struct map *map)
{
	return map->node.last - map->node.start + 1;
}

/* Where the bytes are that the program sees at the map's address. */
static unsigned char *map_bytes(const struct map *map)
{
	const struct tern_memory *memory = map->memory;
	return memory->host + (map->node.start - (uintptr_t)tern_memory_view(memory));
}

/* The map's command has its turn: the program gets what is in the buffer. */
static cl_int show(void *data)
{
	const struct map *map = data;
	bool undefined = map->flags & CL_MAP_WRITE_INVALIDATE_REGION;
	if (!map->memory->copied)
		tern_transfer_bring_home(map_bytes(map), map_size(map), undefined);
	else if (!undefined)
		memcpy((void *)map->node.start, map_bytes(map), map_size(map));
	return CL_SUCCESS;
}

/* The unmap's: the buffer gets what the program wrote. */
static cl_int take_back(void *data)
{
	const struct map *map = data;
	memcpy(map_bytes(map), (const void *)map->node.start, map_size(map));
	return CL_SUCCESS;
}

static void put_locked(struct map *map)
{
	if (!--map->refs)
		tern_free(map);
}

/* Counts @map and puts it into the tree, with the caller's reference. */
static void insert_locked(struct map *map)
{
	tern_itree_insert(&tern_memory_root(map->memory)->maps, &map->node);
	map->mapped = true;
	map->memory->map_count++;
}

/* The caller gets the tree's reference. */
static void remove_locked(struct map *map)
{
	tern_itree_remove(&tern_memory_root(map->memory)->maps, &map->node);
	map->mapped = false;
	map->memory->map_count--;
}

/* Whether another map for writing has a byte of @map's. */
static bool overlaps_locked(const struct tern_itree *maps, const struct map *map)
{
	struct tern_itree_node *n = tern_itree_first(maps, map->node.start, map->node.last);
	for (; n; n = tern_itree_next(maps, n, map->node.start, map->node.last))
		if (tern_container_of(n, struct map, node)->flags & MAP_FOR_WRITING)
			return true;
	return false;
}

/* The map of @memory that the program knows by @ptr, or NULL. */
static struct map *find_locked(struct tern_memory *memory, const void *ptr)
{
	const struct tern_itree *maps = &tern_memory_root(memory)->maps;
	uintptr_t at = (uintptr_t)ptr;
	struct tern_itree_node *n = tern_itree_first(maps, at, at);
	for (; n; n = tern_itree_next(maps, n, at, at)) {
		struct map *map = tern_container_of(n, struct map, node);
		if (n->start == at && map->memory == memory)
			return map;
	}
	return NULL;
}

/* The map command has ended, in one way or another: its reference goes. */
static void settle_locked(struct map *map, bool failed)
{
	map->state = failed ? FAILED : DONE;
	if (failed && map->mapped) {
		remove_locked(map);
		put_locked(map);
	}
	put_locked(map);
}

static void finish_map(struct tern_command *command, cl_int status)
{
	struct map *map = command->cleanup_data;
	struct tern_memory *root = tern_memory_root(map->memory);
	tern_lock_acquire(&root->lock);
	settle_locked(map, status < 0);
	tern_lock_release(&root->lock);
}

/* A map with three references, in the tree. CL_INVALID_OPERATION, CL_OUT_OF_HOST_MEMORY. */
static cl_int create_map(struct tern_memory *memory, cl_map_flags flags, size_t offset, size_t size,
			 struct map **out)
{
	struct tern_memory *root = tern_memory_root(memory);
	cl_int error = CL_SUCCESS;
	struct map *map = tern_alloc(sizeof(*map));
	if (!map)
		return CL_OUT_OF_HOST_MEMORY;
	*map = (struct map){.memory = memory, .flags = flags, .refs = 3};
	map->node.start = (uintptr_t)tern_memory_view(memory) + offset;
	map->node.last = map->node.start + size - 1;
	tern_lock_acquire(&root->lock);
	if ((flags & MAP_FOR_WRITING) && overlaps_locked(&root->maps, map))
		error = CL_INVALID_OPERATION;
	else
		insert_locked(map);
	tern_lock_release(&root->lock);
	if (error)
		tern_free(map);
	else
		*out = map;
	return error;
}

cl_int tern_memory_map(const struct tern_submission *s, struct tern_memory *memory,
		       cl_map_flags flags, size_t offset, size_t size, void **out)
{
	struct tern_memory *root = tern_memory_root(memory);
	struct map *map;
	struct tern_command *command = tern_command_create(s->queue, CL_COMMAND_MAP_BUFFER, 1);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	cl_int error = create_map(memory, flags, offset, size, &map);
	if (error) {
		tern_command_cancel(command);
		return error;
	}
	if (memory->copied || tern_memory_migrates(memory)) {
		command->work = TERN_WORK_CALL;
		command->call = (struct tern_call){.fn = show, .data = map};
	}
	tern_command_use(command, &memory->obj);
	command->cleanup = finish_map;
	command->cleanup_data = map;
	error = tern_command_enqueue(command, s->wait_count, s->wait_list, s->event, s->blocking);
	tern_lock_acquire(&root->lock);
	if (error && map->state == PENDING) /* not enqueued: finish_map() will not run */
		settle_locked(map, true);
	put_locked(map);
	tern_lock_release(&root->lock);
	if (!error)
		*out = tern_memory_view(memory) + offset;
	return error;
}

/* The unmap command did not execute: the map is still there, unless it never was. */
static void restore_locked(struct map *map)
{
	if (map->state == FAILED)
		put_locked(map);
	else
		insert_locked(map);
}

static void finish_unmap(struct tern_command *command, cl_int status)
{
	struct map *map = command->cleanup_data;
	struct tern_memory *root = tern_memory_root(map->memory);
	tern_lock_acquire(&root->lock);
	if (status < 0)
		restore_locked(map);
	else
		put_locked(map);
	tern_lock_release(&root->lock);
}

cl_int tern_memory_unmap(const struct tern_submission *s, struct tern_memory *memory,
			 const void *ptr)
{
	struct tern_memory *root = tern_memory_root(memory);
	struct tern_command *command =
		tern_command_create(s->queue, CL_COMMAND_UNMAP_MEM_OBJECT, 1);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	tern_lock_acquire(&root->lock);
	struct map *map = find_locked(memory, ptr);
	if (map)
		remove_locked(map);
	tern_lock_release(&root->lock);
	if (!map) {
		tern_command_cancel(command);
		return CL_INVALID_VALUE;
	}
	if (memory->copied && (map->flags & MAP_FOR_WRITING)) {
		command->work = TERN_WORK_CALL;
		command->call = (struct tern_call){.fn = take_back, .data = map};
	}
	tern_command_use(command, &memory->obj);
	command->cleanup = finish_unmap;
	command->cleanup_data = map;
	cl_int error = tern_command_enqueue(command, s->wait_count, s->wait_list, s->event, false);
	if (error) {
		tern_lock_acquire(&root->lock);
		restore_locked(map);
		tern_lock_release(&root->lock);
	}
	return error;
}

cl_uint tern_memory_map_count(struct tern_memory *memory)
{
	struct tern_memory *root = tern_memory_root(memory);
	tern_lock_acquire(&root->lock);
	cl_uint count = memory->map_count;
	tern_lock_release(&root->lock);
	return count;
}

void tern_memory_drop_maps(struct tern_memory *memory)
{
	struct tern_memory *root = tern_memory_root(memory);
	uintptr_t start = (uintptr_t)tern_memory_view(memory), last = start + memory->size - 1;
	struct tern_itree_node *n, *next;
	tern_lock_acquire(&root->lock);
	for (n = tern_itree_first(&root->maps, start, last); n; n = next) {
		struct map *map = tern_container_of(n, struct map, node);
		next = tern_itree_next(&root->maps, n, start, last);
		if (map->memory == memory) {
			remove_locked(map);
			put_locked(map);
		}
	}
	tern_lock_release(&root->lock);
}
