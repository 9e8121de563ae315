/* SPDX-License-Identifier: MIT */
/*
 * The accelerator process without the engine and without the commands half: packets are written
 * here, faults are served here.
 */
#include "vendors/accel/tests/process_harness.h"

#include <sys/prctl.h>

#define REGION 0x123400000000ul /* an address that only the device uses */

/* Packets. */

static void executes(void)
{
	uint64_t *out = shared(4096 * 8);
	memset(out, 0xff, 4096 * 8);
	EXPECT(!execute(0, code_of(store), 4096, 7, ARGS((uintptr_t)out)));
	for (unsigned i = 0; i < 4096; i++)
		REQUIRE(out[i] == i);
	out[0] = 0;
	for (unsigned i = 0; i < 2000; i++)
		REQUIRE(!execute(i % ACCEL_SLOTS, code_of(count), i % 37 + 1, i % 5 + 1,
				 ARGS((uintptr_t)out)));
	uint64_t want = 0;
	for (unsigned i = 0; i < 2000; i++)
		want += i % 37 + 1;
	EXPECT(out[0] == want);
	EXPECT(!execute(1, code_of(memories), 1, 1, ARGS((uintptr_t)out)));
	EXPECT(out[0] == 6);
}

static void executes_at_once(void)
{
	uint64_t *out = shared(4096);
	out[0] = 0;
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < ACCEL_SLOTS; i++)
			publish(i, code_of(count), 100, 3, ARGS((uintptr_t)out), 0);
		for (unsigned i = 0; i < ACCEL_SLOTS; i++)
			REQUIRE(finish(i));
	}
	EXPECT(out[0] == 50 * 100 * ACCEL_SLOTS);
}

static void profiles(void)
{
	struct accel_slot *s = &accel_status()->slots[3];
	uint64_t before = tern_clock_ns();
	publish(3, code_of(empty), 10, 1, ARGS(0), ACCEL_PACKET_PROFILED);
	REQUIRE(finish(3));
	uint64_t started = atomic_load(&s->started_ns), ended = atomic_load(&s->ended_ns);
	EXPECT(before <= started && started <= ended && ended <= tern_clock_ns());
}

/* Faults. Each is followed by a packet that must not notice. */

static void still_works(void)
{
	uint32_t *state = shared(64);
	memset(state, 0xff, 8);
	for (unsigned i = 0; i < 8; i++)
		REQUIRE(!execute(i, code_of(state), 1, 1, ARGS((uintptr_t)state)));
	EXPECT((state[0] & ~0x3fu) == 0x1f80 && state[1] == 0);
	executes();
}

static struct accel_fault fails(unsigned slot, uint64_t function, uint64_t groups,
				const struct args *args)
{
	publish(slot, function, groups, 1, args, 0);
	REQUIRE(finish(slot));
	const struct accel_fault *f = &accel_status()->slots[slot].fault;
	EXPECT(atomic_load(&f->taken) && atomic_load(&f->filled));
	EXPECT(atomic_load(&accel_status()->slots[slot].done) == groups);
	return *f;
}

static void fails_by_signal(uint64_t function, int number)
{
	struct accel_fault f = fails(5, function, 1000, ARGS(0));
	EXPECT(f.failure == ACCEL_SIGNALLED && f.why == (uint32_t)number);
	EXPECT(f.unit < accel->options.units && f.group[0] < 1000);
	still_works();
}

static void faults(void)
{
	fails_by_signal(code_of(divide), SIGFPE);
	fails_by_signal(code_of(illegal), SIGILL);
	fails_by_signal(code_of(overflow), SIGSEGV);
	fails_by_signal(code_of(scribble), SIGSEGV);
	fails_by_signal(code_of(registers), SIGFPE);
	fails_by_signal(code_of(getpid), SIGSYS);
	fails_by_signal(TERN_APERTURE_CODE + (32ul << 20), SIGSEGV); /* no code there */
	EXPECT(!execute(2, code_of(modes), 10, 1, ARGS(0)));
	still_works();
}

