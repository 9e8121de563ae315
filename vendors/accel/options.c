/* SPDX-License-Identifier: MIT */
/* TERN_ACCEL: "mem=256M,units=4,link=16G,latency=10us,model=coherent,linger=1s". */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/option.h"
#include "vendors/accel/internal.h"

#define MASK_BITS    8192
#define MEMORY_USUAL ((uint64_t)1 << 30)
#define MEMORY_LEAST ((uint64_t)16 << 20)
#define MEMORY_MOST  ((uint64_t)1 << 44)
#define LATENCY_MOST 1000000000u
#define LINGER_USUAL 1000000000u
#define LINGER_MOST  3600000000000u
#define KEY_LENGTH   16
#define VALUE_LENGTH 32

static unsigned count_cpus(void)
{
	unsigned n = 0;
	cpu_set_t *set = CPU_ALLOC(MASK_BITS);
	if (set && !sched_getaffinity(0, CPU_ALLOC_SIZE(MASK_BITS), set))
		n = (unsigned)CPU_COUNT_S(CPU_ALLOC_SIZE(MASK_BITS), set);
	if (set)
		CPU_FREE(set);
	return tern_min(tern_max(n, 1u), ACCEL_UNITS);
}

static bool parse_time(const char *text, uint64_t *out)
{
	static const struct {
		const char *suffix;
		uint64_t factor;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"", 1}};
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	unsigned long long n = strtoull(text, &end, 10);
	for (unsigned i = 0; i < tern_array_size(units); i++)
		if (!strcmp(end, units[i].suffix))
			return !__builtin_mul_overflow((uint64_t)n, units[i].factor, out);
	return false;
}

static bool set_memory(struct accel_options *o, const char *value)
{
	uint64_t bytes;
	if (!tern_number_parse(value, &bytes) || bytes < MEMORY_LEAST || bytes > MEMORY_MOST)
		return false;
	o->memory_bytes = tern_round_up(bytes, TERN_CHUNK);
	return true;
}

static bool set_units(struct accel_options *o, const char *value)
{
	uint64_t units;
	if (!strcmp(value, "auto"))
		return true;
	if (!tern_number_parse(value, &units) || !units || units > ACCEL_UNITS)
		return false;
	o->units = (unsigned)units;
	return true;
}

static bool set_link(struct accel_options *o, const char *value)
{
	return tern_number_parse(value, &o->link.bytes_per_second);
}

static bool set_latency(struct accel_options *o, const char *value)
{
	uint64_t ns;
	if (!parse_time(value, &ns) || ns > LATENCY_MOST)
		return false;
	o->link.latency_ns = ns;
	return true;
}

static bool set_model(struct accel_options *o, const char *value)
{
	if (!strcmp(value, "private"))
		o->model = TERN_MEMORY_PRIVATE;
	else if (!strcmp(value, "coherent"))
		o->model = TERN_MEMORY_COHERENT;
	else
		return false;
	return true;
}

static bool set_linger(struct accel_options *o, const char *value)
{
	uint64_t ns;
	if (!parse_time(value, &ns) || ns > LINGER_MOST)
		return false;
	o->linger_ns = ns;
	return true;
}

static bool set(struct accel_options *o, const char *key, const char *value)
{
	static const struct {
		const char *key;
		bool (*set)(struct accel_options *o, const char *value);
	} words[] = {
		{"mem", set_memory},      {"units", set_units}, {"link", set_link},
		{"latency", set_latency}, {"model", set_model}, {"linger", set_linger},
	};
	for (unsigned i = 0; i < tern_array_size(words); i++)
		if (!strcmp(key, words[i].key))
			return words[i].set(o, value);
	return false;
}

/* One word of the list, "key=value" of @length bytes. */
static bool set_word(struct accel_options *o, const char *word, size_t length)
{
	char key[KEY_LENGTH], value[VALUE_LENGTH];
	const char *equals = memchr(word, '=', length);
	if (!equals)
		return false;
	size_t key_length = (size_t)(equals - word), value_length = length - key_length - 1;
	if (key_length >= sizeof(key) || value_length >= sizeof(value))
		return false;
	memcpy(key, word, key_length);
	key[key_length] = '\0';
	memcpy(value, equals + 1, value_length);
	value[value_length] = '\0';
	return set(o, key, value);
}

void accel_options_read(struct accel_options *out)
{
	*out = (struct accel_options){.memory_bytes = MEMORY_USUAL,
				      .units = count_cpus(),
				      .model = TERN_MEMORY_PRIVATE,
				      .linger_ns = LINGER_USUAL};
	for (const char *s = tern_option(TERN_OPTION_ACCEL); *s;) {
		size_t length = strcspn(s, ",");
		if (length && !set_word(out, s, length))
			tern_log_warn("TERN_ACCEL: \"%.*s\" is not understood", (int)length, s);
		s += length;
		s += *s == ',';
	}
}
