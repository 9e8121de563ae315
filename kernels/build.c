/* SPDX-License-Identifier: MIT */
/* A build request's way: cache, compile server, cache. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernels/cache.h"
#include "kernels/debug.h"
#include "kernels/options.h"
#include "kernels/protocol.h"
#include "kernels/pure.h"
#include "kernels/server.h"
#include "kernels/target.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"

enum { ATTEMPTS = 2, DEFAULT_TIMEOUT = 60, MAX_TIMEOUT = 1000000, LAST_WORDS_BYTES = 600 };

struct build {
	const struct tern_build_request *request;
	uint32_t flags; /* TERN_WIRE_* of the request */
	bool dump, cached;
	char *path; /* of the compile server */
	struct tern_server_identity identity;
	char *translator; /* its path, for SPIR-V; else NULL */
	struct tern_server_identity translator_identity;
	void *message; /* the serialised request */
	size_t message_size;
	uint64_t timeout; /* seconds; 0: none */
};

/* The end of a build without code; @format tells the user why. */
static int fail(struct tern_build_result *result, enum tern_build_status status, const char *format,
		...) TERN_PRINTF(3, 4);

static int fail(struct tern_build_result *result, enum tern_build_status status, const char *format,
		...)
{
	char text[LAST_WORDS_BYTES + PATH_MAX];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	tern_log_error("%.*s", (int)strcspn(text, "\n"), text);
	char *log = tern_asprintf("tern: %s\n", text);
	if (!log)
		return -ENOMEM;
	*result = (struct tern_build_result){.status = status, .log = log};
	return 0;
}

/* -g: where the source is for debuggers, for the caller to free; NULL: nowhere. */
static char *debug_source(const struct tern_build_request *q)
{
	struct tern_options options = {0};
	if (!q->source || tern_options_parse(q->options, q->operation, &options))
		options.flags = 0;
	bool asked = options.flags & TERN_OPT_DEBUG;
	tern_options_finish(&options);
	return asked ? tern_debug_file(q->source, q->source_size, ".cl") : NULL;
}

/* Serialises the request. -EMSGSIZE when it is larger than a message may be. */
static int write_message(struct build *b)
{
	const struct tern_build_request *q = b->request;
	char directory[PATH_MAX];
	struct tern_writer w = {0};
	char *source = debug_source(q);
	struct tern_wire_request r = {
		.operation = q->operation,
		.debug_source = source ? source : "",
		.flags = b->flags,
		.target = tern_target_name(),
		.cpu = tern_target_cpu(),
		.features = tern_target_features(),
		.register_lanes = tern_target_lanes(),
		.dump = b->dump ? "." : "",
		.directory = getcwd(directory, sizeof(directory)) ? directory : "",
		.translator = b->translator,
		/* it ends before the compile server is ended, so that its log is told */
		.translator_seconds = (uint32_t)(b->timeout - b->timeout / 4),
		.options = q->options,
		.source = q->source,
		.source_size = q->source_size,
		.headers = (struct tern_header *)q->headers,
		.header_count = (uint32_t)q->header_count,
		.input_count = (uint32_t)q->input_count,
	};
	bool fits = q->header_count <= UINT32_MAX && q->input_count <= UINT32_MAX;
	r.inputs = fits ? tern_zalloc_array(q->input_count, sizeof(*r.inputs)) : NULL;
	if (!r.inputs) {
		tern_free(source);
		return fits ? -ENOMEM : -EMSGSIZE;
	}
	for (size_t i = 0; i < q->input_count; i++)
		r.inputs[i].bytes = tern_code_bytes(q->inputs[i], &r.inputs[i].size);
	tern_wire_write_request(&w, &r);
	tern_free(r.inputs);
	tern_free(source);
	b->message = tern_writer_take(&w, &b->message_size);
	if (!b->message)
		return -ENOMEM;
	return b->message_size > TERN_WIRE_MAX_PAYLOAD ? -EMSGSIZE : 0;
}

static bool kind_fits(const struct tern_build_request *request, const struct tern_code *code)
{
	enum tern_code_kind kind = tern_code_info(code)->kind;
	switch (request->operation) {
	case TERN_BUILD_COMPILE:
		return kind == TERN_CODE_OBJECT;
	case TERN_BUILD_LINK:
		return kind == TERN_CODE_LIBRARY || kind == TERN_CODE_EXECUTABLE;
	default:
		return kind == TERN_CODE_EXECUTABLE;
	}
}

/* Makes a result of what the server sent. -EINVAL, -ENOEXEC: it makes no sense; -ENOMEM. */
static int read_reply(struct build *b, const void *bytes, size_t size,
		      struct tern_build_result *result)
{
	struct tern_wire_result reply;
	struct tern_code *code = NULL;
	int e = tern_wire_read_result(bytes, size, &reply);
	if (!e && reply.status == TERN_BUILD_OK)
		e = tern_code_parse(reply.code, reply.code_size, &code);
	if (e)
		return e;
	if (code && !kind_fits(b->request, code)) {
		tern_code_put(code);
		return -EINVAL;
	}
	char *log = tern_strdup(reply.log);
	if (!log) {
		tern_code_put(code);
		return -ENOMEM;
	}
	*result = (struct tern_build_result){
		.status = (enum tern_build_status)reply.status, .code = code, .log = log};
	return 0;
}