static void wild_accesses(void)
{
	struct accel_fault f = fails(6, code_of(poke), 3, ARGS(0xffff800000001238, 7));
	EXPECT(f.failure == ACCEL_SIGNALLED && f.why == SIGSEGV && f.write);
	f = fails(6, code_of(poke), 1, ARGS(0x1238, 7));
	EXPECT(f.failure == ACCEL_SIGNALLED && f.address == 0x1238 && f.write);
	f = fails(6, code_of(load), 1, ARGS(TERN_APERTURE_END - 8, 7));
	EXPECT(f.failure == ACCEL_SIGNALLED && f.address == TERN_APERTURE_END - 8 && !f.write);
	f = fails(6, code_of(poke), 1, ARGS(TERN_APERTURE_COMMANDS, 7)); /* read-only */
	EXPECT(f.failure == ACCEL_SIGNALLED && f.address == TERN_APERTURE_COMMANDS && f.write);
	f = fails(6, code_of(poke), 1, ARGS(code_of(poke), 7)); /* likewise */
	EXPECT(f.failure == ACCEL_SIGNALLED && f.address == code_of(poke) && f.write);
	f = fails(6, code_of(load), 1, ARGS(TERN_APERTURE_SHARED + TERN_APERTURE_SHARED_BYTES, 7));
	EXPECT(f.failure == ACCEL_SIGNALLED && f.why == SIGSEGV);
	f = fails(6, code_of(poke), 1, ARGS(0x8000000000000000, 7)); /* not canonical */
	EXPECT(f.failure == ACCEL_SIGNALLED && f.why == SIGSEGV && !f.address);
	still_works();
}

static unsigned unit_of(unsigned slot)
{
	for (;;)
		for (unsigned u = 0; u < accel->options.units; u++)
			if (atomic_load(&accel_status()->units[u].slot) == slot + 1)
				return u;
}

/* As often as it takes: a unit may have claimed groups and not have said so yet. */
static void interrupt_all(unsigned slot, uint32_t why)
{
	uint64_t bit = UINT64_C(1) << slot;
	while (!(atomic_load(&accel_status()->completed) & bit)) {
		for (unsigned u = 0; u < accel->options.units; u++)
			accel_process_interrupt(accel, u, slot, accel_generation(slot),
						ACCEL_ABORTED, why, 0x88, true);
		usleep(100);
	}
}

static void interrupts(void)
{
	for (unsigned i = 0; i < 20; i++) {
		publish(9, code_of(spin), 100, 1, ARGS(0), 0);
		unsigned u = unit_of(9);
		accel_process_interrupt(accel, u, 8, accel_generation(8), ACCEL_ABORTED, 1, 2,
					false); /* another slot */
		interrupt_all(9, 77);
		REQUIRE(finish(9));
		struct accel_fault *f = &accel_status()->slots[9].fault;
		EXPECT(f->failure == ACCEL_ABORTED && f->why == 77 && f->address == 0x88 &&
		       f->write);
		EXPECT(atomic_load(&accel_status()->slots[9].done) == 100);
	}
	still_works();
}

/* Interrupts for what has ended hit nothing, however many there are. */
static void late_interrupts(void)
{
	uint64_t *out = shared(64);
	*out = 0;
	for (unsigned i = 0; i < 3000; i++) {
		publish(9, code_of(count), 4, 1, ARGS((uintptr_t)out), 0);
		struct accel_unit *u = &accel_status()->units[i % accel->options.units];
		/* what accel_process_interrupt() does, but for an old packet */
		atomic_store(&u->kill_target,
			     (accel_commands()->packets[9].generation - 1) << 8 | 10);
		syscall(SYS_tgkill, accel->helper.pid, accel->tids[i % accel->options.units],
			SIGUSR1);
		REQUIRE(finish(9));
		REQUIRE(!atomic_load(&accel_status()->slots[9].fault.taken));
	}
	EXPECT(*out == 12000);
}

/* The process' end. */

static void killed(void)
{
	uint32_t before = atomic_load(&accel->incarnation);
	pid_t pid = accel->helper.pid;
	publish(4, code_of(spin), 1, 1, ARGS(0), 0);
	unit_of(4);
	if (accel->options.units % 2)
		kill(pid, SIGKILL);
	else
		accel_process_kill(accel);
	for (unsigned i = 0; i < 1000 && atomic_load(&accel->alive); i++)
		usleep(1000);
	REQUIRE(!atomic_load(&accel->alive));
	accel_process_interrupt(accel, 0, ACCEL_SLOTS, 0, ACCEL_ABORTED, 0, 0, false);
	uint64_t function = code_add(blob_count, blob_count_end); /* while none runs */
	REQUIRE(!accel_launch_again(accel));
	EXPECT(atomic_load(&accel->incarnation) == before + 1 && accel->helper.pid != pid);
	uint64_t *out = shared(64);
	*out = 0;
	EXPECT(!execute(4, function, 5, 1, ARGS((uintptr_t)out)) && *out == 5);
	code_remove(function);
	struct accel_fault f = fails(6, function, 1, ARGS((uintptr_t)out));
	EXPECT(f.failure == ACCEL_SIGNALLED && f.why == SIGSEGV);
	still_works();
}

