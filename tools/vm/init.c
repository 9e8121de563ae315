/* SPDX-License-Identifier: MIT */
/*
 * DOC: the first process of the VM of the label kernel-hmm. tools/vm/boot starts it.
 *
 * The host's root comes read-only over 9P, tag "root", and is the lower part of an overlay whose
 * upper part is memory: programs run on the host's files as they are, and what they write is gone
 * at the end. A second folder, tag "out", is theirs to write, at /run/tern-vm. The shell script
 * "command" in it is executed with ttyS1 as its output, and what it ended with is written to
 * "status": a number as $? would have it. Then the machine is switched off. What goes wrong before
 * is said on the console, ttyS0, and there is no status.
 *
 * Nodes of the kernel's HMM test driver, /dev/hmm_dmirror<N>, are made here: the kernel has no
 * class for them, so devtmpfs does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define OUT "/run/tern-vm"

static _Noreturn void off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	_exit(1); /* the kernel panics, which ends QEMU */
}

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	fputs("tern-vm: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, ": %s\n", strerror(error));
	va_end(args);
	off();
}

struct mounting {
	const char *what, *where, *type, *options;
	unsigned long flags;
};

#define NINEP "trans=virtio,version=9p2000.L,msize=524288"

/* cache=loose: nobody changes the host's files while the VM runs. The results are looked at by the
 * host, and not kept back. */
static const struct mounting outside[] = {
	{"root", "/lower", "9p", NINEP ",cache=loose", MS_RDONLY},
	{"upper", "/upper", "tmpfs", "mode=0755", 0},
	{NULL, NULL, NULL, NULL, 0},
};

static const struct mounting inside[] = {
	{"overlay", "/root", "overlay", "lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work",
	 0},
	{"proc", "/root/proc", "proc", "", 0},
	{"sys", "/root/sys", "sysfs", "", 0},
	{"debug", "/root/sys/kernel/debug", "debugfs", "", 0},
	{"dev", "/root/dev", "devtmpfs", "", 0},
	{"shm", "/root/dev/shm", "tmpfs", "mode=1777", 0},
	{"pts", "/root/dev/pts", "devpts", "", 0},
	{"run", "/root/run", "tmpfs", "mode=0755", 0},
	{"out", "/root" OUT, "9p", NINEP ",cache=none", 0},
	{NULL, NULL, NULL, NULL, 0},
};

static void make_folder(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		die("cannot make %s", path);
}

static void mount_all(const struct mounting *m)
{
	for (; m->what; m++) {
		make_folder(m->where);
		if (mount(m->what, m->where, m->type, m->flags, m->options))
			die("cannot mount %s", m->where);
	}
}

/* The driver's major number, or 0. */
static unsigned driver_major(void)
{
	FILE *devices = fopen("/proc/devices", "re");
	char line[128], name[64];
	unsigned number, found = 0;

	if (!devices)
		die("cannot read /proc/devices");
	while (fgets(line, sizeof line, devices))
		if (sscanf(line, "%u %63s", &number, name) == 2 && !strcmp(name, "HMM_DMIRROR"))
			found = number;
	fclose(devices);
	return found;
}

static void make_nodes(void)
{
	unsigned major = driver_major();

	for (unsigned i = 0; major && i < 4; i++) {
		char path[64];

		snprintf(path, sizeof path, "/dev/hmm_dmirror%u", i);
		if (mknod(path, S_IFCHR | 0666, makedev(major, i)) && errno != EEXIST)
			die("cannot make %s", path);
		if (chmod(path, 0666))
			die("cannot chmod %s", path);
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd < 0 && errno == ENXIO) { /* no memory was set aside for it */
			unlink(path);
			continue;
		}
		if (fd < 0)
			die("cannot open %s", path);
		close(fd);
	}
}

/* The serial line as it is: no newline becomes two characters. */
static void use_line(void)
{
	int fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY);
	struct termios how;

	if (fd < 0 || tcgetattr(fd, &how))
		die("cannot open /dev/ttyS1");
	cfmakeraw(&how);
	cfsetspeed(&how, B115200);
	if (tcsetattr(fd, TCSANOW, &how))
		die("cannot set /dev/ttyS1");
	int nothing = open("/dev/null", O_RDONLY);

	if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		die("cannot redirect");
	close(nothing);
	close(fd);
}

static int status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* Runs the command; whatever else loses its parent meanwhile is reaped too. */
static int run_command(void)
{
	pid_t child = fork(), dead;
	int status;

	if (child < 0)
		die("cannot fork");
	if (child == 0) {
		setsid();
		use_line();
		execl("/bin/sh", "sh", OUT "/command", (char *)NULL);
		die("cannot execute /bin/sh");
	}
	do
		dead = wait(&status);
	while (dead != child);
	return status_of(status);
}

static void write_status(int status)
{
	int fd = open(OUT "/status", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || dprintf(fd, "%d\n", status) < 0 || close(fd))
		die("cannot write the status");
}

int main(void)
{
	static const char *const environment[][2] = {
		{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		{"HOME", "/tmp"},
		{"TERN_VM", "1"},
	};

	if (getpid() != 1) {
		fputs("tern-vm: this is the first process of a virtual machine\n", stderr);
		return 2;
	}
	umask(022);
	mount_all(outside);
	make_folder("/upper/files");
	make_folder("/upper/work");
	mount_all(inside);
	if (chroot("/root") || chdir("/"))
		die("cannot change the root");
	make_nodes();
	for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
		if (setenv(environment[i][0], environment[i][1], 1))
			die("cannot set %s", environment[i][0]);
	write_status(run_command());
	off();
}
