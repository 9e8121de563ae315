#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An ordinary PyOpenCL program: knows nothing of Tern."""
import sys

import numpy as np
import pyopencl as cl

SOURCE = """
kernel void saxpy(float a, global const float *x, global float *y)
{
    size_t i = get_global_id(0);
    y[i] = a * x[i] + y[i];
}
"""


def main():
    ctx = cl.create_some_context(interactive=False)
    queue = cl.CommandQueue(ctx)
    rng = np.random.default_rng(1)
    x = rng.random(1000003, dtype=np.float32)
    y = rng.random(1000003, dtype=np.float32)
    flags = cl.mem_flags
    dx = cl.Buffer(ctx, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=x)
    dy = cl.Buffer(ctx, flags.READ_WRITE | flags.COPY_HOST_PTR, hostbuf=y)
    kernel = cl.Program(ctx, SOURCE).build().saxpy
    kernel(queue, x.shape, None, np.float32(2.5), dx, dy)
    result = np.empty_like(y)
    cl.enqueue_copy(queue, result, dy)
    queue.finish()
    worst = float(np.abs(result - (np.float32(2.5) * x + y)).max())
    print(f"PyOpenCL on {ctx.devices[0].name}: saxpy of {x.size} elements, largest error {worst:g}")
    return worst > 1e-6


if __name__ == "__main__":
    sys.exit(main())