/* A kernel that writes over STATUS harms the device at most. */
static void damaged_status(void)
{
	execute(7, code_of(poke), 1, 1,
		ARGS((uintptr_t)&accel_status()->units[0].tid, 0x0000000100000001));
	for (unsigned i = 0; i < 8; i++)
		EXPECT(!execute(i, code_of(empty), 10, 1, ARGS(0)));
	publish(9, code_of(spin), 1, 1, ARGS(0), 0);
	interrupt_all(9, 1);
	REQUIRE(finish(9));
}

__attribute__((unused)) static void parent_dies(bool by_exec)
{
	int pipe_fds[2], status;
	pid_t device = 0;
	REQUIRE(!pipe(pipe_fds));
	pid_t child = fork();
	if (!child) {
		accel_process_forget(accel);
		REQUIRE(!harness_start(system_mode, 1));
		EXPECT(!execute(0, code_of(empty), 1, 1, ARGS(0)));
		if (write(pipe_fds[1], &accel->helper.pid, sizeof(pid_t)) != sizeof(pid_t))
			_exit(1);
		if (by_exec)
			execl("/bin/true", "true", NULL);
		raise(SIGKILL);
	}
	close(pipe_fds[1]);
	REQUIRE(read(pipe_fds[0], &device, sizeof(device)) == sizeof(device));
	waitpid(child, &status, 0);
	close(pipe_fds[0]);
	EXPECT(process_ends(device));
}

/* A stray copy of the socket does not keep the process: a fork()'s child that lives on has one. */
__attribute__((unused)) static void parent_dies_and_child_lives(void)
{
	int pipe_fds[2], status;
	pid_t pids[2] = {0};
	REQUIRE(!pipe(pipe_fds));
	pid_t child = fork();
	if (!child) {
		accel_process_forget(accel);
		REQUIRE(!harness_start(system_mode, 1));
		pids[0] = accel->helper.pid;
		pids[1] = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (!pids[1])
			for (;;)
				pause();
		if (write(pipe_fds[1], pids, sizeof(pids)) != sizeof(pids))
			_exit(1);
		raise(SIGKILL);
	}
	close(pipe_fds[1]);
	REQUIRE(read(pipe_fds[0], pids, sizeof(pids)) == sizeof(pids));
	waitpid(child, &status, 0);
	close(pipe_fds[0]);
	EXPECT(process_ends(pids[0]));
	kill(pids[1], SIGKILL);
}

/* The program is undisturbed: no child, no descriptor that an exec() would keep. */
enum { FDS = 256 };
static bool inherited[FDS];
static pid_t hanging; /* a child of ours */
static void disturbs_nothing(void)
{
	siginfo_t info = {0};
	EXPECT(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid ||
	       info.si_pid == hanging);
	for (int fd = 3; fd < FDS; fd++) {
		int flags = fcntl(fd, F_GETFD);
		EXPECT(flags < 0 || (flags & FD_CLOEXEC) || inherited[fd]);
	}
}

/* Memory. */

static pthread_mutex_t engine_lock = PTHREAD_MUTEX_INITIALIZER;

