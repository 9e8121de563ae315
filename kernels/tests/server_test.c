/* SPDX-License-Identifier: MIT */
/* The compile server seen from the application: started, hanging, lying, dying, forked away. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernels/tests/fake_server.h"
#include "runtime/base/futex.h"

static _Atomic int signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static bool alive(pid_t pid)
{
	char path[64], state = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 0;
	fclose(f);
	return state && state != 'Z' && state != 'X';
}

/* False if it does not end within a few seconds. */
static bool ends(pid_t pid)
{
	for (int i = 0; i < 500 && alive(pid); i++)
		usleep(10000);
	return !alive(pid);
}

static pid_t server_pid(void)
{
	char log[64];
	EXPECT(fake_status("pid", log, sizeof(log)) == TERN_BUILD_OK);
	return atoi(log);
}

static void answers(void)
{
	char log[4096], here[PATH_MAX];
	struct tern_build_result r = fake_build("good");
	struct tern_module *module;
	int value = 0;
	int *args[] = {&value};
	REQUIRE(r.status == TERN_BUILD_OK && r.code);
	EXPECT(!strcmp(r.log, "warning: good") && !r.from_cache);
	REQUIRE(!tern_module_load(r.code, NULL, &module));
	EXPECT(tern_module_code(module) == r.code);
	fake_drop(&r);
	tern_module_function(module, 0)(args, NULL, 0, 0, 0);
	EXPECT(value == TEST_IMAGE_VALUE);
	tern_module_put(module);
	EXPECT(fake_status("fail", log, sizeof(log)) == TERN_BUILD_FAILED);
	EXPECT(!strcmp(log, "warning: fail"));
	EXPECT(fake_status("options", NULL, 0) == TERN_BUILD_INVALID_OPTIONS);
	EXPECT(fake_status("directory", log, sizeof(log)) == TERN_BUILD_OK);
	EXPECT(getcwd(here, sizeof(here)) && !strcmp(here, log));
	EXPECT(server_pid() == server_pid()); /* it stays */
}

static void surroundings(void)
{
	char log[4096];
	sigset_t set, old;
	int extra = open("/dev/null", O_RDONLY); /* not close-on-exec */
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	tern_kernels_finish(); /* so that one is started now */
	EXPECT(fake_status("surroundings", log, sizeof(log)) == TERN_BUILD_OK);
	test_checks++;
	if (strcmp(log, "fd0 fd1 fd2 fd3 core0 session1 env") != 0) {
		test_failures++;
		fprintf(stderr, "the server sees: %s\n", log);
	}
	close(extra);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	EXPECT(sigismember(&set, SIGUSR2) && !sigismember(&set, SIGUSR1)); /* ours is as before */
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
}

/* Programs that no server survives, and the next program, that is fine. */
static void lies_and_deaths(void)
{
	static const struct {
		const char *source, *text;
	} cases[] = {{"die", "died over this program, twice"},
		     {"die", "LLVM ERROR: test"},
		     {"half", "died"},
		     {"garbage", "talked nonsense"},
		     {"huge", "talked nonsense"},
		     {"type", "talked nonsense"},
		     {"trailing", "talked nonsense"},
		     {"badcode", "talked nonsense"},
		     {"nocode", "talked nonsense"},
		     {"kind", "talked nonsense"}};
	char log[4096];
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		pid_t before = server_pid();
		EXPECT(fake_status(cases[i].source, log, sizeof(log)) == TERN_BUILD_CRASHED);
		test_checks++;
		if (!strstr(log, cases[i].text) || strchr(log, '\x1b')) {
			test_failures++;
			fprintf(stderr, "%s: log: %s\n", cases[i].source, log);
		}
		EXPECT(server_pid() != before);
		EXPECT(ends(before));
	}
}

static void tried_again(void)
{
	char folder[PATH_MAX], source[PATH_MAX + 32];
	fake_make_folder(folder);
	snprintf(source, sizeof(source), "die-once %s/flag", folder);
	EXPECT(fake_status(source, NULL, 0) == TERN_BUILD_OK);
	fake_remove_folder(folder);
	/* one that dies between two builds is replaced without a word */
	pid_t pid = server_pid();
	kill(pid, SIGKILL);
	EXPECT(ends(pid));
	EXPECT(server_pid() != pid);
}

static void *build_once(void *source)
{
	return (void *)(uintptr_t)fake_status(source, NULL, 0);
}

static void *kill_later(void *pid)
{
	usleep(100000);
	kill((pid_t)(uintptr_t)pid, SIGKILL);
	return NULL;
}

