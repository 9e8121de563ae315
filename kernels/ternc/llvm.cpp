/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/shim.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include <llvm/Config/llvm-config.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/Module.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Target/TargetMachine.h>

extern "C" bool tern_llvm_link(LLVMModuleRef dest, LLVMModuleRef source, enum tern_link_mode mode)
{
	unsigned flags = mode == TERN_LINK_NEEDED     ? llvm::Linker::LinkOnlyNeeded
			 : mode == TERN_LINK_OVERRIDE ? llvm::Linker::OverrideFromSrc
						      : llvm::Linker::None;
	std::unique_ptr<llvm::Module> from(llvm::unwrap(source));
	return !llvm::Linker::linkModules(*llvm::unwrap(dest), std::move(from), flags);
}

extern "C" char *tern_llvm_demangle(const char *name)
{
	return strdup(llvm::demangle(name).c_str());
}

extern "C" const char *tern_llvm_version(void)
{
	return LLVM_VERSION_STRING;
}

extern "C" void tern_llvm_record_stack(LLVMTargetMachineRef machine)
{
	reinterpret_cast<llvm::TargetMachine *>(machine)->Options.EmitStackSizeSection = true;
}