static void *serve(void *arg)
{
	(void)arg;
	while (!atomic_load(&engine.quit)) {
		struct tern_devmem_fault faults[8];
		struct pollfd on[2] = {{.events = POLLIN}, {.events = POLLIN}};
		int fds[2];
		ops->poll_fds(devmem, fds);
		on[0].fd = fds[0], on[1].fd = fds[1];
		poll(on, 2, 20);
		pthread_mutex_lock(&engine_lock);
		int n = ops->faults(devmem, faults, 8);
		for (int i = 0; i < n; i++) {
			uint64_t page = faults[i].address & ~(TERN_PAGE - 1);
			engine.seen.faults++;
			engine.seen.last = faults[i];
			if (atomic_load(&engine.refuse))
				ops->refuse(devmem, &faults[i], TERN_REFUSED_READ_ONLY);
			else if (engine.read_only && faults[i].write) {
				engine.seen.upgrades++;
				EXPECT(!ops->unprotect(devmem, page, TERN_PAGE));
			} else if (ops->fill(devmem, page, TERN_PAGE, engine.source,
					     engine.read_only ? 0 : TERN_FILL_WRITABLE) < 0)
				ops->wake(devmem, page, TERN_PAGE);
		}
		pthread_mutex_unlock(&engine_lock);
	}
	return NULL;
}

static pthread_t engine_start(const void *source, bool read_only, bool refuse)
{
	pthread_t thread;
	memset(&engine, 0, sizeof(engine));
	engine.source = source;
	engine.read_only = read_only;
	engine.refuse = refuse;
	REQUIRE(!pthread_create(&thread, NULL, serve, NULL));
	return thread;
}

static void engine_stop(pthread_t thread)
{
	atomic_store(&engine.quit, true);
	pthread_join(thread, NULL);
}

static uint64_t device_load(uint64_t address)
{
	uint64_t *out = shared(64);
	*out = 0;
	EXPECT(!execute(0, code_of(load), 1, 1, ARGS(address, (uintptr_t)out)));
	return *out;
}

/* What happened to the served process is known once the lock has been held. */
static struct seen seen(void)
{
	pthread_mutex_lock(&engine_lock);
	struct seen now = engine.seen;
	pthread_mutex_unlock(&engine_lock);
	return now;
}

static void refuses(uint64_t *source)
{
	pthread_t thread = engine_start(source, true, true);
	for (unsigned i = 0; i < 50; i++) {
		struct accel_fault f = fails(5, code_of(poke), 200, ARGS(REGION + 0x18, 1));
		EXPECT(f.failure == ACCEL_REFUSED && f.why == TERN_REFUSED_READ_ONLY);
		EXPECT(f.address == REGION + 0x18 && f.write);
	}
	engine_stop(thread);
}

static void demand_faults(void)
{
	uint64_t *source = tern_pinned_alloc(TERN_PAGE);
	REQUIRE(source);
	source[1] = 4711;
	pthread_t thread = engine_start(source, false, false);
	EXPECT(device_load(REGION + 8) == 4711);
	struct tern_devmem_fault last = seen().last;
	EXPECT(seen().faults == 1 && last.address == REGION + 8);
	EXPECT(!last.write && last.owner == 0 && (last.token & 0xff) < accel->options.units);
	EXPECT(device_load(REGION + 8) == 4711 && seen().faults == 1);
	EXPECT(!execute(3, code_of(poke), 1, 1, ARGS(REGION + 8, 9)));
	engine_stop(thread);
	EXPECT(((uint64_t *)ops->window(devmem, REGION))[1] == 9);
	EXPECT(!ops->drop(devmem, REGION, TERN_PAGE));
	thread = engine_start(source, true, false);
	EXPECT(device_load(REGION + 8) == 4711 && seen().faults == 1);
	EXPECT(!execute(3, code_of(poke), 1, 1, ARGS(REGION + 8, 10)));
	last = seen().last;
	EXPECT(seen().upgrades == 1 && last.write && last.owner == 3);
	EXPECT(device_load(REGION + 8) == 10);
	engine_stop(thread);
	EXPECT(!ops->drop(devmem, REGION, TERN_PAGE));
	refuses(source);
	tern_pinned_free(source, TERN_PAGE);
	still_works();
}

static uint64_t device_sum(uint64_t address, uint64_t bytes)
{
	uint64_t *out = shared(64);
	EXPECT(!execute(0, code_of(sum), 1, 1, ARGS(address, bytes, (uintptr_t)out)));
	return *out;
}

