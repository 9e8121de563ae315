/* SPDX-License-Identifier: MIT */
/*
 * DOC: the whole-function vectoriser
 *
 * A kernel describes what one work-item does. Widening makes a *chunk* of it: @lanes neighbouring
 * work-items in x, times @rows in y, run by one pass through the code, with vector registers for
 * what differs between lanes. A group function loops over the chunks of a work-group.
 *
 *   prepare.c   inlines, simplifies and structurises the module (passes); ids.c, lower.c, copies.c,
 *               divide.c, minima.c, narrow.c, rare.c, unroll.c
 *   kernel.c    decides: widened, or scalar with a reason; choose.c: what pays, and the lanes
 *   values.c    numbers the kernel's values; types without address spaces
 *   cfg.c       blocks, dominators, loops; checks that divergent control flow is structured
 *   private.c   where the lanes' private variables lie
 *   hints.c     addresses that are linear unless an index wraps, or near.c, comes to a limit
 *   late.c      which of these are made only where it comes to that
 *   pace.c      by how much values grow from round to round of a loop
 *   alone.c     work-items whose own loops are better vectorised
 *   exchange.c  lanes along dimension 1, where memory is contiguous so
 *   regular.c   addresses that may be contiguous: looked at as the kernel runs
 *   prefetch.c  what loops will load far away
 *   window.c    local memory that is near: permutations instead of gathers
 *   tall.c      what is beside itself in the next row, not in the next lane
 *   joined.c    loads and stores of a work-item that are beside each other; pieces.c makes them
 *   waiting.c   loops in which lanes would wait for each other
 *   shape.c     divergence analysis: the shape of each value; rows.c: what differs between rows
 *   emit.c      the map from old to new values; constants; vector forms of scalars
 *   rebuild.c   scalar copies of instructions; workitem.c: get_global_id() and its kin
 *   generic.c   which memory a generic pointer points to
 *   vector.c    vector forms of instructions; intrinsic.c, memory.c, scattered.c, lanes.c (lane by
 *               lane), together.c (atomics on one address), machine.c (instructions of some
 *               processors)
 *   stream.c    stores past the caches
 *   twice.c     blocks for a full and for a partial mask
 *   packed.c    vectors of work-items that stay as they lie in memory
 *   sub_group.c functions of the lanes of a chunk together
 *   lines.c     lines of the source
 *   control.c   masks, branches, phis; body.c: a chunk as a function, coroutines; regions.c and
 *               split.c: chunks that come to the same barriers; yield.c: chunks that let others
 *               run; flat.c: lanes by the linear local id
 *   group.c     the work-group loop, tails and barriers; optimize.c: passes afterwards; half.c:
 *               half arithmetic by way of float
 *
 * Scalar kernels take the same way with one lane, one row and all values uniform; then any control
 * flow is copied as it is. That is the path for whatever is not known to widen.
 *
 * Shapes
 *   UNIFORM  the same in all active lanes of a chunk: one scalar.
 *   LINEAR   lane l has base + l * stride (integers modulo their width; pointers in bytes): one
 *            scalar, the value of lane 0. Whether lane 0 is active does not matter: the base is
 *            computed without poison flags.
 *            A 32-bit linear value may be *exact*: for active lanes the mathematical values of the
 *            signed integers are linear, with no wrap-around between lanes. It is then kept as a
 *            64-bit scalar computed in 64 bits, so that its sign extension is free and right even
 *            when lane 0 is masked off and would have wrapped. (int)get_global_id(0) is exact
 *            because the group loop never lets a chunk cross a multiple of 2^31.
 *   VARYING  anything else: a vector for each scalar leaf of the type. float4 has 4 leaves, a
 *            struct as many as its members; shuffles, inserts and extracts only rename leaves.
 *
 * Control flow
 *   After preparation the graph is made of if-then regions and of loops that leave from their latch
 *   only, and the widened graph is the same graph. A branch is divergent when its condition is not
 *   uniform (or differs between rows). A divergent if becomes "if any lane: then-block", a
 *   divergent loop goes on while any lane wants to. Each block has a mask (NULL: all lanes):
 *     - it is the mask of the immediate dominator, except in the then-block of a divergent branch
 *       (and the condition), in a divergent loop (a phi of the lanes still in it), and at a loop's
 *       exit (the mask before the loop);
 *     - it never holds a poison lane: conditions are joined by select, not by and;
 *     - a block whose mask is empty is never executed, but for cheap blocks that cannot fault.
 *   What a divergent loop computes leaves it through phis in its exit block (LCSSA), as vectors
 *   that each lane stops changing when it leaves; such values are varying outside. Phis at joins of
 *   a divergent if take "select(mask, then, else)" from the then side.
 *
 * Instructions under a mask
 *   Loads and stores are masked, or need not be: where all lanes' memory is in one page or in a
 *   private variable, and where the mask turns out to be full. Divisors of inactive lanes become 1;
 * atomics, volatile accesses and whatever has no vector form run lane by lane for the lanes set in
 * the mask. A uniform load is done once (the block has an active lane); a store to a uniform
 * address stores the value of the last active lane.
 *
 * Rows are copies of what depends on the second dimension; everything else is shared by the rows.
 *
 * Barriers: where all chunks come to the same ones (regions.c), what lies between two barriers is a
 * loop over the chunks, and what lives across is saved in a frame for each chunk (split.c). Else
 * the chunk function is a coroutine that suspends there; the group function starts all chunks, then
 * resumes those not finished until all are. One thread runs the group, so local atomics are plain
 * read-modify-write operations.
 *
 * Sub-groups: a chunk is one. Sub-groups must have the same size but for the last, whatever the
 * shape of the work-group: where rows in x do not divide into whole chunks, another body is used in
 * which the lanes are neighbours by the linear local id (*flat*) and all ids are varying.
 * Kernels that know their work-groups have that body, too, for rows that fill few lanes.
 *
 * They make progress independently of each other: in a loop with atomics a chunk suspends after
 * each round, so that others run. It then says whether it stands at a barrier (yield.c).
 *
 * Not widened (kernel.reason says which; the scalar path is always there): control flow that is not
 * structured, barriers under divergent control flow, spin loops on atomics (a lane may wait for
 * another lane of its chunk), values with more than 64 leaves, very large kernels, work-groups with
 * one work-item in x, loops of uneven length that do little but gather or divide, loops that do
 * little but change private arrays, loops along a work-item's own elements that LLVM vectorises,
 * and vectors of the program's that fill registers.
 * Calls and instructions unknown here, and more than 64 MB of private memory, are errors.
 */
