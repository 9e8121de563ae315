/* SPDX-License-Identifier: MIT */
#include "svm/message.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/uio.h>

#include "svm/raw.h"

#define LINE 240u

struct line {
	char text[LINE + 1];
	unsigned length;
};

static void add(struct line *l, char c)
{
	if (l->length < LINE)
		l->text[l->length++] = c;
}

static void add_text(struct line *l, const char *s)
{
	while (*s)
		add(l, *s++);
}

static void add_number(struct line *l, uint64_t v, unsigned base)
{
	char digits[24];
	unsigned n = 0;
	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		add(l, digits[--n]);
}

static void add_argument(struct line *l, char kind, va_list *arguments)
{
	if (kind == 's') {
		add_text(l, va_arg(*arguments, const char *));
	} else if (kind == 'u') {
		add_number(l, va_arg(*arguments, unsigned), 10);
	} else if (kind == 'x') {
		add_text(l, "0x");
		add_number(l, va_arg(*arguments, uint64_t), 16);
	} else if (kind == 'd') {
		int v = va_arg(*arguments, int);
		if (v < 0)
			add(l, '-');
		add_number(l, (uint64_t)(v < 0 ? -(int64_t)v : v), 10);
	}
}

/*
 * Whoever reads them may wait for the engine: they are lost where a write would block. The second
 * look finds out a pipe that somebody else has filled meanwhile; what can be written to by then is
 * a file, or does not know of RWF_NOWAIT.
 */
static void put(const char *text, size_t bytes)
{
	struct iovec v = {.iov_base = (void *)(uintptr_t)text, .iov_len = bytes};
	struct pollfd out = {.fd = 2, .events = POLLOUT};
	if (raw_poll(&out, 1, 0) != 1 || out.revents != POLLOUT)
		return;
	long r = raw_call(SYS_pwritev2, 2, (long)&v, 1, -1, -1, RWF_NOWAIT);
	if (r != -EAGAIN && r != -EOPNOTSUPP && r != -ENOSYS)
		return;
	if (raw_poll(&out, 1, 0) == 1 && out.revents == POLLOUT)
		raw_write(2, text, bytes);
}

static void say(const char *format, va_list *arguments)
{
	struct line l;
	l.length = 0;
	add_text(&l, "tern: error: ");
	for (; *format; format++) {
		if (*format == '%' && format[1])
			add_argument(&l, *++format, arguments);
		else
			add(&l, *format);
	}
	l.text[l.length] = '\n';
	put(l.text, l.length + 1);
}

static _Atomic bool enabled;

void message_enable(bool on)
{
	atomic_store(&enabled, on);
}

void message(const char *format, ...)
{
	if (!atomic_load(&enabled))
		return;

	va_list arguments;
	va_start(arguments, format);
	say(format, &arguments);
	va_end(arguments);
}

void message_abort(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(format, &arguments);
	va_end(arguments);
	long pid = raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	long tid = raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	uint64_t abort_only = (uint64_t)1 << (SIGABRT - 1);
	raw_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&abort_only, 0, sizeof(abort_only), 0, 0);
	raw_call(SYS_tgkill, pid, tid, SIGABRT, 0, 0, 0);
	for (;;)
		raw_call(SYS_exit_group, 134, 0, 0, 0, 0, 0);
}
