/* SPDX-License-Identifier: MIT */
#include "svm/uffd.h"

#define FLAGS (O_CLOEXEC | O_NONBLOCK)

/* Asked of the device when the system call is refused: a system may give rights to it by group. */
static int open_any(void)
{
	long fd = raw_call(SYS_userfaultfd, FLAGS, 0, 0, 0, 0, 0);
	if (fd >= 0 || (fd != -EPERM && fd != -ENOSYS))
		return (int)fd;
	long device = raw_open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return (int)fd;
	long made = raw_call(SYS_ioctl, device, (long)USERFAULTFD_IOC_NEW, FLAGS, 0, 0, 0);
	raw_close((int)device);
	return made < 0 ? (int)fd : (int)made;
}

/* UFFDIO_API with features that are not there fails and cannot be repeated on the same one. */
static int ask(uint64_t *features)
{
	int fd = open_any();
	if (fd < 0)
		return fd;
	struct uffdio_api api = {.api = UFFD_API};
	long error = raw_ioctl(fd, UFFDIO_API, &api);
	raw_close(fd);
	*features = api.features;
	return (int)error;
}

int uffd_open(uint64_t needed, uint64_t wanted, uint64_t *have)
{
	uint64_t there;
	int error = ask(&there);
	if (error)
		return error;
	if (needed & ~there)
		return -EOPNOTSUPP;
	struct uffdio_api api = {.api = UFFD_API, .features = needed | (wanted & there)};
	int fd = open_any();
	if (fd < 0)
		return fd;
	*have = api.features;
	error = (int)raw_ioctl(fd, UFFDIO_API, &api);
	if (!error)
		return fd;
	raw_close(fd);
	return error;
}
