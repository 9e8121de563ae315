/* SPDX-License-Identifier: MIT */
#include "runtime/device.h"

struct tern_devmem *tern_device_memory_get(struct tern_device *device)
{
	const struct tern_device_ops *ops = device->ops;
	struct tern_devmem *memory = ops->memory ? ops->memory(device) : NULL;
	/* Attached while it is started. One that is not stays so. */
	if (!memory || !__atomic_load_n(&memory->engine, __ATOMIC_RELAXED) || ops->start(device))
		return NULL;
	return memory;
}

void tern_device_memory_put(struct tern_device *device)
{
	device->ops->stop(device);
}