/* Killed in the middle of a build: nobody notices. */
static void killed_while_building(void)
{
	pthread_t killer;
	pid_t pid = server_pid();
	REQUIRE(!pthread_create(&killer, NULL, kill_later, (void *)(uintptr_t)pid));
	EXPECT(fake_status("slow", NULL, 0) == TERN_BUILD_OK);
	pthread_join(killer, NULL);
	EXPECT(server_pid() != pid);
}

static void several_threads(void)
{
	pthread_t threads[6];
	uint64_t start = tern_clock_ns();
	for (size_t i = 0; i < tern_array_size(threads); i++)
		REQUIRE(!pthread_create(&threads[i], NULL, build_once, (void *)"slow"));
	for (size_t i = 0; i < tern_array_size(threads); i++) {
		void *status;
		pthread_join(threads[i], &status);
		EXPECT((uintptr_t)status == TERN_BUILD_OK);
	}
	EXPECT(tern_clock_ns() - start < 60 * (uint64_t)1000000000);
}

/* TERN_COMPILE_TIMEOUT is 4 here; another thread builds meanwhile if there is a second CPU. */
static void hanging(void)
{
	char log[4096];
	pthread_t thread;
	void *status;
	uint64_t start = tern_clock_ns();
	REQUIRE(!pthread_create(&thread, NULL, build_once, (void *)"good"));
	EXPECT(fake_status("hang", log, sizeof(log)) == TERN_BUILD_TIMEOUT);
	uint64_t seconds = (tern_clock_ns() - start) / 1000000000u;
	EXPECT(seconds >= 4 && seconds < 30);
	EXPECT(strstr(log, "TERN_COMPILE_TIMEOUT"));
	pthread_join(thread, &status);
	EXPECT((uintptr_t)status == TERN_BUILD_OK);
	EXPECT(fake_status("good", NULL, 0) == TERN_BUILD_OK);
}

/* No child of the application's was there, ever. */
static void undisturbed(void)
{
	errno = 0;
	EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	EXPECT(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
	EXPECT(signals == 0);
}

static void in_child(pid_t parents_server, unsigned files)
{
	unsigned now = fake_open_files();
	EXPECT(now < files); /* the socket, the pidfd and the error file are closed */
	pid_t own = server_pid();
	EXPECT(own && own != parents_server);
	EXPECT(server_pid() == own);
	tern_kernels_finish();
	EXPECT(ends(own));
	EXPECT(alive(parents_server));
	_exit(test_failures ? 1 : 0);
}

static void fork_while_it_runs(void)
{
	int status = -1;
	pid_t server = server_pid();
	unsigned files = fake_open_files();
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid)
		in_child(server, files);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	EXPECT(server_pid() == server);
	EXPECT(signals == 1); /* that of this very child */
	signals = 0;
}

static _Atomic bool stop_building;

static void *build_on_and_on(void *unused)
{
	(void)unused;
	while (!stop_building)
		if (fake_status("die", NULL, 0) != TERN_BUILD_CRASHED)
			return (void *)1;
	return NULL;
}

/* fork() while another thread starts and ends servers: no descriptor stays in the children. */
static void fork_while_they_change(void)
{
	pthread_t thread;
	void *wrong;
	server_pid();
	tern_kernels_finish();
	unsigned files = fake_open_files();
	REQUIRE(!pthread_create(&thread, NULL, build_on_and_on, NULL));
	for (int i = 0; i < 50; i++) {
		int status = -1;
		pid_t pid = fork();
		if (!pid)
			_exit(fake_open_files() == files ? 0 : 1);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		usleep(1000);
	}
	stop_building = true;
	pthread_join(thread, &wrong);
	EXPECT(!wrong);
	signals = 0;
}

/* A parent that ends, however it ends, takes its server along. */
static void dies_with_application(void)
{
	int pipe_fds[2], status;
	pid_t server = 0;
	REQUIRE(!pipe(pipe_fds));
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		server = server_pid();
		if (write(pipe_fds[1], &server, sizeof(server)) != sizeof(server))
			_exit(1);
		raise(SIGKILL);
	}
	REQUIRE(read(pipe_fds[0], &server, sizeof(server)) == sizeof(server));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	EXPECT(server > 0 && ends(server));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	signals = 0;
}

