/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/shim.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/VirtualFileSystem.h>

namespace
{

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> make_files(const tern_virtual_file *files,
							   size_t count)
{
	auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
	for (size_t i = 0; i < count; i++) {
		llvm::StringRef data(files[i].data, files[i].size);
		memory->addFile(files[i].path, 0,
				llvm::MemoryBuffer::getMemBuffer(data, files[i].path));
	}
	auto both = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(
		llvm::vfs::getRealFileSystem());
	both->pushOverlay(memory);
	return both;
}

/*
 * Images and samplers are types of OpenCL C 1.x for clang, whether or not a device has them (in 3.0
 * they are a feature): an error at the parameter of a kernel, since no such argument can be set.
 */
class kernel_checker : public clang::ASTConsumer
{
      public:
	explicit kernel_checker(clang::DiagnosticsEngine &d)
	    : diagnostics(d),
	      id(d.getCustomDiagID(clang::DiagnosticsEngine::Error,
				   "kernel parameter of type %0: the device has no images"))
	{
	}

	bool HandleTopLevelDecl(clang::DeclGroupRef group) override
	{
		for (clang::Decl *d : group) {
			auto *f = llvm::dyn_cast<clang::FunctionDecl>(d);
			if (f && f->hasAttr<clang::OpenCLKernelAttr>() &&
			    f->getASTContext().getLangOpts().getOpenCLCompatibleVersion() < 300)
				check(*f);
		}
		return true;
	}

      private:
	clang::DiagnosticsEngine &diagnostics;
	unsigned id;

	void check(const clang::FunctionDecl &kernel)
	{
		for (const clang::ParmVarDecl *p : kernel.parameters()) {
			if (p->getType()->isImageType() || p->getType()->isSamplerT())
				diagnostics.Report(p->getLocation(), id)
					<< p->getType().getUnqualifiedType();
		}
	}
};

class compile_action : public clang::EmitLLVMOnlyAction
{
      public:
	using clang::EmitLLVMOnlyAction::EmitLLVMOnlyAction;

      protected:
	std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler,
							      llvm::StringRef file) override
	{
		std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
		consumers.push_back(std::make_unique<kernel_checker>(compiler.getDiagnostics()));
		consumers.push_back(clang::EmitLLVMOnlyAction::CreateASTConsumer(compiler, file));
		return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
	}
};

} // namespace

extern "C" LLVMModuleRef tern_clang_compile(LLVMContextRef context, const char *const *args,
					    size_t arg_count, const tern_virtual_file *files,
					    size_t file_count, char **log)
{
	std::string text;
	llvm::raw_string_ostream stream(text);
	auto printer = [&](clang::DiagnosticOptions *options) {
		return new clang::TextDiagnosticPrinter(stream, options);
	};
	llvm::IntrusiveRefCntPtr<clang::DiagnosticOptions> plain(new clang::DiagnosticOptions());
	llvm::IntrusiveRefCntPtr<clang::DiagnosticsEngine> engine(new clang::DiagnosticsEngine(
		new clang::DiagnosticIDs(), plain, printer(plain.get())));
	auto invocation = std::make_shared<clang::CompilerInvocation>();
	LLVMModuleRef module = nullptr;
	if (clang::CompilerInvocation::CreateFromArgs(
		    *invocation, llvm::ArrayRef<const char *>(args, arg_count), *engine)) {
		clang::CompilerInstance compiler;
		compiler.setInvocation(invocation);
		compiler.createDiagnostics(printer(&invocation->getDiagnosticOpts()));
		compiler.setVerboseOutputStream(stream);
		compiler.createFileManager(make_files(files, file_count));
		compile_action action(llvm::unwrap(context));
		if (compiler.ExecuteAction(action))
			module = llvm::wrap(action.takeModule().release());
	}
	stream.flush();
	*log = strdup(text.c_str());
	return module;
}