#ifndef TERN_KERNELS_WIDEN_INTERNAL_H
#define TERN_KERNELS_WIDEN_INTERNAL_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "kernels/widen/widen.h"

enum {
	WIDEN_MAX_LANES = 64,
	WIDEN_MAX_ROWS = 8,
	WIDEN_MAX_LEAVES = 64,
	WIDEN_MAX_OPERANDS = 64, /* of an instruction that is neither phi nor terminator */
	WIDEN_GLOBAL_SPACE = 1,  /* OpenCL's address spaces in spir64 */
	WIDEN_CONSTANT_SPACE = 2,
	WIDEN_LOCAL_SPACE = 3,
	WIDEN_KERNEL_CALL = 76,   /* calling convention spir_kernel */
	WIDEN_FRAME_ALIGN = 128,  /* of chunks' frames, kernels.h */
	WIDEN_MOST_BARRIERS = 32, /* of a kernel with regions */
	WIDEN_MOST_JOINED = 16,   /* elements of a joined access */
	WIDEN_FEW = 4, /* of so many elements that follow each other, all are loaded for one */
};

/* ---- lower.c: calls by name ---- */
enum widen_call {
	WIDEN_CALL_UNKNOWN,
	WIDEN_CALL_GLOBAL_ID,
	WIDEN_CALL_LOCAL_ID,
	WIDEN_CALL_GROUP_ID,
	WIDEN_CALL_LOCAL_SIZE,
	WIDEN_CALL_ENQUEUED_LOCAL_SIZE,
	WIDEN_CALL_GLOBAL_SIZE,
	WIDEN_CALL_NUM_GROUPS,
	WIDEN_CALL_GLOBAL_OFFSET,
	WIDEN_CALL_LAST_DIMENSIONAL = WIDEN_CALL_GLOBAL_OFFSET,
	WIDEN_CALL_WORK_DIM,
	WIDEN_CALL_GLOBAL_LINEAR_ID,
	WIDEN_CALL_LOCAL_LINEAR_ID,
	WIDEN_CALL_BARRIER,
	WIDEN_CALL_MEM_FENCE,
	WIDEN_CALL_ATOMIC_FENCE,
	WIDEN_CALL_PRINTF_BUFFER,
	WIDEN_CALL_MEMORY_OF,
	WIDEN_CALL_COLLECTIVE,
	WIDEN_CALL_GLOBAL_ID_32,
	/* kernels/lib/sub_group.cl; those from MASK on act on the values of several lanes */
	WIDEN_CALL_SUB_GROUP_LOCAL_ID,
	WIDEN_CALL_SUB_GROUP_ID,
	WIDEN_CALL_SUB_GROUP_SIZE,
	WIDEN_CALL_SUB_GROUP_MAX_SIZE,
	WIDEN_CALL_SUB_GROUP_BARRIER,
	WIDEN_CALL_SUB_GROUP_MASK,
	WIDEN_CALL_SUB_GROUP_SHUFFLE,
	WIDEN_CALL_SUB_GROUP_REDUCE,
	WIDEN_CALL_SUB_GROUP_CLUSTER,
	WIDEN_CALL_SUB_GROUP_SCAN,
	WIDEN_CALL_SUB_GROUP_BEFORE,
	/* machine.c, in its order */
	WIDEN_CALL_MACHINE_SCALE,
	WIDEN_CALL_MACHINE_EXPONENT,
	WIDEN_CALL_MACHINE_MANTISSA,
	WIDEN_CALL_MACHINE_RECIPROCAL_ROOT,
	WIDEN_CALL_MACHINE_LOOKUP,
};
/* Of a call instruction; UNKNOWN for intrinsics and everything else. */
enum widen_call widen_call_of(LLVMValueRef call);
/* The callee's name, "" for indirect calls. */
const char *widen_callee_name(LLVMValueRef call);
/*
 * Replaces work-item functions by what the emitter knows: those with a dimension that is not a
 * constant 0, 1 or 2 and the linear ids become arithmetic over the others. So does the memory of
 * pointers that tell where they come from.
 */
void widen_lower_work_items(LLVMModuleRef module);
/* ids.c: tells optimisers of ids; early. */
void widen_lower_ids(LLVMModuleRef module);
/* Moves the module's __global and __constant variables into address space 0. */
void widen_lower_globals(LLVMModuleRef module);
/* By-value structures that a kernel gets are its own to change: gives it copies. */
void widen_lower_by_value(LLVMModuleRef module);