static void bulk(void)
{
	uint64_t *source = tern_pinned_alloc(TERN_CHUNK), want = 0;
	const uint64_t va = REGION + TERN_CHUNK * 5, all = TERN_CHUNK;
	REQUIRE(source);
	for (uint64_t i = 0; i < TERN_CHUNK / 8; i++)
		source[i] = i * 3 + 1;
	for (uint64_t i = 0; i < TERN_CHUNK / 8; i += 64)
		want += source[i];
	for (unsigned round = 0; round < 3; round++) { /* cold, then warm */
		EXPECT(ops->fill(devmem, va, all, source, TERN_FILL_WRITABLE) == (int64_t)all);
		EXPECT(ops->fill(devmem, va, all, source, TERN_FILL_WRITABLE) == -EEXIST);
		EXPECT(device_sum(va, all) == want);
		EXPECT(!ops->protect(devmem, va, all) && !ops->unprotect(devmem, va, all));
		EXPECT(!memcmp(ops->window(devmem, va), source, all));
		EXPECT(ops->trim(devmem, 0) == 0);
		EXPECT(!ops->unmap(devmem, va, all));
		EXPECT(!memcmp(ops->window(devmem, va), source, all));
		EXPECT(ops->trim(devmem, 0) == all);
		EXPECT(!ops->drop(devmem, va, all));
		EXPECT(ops->trim(devmem, 0) == all);
	}
	/* a part that is there ends a fill; zeros; read-only */
	EXPECT(ops->fill(devmem, va + 16 * TERN_PAGE, TERN_PAGE, NULL, 0) == (int64_t)TERN_PAGE);
	EXPECT(ops->fill(devmem, va, all, source, 0) == (int64_t)(16 * TERN_PAGE));
	EXPECT(ops->fill(devmem, va + 17 * TERN_PAGE, all - 17 * TERN_PAGE, NULL, 0) ==
	       (int64_t)(all - 17 * TERN_PAGE));
	want = 0;
	for (uint64_t i = 0; i < 16 * TERN_PAGE / 8; i += 64)
		want += source[i];
	EXPECT(device_sum(va, all) == want);
	EXPECT(ops->trim(devmem, 0) == 0);
	EXPECT(!ops->drop(devmem, va, 8 * TERN_PAGE)); /* punched */
	EXPECT(ops->trim(devmem, 0) == 0);
	EXPECT(!ops->drop(devmem, va + 8 * TERN_PAGE, all - 8 * TERN_PAGE));
	EXPECT(ops->trim(devmem, 0) == all - 8 * TERN_PAGE);
	EXPECT(ops->trim(devmem, 10 * TERN_PAGE) == 10 * TERN_PAGE);
	EXPECT(ops->trim(devmem, UINT64_MAX / 2) == all - 18 * TERN_PAGE);
	EXPECT(ops->trim(devmem, 0) == 0 && file_pages(accel->fds[ACCEL_FD_VRAM]) == 0);
	EXPECT(!ops->window(devmem, UINT64_C(1) << 47));
	tern_pinned_free(source, TERN_CHUNK);
}

/* A part of a huge page is protected or taken: of the rest the engine hears nothing. */
static void parts(void)
{
	uint64_t *source = tern_pinned_alloc(TERN_CHUNK), *out = shared(64), want = 0;
	const uint64_t va = REGION + TERN_CHUNK * 12, all = TERN_CHUNK;
	REQUIRE(source);
	for (uint64_t i = 0; i < TERN_CHUNK / 8; i++)
		source[i] = i + 5;
	for (uint64_t i = 0; i < TERN_CHUNK / 8; i += 64)
		want += source[i];
	for (unsigned round = 0; round < 3; round++) {
		EXPECT(ops->fill(devmem, va, all, source, TERN_FILL_WRITABLE) == (int64_t)all);
		EXPECT(!ops->protect(devmem, va + 40 * TERN_PAGE, TERN_PAGE));
		pthread_t thread = engine_start(source, true, false);
		EXPECT(device_sum(va, all) == want && !seen().faults);
		EXPECT(!execute(3, code_of(poke), 1, 1, ARGS(va + 39 * TERN_PAGE, 1)));
		EXPECT(!seen().faults);
		EXPECT(!execute(3, code_of(poke), 1, 1, ARGS(va + 40 * TERN_PAGE, 1)));
		EXPECT(seen().faults == 1 && seen().upgrades == 1);
		pthread_mutex_lock(&engine_lock);
		EXPECT(!ops->protect(devmem, va, all));
		pthread_mutex_unlock(&engine_lock);
		EXPECT(!execute(3, code_of(load), 1, 1, ARGS(va + 39 * TERN_PAGE, (uintptr_t)out)));
		EXPECT(*out == 1 && seen().faults == 1);
		pthread_mutex_lock(&engine_lock);
		EXPECT(!ops->drop(devmem, va + 100 * TERN_PAGE, TERN_PAGE));
		pthread_mutex_unlock(&engine_lock);
		EXPECT(!execute(3, code_of(load), 1, 1, ARGS(va + 99 * TERN_PAGE, (uintptr_t)out)));
		EXPECT(*out == source[99 * 512] && seen().faults == 1);
		EXPECT(!execute(3, code_of(load), 1, 1,
				ARGS(va + 100 * TERN_PAGE, (uintptr_t)out)));
		EXPECT(*out == source[0] && seen().faults == 2);
		engine_stop(thread);
		EXPECT(!ops->drop(devmem, va, all));
	}
	tern_pinned_free(source, TERN_CHUNK);
}

