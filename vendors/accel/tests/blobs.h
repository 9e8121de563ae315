/* SPDX-License-Identifier: MIT */
/* Work-group functions in machine code, to be copied to CODE: what no compiler would give. */
#ifndef TERN_VENDORS_ACCEL_TESTS_BLOBS_H
#define TERN_VENDORS_ACCEL_TESTS_BLOBS_H

/* rdi: arguments, rsi: struct tern_group, rdx, rcx, r8: x, y, z */
#define BLOB(name, text)                                                                           \
	extern const unsigned char blob_##name[], blob_##name##_end[];                             \
	__asm__(".pushsection .rodata\n"                                                           \
		".globl blob_" #name ", blob_" #name "_end\n"                                      \
		"blob_" #name ":\n" text "\nblob_" #name "_end:\n.popsection\n")

BLOB(empty, "ret");
/* ((uint64_t *)args[0])[x] = x */
BLOB(store, "mov (%rdi), %rax\n mov %rdx, (%rax,%rdx,8)\n ret");
/* atomically ++*(uint64_t *)args[0] */
BLOB(count, "mov (%rdi), %rax\n lock incq (%rax)\n ret");
/* *(uint64_t *)args[1] = *(uint64_t *)args[0] */
BLOB(load, "mov (%rdi), %rax\n mov (%rax), %rax\n mov 8(%rdi), %rcx\n mov %rax, (%rcx)\n ret");
/* *(uint64_t *)args[0] = args[1] */
BLOB(poke, "mov (%rdi), %rax\n mov 8(%rdi), %rcx\n mov %rcx, (%rax)\n ret");
/* sums 512-byte steps of args[1] bytes at args[0] into *(uint64_t *)args[2] */
BLOB(sum, "mov (%rdi), %rax\n mov 8(%rdi), %rcx\n xor %edx, %edx\n"
	  "1: add (%rax), %rdx\n add $512, %rax\n sub $512, %rcx\n ja 1b\n"
	  "mov 16(%rdi), %rax\n mov %rdx, (%rax)\n ret");
/* local memory, scratch and stack can be used: *(uint64_t *)args[0] = 1 + 2 + 3 */
BLOB(memories, "mov 104(%rsi), %rax\n mov 112(%rsi), %rcx\n movq $1, (%rax)\n movq $2, (%rcx)\n"
	       "push $3\n pop %r9\n add (%rax), %r9\n add (%rcx), %r9\n"
	       "mov (%rdi), %rax\n mov %r9, (%rax)\n ret");
BLOB(divide, "xor %ecx, %ecx\n xor %edx, %edx\n mov $1, %eax\n idiv %ecx\n ret");
BLOB(illegal, "ud2");
BLOB(spin, "1: pause\n jmp 1b");
/* as spin, in group 0 only */
BLOB(spin_first, "test %rdx, %rdx\n jnz 2f\n 1: pause\n jmp 1b\n 2: ret");
BLOB(overflow, "1: push %rax\n jmp 1b");
/* writes over its whole stack, upwards, until it ends */
BLOB(scribble, "mov $-1, %rax\n 1: mov %rax, (%rsp)\n add $8, %rsp\n jmp 1b");
/* no stack pointer at all, odd flags, other rounding */
BLOB(registers, "pushq $0x5f80\n ldmxcsr (%rsp)\n std\n xor %esp, %esp\n xor %ebp, %ebp\n"
		"xor %eax, %eax\n idiv %eax");
/* leaves the flags and MXCSR odd, and returns */
BLOB(modes, "pushq $0x5f80\n ldmxcsr (%rsp)\n pop %rax\n std\n ret");
/* *(uint32_t *)args[0] = MXCSR, [1] = direction flag */
BLOB(state, "mov (%rdi), %rax\n stmxcsr (%rax)\n pushfq\n pop %rcx\n shr $10, %ecx\n and $1, %ecx\n"
	    "mov %ecx, 4(%rax)\n ret");
BLOB(getpid, "mov $39, %eax\n syscall\n ret");

#endif