/* ---- generic.c ---- */
/* What __tern_memory_of() returns: the device library knows these numbers. */
enum widen_memory { WIDEN_MEMORY_GLOBAL, WIDEN_MEMORY_LOCAL, WIDEN_MEMORY_PRIVATE };
/* True if all that generic @pointer may come from is of one memory. */
bool widen_known_memory(LLVMValueRef pointer, enum widen_memory *memory);

/* ---- divide.c ---- */
bool widen_is_integer_division(LLVMOpcode op);
/* Such a division, by what is not known before the kernel runs. */
bool widen_divides(LLVMValueRef inst);
/* No integer division traps: divisors for which it has no result become 1. */
void widen_lower_divisions(LLVMModuleRef module);

/* ---- half.c ---- */
/* After all passes: half arithmetic by way of float. False: there was none. */
bool widen_lower_halves(LLVMModuleRef module, const struct tern_widen_options *options);

/* ---- machine.c ---- */
/* "fma", "avx512", or "scatter": that of AVX-512 is quick (kernels/target.c). */
bool widen_machine_has(const struct tern_widen_options *options, const char *feature);
/* Answers what the device library asks about the processor; before inlining. */
void widen_lower_machine(LLVMModuleRef module, const struct tern_widen_options *options);

/* ---- rare.c ---- */
/* Keeps blocks that are said to be rare from being executed without need; before simplifying. */
void widen_mark_rare(LLVMModuleRef module);
/* It was marked. */
bool widen_is_rare(LLVMBasicBlockRef block);

/* ---- copies.c ---- */
/* Small memset and memcpy of private variables become loads and stores. */
void widen_lower_copies(LLVMModuleRef module);

/* ---- minima.c ---- */
/* Before anything simplifies: around a crash of LLVM's. */
void widen_fence_minima(LLVMModuleRef module);

/* ---- unroll.c ---- */
/* Marks the loops that the passes behind this are to unroll; false: none. */
bool widen_ask_for_unrolling(LLVMModuleRef module);

/* ---- narrow.c ---- */
/* Arithmetic of 32 bits that 16 bits hold is done in 16 bits. */
void widen_narrow(LLVMModuleRef module);

/* ---- values.c ---- */
enum widen_shape { WIDEN_UNKNOWN, WIDEN_UNIFORM, WIDEN_LINEAR, WIDEN_VARYING };

struct widen_value {
	LLVMValueRef ir;
	uint8_t shape; /* enum widen_shape */
	bool exact;    /* 32-bit linear value kept in 64 bits, see above */
	bool per_row;  /* differs between rows */
	bool hinted;   /* varying, but linear unless an index wraps: hints.c */
	bool late;     /* its vector is made where that is used: late.c */
	bool regular;  /* made of ids and uniform values: regular.c */
	bool tall;     /* a load or store whose rows are beside each other: tall.c */
	bool streams;  /* a store that may go past the caches: stream.c */
	int64_t stride;
	uint32_t element;    /* address in an interleaved private variable: its accesses' size */
	uint32_t leaves;     /* of the type */
	uint32_t first_leaf; /* index of the first, among all leaves of the kernel */
	uint32_t block;      /* where it is defined */
	uint32_t times;      /* late: how often its vector is made at most */
	uint32_t join;       /* a load or store that is part of fn->joins[join - 1]; 0: of none */
};

/* Loads or stores of neighbouring elements that are made as one: joined.c. */
struct widen_join {
	LLVMValueRef at; /* the one in whose place that is done */
	int64_t offset;  /* bytes from what that one points to, to the first element */
	LLVMTypeRef type;
	unsigned length; /* elements, the first and the last of which have a member */
	LLVMValueRef members[WIDEN_MOST_JOINED];
};

struct widen_block {
	LLVMBasicBlockRef ir;
	LLVMValueRef terminator;
	LLVMValueRef condition; /* of a conditional branch or switch, else NULL */
	uint32_t successor_count, pred_count;
	uint32_t *successors, *preds; /* indices; NULL when none */
	uint32_t idom;
	uint32_t header;     /* of the innermost loop, UINT32_MAX: in no loop */
	uint32_t parent;     /* headers: header of the loop around; UINT32_MAX */
	uint32_t latch;      /* headers: the one block that branches back; else UINT32_MAX */
	uint32_t exited;     /* this is the exit of the loop of that header, else UINT32_MAX */
	bool divergent;      /* the terminator's condition */
	bool loop_divergent; /* headers: the latch's branch is divergent */
	bool masked;         /* may run with fewer lanes than the chunk has */
	bool row_masked;     /* its mask differs between rows */
	bool row_loop;       /* headers: the lanes in the loop differ between rows */
};

struct widen_local {
	LLVMValueRef global;
	uint64_t offset;
};

struct widen_map_entry {
	const void *key;
	uint32_t index;
};

/* A kernel and what is known of it. One widen_fn serves several bodies (full, tail, scalar). */
struct widen_fn {
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMTargetDataRef layout;
	const struct tern_widen_options *options;
	struct tern_widen_kernel *kernel;
	LLVMValueRef ir;
	LLVMTypeRef i1, i8, i32, i64, ptr, nothing;

	struct widen_value *values; /* parameters first, then instructions in block order */
	uint32_t value_count, leaf_count;
	struct widen_block *blocks; /* in reverse post-order; the entry is block 0 */
	uint32_t block_count;
	uint32_t *edges; /* storage of successors and preds */
	struct widen_map_entry *map;
	uint32_t map_size;

	struct widen_local *locals;
	uint32_t local_count, local_capacity;
	uint64_t local_bytes;