/* unmap() that was announced: the device has what it accesses in between, and nothing afterwards.
 */
static void announced(void)
{
	uint64_t *source = tern_pinned_alloc(TERN_CHUNK), *copy = tern_pinned_alloc(TERN_PAGE);
	const uint64_t va = REGION + TERN_CHUNK * 14, all = TERN_CHUNK;
	const unsigned flags = TERN_FILL_WRITABLE | TERN_FILL_STREAM;
	REQUIRE(source && copy);
	for (uint64_t i = 0; i < TERN_CHUNK / 8; i++)
		source[i] = i * 7 + 1;
	for (unsigned round = 0; round < 8; round++) {
		bool touched = round & 1, other = round & 2, shown = round & 4;
		EXPECT(ops->fill(devmem, va, all, source, flags) == (int64_t)all);
		EXPECT(ops->fill(devmem, va + all, all, source, flags) == (int64_t)all);
		ops->unmap_soon(devmem, va);
		ops->unmap_soon(devmem, va + all); /* one at a time: without effect */
		pthread_t thread = engine_start(source, false, false);
		if (touched)
			EXPECT(!execute(3, code_of(poke), 1, 1, ARGS(va + 99 * TERN_PAGE, 12)));
		EXPECT(!seen().faults);
		engine_stop(thread);
		if (shown) { /* an entry that was made meanwhile goes, too */
			EXPECT(!ops->hide(devmem, va + 50 * TERN_PAGE, TERN_PAGE));
			EXPECT(!ops->show(devmem, va + 50 * TERN_PAGE, TERN_PAGE,
					  TERN_FILL_WRITABLE));
		}
		if (other)
			EXPECT(!ops->unmap(devmem, va + all, all));
		EXPECT(!ops->unmap(devmem, va, all));
		EXPECT(((uint64_t *)ops->window(devmem, va))[99 * 512] ==
		       (touched ? 12 : source[99 * 512]));
		EXPECT(!ops->read(devmem, va + 98 * TERN_PAGE, TERN_PAGE, copy));
		EXPECT(!memcmp(copy, source + 98 * 512, TERN_PAGE));
		thread = engine_start(source, false, false);
		EXPECT(device_load(va + 99 * TERN_PAGE) == source[0]);
		EXPECT(device_load(va + 100 * TERN_PAGE) == source[0] && seen().faults == 2);
		EXPECT(device_load(va + 50 * TERN_PAGE) == source[0] && seen().faults == 3);
		engine_stop(thread);
		EXPECT(!ops->drop(devmem, va, all) && !ops->drop(devmem, va + all, all));
	}
	tern_pinned_free(source, TERN_CHUNK);
	tern_pinned_free(copy, TERN_PAGE);
}

