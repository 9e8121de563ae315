/* SPDX-License-Identifier: MIT */
/*
 * Which memory a generic pointer points to: to_global() and its kin, get_fence(). The device
 * library asks __tern_memory_of(). Most pointers tell where they come from; of the others the
 * address decides, as all memories lie in one address space:
 *
 *     local    in the local memory of the work-group
 *     private  on the stack between its top and the frame of this function, where the variables of
 *              all lanes are; or in a coroutine's frame, which is in the scratch memory
 *     global   else, NULL too
 */
#include "kernels/widen/internal.h"

enum {
	MAX_PHIS = 32,
	PRIVATE_SPACE = 0,
	GENERIC_SPACE = 4,
	RED_ZONE = 128, /* bytes behind the stack pointer that a function may use (x86-64 psABI) */
	ANYWHERE = ~0u,
};

/* ---- where a pointer comes from ---- */

struct origins {
	LLVMValueRef phis[MAX_PHIS]; /* seen: adds nothing new */
	unsigned phi_count;
};

static unsigned origins_of(struct origins *o, LLVMValueRef pointer);

static unsigned origins_of_phi(struct origins *o, LLVMValueRef phi)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < o->phi_count; i++)
		if (o->phis[i] == phi)
			return 0;
	if (o->phi_count == MAX_PHIS)
		return ANYWHERE;
	o->phis[o->phi_count++] = phi;
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
		sum |= origins_of(o, LLVMGetIncomingValue(phi, i));
	return sum;
}

static LLVMOpcode opcode_of(LLVMValueRef v)
{
	if (LLVMIsAInstruction(v))
		return LLVMGetInstructionOpcode(v);
	return LLVMIsAConstantExpr(v) ? LLVMGetConstOpcode(v) : (LLVMOpcode)0;
}

/* A bit, 1 << enum widen_memory, for each memory that @pointer may point to. */
static unsigned origins_of(struct origins *o, LLVMValueRef pointer)
{
	LLVMTypeRef type = LLVMTypeOf(pointer);
	if (LLVMGetTypeKind(type) != LLVMPointerTypeKind)
		return ANYWHERE;
	switch (LLVMGetPointerAddressSpace(type)) {
	case PRIVATE_SPACE:
		return 1 << WIDEN_MEMORY_PRIVATE;
	case WIDEN_LOCAL_SPACE:
		return 1 << WIDEN_MEMORY_LOCAL;
	case GENERIC_SPACE:
		break;
	default:
		return 1 << WIDEN_MEMORY_GLOBAL;
	}
	if (LLVMIsNull(pointer) || LLVMIsUndef(pointer))
		return 0;
	switch (opcode_of(pointer)) {
	case LLVMAddrSpaceCast:
	case LLVMGetElementPtr:
	case LLVMFreeze:
		return origins_of(o, LLVMGetOperand(pointer, 0));
	case LLVMSelect:
		return origins_of(o, LLVMGetOperand(pointer, 1)) |
		       origins_of(o, LLVMGetOperand(pointer, 2));
	case LLVMPHI:
		return origins_of_phi(o, pointer);
	default:
		return ANYWHERE;
	}
}

bool widen_known_memory(LLVMValueRef pointer, enum widen_memory *memory)
{
	struct origins o = {.phi_count = 0};
	unsigned set = origins_of(&o, pointer);
	for (unsigned i = WIDEN_MEMORY_GLOBAL; i <= WIDEN_MEMORY_PRIVATE; i++) {
		if ((set & ~(1u << i)) == 0) {
			*memory = (enum widen_memory)i;
			return true;
		}
	}
	return false;
}

/* ---- by the address ---- */

static LLVMValueRef address_of(struct widen_emit *e, LLVMValueRef pointer)
{
	return LLVMBuildPtrToInt(e->builder, pointer, e->fn->i64, "");
}

/* @address is one of @bytes from @from on. */
static LLVMValueRef is_in(struct widen_emit *e, LLVMValueRef address, LLVMValueRef from,
			  LLVMValueRef bytes)
{
	LLVMValueRef distance = LLVMBuildSub(e->builder, address, from, "");
	return LLVMBuildICmp(e->builder, LLVMIntULT, distance, bytes, "");
}

static LLVMValueRef is_in_field(struct widen_emit *e, LLVMValueRef address, size_t base,
				size_t bytes)
{
	return is_in(e, address, widen_group_field(e, base, e->fn->i64),
		     widen_group_field(e, bytes, e->fn->i64));
}

/* The stack pointer is read here and now: a coroutine is resumed on another frame. */
static LLVMValueRef is_on_stack(struct widen_emit *e, LLVMValueRef address)
{
	LLVMValueRef level = widen_int(e, e->fn->i32, 0);
	LLVMValueRef top = widen_intrinsic(e, "llvm.frameaddress", &e->fn->ptr, 1, &level, 1);
	LLVMValueRef now = widen_intrinsic(e, "llvm.stacksave", &e->fn->ptr, 1, NULL, 0);
	LLVMValueRef zone = widen_int(e, e->fn->i64, RED_ZONE);
	now = LLVMBuildSub(e->builder, address_of(e, now), zone, "");
	return is_in(e, address, now, LLVMBuildSub(e->builder, address_of(e, top), now, ""));
}

LLVMValueRef widen_memory_of(struct widen_emit *e, LLVMValueRef pointer)
{
	LLVMValueRef address = address_of(e, pointer), is_private = is_on_stack(e, address);
	LLVMValueRef is_local = is_in_field(e, address, offsetof(struct tern_group, local_mem),
					    offsetof(struct tern_group, local_bytes));
	if (e->fn->has_barrier) {
		LLVMValueRef in_frame =
			is_in_field(e, address, offsetof(struct tern_group, scratch),
				    offsetof(struct tern_group, scratch_bytes));
		is_private = LLVMBuildOr(e->builder, is_private, in_frame, "");
	}
	LLVMTypeRef type = e->fn->i32;
	LLVMValueRef memory =
		LLVMBuildSelect(e->builder, is_private, widen_int(e, type, WIDEN_MEMORY_PRIVATE),
				widen_int(e, type, WIDEN_MEMORY_GLOBAL), "");
	return LLVMBuildSelect(e->builder, is_local, widen_int(e, type, WIDEN_MEMORY_LOCAL), memory,
			       "");
}
