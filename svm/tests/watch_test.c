/* SPDX-License-Identifier: MIT */
/* TERN_TRACE_ACCESSES: what is recorded of a few accesses, one by one; and nothing is lost by it.
 */
#include "runtime/base/trace_read.h"
#include "svm/tests/mirror.h"

enum { PAGES = 96, WINDOW = 16 };

static char *host, *device;

/* What is to be in the trace, in order: side, access, page. */
struct access {
	bool host, write;
	unsigned page;
};
static struct access expected[400];
static unsigned expected_count;

static void expect(bool on_host, bool write, unsigned page)
{
	expected[expected_count++] = (struct access){on_host, write, page};
}

static volatile char *at(char *base, unsigned page)
{
	return base + page * TERN_PAGE + 100;
}

/* @seen: it will be in the trace. */
static void device_read(unsigned page, char value, bool seen)
{
	if (seen)
		expect(false, false, page);
	EXPECT(*at(device, page) == value);
}

static void device_write(unsigned page, char value, bool seen)
{
	if (seen)
		expect(false, true, page);
	*at(device, page) = value;
}

static void host_read(unsigned page, char value, bool seen)
{
	if (seen)
		expect(true, false, page);
	EXPECT(*at(host, page) == value);
}

static void host_write(unsigned page, char value, bool seen)
{
	if (seen)
		expect(true, true, page);
	*at(host, page) = value;
}

static void device_side(void)
{
	device_read(0, 1, true);
	device_read(0, 1, false);
	device_write(0, 2, true);
	device_write(0, 3, false);
	device_write(1, 4, true);
	device_read(1, 4, false);
	/* The first is hidden again when as many others have been shown as the window has. */
	for (unsigned i = 2; i < 2 + WINDOW; i++)
		device_read(i, 1, true);
	device_read(1 + WINDOW, 1, false);
	device_read(0, 3, true);
	device_write(1, 5, true);
}

/* All of the mapping has left the host, and each page comes back alone. */
static void host_side(void)
{
	host_read(0, 3, true);
	host_read(0, 3, false);
	host_write(0, 6, true);
	host_write(0, 7, false);
	host_read(0, 7, false);
	host_write(70, 8, true); /* the device never touched it */
	host_read(70, 8, false);
	host_read(71, 1, true);
	device_read(0, 7, true); /* takes 0, 70 and 71 away again */
	host_read(70, 8, true);
	host_write(71, 9, true);
	device_write(71, 10, true);
	host_read(71, 10, true);
	host_read(70, 8, true);
}

static void random_both(void)
{
	char values[PAGES];
	unsigned seed = 1;
	for (unsigned i = 0; i < PAGES; i++)
		values[i] = *at(host, i);
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned page = (seed >> 16) % PAGES;
		char *side = seed >> 24 & 3 ? device : host;
		EXPECT(*at(side, page) == values[page]);
		if (seed >> 26 & 1)
			*at(side, page) = values[page] = (char)i;
	}
	EXPECT(!madvise(host, 8 * TERN_PAGE, MADV_DONTNEED));
	tern_space_fence();
	for (unsigned i = 0; i < PAGES; i++)
		EXPECT(*at(device, i) == (i < 8 ? 0 : values[i]));
}

static void check_trace(const char *path)
{
	const char *why;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct tern_trace_reader *reader = fd < 0 ? NULL : tern_trace_reader_open(fd, &why);
	struct tern_trace_record r;
	unsigned n = 0, mapped = 0, removed = 0;
	REQUIRE(reader && tern_trace_reader_header(reader)->accesses == WINDOW);
	while (tern_trace_reader_next(reader, &r)) {
		mapped += r.kind == TERN_TRACE_MAPPED && r.a <= (uintptr_t)host &&
			  r.a + r.b >= (uintptr_t)host + PAGES * TERN_PAGE;
		removed += r.kind == TERN_TRACE_REMOVED && r.a == (uintptr_t)host &&
			   r.b == 8 * TERN_PAGE && !r.flags;
		if (r.kind != TERN_TRACE_FAULT || n == expected_count ||
		    r.a - (uintptr_t)host >= PAGES * TERN_PAGE)
			continue;
		struct access a = {r.flags & TERN_TRACE_HOST, r.flags & TERN_TRACE_WRITE,
				   (unsigned)((r.a - (uintptr_t)host) / TERN_PAGE)};
		const struct access *e = &expected[n];
		if (a.host != e->host || a.write != e->write || a.page != e->page)
			fprintf(stderr, "access %u: host %d write %d page %u, not %d %d %u\n", n,
				a.host, a.write, a.page, e->host, e->write, e->page);
		EXPECT(a.host == e->host && a.write == e->write && a.page == e->page);
		n++;
	}
	EXPECT(n == expected_count && mapped == 1 && removed == 1);
	tern_trace_reader_close(reader);
}

int main(void)
{
	char path[] = "/tmp/watch_test.XXXXXX";
	struct tern_space_features features;
	tern_space_probe(&features);
	if (!features.system) {
		printf("skipped: %s\n", features.why);
		return TEST_SKIP;
	}
	REQUIRE(mkdtemp(path));
	char file[sizeof(path) + 8];
	snprintf(file, sizeof(file), "%s/trace", path);
	setenv("TERN_TRACE", file, 1);
	setenv("TERN_TRACE_ACCESSES", "16", 1);
	tern_trace_start();
	REQUIRE(tern_trace_is_on());
	struct mirror *m = mirror_start(8 * TERN_CHUNK);
	host = mirror_memory(PAGES * TERN_PAGE);
	memset(host, 1, PAGES * TERN_PAGE);
	mirror_map(m, host, PAGES * TERN_PAGE);
	device = mirror_ptr(m, host);
	device_side();
	host_side();
	random_both();
	mirror_stop(m);
	check_trace(file);
	unlink(file);
	rmdir(path);
	return test_result();
}