/* One conversation with one server, which is gone afterwards if that went wrong. */
static int converse(struct build *b, struct tern_server *server, uint64_t deadline,
		    struct tern_build_result *result, char last_words[LAST_WORDS_BYTES])
{
	void *reply;
	size_t size;
	int e = tern_server_exchange(server, b->message, b->message_size, deadline, &reply, &size);
	if (!e) {
		e = read_reply(b, reply, size, result);
		tern_free(reply);
	}
	if (!e)
		tern_server_release(server);
	else
		tern_server_discard(server, last_words, LAST_WORDS_BYTES);
	return e;
}

static int ask_server(struct build *b, struct tern_build_result *result)
{
	char last_words[LAST_WORDS_BYTES] = "";
	bool hung_up = false;
	uint64_t deadline = TERN_WIRE_NO_DEADLINE;
	for (int i = 0; i < ATTEMPTS; i++) {
		struct tern_server *server;
		int e = tern_server_acquire(b->path, &b->identity, &server);
		if (e)
			return fail(result, TERN_BUILD_UNAVAILABLE,
				    "the compile server %s cannot be started: %s", b->path,
				    strerror(-e));
		if (!i &&
		    b->timeout) /* for all attempts together; starting a server is not counted */
			deadline = tern_clock_ns() + b->timeout * 1000000000u;
		e = converse(b, server, deadline, result, last_words);
		if (!e || e == -ENOMEM)
			return e;
		if (e == -ETIMEDOUT)
			return fail(result, TERN_BUILD_TIMEOUT,
				    "the compile server was ended after %llu s "
				    "(TERN_COMPILE_TIMEOUT)%s%s",
				    (unsigned long long)b->timeout,
				    *last_words ? "; its last words:\n" : "", last_words);
		hung_up = e == -EPIPE;
		tern_log_warn("the compile server %s; a new one is started",
			      hung_up ? "died" : "talks nonsense");
	}
	return fail(result, TERN_BUILD_CRASHED,
		    "the compile server %s over this program, twice%s%s",
		    hung_up ? "died" : "talked nonsense", *last_words ? "; its last words:\n" : "",
		    last_words);
}

static int find_server(struct build *b, struct tern_build_result *result, bool *found)
{
	*found = false;
	b->path = tern_path_ternc();
	if (!b->path)
		return fail(result, TERN_BUILD_UNAVAILABLE,
			    "no compile server: TERN_TERNC=%s: no executable file there",
			    tern_option(TERN_OPTION_TERNC));
	int e = tern_server_identify(b->path, &b->identity);
	if (e)
		return fail(result, TERN_BUILD_UNAVAILABLE, "the compile server %s: %s", b->path,
			    strerror(-e));
	*found = true;
	return 0;
}

static int find_translator(struct build *b, struct tern_build_result *result, bool *found)
{
	*found = true;
	if (!b->request->spirv)
		return 0;
	b->translator = tern_path_spirv();
	int e = b->translator ? tern_server_identify(b->translator, &b->translator_identity)
			      : -ENOENT;
	if (!e)
		return 0;
	*found = false;
	return fail(result, TERN_BUILD_UNAVAILABLE,
		    "no translator of SPIR-V: TERN_SPIRV=%s: no executable file there",
		    tern_option(TERN_OPTION_SPIRV));
}

static int build_uncached(struct build *b, struct tern_build_result *result)
{
	int e = write_message(b);
	if (!e)
		e = ask_server(b, result);
	else if (e == -EMSGSIZE)
		e = fail(result, TERN_BUILD_UNAVAILABLE,
			 "the program is too large for the compile server: at most %zu MiB",
			 TERN_WIRE_MAX_PAYLOAD >> 20);
	tern_free(b->message);
	return e;
}

static int build(struct build *b, struct tern_build_result *result)
{
	struct tern_cache_key key;
	bool found;
	int e = find_server(b, result, &found);
	if (!e && found)
		e = find_translator(b, result, &found);
	if (e || !found)
		return e;
	if (b->cached) {
		*result = (struct tern_build_result){.from_cache = true};
		tern_cache_key(b->request, b->flags, &b->identity, &b->translator_identity, &key);
		if (tern_cache_load(&key, &result->code, &result->log)) {
			if (kind_fits(b->request, result->code))
				return 0;
			tern_code_put(result->code);
			tern_free(result->log);
		}
	}
	e = build_uncached(b, result);
	if (!e && b->cached && result->status == TERN_BUILD_OK)
		tern_cache_store(&key, result->code, result->log);
	return e;
}

int tern_kernels_build(const struct tern_build_request *request, struct tern_build_result *result)
{
	struct build b = {
		.request = request,
		.flags = (tern_option_has(TERN_OPTION_KERNELS, "scalar") ? TERN_WIRE_SCALAR : 0) |
			 (tern_option_has(TERN_OPTION_KERNELS, "report") ? TERN_WIRE_REPORT : 0) |
			 (request->spirv ? TERN_WIRE_SPIRV : 0),
		.dump = tern_option_has(TERN_OPTION_KERNELS, "dump"),
		.timeout = tern_option_number(TERN_OPTION_COMPILE_TIMEOUT, DEFAULT_TIMEOUT),
	};
	struct tern_build_result r = {0};
	int cancel;
	b.cached = !b.dump && !(b.flags & TERN_WIRE_REPORT) && tern_build_is_pure(request);
	b.timeout = tern_min(b.timeout, (uint64_t)MAX_TIMEOUT);
	/* a thread that is cancelled here would take its server with it */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	int e = build(&b, &r);
	pthread_setcancelstate(cancel, NULL);
	tern_free(b.path);
	tern_free(b.translator);
	if (!e)
		*result = r;
	return e;
}

void tern_kernels_finish(void)
{
	tern_server_finish();
}
