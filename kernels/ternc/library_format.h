/* SPDX-License-Identifier: MIT */
/*
 * The device library's archive, which mklib writes at build time and the compile server embeds.
 * Little-endian 32-bit numbers:
 *
 *	0    magic, symbols, shards, 0
 *	16   for each symbol, sorted by name: offset of its name, number of its shard
 *	...  for each shard: offset, size
 *	...  the names, each ended by a NUL
 *	...  the shards (bitcode), aligned to 16
 */
#ifndef TERN_TERNC_LIBRARY_FORMAT_H
#define TERN_TERNC_LIBRARY_FORMAT_H

#define TERN_LIBRARY_TRIPLE "x86_64-unknown-linux-gnu"

/*
 * X(name): the functions that the library leaves to the vectoriser. A name stands for all mangled
 * names that begin with it.
 */
#define TERN_LIBRARY_EXTERNALS(X)                                                                  \
	X("_Z12get_work_dimv")                                                                     \
	X("_Z15get_global_sizej")                                                                  \
	X("_Z13get_global_idj")                                                                    \
	X("_Z14get_local_sizej")                                                                   \
	X("_Z23get_enqueued_local_sizej")                                                          \
	X("_Z12get_local_idj")                                                                     \
	X("_Z14get_num_groupsj")                                                                   \
	X("_Z12get_group_idj")                                                                     \
	X("_Z17get_global_offsetj")                                                                \
	X("_Z20get_global_linear_idv")                                                             \
	X("_Z19get_local_linear_idv")                                                              \
	X("_Z7barrier")                                                                            \
	X("_Z18work_group_barrier")                                                                \
	X("_Z9mem_fence")                                                                          \
	X("_Z14read_mem_fence")                                                                    \
	X("_Z15write_mem_fence")                                                                   \
	X("_Z22atomic_work_item_fence")                                                            \
	X("__tern_printf_buffer")                                                                  \
	X("__tern_memory_of")                                                                      \
	X("__tern_collective")                                                                     \
	X("__tern_sub_group_")                                                                     \
	X("__tern_machine_")

enum { TERN_LIBRARY_MAGIC = 0x62696c54, TERN_LIBRARY_HEADER_BYTES = 16 };

#endif
