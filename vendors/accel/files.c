/* SPDX-License-Identifier: MIT */
/* Memory files that both processes map. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "vendors/accel/launch.h"

/* Whether a file may be so large; a greater ftruncate() would raise a signal. */
static bool may_be(uint64_t bytes)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur >= bytes;
}

static int set_size(int fd, uint64_t bytes)
{
	if (!ftruncate(fd, (off_t)bytes))
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

int accel_file_create(const char *name, uint64_t bytes, unsigned flags)
{
	if (tern_fault_hit())
		return -ENOMEM;
	if (!may_be(bytes)) {
		tern_log_error("accel: the limit on the size of files (ulimit -f) does not allow "
			       "%s of %llu GiB",
			       name, (unsigned long long)(bytes >> 30));
		return -EFBIG;
	}
	int fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	return set_size(fd, bytes);
}

int accel_file_map(int fd, uint64_t at, uint64_t bytes)
{
	if (tern_fault_hit())
		return -ENOMEM;
	/* the system call: see tern_aperture_reserve() */
	long p = syscall(SYS_mmap, at, bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0l);
	return p == -1 ? -errno : 0;
}

static long configure(int fs, unsigned command, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, command, key, value, 0);
}

/* A detached mount of a tmpfs, whose huge pages the system's settings for memfds do not touch. */
static int mount_tmpfs(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), mount = -1;
	if (fs < 0)
		return -1;
	if (!configure(fs, FSCONFIG_SET_STRING, "size", "0") && /* no limit */
	    !configure(fs, FSCONFIG_SET_STRING, "mode", "0700") &&
	    !configure(fs, FSCONFIG_SET_STRING, "huge", "advise") &&
	    !configure(fs, FSCONFIG_CMD_CREATE, NULL, NULL))
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
				     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close(fs);
	return mount;
}

int accel_file_create_huge(uint64_t bytes)
{
	int mount = may_be(bytes) && !tern_fault_hit() ? mount_tmpfs() : -1;
	if (mount < 0)
		return -EPERM;
	int fd = openat(mount, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int error = -errno;
	close(mount);
	return fd < 0 ? error : set_size(fd, bytes);
}
