/* SPDX-License-Identifier: MIT */
/* The device's part of printf(): see ternc/printf.c and struct tern_printf_buffer in abi.h. */

struct tern_printf_buffer {
	volatile ulong used;
	ulong capacity;
	ulong data[];
};

/* The vectoriser puts in the group's buffer. */
global struct tern_printf_buffer *__tern_printf_buffer(void);

int __tern_printf(const private ulong *record, uint bytes)
{
	global struct tern_printf_buffer *buffer = __tern_printf_buffer();
	if (!buffer)
		return -1;
	ulong at = __sync_fetch_and_add(&buffer->used, (ulong)bytes);
	if (at > buffer->capacity || bytes > buffer->capacity - at)
		return -1;
	for (uint i = 0; i < bytes / 8; i++)
		buffer->data[at / 8 + i] = record[i];
	return 0;
}
