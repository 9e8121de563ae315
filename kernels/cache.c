/* SPDX-License-Identifier: MIT */
#include "kernels/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/cache_folder.h"
#include "kernels/code_format.h"
#include "kernels/target.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"

enum { DIGEST_AT = 40, HEADER_BYTES = 72, CODE_HEADER_BYTES = 96 };

static const unsigned char magic[8] = {'T', 'E', 'R', 'N', 'C', 'A', 'C', 'H'};

/* With its length, so that no two lists of parts give the same bytes. */
static void hash_part(struct tern_sha256 *s, const void *bytes, uint64_t size)
{
	tern_sha256_update(s, &size, sizeof(size));
	if (size)
		tern_sha256_update(s, bytes, size);
}

static void hash_string(struct tern_sha256 *s, const char *string)
{
	hash_part(s, string, strlen(string));
}

void tern_cache_key(const struct tern_build_request *request, uint32_t flags,
		    const struct tern_server_identity *server,
		    const struct tern_server_identity *translator, struct tern_cache_key *out)
{
	struct tern_sha256 s;
	/* not its device and inode, which are others after each start of some systems */
	const uint64_t numbers[] = {TERN_ABI_VERSION,     request->operation, flags,
				    server->size,         server->mtime_ns,   request->header_count,
				    request->input_count, translator->size,   translator->mtime_ns};
	tern_sha256_init(&s);
	hash_string(&s, TERN_CODE_VERSION);
	hash_part(&s, numbers, sizeof(numbers));
	hash_string(&s, tern_target_name());
	hash_string(&s, request->options);
	hash_part(&s, request->source, request->source_size);
	for (size_t i = 0; i < request->header_count; i++) {
		hash_string(&s, request->headers[i].name);
		hash_part(&s, request->headers[i].source, request->headers[i].size);
	}
	for (size_t i = 0; i < request->input_count; i++) {
		size_t size;
		const void *bytes = tern_code_bytes(request->inputs[i], &size);
		hash_part(&s, bytes, size);
	}
	tern_sha256_finish(&s, out->bytes);
}

/* Of the key, the log and the code's header, in which a checksum covers the rest of the code. */
static void digest_of(const struct tern_cache_key *key, const char *log, const void *code,
		      size_t code_size, unsigned char out[TERN_SHA256_BYTES])
{
	struct tern_sha256 s;
	tern_sha256_init(&s);
	hash_part(&s, key->bytes, sizeof(key->bytes));
	hash_string(&s, log);
	hash_part(&s, code, tern_min(code_size, (size_t)CODE_HEADER_BYTES));
	tern_sha256_finish(&s, out);
}

/* -EINVAL: the entry is damaged; -ENOMEM. */
static int parse_entry(const unsigned char *bytes, size_t size, const struct tern_cache_key *key,
		       struct tern_code **code, char **log)
{
	unsigned char digest[TERN_SHA256_BYTES];
	struct tern_reader r;
	size_t code_size;
	if (size < HEADER_BYTES || memcmp(bytes, magic, sizeof(magic)) != 0 ||
	    memcmp(bytes + sizeof(magic), key->bytes, sizeof(key->bytes)) != 0)
		return -EINVAL;
	tern_reader_init(&r, bytes + HEADER_BYTES, size - HEADER_BYTES);
	const char *text = tern_read_string(&r);
	const void *code_bytes = tern_read_bytes(&r, &code_size);
	if (tern_reader_done(&r))
		return -EINVAL;
	digest_of(key, text, code_bytes, code_size, digest);
	if (memcmp(digest, bytes + DIGEST_AT, sizeof(digest)) != 0)
		return -EINVAL;
	char *copy = tern_strdup(text);
	if (!copy)
		return -ENOMEM;
	int e = tern_code_parse(code_bytes, code_size, code);
	if (e) {
		tern_free(copy);
		return e == -ENOMEM ? e : -EINVAL;
	}
	*log = copy;
	return 0;
}

/* The whole file; the caller frees it. */
static int read_file(int fd, unsigned char **out, size_t *out_size)
{
	struct stat s;
	if (fstat(fd, &s))
		return -errno;
	if (!S_ISREG(s.st_mode) || s.st_size < HEADER_BYTES ||
	    (uint64_t)s.st_size > TERN_WIRE_MAX_PAYLOAD)
		return -EINVAL;
	size_t size = (size_t)s.st_size, done = 0;
	unsigned char *bytes = tern_alloc(size);
	if (!bytes)
		return -ENOMEM;
	while (done < size) {
		ssize_t n = tern_fault_hit() ? -1 : read(fd, bytes + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			tern_free(bytes);
			return n ? -EIO : -EINVAL;
		}
		done += (size_t)n;
	}
	*out = bytes;
	*out_size = size;
	return 0;
}

static int load_entry(int folder, const struct tern_cache_key *key, struct tern_code **code,
		      char **log)
{
	static const struct timespec now[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
	char name[TERN_CACHE_NAME_BYTES];
	unsigned char *bytes = NULL;
	size_t size = 0;
	tern_cache_name(key, name);
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	int e = read_file(fd, &bytes, &size);
	if (!e) {
		e = parse_entry(bytes, size, key, code, log);
		tern_free(bytes);
	}
	if (!e)
		futimens(fd, now);
	close(fd);
	if (e == -EINVAL) {
		tern_log_warn("a damaged cache entry is removed: %s", name);
		unlinkat(folder, name, 0);
	}
	return e;
}

bool tern_cache_load(const struct tern_cache_key *key, struct tern_code **code, char **log)
{
	int folder = tern_cache_folder_open(false);
	if (folder < 0)
		return false;
	int e = load_entry(folder, key, code, log);
	close(folder);
	return !e;
}

static int store_entry(int folder, const struct tern_cache_key *key, const struct tern_code *code,
		       const char *log)
{
	char name[TERN_CACHE_NAME_BYTES];
	unsigned char digest[TERN_SHA256_BYTES];
	struct tern_writer w = {0};
	size_t code_size;
	const void *code_bytes = tern_code_bytes(code, &code_size);
	digest_of(key, log, code_bytes, code_size, digest);
	tern_write_raw(&w, magic, sizeof(magic));
	tern_write_raw(&w, key->bytes, sizeof(key->bytes));
	tern_write_raw(&w, digest, sizeof(digest));
	tern_write_string(&w, log);
	tern_write_bytes(&w, code_bytes, code_size);
	int e = w.failed ? -ENOMEM : 0;
	/* one large entry must not drive out all others */
	if (!e && (w.size > TERN_WIRE_MAX_PAYLOAD || w.size > tern_cache_limit() / 4)) {
		tern_writer_finish(&w);
		return 0;
	}
	tern_cache_name(key, name);
	if (!e)
		e = tern_cache_folder_write(folder, name, w.data, w.size);
	if (!e)
		tern_cache_folder_account(folder, w.size);
	tern_writer_finish(&w);
	return e;
}

void tern_cache_store(const struct tern_cache_key *key, const struct tern_code *code,
		      const char *log)
{
	static _Atomic bool warned;
	int folder = tern_cache_folder_open(true);
	if (folder == -ENOENT || folder == -EPERM) /* off; others can write: said already */
		return;
	int e = folder < 0 ? folder : store_entry(folder, key, code, log);
	if (folder >= 0)
		close(folder);
	if (e && !atomic_exchange(&warned, true))
		tern_log_warn(
			"the cache cannot be written: %s; kernels are compiled anew each time",
			strerror(-e));
}
