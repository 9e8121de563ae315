/* SPDX-License-Identifier: MIT */
/* Where there is no driver, or no permission, there is no device. */
#include "vendors/dmirror/tests/fake_driver.h"

static int open_error;

static int open_none(unsigned node)
{
	(void)node;
	return -open_error;
}

static void no_call(int fd)
{
	(void)fd;
	EXPECT(!"closed what was not opened");
}

int main(void)
{
	const struct dmirror_driver none = {open_none, fake_call, no_call};
	struct tern_device *devices[DMIRROR_NODES];
	static const int errors[] = {ENOENT, ENXIO, EACCES, EPERM, EMFILE};
	for (size_t i = 0; i < tern_array_size(errors); i++) {
		open_error = errors[i];
		EXPECT(dmirror_probe(&none, devices, DMIRROR_NODES) == 0);
	}
	/* What the kernel has here is found or not: no more is taken than there is room for. */
	EXPECT(tern_dmirror_backend.probe(devices, 0) == 0);
	/* One of two. */
	fake.open_error[0] = EACCES;
	EXPECT(dmirror_probe(&fake_driver, devices, DMIRROR_NODES) == 1);
	EXPECT(devices[0]->caps.host_unified_memory && devices[0]->caps.no_compiler);
	EXPECT(devices[0]->caps.type == CL_DEVICE_TYPE_CUSTOM);
	EXPECT(fake.fds[2] == 0); /* nothing stays open */
	return test_result();
}
