/* SPDX-License-Identifier: MIT */
/* What every other file may use: attributes, small helpers. */
#ifndef TERN_BASE_BASE_H
#define TERN_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERN_MUST_CHECK   __attribute__((warn_unused_result))
#define TERN_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TERN_COLD         __attribute__((cold, noinline))
#define TERN_EXPORT       __attribute__((visibility("default")))
#define TERN_CACHE_LINE   64

#define tern_likely(x)   __builtin_expect(!!(x), 1)
#define tern_unlikely(x) __builtin_expect(!!(x), 0)

#define tern_array_size(a) (sizeof(a) / sizeof((a)[0]))

#define tern_container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define tern_min(a, b) ((a) < (b) ? (a) : (b))
#define tern_max(a, b) ((a) > (b) ? (a) : (b))

/* Rounds @n up to a multiple of @align, a power of two. The caller has excluded overflow. */
static inline size_t tern_round_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

static inline bool tern_is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

/* Tells the CPU that this is a spin loop. */
static inline void tern_cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("" ::: "memory");
#endif
}

#endif
