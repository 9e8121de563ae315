/* SPDX-License-Identifier: MIT */
/*
 * printf(): each call becomes a record on the stack (kernels/abi.h) and a call of the device
 * library's __tern_printf(record, bytes), which copies it to the buffer or returns -1.
 */
#include <string.h>

#include "kernels/ternc/build.h"

struct formats {
	struct tern_printf_format *item;
	uint32_t count, room;
};

/* Whether @v is the address that its first operand is, as SPIR-V has it for an array's first. */
static bool is_same_address(LLVMValueRef v)
{
	if (LLVMIsABitCastInst(v))
		return true;
	if (!LLVMIsAGetElementPtrInst(v))
		return false;
	for (int i = 1; i < LLVMGetNumOperands(v); i++)
		if (!LLVMIsNull(LLVMGetOperand(v, (unsigned)i)))
			return false;
	return true;
}

static bool is_expression(LLVMValueRef v)
{
	return LLVMIsAConstantExpr(v) && LLVMGetNumOperands(v) > 0;
}

/* The text of a format: a constant, perhaps behind casts. NULL when it is none. */
static const char *format_text(struct tern_build *b, LLVMValueRef v)
{
	enum { DEEP = 64 }; /* code that is never reached may be its own operand */
	for (unsigned i = 0; i < DEEP && (is_expression(v) || is_same_address(v)); i++)
		v = LLVMGetOperand(v, 0);
	LLVMValueRef text = LLVMIsAGlobalVariable(v) ? LLVMGetInitializer(v) : NULL;
	if (text && LLVMIsNull(text))
		return "";
	if (!text || !LLVMIsAConstantDataSequential(text) || !LLVMIsConstantString(text))
		return NULL;
	size_t n;
	const char *s = LLVMGetAsString(text, &n);
	return tern_build_strndup(b, s, n);
}

/* The number of the format with these arguments, adding it when it is new; -1: no memory. */
static int64_t format_index(struct tern_build *b, struct formats *f, const char *text,
			    const uint8_t *arg_bytes, uint32_t arg_count)
{
	for (uint32_t i = 0; i < f->count; i++) {
		const struct tern_printf_format *p = &f->item[i];
		if (strcmp(p->format, text) == 0 && p->arg_count == arg_count &&
		    memcmp(p->arg_bytes, arg_bytes, arg_count) == 0)
			return i;
	}
	if (f->count == f->room) {
		uint32_t room = f->room ? 2 * f->room : 16;
		struct tern_printf_format *grown = tern_build_alloc(b, room * sizeof(*grown));
		if (!grown)
			return -1;
		if (f->count)
			memcpy(grown, f->item, f->count * sizeof(*grown));
		f->item = grown;
		f->room = room;
	}
	f->item[f->count] = (struct tern_printf_format){
		.format = text, .arg_count = arg_count, .arg_bytes = arg_bytes};
	return f->count++;
}

/* The library's int __tern_printf(private const ulong *, uint). */
static LLVMValueRef get_writer(LLVMModuleRef module, LLVMTypeRef *type)
{
	LLVMContextRef c = LLVMGetModuleContext(module);
	LLVMTypeRef params[] = {LLVMPointerTypeInContext(c, 0), LLVMInt32TypeInContext(c)};
	*type = LLVMFunctionType(LLVMInt32TypeInContext(c), params, 2, false);
	LLVMValueRef f = LLVMGetNamedFunction(module, "__tern_printf");
	if (!f) {
		f = LLVMAddFunction(module, "__tern_printf", *type);
		LLVMSetFunctionCallConv(f, TERN_CC_SPIR_FUNC);
	}
	return f;
}

/* A record of @bytes in the frame of the function that @call is in. */
static LLVMValueRef make_record(LLVMBuilderRef builder, LLVMValueRef call, uint32_t bytes)
{
	LLVMContextRef c = LLVMGetTypeContext(LLVMTypeOf(call));
	LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
	LLVMPositionBuilderBefore(builder,
				  LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function)));
	LLVMTypeRef type = LLVMArrayType2(LLVMInt64TypeInContext(c), bytes / 8);
	LLVMValueRef record = LLVMBuildAlloca(builder, type, "record");
	LLVMSetAlignment(record, 8);
	LLVMPositionBuilderBefore(builder, call);
	return record;
}

