/* SPDX-License-Identifier: MIT */
/*
 * Every environment variable that Tern reads, in one table: `tern info` prints it and the manual
 * lists it. Nothing else calls getenv(), but for the XDG and HOME folders (tern_path_cache()).
 */
#ifndef TERN_BASE_OPTION_H
#define TERN_BASE_OPTION_H

#include "runtime/base/base.h"

/* X(identifier, environment variable, default, one line of help) */
#define TERN_OPTIONS(X)                                                                            \
	X(DEVICES, "TERN_DEVICES", "cpu", "devices to offer, in order: cpu, accel, dmirror")       \
	X(LOG, "TERN_LOG", "off", "messages on stderr: off, error, warn, info or debug")           \
	X(THREADS, "TERN_THREADS", "auto",                                                         \
	  "worker threads of the cpu device; auto: by affinity mask and cgroup quota")             \
	X(CPU, "TERN_CPU", "native",                                                               \
	  "instruction set of kernels: native, avx512, avx2 or baseline")                          \
	X(CACHE, "TERN_CACHE", "auto",                                                             \
	  "folder of compiled kernels, or off; auto: tern in XDG_CACHE_HOME or ~/.cache")          \
	X(CACHE_SIZE, "TERN_CACHE_SIZE", "1G", "most bytes that the cache may hold")               \
	X(TERNC, "TERN_TERNC", "auto", "path of the compile server; auto: beside libtern.so")      \
	X(SPIRV, "TERN_SPIRV", "auto",                                                             \
	  "path of the SPIR-V translator llvm-spirv, or off; auto: where it is installed")         \
	X(COMPILE_TIMEOUT, "TERN_COMPILE_TIMEOUT", "60", "seconds that one compilation may take")  \
	X(KERNELS, "TERN_KERNELS", "",                                                             \
	  "for developers: dump (write IR and assembly here), scalar (do not widen), "             \
	  "report (notes in the build log)")                                                       \
	X(ACCEL, "TERN_ACCEL", "",                                                                 \
	  "the accelerator: mem=1G,units=auto,link=0,latency=0us,model=private or "                \
	  "coherent,linger=1s")                                                                    \
	X(ACCEL_PROCESS, "TERN_ACCEL_PROCESS", "auto",                                             \
	  "path of the accelerator process; auto: beside ternc")                                   \
	X(ACCEL_TIMEOUT, "TERN_ACCEL_TIMEOUT", "0",                                                \
	  "milliseconds that a command may run on the accelerator; 0: no limit")                   \
	X(DMIRROR_MEMORY, "TERN_DMIRROR_MEMORY", "256M",                                           \
	  "memory of each device of the kernel's HMM test driver that pages may use")              \
	X(POLICY, "TERN_POLICY", "auto",                                                           \
	  "migration policy: name[:key=value,...] or the path of a shared object")                 \
	X(EVICT, "TERN_EVICT", "auto", "eviction: auto, allocation, recency, dead or chance")      \
	X(SVM_MOVE, "TERN_SVM_MOVE", "1",                                                          \
	  "0: do not use UFFDIO_MOVE, as on kernels before 6.8 (for tests)")                       \
	X(SVM_SYSTEM, "TERN_SVM_SYSTEM", "1",                                                      \
	  "0: as without permission for userfaultfd: buffer SVM only (for tests)")                 \
	X(SVM_HOLD, "TERN_SVM_HOLD", "100",                                                        \
	  "microseconds that a page stays at least where it was brought")                          \
	X(SVM_REGISTER, "TERN_SVM_REGISTER", "mapping",                                            \
	  "page: no neighbour of a page that a device uses migrates with it (for sanitizers)")     \
	X(TRACE, "TERN_TRACE", "",                                                                 \
	  "file to record faults, migrations and commands in (tern trace); %p: the process's "     \
	  "number")                                                                                \
	X(STATUS, "TERN_STATUS", "1", "0: tern top does not see the process")                      \
	X(TRACE_ACCESSES, "TERN_TRACE_ACCESSES", "0",                                              \
	  "record accesses in the trace, too, but to the last so many pages of a device")          \
	X(FAULT, "TERN_FAULT", "",                                                                 \
	  "for tests: n makes the nth allocation fail, n+ that one and all later ones")

enum tern_option {
#define X(id, env, fallback, help) TERN_OPTION_##id,
	TERN_OPTIONS(X)
#undef X
		TERN_OPTION_COUNT
};

struct tern_option_info {
	const char *env, *fallback, *help;
};

extern const struct tern_option_info tern_option_table[TERN_OPTION_COUNT];

/* The value in force; never NULL. The environment is read once, at the first call. Thread-safe. */
const char *tern_option(enum tern_option option);
/* True when the environment sets it. */
bool tern_option_is_set(enum tern_option option);
/* A number with an optional suffix K, M or G (powers of 1024; small letters, too), and nothing
 * else. False: it is none, or too large, and *@out is unchanged. */
bool tern_number_parse(const char *text, uint64_t *out) TERN_MUST_CHECK;
/*
 * The value as a number with an optional suffix K, M, G (powers of 1024). @fallback when it is
 * "auto" or no number; the latter also logs a warning once.
 */
uint64_t tern_option_number(enum tern_option option, uint64_t fallback);
/* True when the value, a list separated by commas, has the word @word. */
bool tern_option_has(enum tern_option option, const char *word);

/*
 * The cache folder in force, or NULL when it is off or none can be named. The caller frees it.
 * Nothing is created.
 */
char *tern_path_cache(void) TERN_MUST_CHECK;

#endif