/* As a subreaper the application inherits its server: no zombie may stay. */
static void as_subreaper(void)
{
	REQUIRE(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	tern_kernels_finish();
	pid_t pid = server_pid();
	EXPECT(fake_status("die", NULL, 0) == TERN_BUILD_CRASHED);
	server_pid();
	tern_kernels_finish();
	EXPECT(ends(pid));
	errno = 0;
	EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	REQUIRE(!prctl(PR_SET_CHILD_SUBREAPER, 0));
	signals = 0;
}

/* As on an old kernel or under a filter: no close_range(), memfd_create(), pidfd. */
static bool forbid_new_calls(void)
{
	enum { PIDFD = 0x1000 };
	const uint32_t denied = SECCOMP_RET_ERRNO | ENOSYS;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_send_signal, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PIDFD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, denied),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = tern_array_size(code), .filter = code};
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void in_filtered_child(void)
{
	struct rlimit files = {.rlim_cur = 256, .rlim_max = 256};
	if (setrlimit(RLIMIT_NOFILE, &files) || !forbid_new_calls())
		_exit(TEST_SKIP);
	surroundings();
	pid_t pid = server_pid();
	EXPECT(fake_status("die", NULL, 0) == TERN_BUILD_CRASHED);
	EXPECT(ends(pid));
	pid = server_pid();
	EXPECT(fake_status("hang", NULL, 0) == TERN_BUILD_TIMEOUT);
	EXPECT(ends(pid));
	undisturbed();
	pid = server_pid();
	tern_kernels_finish();
	EXPECT(ends(pid));
	_exit(test_failures ? 1 : 0);
}

static void without_new_calls(void)
{
	int status = -1;
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid)
		in_filtered_child();
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	EXPECT(WIFEXITED(status));
	EXPECT(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == TEST_SKIP);
	if (WEXITSTATUS(status) == TEST_SKIP)
		fprintf(stderr, "no right to filter system calls: not tried\n");
	signals = 0;
}

static void failing_calls(void)
{
	int e = -1;
	uint64_t n = 1;
	bool ok = false;
	for (; !ok && n < 10000; n++) {
		struct tern_build_request q = {.operation = TERN_BUILD_BUILD,
					       .options = "",
					       .source = "good",
					       .source_size = 4};
		struct tern_build_result r;
		tern_kernels_finish(); /* so that a server must be started */
		tern_fault_arm(n, false);
		e = tern_kernels_build(&q, &r);
		bool hit = tern_fault_count() >= n;
		tern_fault_arm(0, false);
		EXPECT(e == 0 || e == -ENOMEM);
		if (e)
			continue;
		EXPECT(r.status == TERN_BUILD_OK || r.status == TERN_BUILD_UNAVAILABLE);
		EXPECT((r.status == TERN_BUILD_OK) == (r.code != NULL) && r.log);
		/* without its error file a server works as well */
		ok = !hit && r.status == TERN_BUILD_OK;
		fake_drop(&r);
	}
	EXPECT(ok && n > 10);
}

static void no_descriptors_left(void)
{
	struct rlimit old, few;
	tern_kernels_finish();
	REQUIRE(!getrlimit(RLIMIT_NOFILE, &old));
	few = old;
	int highest = dup(0);
	for (rlim_t n = (rlim_t)highest; n < (rlim_t)highest + 6; n++) {
		few.rlim_cur = n;
		REQUIRE(!setrlimit(RLIMIT_NOFILE, &few));
		struct tern_build_result r = fake_build("good");
		EXPECT(r.status == TERN_BUILD_OK || r.status == TERN_BUILD_UNAVAILABLE);
		fake_drop(&r);
		tern_kernels_finish();
	}
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &old));
	close(highest);
	EXPECT(fake_status("good", NULL, 0) == TERN_BUILD_OK);
}

int main(int argc, char **argv)
{
	fake_server_or_test(argc, argv);
	setenv("TERN_CACHE", "off", 1);
	setenv("TERN_COMPILE_TIMEOUT", "4", 1);
	unsigned files = fake_open_files();
	struct sigaction action = {.sa_handler = on_signal};
	REQUIRE(!sigaction(SIGCHLD, &action, NULL) && !sigaction(SIGPIPE, &action, NULL));
	answers();
	surroundings();
	lies_and_deaths();
	tried_again();
	killed_while_building();
	several_threads();
	hanging();
	undisturbed();
	fork_while_it_runs();
	fork_while_they_change();
	dies_with_application();
	as_subreaper();
	without_new_calls();
	failing_calls();
	no_descriptors_left();
	undisturbed();
	pid_t last = server_pid();
	tern_kernels_finish();
	EXPECT(ends(last));
	EXPECT(fake_open_files() == files);
	return test_result();
}