static void store_at(LLVMBuilderRef builder, LLVMValueRef record, uint32_t offset,
		     LLVMValueRef value)
{
	LLVMContextRef c = LLVMGetTypeContext(LLVMTypeOf(value));
	LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(c), offset / 8, false);
	LLVMValueRef at = LLVMBuildGEP2(builder, LLVMInt64TypeInContext(c), record, &index, 1, "");
	LLVMSetAlignment(LLVMBuildStore(builder, value, at), 8);
}

/* Half and float that the front end did not promote. */
static LLVMValueRef promote(LLVMBuilderRef builder, LLVMValueRef v)
{
	LLVMContextRef c = LLVMGetTypeContext(LLVMTypeOf(v));
	LLVMTypeKind kind = LLVMGetTypeKind(LLVMTypeOf(v));
	if (kind != LLVMHalfTypeKind && kind != LLVMFloatTypeKind)
		return v;
	return LLVMBuildFPExt(builder, v, LLVMDoubleTypeInContext(c), "");
}

static enum tern_build_status lower_call(struct tern_build *b, LLVMModuleRef module,
					 LLVMBuilderRef builder, struct formats *formats,
					 LLVMValueRef call)
{
	uint32_t count = LLVMGetNumArgOperands(call) - 1;
	const char *text = format_text(b, LLVMGetOperand(call, 0));
	uint8_t *arg_bytes = tern_build_alloc(b, count + 1);
	LLVMContextRef c = b->context;
	if (!text) {
		tern_build_log(b, "error: the format of printf() must be a string literal\n");
		return TERN_BUILD_FAILED;
	}
	if (!arg_bytes)
		return TERN_BUILD_UNAVAILABLE;
	uint32_t bytes = 8;
	LLVMPositionBuilderBefore(builder, call);
	for (uint32_t i = 0; i < count; i++) {
		LLVMValueRef v = promote(builder, LLVMGetOperand(call, i + 1));
		LLVMSetOperand(call, i + 1, v);
		arg_bytes[i] = (uint8_t)LLVMABISizeOfType(b->layout, LLVMTypeOf(v));
		bytes += (arg_bytes[i] + 7u) & ~7u;
	}
	int64_t index = format_index(b, formats, text, arg_bytes, count);
	if (index < 0)
		return TERN_BUILD_UNAVAILABLE;
	LLVMValueRef record = make_record(builder, call, bytes);
	uint64_t head = (uint64_t)index | (uint64_t)bytes << 32;
	store_at(builder, record, 0, LLVMConstInt(LLVMInt64TypeInContext(c), head, false));
	uint32_t at = 8;
	for (uint32_t i = 0; i < count; i++) {
		store_at(builder, record, at, LLVMGetOperand(call, i + 1));
		at += (arg_bytes[i] + 7u) & ~7u;
	}
	LLVMTypeRef type;
	LLVMValueRef writer = get_writer(module, &type);
	LLVMValueRef args[] = {record, LLVMConstInt(LLVMInt32TypeInContext(c), bytes, false)};
	LLVMValueRef result = LLVMBuildCall2(builder, type, writer, args, 2, "");
	LLVMSetInstructionCallConv(result, TERN_CC_SPIR_FUNC);
	LLVMReplaceAllUsesWith(call, result);
	LLVMInstructionEraseFromParent(call);
	return TERN_BUILD_OK;
}

enum tern_build_status tern_printf_lower(struct tern_build *b, LLVMModuleRef module,
					 const struct tern_printf_format **formats, uint32_t *count)
{
	struct formats f = {0};
	LLVMValueRef printf_function = LLVMGetNamedFunction(module, "printf");
	if (!printf_function || !LLVMIsDeclaration(printf_function))
		return TERN_BUILD_OK;
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(b->context);
	enum tern_build_status s = TERN_BUILD_OK;
	LLVMUseRef next;
	for (LLVMUseRef u = LLVMGetFirstUse(printf_function); u && s == TERN_BUILD_OK; u = next) {
		LLVMValueRef user = LLVMGetUser(u);
		next = LLVMGetNextUse(u);
		if (LLVMIsACallInst(user) && LLVMGetCalledValue(user) == printf_function)
			s = lower_call(b, module, builder, &f, user);
	}
	LLVMDisposeBuilder(builder);
	*formats = f.item;
	*count = f.count;
	return s;
}
