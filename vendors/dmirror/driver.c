/* SPDX-License-Identifier: MIT */
#include "vendors/dmirror/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int kernel_open(unsigned node)
{
	char path[32];
	snprintf(path, sizeof(path), "/dev/hmm_dmirror%u", node);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int kernel_call(int fd, unsigned long request, struct dmirror_request *r)
{
	int result = ioctl(fd, request, r);
	return result < 0 ? -errno : result;
}

static void kernel_close(int fd)
{
	close(fd);
}

const struct dmirror_driver dmirror_kernel = {kernel_open, kernel_call, kernel_close};
