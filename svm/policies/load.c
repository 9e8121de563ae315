/* SPDX-License-Identifier: MIT */
/*
 * Policies from shared objects. What is loaded runs its constructors, and is code of the program's
 * from then on: what is checked here guards against mistakes and old versions, not against malice.
 * That is why a program with more rights than its user loads none.
 */
#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "runtime/base/log.h"
#include "svm/policies/policies.h"

/* Why @policy, an object of @bytes (0: not known), cannot be used; NULL: it can. */
static const char *objection(const struct tern_policy *policy, const ElfW(Sym) * symbol)
{
	if (!symbol || ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT)
		return "tern_policy is not a variable";
	if (symbol->st_size < sizeof(policy->version) || policy->version != TERN_POLICY_VERSION)
		return "it is of another version";
	if (symbol->st_size < sizeof(*policy))
		return "tern_policy is too small";
	if (!policy->name || !*policy->name || !policy->help || !policy->fault)
		return "it lacks a name, a help text or fault()";
	if (policy->device_state_bytes > TERN_POLICY_DEVICE_BYTES ||
	    policy->chunk_state_bytes > TERN_POLICY_CHUNK_BYTES)
		return "it wants too much state";
	return NULL;
}

static const struct tern_policy *check(void *object, const char *path)
{
	const struct tern_policy *policy = dlsym(object, "tern_policy");
	Dl_info info;
	const ElfW(Sym) *symbol = NULL;
	if (!policy) {
		tern_log_error("policy %s: it has no symbol tern_policy", path);
		return NULL;
	}
	if (!dladdr1(policy, &info, (void **)&symbol, RTLD_DL_SYMENT))
		symbol = NULL;
	const char *why = objection(policy, symbol);
	if (why)
		tern_log_error("policy %s: %s", path, why);
	return why ? NULL : policy;
}

const struct tern_policy *tern_policy_load(const char *text, const char **options)
{
	char path[PATH_MAX];
	size_t length = strcspn(text, ":");
	if (getauxval(AT_SECURE)) {
		tern_log_error("policies are not loaded into a program with raised rights");
		return NULL;
	}
	if (length >= sizeof(path)) {
		tern_log_error("the path of the policy is too long");
		return NULL;
	}
	memcpy(path, text, length);
	path[length] = '\0';
	/* Bound now: the engine's thread must not enter the dynamic linker. */
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object) {
		tern_log_error("policy: %s", dlerror());
		return NULL;
	}
	const struct tern_policy *policy = check(object, path);
	if (!policy) {
		dlclose(object);
		return NULL;
	}
	*options = text[length] ? text + length + 1 : "";
	return policy;
}

struct search {
	uint64_t address;
	void (*each)(void *user, const void *start, uint64_t bytes);
	void *user;
};

static bool holds(const struct dl_phdr_info *info, const ElfW(Phdr) * p, uint64_t address)
{
	uint64_t start = info->dlpi_addr + p->p_vaddr;
	return p->p_type == PT_LOAD && address >= start && address - start < p->p_memsz;
}

static int search_object(struct dl_phdr_info *info, size_t size, void *user)
{
	struct search *search = user;
	bool found = false;
	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		found = found || holds(info, &info->dlpi_phdr[i], search->address);
	for (unsigned i = 0; found && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type == PT_LOAD && p->p_flags & PF_W)
			search->each(search->user, (const void *)(info->dlpi_addr + p->p_vaddr),
				     p->p_memsz);
	}
	return found;
}

void tern_policy_memory(const struct tern_policy *policy,
			void (*each)(void *user, const void *start, uint64_t bytes), void *user)
{
	struct search search = {(uint64_t)(uintptr_t)policy, each, user};
	for (const struct tern_policy *const *p = tern_policies; *p; p++)
		if (*p == policy)
			return;
	dl_iterate_phdr(search_object, &search);
}
