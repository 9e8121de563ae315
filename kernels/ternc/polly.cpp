/* SPDX-License-Identifier: MIT */
/*
 * Debian's LLVM is built with Polly as an extension that clang's optimisation pipeline would ask to
 * register itself. That pipeline is not used here; this stands in for Polly.
 */
#include <llvm/Passes/PassPlugin.h>

llvm::PassPluginLibraryInfo getPollyPluginInfo();

llvm::PassPluginLibraryInfo getPollyPluginInfo()
{
	return {LLVM_PLUGIN_API_VERSION, "none", "", [](llvm::PassBuilder &) {}};
}