/* What a dead process had stays readable; every operation says that it is dead. */
static void dies_with_memory(void)
{
	uint64_t *source = tern_pinned_alloc(TERN_CHUNK);
	const uint64_t va = REGION + TERN_CHUNK * 9, all = TERN_CHUNK;
	REQUIRE(source);
	memset(source, 0x5a, all);
	EXPECT(ops->fill(devmem, va, all, source, TERN_FILL_WRITABLE) == (int64_t)all);
	EXPECT(!execute(3, code_of(poke), 1, 1, ARGS(va + 80, 12)));
	accel_process_kill(accel);
	for (unsigned i = 0; i < 5000 && atomic_load(&accel->alive); i++)
		usleep(1000);
	REQUIRE(!atomic_load(&accel->alive));
	struct tern_devmem_fault fault;
	EXPECT(ops->faults(devmem, &fault, 1) == -ENODEV);
	EXPECT(ops->protect(devmem, va, all) == -ENODEV);
	EXPECT(ops->fill(devmem, va + all, all, source, 0) == -ENODEV);
	EXPECT(ops->unmap(devmem, va, all) == -ENODEV);
	EXPECT(((uint64_t *)ops->window(devmem, va))[10] == 12);
	REQUIRE(!accel_launch_again(accel));
	EXPECT(ops->trim(devmem, 0) >= all);
	EXPECT(ops->fill(devmem, va, all, source, TERN_FILL_WRITABLE) == (int64_t)all);
	EXPECT(device_load(va + 80) == 0x5a5a5a5a5a5a5a5a);
	EXPECT(!ops->drop(devmem, va, all));
	tern_pinned_free(source, TERN_CHUNK);
}

/* Programs that are no accelerator process: an error in bounded time, and nothing is left. */
static pid_t starts_badly(const char *program, const char *script, int expected)
{
	pid_t child = fork();
	if (child)
		return child;
	char path[64] = "/tmp/tern-process-test-XXXXXX";
	if (script) {
		int fd = mkstemp(path);
		bool good = fd >= 0 && !fchmod(fd, 0700) &&
			    write(fd, script, strlen(script)) == (ssize_t)strlen(script);
		close(fd);
		program = good ? path : "";
	}
	setenv("TERN_ACCEL_PROCESS", program, 1);
	int error = harness_start(0, 2);
	if (script)
		unlink(path);
	if (error == -EPIPE && expected == -EPROTO)
		error = expected; /* it ended at once */
	if (error != expected)
		fprintf(stderr, "%s: error %d\n", program, error);
	_exit(error != expected || accel->helper.pidfd >= 0 || atomic_load(&accel->alive));
}

static bool succeeds(pid_t child)
{
	int status;
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Every allocation and system call fails once: no process is left, and the next start works. */
static void fails_to_start(void)
{
	bool failed = true;
	for (unsigned n = 1; failed; n++) {
		REQUIRE(n < 1000);
		tern_fault_arm(n, false);
		failed = harness_start(system_mode, 2);
		tern_fault_arm(0, false);
		EXPECT(!failed || (accel->helper.pidfd < 0 && accel->socket < 0));
		if (failed)
			continue;
		EXPECT(!execute(0, code_of(empty), 1, 1, ARGS(0)));
		harness_stop();
		failed = tern_fault_count() >= n;
	}
	disturbs_nothing();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "measure"))
		return measure();
	hanging = starts_badly(NULL, "#!/bin/sh\nsleep 60\n", -ETIMEDOUT);
	static const unsigned unit_counts[] = {1, 2, 5};
	EXPECT(succeeds(starts_badly("/bin/true", NULL, -EPIPE)));
	EXPECT(succeeds(starts_badly("/nowhere", NULL, -ENOENT)));
	EXPECT(succeeds(starts_badly(NULL, "no program", -ENOEXEC)));
	EXPECT(succeeds(starts_badly(NULL, "#!/bin/sh\necho hello >&3\n", -EPROTO)));
	for (int fd = 0; fd < FDS; fd++)
		inherited[fd] = fcntl(fd, F_GETFD) >= 0;
	for (int mode = 0; mode < 2; mode++) {
		for (unsigned i = 0; i < tern_array_size(unit_counts); i++) {
			if (harness_start(mode, unit_counts[i])) {
				printf("skipped: no accelerator process%s\n",
				       mode ? " with userfaultfd" : "");
				return 77;
			}
			disturbs_nothing();
			executes();
			executes_at_once();
			profiles();
			faults();
			wild_accesses();
			interrupts();
			late_interrupts();
			killed();
			if (mode) {
				demand_faults();
				bulk();
				parts();
				announced();
				dies_with_memory();
			}
			damaged_status();
			pid_t pid = accel->helper.pid;
			harness_stop();
			EXPECT(process_ends(pid));
		}
		fails_to_start();
#ifndef __SANITIZE_THREAD__ /* it allows no threads in a child */
		parent_dies(false);
		parent_dies(true);
		parent_dies_and_child_lives();
#endif
	}
	EXPECT(succeeds(hanging));
	return test_result();
}