	unsigned lanes, rows;
	bool alone;   /* scalar: alone.c */
	bool widened; /* false: scalar, all values uniform */
	bool has_barrier;
	bool has_sub_groups;
	LLVMValueRef dynamic; /* an alloca that is made where control flow comes to it, or NULL */
	uint32_t regions; /* all chunks come to the same barriers: barriers and one; 0: not so */
	bool yields;      /* chunks let others run while they wait for them: yield.c */
	bool flat;        /* lanes follow the linear local id: analysis and body of this kind */
	bool has_flat;    /* a flat body is made, too */
	bool columns;     /* of the chunks of a group those in one column of x follow each other */
	bool merges;      /* work-groups may be made one: nothing but atomics tells them apart */
	bool any_groups;  /* cannot tell in which work-group a work-item is, or beside whom */
	bool splits_ids;  /* relies on chunks that do not cross multiples of 2^31 in x */
	bool marks_rows;  /* the analysis tells rows apart */
	bool out_of_memory;
	struct widen_join *joins;
	uint32_t join_count, join_capacity;
	uint64_t least_variable; /* bytes of the smallest program-scope variable to be written to */
	LLVMDIBuilderRef lines;  /* of debug information, lines.c; NULL: none */
};

#define WIDEN_NONE UINT32_MAX

int widen_fn_init(struct widen_fn *fn, LLVMModuleRef module,
		  const struct tern_widen_options *options,
		  struct tern_widen_kernel *kernel) TERN_MUST_CHECK;
void widen_fn_finish(struct widen_fn *fn);
/* NULL for constants and whatever is no parameter or reachable instruction. */
struct widen_value *widen_value_of(const struct widen_fn *fn, LLVMValueRef ir);
/* WIDEN_NONE when @ir is not reachable. */
uint32_t widen_block_index(const struct widen_fn *fn, LLVMBasicBlockRef ir);
/* Says why the kernel is not widened; @at may be NULL. Always returns false. */
bool widen_refuse(struct widen_fn *fn, const char *reason, LLVMValueRef at);

/* The type with all pointers (and opaque target types) as pointers of address space 0. */
LLVMTypeRef widen_map_type(const struct widen_fn *fn, LLVMTypeRef type);
unsigned widen_leaf_count(LLVMTypeRef type);
/* Type of leaf @leaf of @type, mapped. */
LLVMTypeRef widen_leaf_type(const struct widen_fn *fn, LLVMTypeRef type, unsigned leaf);
uint64_t widen_size_of(const struct widen_fn *fn, LLVMTypeRef type);
/* A floating-point number, no vector. */
bool widen_is_real(LLVMTypeRef type);
/*
 * What operand @i of @gep adds to the address, for i = 1, 2, ... in turn; *type begins as the
 * source element type. True: *bytes, a structure's member; false: *bytes for each unit of the
 * operand.
 */
bool widen_gep_step(const struct widen_fn *fn, LLVMValueRef gep, unsigned i, LLVMTypeRef *type,
		    uint64_t *bytes);
bool widen_is_pointer_to_local(LLVMValueRef pointer);
bool widen_constant_int(LLVMValueRef v, int64_t *out);
/* Offset of a __local variable in group->local_mem. */
uint64_t widen_local_offset(struct widen_fn *fn, LLVMValueRef global);

/* ---- cfg.c ---- */
/* Blocks, edges, dominators and loops. False: not reducible or not in the form above (refused). */
bool widen_cfg_analyse(struct widen_fn *fn);
bool widen_dominates(const struct widen_fn *fn, uint32_t a, uint32_t b);
/* True if block @b is in the loop of header @h (or @h is WIDEN_NONE). */
bool widen_in_loop(const struct widen_fn *fn, uint32_t b, uint32_t h);
/* After the divergence analysis: a loop around @b is left by each lane at another time. */
bool widen_in_divergent_loop(const struct widen_fn *fn, uint32_t b);
/* @b is the exit of a loop: its header, else WIDEN_NONE. */
uint32_t widen_exited_loop(const struct widen_fn *fn, uint32_t b);
/* After the divergence analysis: every divergent branch is an if-then or a latch. */
bool widen_cfg_check_divergence(struct widen_fn *fn);
/* Which successor of the divergent if @b is the then-block: 0 or 1. */
unsigned widen_then_successor(const struct widen_fn *fn, uint32_t b);

/* ---- kernel.c ---- */
/* False (refused): a barrier under a mask. */
bool widen_check_barriers(struct widen_fn *fn);
/* The analyses that say whether the kernel can be widened; false: refused. */
bool widen_find_shapes(struct widen_fn *fn, bool flat);

/* ---- exchange.c ---- */
/* With shapes and lanes, which it may find again: kernel->exchange_pays. False: refused. */
bool widen_try_exchange(struct widen_fn *fn);
/* For a kernel that is to be exchanged: does it, before anything is known. */
void widen_begin_exchanged(struct widen_fn *fn);

/* ---- regions.c ---- */
/* Last of the analyses: fn->regions. */
void widen_find_regions(struct widen_fn *fn);

/* ---- shape.c, rows.c ---- */
void widen_shapes(struct widen_fn *fn);
enum widen_shape widen_shape_of(const struct widen_fn *fn, LLVMValueRef ir);
bool widen_per_row(const struct widen_fn *fn, LLVMValueRef ir);
/* A round of marking what differs between rows; false: nothing new. */
bool widen_mark_rows(struct widen_fn *fn);
/* Repeats the analysis with rows told apart; how many rows pay. Doubles the lanes where two
 * registers for each row pay. */
