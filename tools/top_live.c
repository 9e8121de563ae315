/* SPDX-License-Identifier: MIT */
/*
 * tern top on a terminal: the alternate screen, keys as they come, the cursor hidden; all of it is
 * undone at the end, before the process stops (^Z), and when a signal ends it. Signals are blocked
 * but while we wait, so a handler only notes what came.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/futex.h"
#include "tools/top.h"

#define REFRESH_NS   1000000000u
#define FIRST_NS     100000000u /* soon, so that there are rates */
#define ENTER_SCREEN "\033[?1049h\033[?25l"
#define LEAVE_SCREEN "\033[?25h\033[?1049l"

static volatile sig_atomic_t got;

static void note(int signal)
{
	/* A change of the window's size must not hide that we are to end. */
	if (!got || signal != SIGWINCH)
		got = signal;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};

static struct termios before;
static bool raw_keys; /* the input is a terminal, as `before` says when we do not use it */
static bool keys;     /* and something may come from there */

static void send(const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(STDOUT_FILENO, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

static void enter(void)
{
	keys = raw_keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
	if (raw_keys) {
		struct termios raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	send(ENTER_SCREEN, strlen(ENTER_SCREEN));
}

static void leave(void)
{
	send(LEAVE_SCREEN, strlen(LEAVE_SCREEN));
	if (raw_keys)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

/* Lines as many and as wide as the window has; bytes of one character count as one. */
static void draw(FILE *out, const char *text, unsigned rows, unsigned columns)
{
	unsigned lines = 0, left = 0;
	fputs("\033[H", out);
	for (const char *p = text; *p; p++)
		left += *p == '\n';
	while (*text && lines < rows) {
		if (lines + 1 == rows && left > 1) {
			fprintf(out, "... %u more lines\033[K", left);
			break;
		}
		unsigned width = 0;
		for (; *text && *text != '\n'; text++) {
			width += ((unsigned char)*text & 0xc0) != 0x80;
			if (width <= columns)
				fputc(*text, out);
		}
		text += *text == '\n';
		left--;
		fputs(++lines < rows ? "\033[K\n" : "\033[K", out);
	}
	fputs("\033[J", out);
}

static void show(const struct tern_top *top)
{
	struct winsize size = {0};
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	unsigned rows = size.ws_row ? size.ws_row : 24, columns = size.ws_col ? size.ws_col : 80;
	char *text = NULL, *screen = NULL;
	size_t bytes = 0, length = 0;
	FILE *out = open_memstream(&text, &bytes);
	if (!out)
		return;
	tern_top_table(top, out);
	if (top->only && !top->count)
		fprintf(out, "\nprocess %d has no commands in Tern, or may not be seen\n",
			(int)top->only);
	(void)fclose(out);
	out = text ? open_memstream(&screen, &length) : NULL;
	if (out) {
		draw(out, text, rows, columns);
		(void)fclose(out);
	}
	if (screen)
		send(screen, length);
	free(screen);
	free(text);
}

static void stop_for_a_while(const sigset_t *unblocked)
{
	leave();
	signal(SIGTSTP, SIG_DFL);
	(void)raise(SIGTSTP); /* it is blocked: it comes now */
	sigset_t ours;
	sigprocmask(SIG_SETMASK, unblocked, &ours);
	sigprocmask(SIG_SETMASK, &ours, NULL);
	signal(SIGTSTP, note);
	enter();
}

/* Whether the user has had enough. */
static bool quit_was_pressed(void)
{
	char c[64];
	ssize_t n = read(STDIN_FILENO, c, sizeof(c));
	if (n <= 0)
		keys = false; /* nobody can press anything any more */
	for (ssize_t i = 0; i < n; i++)
		if (c[i] == 'q' || c[i] == 'Q')
			return true;
	return false;
}

/* Until @due_ns, or something happens. False: it is over. */
static bool wait_until(uint64_t due_ns, const sigset_t *unblocked)
{
	while (!got) {
		uint64_t now = tern_clock_ns();
		if (now >= due_ns)
			return true;
		struct timespec t = {.tv_sec = (time_t)((due_ns - now) / 1000000000u),
				     .tv_nsec = (long)((due_ns - now) % 1000000000u)};
		struct pollfd in = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};
		if (ppoll(&in, 1, &t, unblocked) > 0 && quit_was_pressed())
			return false;
	}
	int signal = got;
	got = 0;
	if (signal == SIGTSTP)
		stop_for_a_while(unblocked);
	return signal == SIGTSTP || signal == SIGCONT || signal == SIGWINCH;
}

int tern_top_live(struct tern_top *top)
{
	sigset_t blocked, unblocked;
	struct sigaction action = {.sa_handler = note};
	sigemptyset(&blocked);
	for (unsigned i = 0; i < tern_array_size(signals); i++) {
		sigaddset(&blocked, signals[i]);
		(void)sigaction(signals[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	enter();
	uint64_t due = tern_clock_ns() + FIRST_NS;
	int error;
	bool again = true;
	do {
		error = tern_top_scan(top);
		if (!error)
			show(top);
		uint64_t now = tern_clock_ns();
		due = tern_max(due, now);
		again = !error;
		/* A new size or coming back is shown at once, with the numbers that there are. */
		while (again && (again = wait_until(due, &unblocked)) && tern_clock_ns() < due)
			show(top);
		due += REFRESH_NS;
	} while (again);
	leave();
	if (error)
		fprintf(stderr, "tern top: %s\n", strerror(-error));
	return error ? 1 : 0;
}
