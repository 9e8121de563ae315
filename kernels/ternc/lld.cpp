/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/shim.h"

#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <string>

#include <lld/Common/CommonLinkerContext.h>
#include <lld/Common/Driver.h>
#include <llvm/Support/raw_ostream.h>

LLD_HAS_DRIVER(elf)

namespace
{

struct link {
	llvm::ArrayRef<const char *> args;
	std::string text;
	bool ok;
};

void *run(void *data)
{
	auto *link = static_cast<struct link *>(data);
	llvm::raw_string_ostream stream(link->text);
	link->ok = lld::elf::link(link->args, stream, stream, /*exitEarly=*/false,
				  /*disableOutput=*/false);
	lld::CommonLinkerContext::destroy();
	stream.flush();
	return nullptr;
}

} // namespace

/* What lld allocates by thread it frees when the thread ends, and not before: one for each link. */
extern "C" bool tern_lld_link(const char *const *args, size_t arg_count, char **log)
{
	struct link link = {{args, arg_count}, {}, false};
	pthread_t thread;
	if (pthread_create(&thread, nullptr, run, &link) == 0)
		pthread_join(thread, nullptr);
	else
		run(&link);
	*log = strdup(link.text.c_str());
	return link.ok;
}