unsigned widen_rows(struct widen_fn *fn);
/* How many loops are around what is in the loop of @header, with that one; WIDEN_NONE: 0. */
unsigned widen_loop_depth(const struct widen_fn *fn, uint32_t header);
/* How often @v is made, if all loops have 16 rounds. */
uint64_t widen_rounds_of(const struct widen_fn *fn, const struct widen_value *v);

/* ---- private.c ---- */
/* Before the shapes: which private variables have interleaved lanes. */
void widen_private_layouts(struct widen_fn *fn);
/* @size bytes at @pointer are always in a private variable: also lanes that a mask leaves out may
 * read what is there. */
bool widen_is_private_place(const struct widen_fn *fn, LLVMValueRef pointer, uint64_t size);
/* Bytes from one lane's element 0 of a private variable to the next lane's. */
uint64_t widen_private_stride(const struct widen_fn *fn, LLVMValueRef variable);

/* ---- choose.c ---- */
/* False (refused): too large to widen. Before any analysis. */
bool widen_check_size(struct widen_fn *fn);
/* False (refused): one lane at a time is as quick. This and the following are for after the shapes.
 */
bool widen_check_gain(struct widen_fn *fn);
unsigned widen_choose_lanes(const struct widen_fn *fn);
/* After the rows: more than one register for a leaf where that pays, in fn->lanes. */
void widen_choose_registers(struct widen_fn *fn);
/* Whether the kernel should have a flat body. */
bool widen_wants_flat(const struct widen_fn *fn);

/* Whether chunks one below the other touch the same cache lines: fn->columns, and fewer lanes. */
void widen_choose_columns(struct widen_fn *fn);
/* After the hints: no access of the kernel goes to places far apart. */
bool widen_is_contiguous(const struct widen_fn *fn);
/* The body for tails shall serve all chunks. */
bool widen_one_body_will_do(const struct widen_fn *fn);

/* ---- waiting.c ---- */
/* False (refused): a lane may wait in a loop for a lane that has left it. */
bool widen_check_waiting(struct widen_fn *fn);

/* ---- yield.c ---- */
/* Whether block @b ends a round of a loop that may wait for another sub-group. */
bool widen_ends_waiting_round(const struct widen_fn *fn, uint32_t b);
bool widen_may_wait(const struct widen_fn *fn);

/* ---- hints.c ---- */
/* After the shapes: finds the values that are nearly linear. */
void widen_hints(struct widen_fn *fn);

enum { WIDEN_FAR = 1 << 20 }; /* such strides are not contiguous anyway */
/* The stride of what is uniform, linear or hinted. */
bool widen_stride_of(const struct widen_fn *fn, LLVMValueRef v, uint64_t *stride);
/* By what @v extends an integer, a non-negative one as if it were signed: sext, zext; 0: neither.
 */
LLVMOpcode widen_extension_of(LLVMValueRef v);
/* A sum, product or shift is, extended, that of its extended operands. 0: not extended. */
bool widen_is_exact(LLVMValueRef v, LLVMOpcode extension);
/* 0: no integer. */
unsigned widen_integer_width(LLVMTypeRef type);

/* ---- near.c ---- */
/* @inst has its operand's stride, if no limit comes between the lanes. */
bool widen_near(const struct widen_fn *fn, LLVMValueRef inst, uint64_t *stride);

/* ---- regular.c ---- */
/* After the hints: finds the values that may be contiguous. */
void widen_find_regular(struct widen_fn *fn);

/* ---- tall.c ---- */
/* After the rows are told apart, and after joined.c: values' tall. False: there are none. */
bool widen_find_tall(struct widen_fn *fn);
/* The 32-bit id in y that the address of tall @inst is made of; NULL: of none. */
LLVMValueRef widen_tall_id(const struct widen_fn *fn, LLVMValueRef inst);

/* ---- joined.c ---- */
/* An integer or floating-point number of 1, 2, 4 or 8 bytes. */
bool widen_is_element(const struct widen_fn *fn, LLVMTypeRef type);
/* After regular.c: finds the accesses that are made together; values' join and fn->joins. */
void widen_find_joins(struct widen_fn *fn);

/* ---- pace.c ---- */
/* By how many bytes, or by how much, a value grows from round to round: @times, of @by where that
 * is not NULL, which is the same in all rounds and lanes. */
struct widen_pace {
	int64_t times;
	LLVMValueRef by;
	bool known;
};
/* In the loop of block @header. As hints, it may be wrong where numbers wrap. */
struct widen_pace widen_pace_of(const struct widen_fn *fn, uint32_t header, LLVMValueRef v);

/* ---- alone.c ---- */
/* A loop of one block that LLVM can vectorise, as far as its sums go. */
bool widen_is_vectorisable(LLVMBasicBlockRef loop);
/* All loops of the function are so, as far as one can tell before the shapes are known: they are
 * not unrolled (unroll.c). */
bool widen_may_walk_alone(LLVMValueRef function);
/* All loops are of work-items that walk along elements of their own, and vectorisable. */
bool widen_walks_alone(const struct widen_fn *fn);
/* Has LLVM vectorise the loops of such kernels' group functions, which are marked. */
void widen_mark_alone(const struct widen_fn *fn, LLVMValueRef group);
int widen_vectorise_alone(LLVMModuleRef module, LLVMTargetMachineRef machine,
			  char **message) TERN_MUST_CHECK;

/* ---- late.c ---- */
/* After the hints, joined.c and tall.c: finds the values whose vectors are made late. */
void widen_find_late(struct widen_fn *fn);

/* ---- stream.c ---- */
/* After the hints: finds the stores that may go past the caches, and kernel->stream_bytes. */
void widen_find_streams(struct widen_fn *fn);

