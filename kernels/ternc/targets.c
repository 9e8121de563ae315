/* SPDX-License-Identifier: MIT */
/*
 * lld's driver initialises every target that LLVM was built with, for link-time optimisation, which
 * the compile server does not use. These empty initialisers keep all but X86 out of the executable.
 */
/* clang-format off */
#define TARGETS(X)                                                                                 \
	X(AArch64) X(AMDGPU) X(ARM) X(AVR) X(BPF) X(Hexagon) X(Lanai) X(LoongArch) X(M68k) X(Mips) \
	X(MSP430) X(NVPTX) X(PowerPC) X(RISCV) X(Sparc) X(SystemZ) X(VE) X(WebAssembly) X(XCore)   \
	X(Xtensa)
/* clang-format on */

#define EMPTY(function)                                                                            \
	void function(void);                                                                       \
	void function(void)                                                                        \
	{                                                                                          \
	}

#define TARGET(name)                                                                               \
	EMPTY(LLVMInitialize##name##TargetInfo)                                                    \
	EMPTY(LLVMInitialize##name##Target)                                                        \
	EMPTY(LLVMInitialize##name##TargetMC)                                                      \
	EMPTY(LLVMInitialize##name##AsmPrinter)                                                    \
	EMPTY(LLVMInitialize##name##AsmParser)

TARGETS(TARGET)
