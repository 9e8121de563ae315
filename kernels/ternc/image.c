/* SPDX-License-Identifier: MIT */
/*
 * lld in this process: object file in, position-independent image out, both in memory files. lld
 * wants to rename its output into place, which no memory file can do, but for "-": so standard
 * output, which the server has no other use for, is a memory file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/ternc/build.h"
#include "kernels/ternc/embedded.h"
#include "kernels/ternc/shim.h"

static int make_file(const void *data, size_t size)
{
	int fd = memfd_create("tern", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	const unsigned char *at = data;
	while (size > 0) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int e = n < 0 ? -errno : -ENOSPC;
			close(fd);
			return e;
		}
		at += n;
		size -= (size_t)n;
	}
	return fd;
}

/* An empty memory file as standard output; its previous one is closed. */
static bool open_output(void)
{
	int fd = make_file(NULL, 0);
	if (fd < 0)
		return false;
	bool ok = dup2(fd, STDOUT_FILENO) == STDOUT_FILENO;
	close(fd);
	return ok;
}

static enum tern_build_status read_output(struct tern_build *b, const void **out, size_t *size)
{
	struct stat st;
	if (fstat(STDOUT_FILENO, &st) != 0 || st.st_size <= 0)
		return TERN_BUILD_UNAVAILABLE;
	size_t n = (size_t)st.st_size, done = 0;
	unsigned char *p = tern_build_alloc(b, n);
	if (!p)
		return TERN_BUILD_UNAVAILABLE;
	while (done < n) {
		ssize_t got = pread(STDOUT_FILENO, p + done, n - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return TERN_BUILD_UNAVAILABLE;
		done += (size_t)got;
	}
	*out = p;
	*size = n;
	return TERN_BUILD_OK;
}

static bool run_lld(struct tern_build *b, int in, int runtime, const char *entry)
{
	bool lines = b->lines;
	char input[64], runtime_input[64], entry_arg[128];
	char *log = NULL;
	snprintf(input, sizeof(input), "/proc/self/fd/%d", in);
	snprintf(runtime_input, sizeof(runtime_input), "/proc/self/fd/%d", runtime);
	snprintf(entry_arg, sizeof(entry_arg), "--entry=%s", entry);
	const char *args[] = {
		"ld.lld",
		"-shared",
		"-z",
		"defs",
		"-z",
		"now",
		"-z",
		"norelro",
		"--hash-style=gnu",
		"--build-id=none",
		"--gc-sections",
		lines ? "--no-undefined" : "--strip-all",
		"--threads=1",
		"--no-dynamic-linker",
		"-z",
		lines ? "noexecstack" : "nognustack",
		"--pack-dyn-relocs=none",
		entry_arg,
		"-o",
		"-",
		input,
		runtime_input,
	};
	bool ok = tern_lld_link(args, tern_array_size(args), &log);
	if (!ok)
		tern_build_log(b, "error: linking: %s\n", log ? log : "");
	free(log);
	return ok;
}

enum tern_build_status tern_image_link(struct tern_build *b, LLVMMemoryBufferRef object,
				       const char *entry, const void **out, size_t *size)
{
	int in = make_file(LLVMGetBufferStart(object), LLVMGetBufferSize(object));
	int runtime = make_file(tern_kernel_runtime, tern_kernel_runtime_size);
	bool ready = in >= 0 && runtime >= 0 && open_output();
	bool ok = ready && run_lld(b, in, runtime, entry);
	if (in >= 0)
		close(in);
	if (runtime >= 0)
		close(runtime);
	if (!ready) {
		tern_build_log(b, "error: no memory file\n");
		return TERN_BUILD_UNAVAILABLE;
	}
	if (!ok)
		return TERN_BUILD_FAILED;
	enum tern_build_status s = read_output(b, out, size);
	const char *wrong = s == TERN_BUILD_OK ? tern_elf_check(*out, *size) : NULL;
	if (!wrong)
		return s;
	tern_build_log(b, "error: the linked image %s\n", wrong);
	return TERN_BUILD_FAILED;
}