/* ---- emit.c ---- */
struct widen_block_state {
	LLVMBasicBlockRef first, last; /* the new blocks that an old block became */
	LLVMValueRef mask[WIDEN_MAX_ROWS];
	LLVMValueRef shared_mask;               /* lanes of any row */
	LLVMValueRef then_mask[WIDEN_MAX_ROWS]; /* of divergent ifs */
	LLVMValueRef shared_then_mask;
	bool flat;    /* divergent if without a test: the then-block is always run */
	bool bounded; /* ids and uniform values alone decide about the mask: mostly it is full */
	bool partial; /* what is being made is for when it is not: twice.c */
};

/* One body being made. */
struct widen_emit {
	struct widen_fn *fn;
	LLVMBuilderRef builder, aux; /* aux: for what goes elsewhere than to the current place */
	LLVMValueRef function;
	unsigned lanes, rows, row; /* row: the copy being made */
	bool shared;               /* what is being made is for all rows */
	bool tail;                 /* entry mask: lane < active */
	bool rare;                 /* another body is for most chunks: code stays small */

	LLVMValueRef *scalars;      /* [value * rows + row]: uniform and linear values */
	LLVMValueRef *vectors;      /* [leaf * rows + row] */
	LLVMValueRef *guards;       /* as scalars: of hinted values, hints.c */
	LLVMValueRef *accumulators; /* [leaf * rows + row]: loop results, control.c */
	struct widen_block_state *states;
	uint32_t block; /* the old block being made */

	LLVMBasicBlockRef prologue; /* arguments, constants; ends in a branch */
	LLVMValueRef args, group, group_id[3], local_size[3], local_id[3], active;
	LLVMValueRef local_mem;
	LLVMValueRef flat_id[3]; /* flat: the local ids, vectors of i64 */
	LLVMValueRef streams;    /* i1: stream.c */
	/* with barriers; the handle and what follows for coroutines, but for next and barriers */
	LLVMValueRef frame, handle, coro_id;
	LLVMValueRef at_barrier; /* yields: the promise, not 0 while suspended at a barrier */
	LLVMBasicBlockRef suspended, cleanup;
	LLVMValueRef next;                      /* regions: where the barrier's number goes, i32 */
	uint32_t barriers;                      /* that were made */
	LLVMMetadataRef subprogram, first_line; /* lines.c; NULL: no lines */
};

LLVMValueRef widen_int(const struct widen_emit *e, LLVMTypeRef type, int64_t v);
LLVMTypeRef widen_vector_type(const struct widen_emit *e, LLVMTypeRef type);
/* The scalar (uniform or linear) new value of @v, in its mapped type. */
LLVMValueRef widen_scalar(struct widen_emit *e, LLVMValueRef v);
/* Exact linear value or uniform 32-bit value as 64 bits, sign-extended. */
LLVMValueRef widen_scalar64(struct widen_emit *e, LLVMValueRef v);
/* Leaf @leaf of @v as a vector. */
LLVMValueRef widen_vector(struct widen_emit *e, LLVMValueRef v, unsigned leaf);
void widen_set_scalar(struct widen_emit *e, LLVMValueRef v, LLVMValueRef new_value);
void widen_set_vector(struct widen_emit *e, LLVMValueRef v, unsigned leaf, LLVMValueRef new_value);
LLVMValueRef widen_splat(struct widen_emit *e, LLVMValueRef scalar);
/* <0, stride, 2 * stride, ...> */
LLVMValueRef widen_steps(const struct widen_emit *e, LLVMTypeRef type, int64_t stride);
LLVMValueRef widen_intrinsic(struct widen_emit *e, const char *name, LLVMTypeRef *overloads,
			     unsigned overload_count, LLVMValueRef *args, unsigned arg_count);
LLVMValueRef widen_shuffle(struct widen_emit *e, LLVMValueRef a, LLVMValueRef b, const int *index,
			   unsigned count);
/* Leaf @leaf of a scalar aggregate or vector value @v of (old) type @type; and the way back. */
LLVMValueRef widen_extract_leaf(struct widen_emit *e, LLVMValueRef v, LLVMTypeRef type,
				unsigned leaf);
LLVMValueRef widen_insert_leaf(struct widen_emit *e, LLVMValueRef v, LLVMTypeRef type,
			       unsigned leaf, LLVMValueRef new_leaf);
LLVMBasicBlockRef widen_append_block(struct widen_emit *e, const char *name);
/* The mask of the current block and row (or of all rows: shared); NULL: all lanes. */
LLVMValueRef widen_mask(const struct widen_emit *e);
LLVMValueRef widen_mask_or_all(struct widen_emit *e, LLVMValueRef mask);
/* i1: a lane of @mask is set. */
LLVMValueRef widen_any(struct widen_emit *e, LLVMValueRef mask);
/* i1: all lanes of @mask are set. */
LLVMValueRef widen_full(struct widen_emit *e, LLVMValueRef mask);
/* i1: those of @good are, that are in @mask; NULL: all. */
LLVMValueRef widen_all_of(struct widen_emit *e, LLVMValueRef good, LLVMValueRef mask);
/* New value for a constant, which may need instructions in the prologue. */
LLVMValueRef widen_constant(struct widen_emit *e, LLVMValueRef constant);

/* ---- split.c ---- */
/* Around and between the instructions of a body whose chunks come to the same barriers. */
void widen_begin_regions(struct widen_emit *e);
void widen_end_region(struct widen_emit *e);
void widen_end_last_region(struct widen_emit *e);
void widen_finish_regions(struct widen_emit *e);
/* Makes functions of such bodies that go on behind any barrier. True: there were any. */
bool widen_split_regions(LLVMModuleRef module, bool *out_of_memory);

