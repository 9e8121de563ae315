/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/shim.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include <lld/Common/CommonLinkerContext.h>
#include <lld/Common/Driver.h>
#include <llvm/Support/raw_ostream.h>

LLD_HAS_DRIVER(elf)

extern "C" bool tern_lld_link(const char *const *args, size_t arg_count, char **log)
{
	std::string text;
	llvm::raw_string_ostream stream(text);
	bool ok = lld::elf::link(llvm::ArrayRef<const char *>(args, arg_count), stream, stream,
				 /*exitEarly=*/false, /*disableOutput=*/false);
	lld::CommonLinkerContext::destroy();
	stream.flush();
	*log = strdup(text.c_str());
	return ok;
}
