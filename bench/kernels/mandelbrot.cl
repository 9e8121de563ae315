/* SPDX-License-Identifier: MIT */
/* Steps until the point leaves the circle of radius 2: neighbours differ in how long they loop. */
kernel void mandelbrot(global int *steps, const int width, const int height, const int most)
{
	const int px = get_global_id(0), py = get_global_id(1);
	const float cx = px * (3.0f / width) - 2.0f, cy = py * (2.0f / height) - 1.0f;
	float x = 0.0f, y = 0.0f;
	int step = 0;

	while (step < most && x * x + y * y < 4.0f) {
		const float next = x * x - y * y + cx;

		y = 2.0f * x * y + cy;
		x = next;
		step++;
	}
	steps[py * width + px] = step;
}