/* ---- lines.c ---- */
/* The function being made gets lines, when that is asked for. */
void widen_begin_lines(struct widen_emit *e);
/* What is emitted from here on is for @inst. */
void widen_set_line(struct widen_emit *e, LLVMValueRef inst);
void widen_finish_lines(struct widen_fn *fn);

/* ---- rebuild.c, workitem.c ---- */
/* Atomic or volatile. */
bool widen_is_atomic(LLVMValueRef inst);
/* Operands to map: all but the callee of a call. */
unsigned widen_operand_count(LLVMValueRef inst);
/* True when rebuild can copy @inst (a call it knows, no exotic or huge instruction). */
bool widen_can_rebuild(struct widen_fn *fn, LLVMValueRef inst);
/* A scalar copy of @inst, no phi and no terminator, with mapped operands; NULL: nothing left. */
LLVMValueRef widen_rebuild(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands);
void widen_drop_poison_flags(LLVMValueRef inst);
LLVMValueRef widen_group_field(struct widen_emit *e, size_t offset, LLVMTypeRef type);
LLVMValueRef widen_work_item(struct widen_emit *e, enum widen_call call, unsigned dimension);
bool widen_is_dropped(LLVMValueRef inst);
/* generic.c: code that finds out which memory the new pointer points to, an enum widen_memory. */
LLVMValueRef widen_memory_of(struct widen_emit *e, LLVMValueRef pointer);

/* ---- vector.c, intrinsic.c, memory.c, lanes.c ---- */
void widen_emit_instruction(struct widen_emit *e, LLVMValueRef inst);
/* The vector of a late value, made here; widen_vector() does that where it has none. */
LLVMValueRef widen_late_vector(struct widen_emit *e, LLVMValueRef v);
/* True if it made the vector form of the intrinsic call @inst. */
bool widen_emit_intrinsic(struct widen_emit *e, LLVMValueRef inst);
/*
 * The types that name an intrinsic's overload, r for the result's, 0 and 1 for operands', and its
 * name without them. NULL: not known to have a vector form.
 */
const char *widen_intrinsic_overloads(LLVMValueRef call, const char **name);
/* @v is the same in all lanes, or grows from each to the next by the same; @depth: 0. */
bool widen_is_strided(const struct widen_fn *fn, LLVMValueRef v, unsigned depth);
void widen_emit_load(struct widen_emit *e, LLVMValueRef inst);
void widen_emit_store(struct widen_emit *e, LLVMValueRef inst);
/* Two ways, the first of which is the usual one: begins where @guard (i1) holds. */
struct widen_fork {
	LLVMBasicBlockRef linear, general, join;
};
struct widen_fork widen_fork_begin(struct widen_emit *e, LLVMValueRef guard);
/* Goes on in @next, f->general and then f->join; the block that the last way ends in. */
LLVMBasicBlockRef widen_fork_next(struct widen_emit *e, const struct widen_fork *f,
				  LLVMBasicBlockRef next);

/* ---- window.c ---- */
/* The same to local memory, by 32-bit indices where they are known: they gather and scatter twice
 * as many lanes at once. */
LLVMValueRef widen_local_pointers(struct widen_emit *e, LLVMValueRef pointers, LLVMTypeRef type);
struct widen_window {
	LLVMValueRef low, high; /* addresses of its halves */
	LLVMValueRef elements;  /* the lanes' places in it */
	LLVMValueRef inside;    /* i1 for each lane */
};
/* Whether local memory of elements of @type has windows. */
bool widen_has_windows(const struct widen_emit *e, LLVMTypeRef type);
/* i1: what the lanes of @mask (NULL: all) point to, aligned, lies in *w, in growing order if
 * @growing. */
LLVMValueRef widen_window(struct widen_emit *e, LLVMValueRef pointers, LLVMValueRef mask,
			  bool growing, struct widen_window *w);
/* Where that holds. */
LLVMValueRef widen_load_window(struct widen_emit *e, const struct widen_window *w,
			       LLVMTypeRef type);
void widen_store_window(struct widen_emit *e, const struct widen_window *w, LLVMValueRef v,
			LLVMValueRef mask);

/* ---- twice.c ---- */
bool widen_is_made_twice(struct widen_emit *e, uint32_t b);
/* The instructions of block @b from @first on, which follows its phis. */
void widen_emit_twice(struct widen_emit *e, uint32_t b, LLVMValueRef first);
/* Leaves to one vector of whole lanes, and a leaf of such a vector. */
LLVMValueRef widen_interleave(struct widen_emit *e, LLVMValueRef *leaves, unsigned count);
LLVMValueRef widen_deinterleave(struct widen_emit *e, LLVMValueRef wide, unsigned count,
				unsigned leaf);
