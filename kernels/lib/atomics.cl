/* SPDX-License-Identifier: MIT */
/*
 * Atomics (OpenCL C 6.15.12): the C11 functions, and those of OpenCL 1.x, atomic_* and atom_*. All
 * devices share one coherent memory, so that scopes make no difference.
 */
#include "lib.clh"

#define GENERAL(X) X(global) X(local) X(generic)

/* Each function comes in three forms: with order and scope, with order, with neither. */
#define SCOPE __OPENCL_MEMORY_SCOPE_ALL_SVM_DEVICES

#define LOADS(type, space)                                                                         \
	OVERLOAD type atomic_load_explicit(const volatile space atomic_##type *p, memory_order order, \
					   memory_scope scope)                                     \
	{                                                                                          \
		return __opencl_atomic_load((space atomic_##type *)p, order, SCOPE);               \
	}                                                                                          \
	OVERLOAD type atomic_load_explicit(volatile space atomic_##type *p, memory_order order,    \
					   memory_scope scope)                                     \
	{                                                                                          \
		return __opencl_atomic_load((space atomic_##type *)p, order, SCOPE);               \
	}                                                                                          \
	OVERLOAD type atomic_load_explicit(volatile space atomic_##type *p, memory_order order)    \
	{                                                                                          \
		return __opencl_atomic_load((space atomic_##type *)p, order, SCOPE);               \
	}                                                                                          \
	OVERLOAD type atomic_load(volatile space atomic_##type *p)                                 \
	{                                                                                          \
		return __opencl_atomic_load((space atomic_##type *)p, memory_order_seq_cst, SCOPE); \
	}

#define STORES(type, space)                                                                        \
	OVERLOAD void atomic_init(volatile space atomic_##type *p, type v)                         \
	{                                                                                          \
		__opencl_atomic_store((space atomic_##type *)p, v, memory_order_relaxed, SCOPE);   \
	}                                                                                          \
	OVERLOAD void atomic_store_explicit(volatile space atomic_##type *p, type v,               \
					    memory_order order, memory_scope scope)                \
	{                                                                                          \
		__opencl_atomic_store((space atomic_##type *)p, v, order, SCOPE);                  \
	}                                                                                          \
	OVERLOAD void atomic_store_explicit(volatile space atomic_##type *p, type v,               \
					    memory_order order)                                    \
	{                                                                                          \
		__opencl_atomic_store((space atomic_##type *)p, v, order, SCOPE);                  \
	}                                                                                          \
	OVERLOAD void atomic_store(volatile space atomic_##type *p, type v)                        \
	{                                                                                          \
		__opencl_atomic_store((space atomic_##type *)p, v, memory_order_seq_cst, SCOPE);   \
	}

/* A read-modify-write function with one operand. */
#define MODIFY(name, builtin, type, operand, space)                                                \
	OVERLOAD type name##_explicit(volatile space atomic_##type *p, operand v,                  \
				      memory_order order, memory_scope scope)                      \
	{                                                                                          \
		return builtin((space atomic_##type *)p, v, order, SCOPE);                         \
	}                                                                                          \
	OVERLOAD type name##_explicit(volatile space atomic_##type *p, operand v,                  \
				      memory_order order)                                          \
	{                                                                                          \
		return builtin((space atomic_##type *)p, v, order, SCOPE);                         \
	}                                                                                          \
	OVERLOAD type name(volatile space atomic_##type *p, operand v)                             \
	{                                                                                          \
		return builtin((space atomic_##type *)p, v, memory_order_seq_cst, SCOPE);          \
	}

#define COMPARE(strength, type, space, expected_space)                                             \
	OVERLOAD bool atomic_compare_exchange_##strength##_explicit(                               \
		volatile space atomic_##type *p, expected_space type *expected, type desired,      \
		memory_order success, memory_order failure, memory_scope scope)                    \
	{                                                                                          \
		type e = *expected;                                                                \
		bool same = __opencl_atomic_compare_exchange_strong(                               \
			(space atomic_##type *)p, &e, desired, success, failure, SCOPE);           \
		if (!same)                                                                         \
			*expected = e;                                                             \
		return same;                                                                       \
	}                                                                                          \
	OVERLOAD bool atomic_compare_exchange_##strength##_explicit(                               \
		volatile space atomic_##type *p, expected_space type *expected, type desired,      \
		memory_order success, memory_order failure)                                        \
	{                                                                                          \
		return atomic_compare_exchange_##strength##_explicit(p, expected, desired, success, \
								     failure,                      \
								     memory_scope_all_devices);    \
	}                                                                                          \
	OVERLOAD bool atomic_compare_exchange_##strength(volatile space atomic_##type *p,          \
							 expected_space type *expected,            \
							 type desired)                             \
	{                                                                                          \
		return atomic_compare_exchange_##strength##_explicit(                              \
			p, expected, desired, memory_order_seq_cst, memory_order_seq_cst,          \
			memory_scope_all_devices);                                                 \
	}
#define COMPARES(type, space)                                                                      \
	COMPARE(strong, type, space, global) COMPARE(strong, type, space, local)                   \
	COMPARE(strong, type, space, private) COMPARE(strong, type, space, generic)                \
	COMPARE(weak, type, space, global) COMPARE(weak, type, space, local)                       \
	COMPARE(weak, type, space, private) COMPARE(weak, type, space, generic)

#define COMMON(type, space)                                                                        \
	LOADS(type, space) STORES(type, space) COMPARES(type, space)                               \
	MODIFY(atomic_exchange, __opencl_atomic_exchange, type, type, space)

#define FETCH(type, operand, space)                                                                \
	MODIFY(atomic_fetch_add, __opencl_atomic_fetch_add, type, operand, space)                  \
	MODIFY(atomic_fetch_sub, __opencl_atomic_fetch_sub, type, operand, space)                  \
	MODIFY(atomic_fetch_or, __opencl_atomic_fetch_or, type, operand, space)                    \
	MODIFY(atomic_fetch_xor, __opencl_atomic_fetch_xor, type, operand, space)                  \
	MODIFY(atomic_fetch_and, __opencl_atomic_fetch_and, type, operand, space)                  \
	MODIFY(atomic_fetch_min, __opencl_atomic_fetch_min, type, operand, space)                  \
	MODIFY(atomic_fetch_max, __opencl_atomic_fetch_max, type, operand, space)

#define FLAGS(space)                                                                               \
	OVERLOAD bool atomic_flag_test_and_set_explicit(volatile space atomic_flag *p,             \
							memory_order order, memory_scope scope)    \
	{                                                                                          \
		return __opencl_atomic_exchange((space atomic_int *)p, 1, order, SCOPE) != 0;      \
	}                                                                                          \
	OVERLOAD bool atomic_flag_test_and_set_explicit(volatile space atomic_flag *p,             \
							memory_order order)                        \
	{                                                                                          \
		return __opencl_atomic_exchange((space atomic_int *)p, 1, order, SCOPE) != 0;      \
	}                                                                                          \
	OVERLOAD bool atomic_flag_test_and_set(volatile space atomic_flag *p)                      \
	{                                                                                          \
		return atomic_flag_test_and_set_explicit(p, memory_order_seq_cst);                 \
	}                                                                                          \
	OVERLOAD void atomic_flag_clear_explicit(volatile space atomic_flag *p,                    \
						 memory_order order, memory_scope scope)           \
	{                                                                                          \
		__opencl_atomic_store((space atomic_int *)p, 0, order, SCOPE);                     \
	}                                                                                          \
	OVERLOAD void atomic_flag_clear_explicit(volatile space atomic_flag *p,                    \
						 memory_order order)                               \
	{                                                                                          \
		__opencl_atomic_store((space atomic_int *)p, 0, order, SCOPE);                     \
	}                                                                                          \
	OVERLOAD void atomic_flag_clear(volatile space atomic_flag *p)                             \
	{                                                                                          \
		atomic_flag_clear_explicit(p, memory_order_seq_cst);                               \
	}

#define IN_SPACE(space)                                                                            \
	COMMON(int, space) COMMON(uint, space) COMMON(long, space) COMMON(ulong, space)            \
	COMMON(float, space) COMMON(double, space)                                                 \
	FETCH(int, int, space) FETCH(uint, uint, space)                                            \
	FETCH(long, long, space) FETCH(ulong, ulong, space)                                        \
	/* intptr_t and uintptr_t with ptrdiff_t and each other */                                 \
	FETCH(ulong, long, space) FETCH(long, ulong, space)                                        \
	FLAGS(space)
GENERAL(IN_SPACE)

/* OpenCL 1.x promises no order; on x86-64 a read-modify-write has one all the same. */
#define OLD_ORDER memory_order_relaxed, SCOPE

#define OLD_MODIFY(prefix, name, builtin, type, space)                                             \
	OVERLOAD type prefix##name(volatile space type *p, type v)                                 \
	{                                                                                          \
		return builtin((space atomic_##type *)p, v, OLD_ORDER);                            \
	}
#define OLD_STEP(prefix, name, builtin, type, space)                                               \
	OVERLOAD type prefix##name(volatile space type *p)                                         \
	{                                                                                          \
		return builtin((space atomic_##type *)p, (type)1, OLD_ORDER);                      \
	}
#define OLD(prefix, type, space)                                                                   \
	OLD_MODIFY(prefix, add, __opencl_atomic_fetch_add, type, space)                            \
	OLD_MODIFY(prefix, sub, __opencl_atomic_fetch_sub, type, space)                            \
	OLD_MODIFY(prefix, min, __opencl_atomic_fetch_min, type, space)                            \
	OLD_MODIFY(prefix, max, __opencl_atomic_fetch_max, type, space)                            \
	OLD_MODIFY(prefix, and, __opencl_atomic_fetch_and, type, space)                            \
	OLD_MODIFY(prefix, or, __opencl_atomic_fetch_or, type, space)                              \
	OLD_MODIFY(prefix, xor, __opencl_atomic_fetch_xor, type, space)                            \
	OLD_MODIFY(prefix, xchg, __opencl_atomic_exchange, type, space)                            \
	OLD_STEP(prefix, inc, __opencl_atomic_fetch_add, type, space)                              \
	OLD_STEP(prefix, dec, __opencl_atomic_fetch_sub, type, space)                              \
	OVERLOAD type prefix##cmpxchg(volatile space type *p, type expected, type desired)         \
	{                                                                                          \
		__opencl_atomic_compare_exchange_strong((space atomic_##type *)p, &expected, desired, \
							memory_order_relaxed, OLD_ORDER);          \
		return expected;                                                                   \
	}
#define OLD_IN_SPACE(space)                                                                        \
	OLD(atomic_, int, space) OLD(atomic_, uint, space)                                         \
	OLD_MODIFY(atomic_, xchg, __opencl_atomic_exchange, float, space)                          \
	OLD(atom_, int, space) OLD(atom_, uint, space)                                             \
	OLD(atom_, long, space) OLD(atom_, ulong, space)
GENERAL(OLD_IN_SPACE)