/* packed.c: what widen_interleave() makes, without leaves; NULL: they are not made alike. */
LLVMValueRef widen_packed(struct widen_emit *e, LLVMValueRef *leaves, unsigned count);
/* The memory of all lanes; a getelementptr in interleaved variables. */
LLVMValueRef widen_private_variables(struct widen_emit *e, LLVMValueRef variable);
LLVMValueRef widen_private_address(struct widen_emit *e, LLVMValueRef gep, bool vector);
/* Base and guard of a hinted value; the guard, NULL: not hinted. */
void widen_emit_hint(struct widen_emit *e, LLVMValueRef inst);
LLVMValueRef widen_guard(struct widen_emit *e, LLVMValueRef v);
/* No lane's value of 32 or 64 bits wraps around, seen from lane 0's @base. */
LLVMValueRef widen_no_wrap(struct widen_emit *e, LLVMValueRef base, int64_t stride, bool is_signed);
/* a and b, one of which may be NULL: true. */
LLVMValueRef widen_both(struct widen_emit *e, LLVMValueRef a, LLVMValueRef b);
/* near.c: base and guard of what widen_near() has found; NULL: not such an instruction. */
LLVMValueRef widen_near_base(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *guard);
/* stream.c: in the prologue; i1: a store of @v does not go past the caches; one that does. */
void widen_begin_streams(struct widen_emit *e);
LLVMValueRef widen_is_cached_store(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointer);
void widen_store_past_caches(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointer);
/* divide.c. The vector form of an integer division, by numbers that are not 0; NULL: none is
 * quicker. */
LLVMValueRef widen_divide(struct widen_emit *e, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b);
bool widen_is_machine_call(enum widen_call call);
/* machine.c: the instruction that the call stands for; false: not such a call. */
bool widen_emit_machine(struct widen_emit *e, LLVMValueRef inst);
LLVMValueRef widen_scalar_machine(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands);
/* together.c: false when it must go lane by lane. */
bool widen_emit_together(struct widen_emit *e, LLVMValueRef inst);
/* The new value of a read-modify-write operation on @old, scalars or vectors; NULL: not one of the
 * usual. */
LLVMValueRef widen_modify(struct widen_emit *e, LLVMAtomicRMWBinOp op, LLVMValueRef old,
			  LLVMValueRef v);
/* sub_group.c: values of the lanes together; false: not such a call. */
bool widen_emit_sub_group(struct widen_emit *e, LLVMValueRef inst);
/* For a chunk of one work-item. */
LLVMValueRef widen_scalar_sub_group(struct widen_emit *e, LLVMValueRef inst,
				    LLVMValueRef *operands);
bool widen_is_sub_group_call(enum widen_call call);
/* flat.c: local ids of lanes that follow the linear local id, in the prologue; get_global_id() and
 * get_local_id() of them, false: not such a call. */
void widen_flat_ids(struct widen_emit *e);
bool widen_emit_flat_id(struct widen_emit *e, LLVMValueRef inst);
/* Each lane gets the value that the lane @distance before it has, the first ones @neutral's. */
LLVMValueRef widen_moved(struct widen_emit *e, LLVMValueRef v, LLVMValueRef neutral,
			 unsigned distance);
/* Lane by lane; under the mask when @guarded. */
void widen_emit_lanes(struct widen_emit *e, LLVMValueRef inst, bool guarded);

/* ---- control.c, body.c, group.c, optimize.c ---- */
void widen_emit_blocks(struct widen_emit *e);
/* The instructions of block @b from @first to before its terminator. */
void widen_emit_instructions(struct widen_emit *e, uint32_t b, LLVMValueRef first);
void widen_emit_suspend(struct widen_emit *e, bool final);
/* Suspends until all other chunks are at a barrier, too, or have finished. */
void widen_emit_barrier(struct widen_emit *e);
enum widen_body_kind {
	WIDEN_BODY_FULL,
	WIDEN_BODY_TAIL, /* fewer lanes are active */
	WIDEN_BODY_FLAT, /* likewise; local id x is the linear one */
	WIDEN_BODY_HALF, /* half as many rows, when there are many: work-groups may have fewer */
	WIDEN_BODY_COUNT
};
/* The chunk function, or NULL when there is no memory. */
LLVMValueRef widen_body(struct widen_fn *fn, unsigned rows, enum widen_body_kind kind);
LLVMTypeRef widen_body_type(const struct widen_fn *fn);
void widen_function_attributes(const struct widen_fn *fn, LLVMValueRef function);
/* @bodies: WIDEN_BODY_COUNT of them, NULL those that are not needed. */
LLVMValueRef widen_group(struct widen_fn *fn, const LLVMValueRef *bodies);
/* Declaration @mark<kernel>, resolved by tern_widen_optimize(); NULL: no memory. */
LLVMValueRef widen_mark_function(const struct widen_fn *fn, const char *mark, LLVMTypeRef type);
/* Of a declaration: no memory, returns. */
void widen_add_pure_attributes(LLVMContextRef context, LLVMValueRef function);
void widen_add_attribute(LLVMContextRef context, LLVMValueRef function, unsigned index,
			 const char *name);
int widen_run_passes(LLVMModuleRef module, LLVMTargetMachineRef machine, const char *passes,
		     char **message) TERN_MUST_CHECK;

#define WIDEN_GLOBAL_ID_32 "__tern_global_id_32" /* (int)get_global_id() */
#define WIDEN_FRAME_MARK   "tern.frame."         /* + kernel: void (i64 bytes), called by bodies */
#define WIDEN_KEEP_MARK    "tern.keep."   /* + kernel: void (ptr variable), called by coroutines */
#define WIDEN_BARRIER_MARK "tern.barrier" /* i1 (i32 number): split.c */
#define WIDEN_BEHIND_MARK  "tern.behind"  /* likewise */
#define WIDEN_REGIONS      "tern-regions" /* attribute of bodies that are to be split */
#define WIDEN_MAIN_BODY    "tern-main-body" /* the one that becomes part of the group function */
#define WIDEN_STRIDE_MARK  "tern.stride."   /* + kernel: i64 (), called by group functions */
#define WIDEN_FRAME_BYTES  "tern-frame-bytes"
#define WIDEN_GROUP_PREFIX "tern.group."

#endif
