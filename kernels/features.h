/* SPDX-License-Identifier: MIT */
/*
 * What kernels may use: the one table for the compile server (which defines the macros and enables
 * the extensions in clang) and for the device queries (CL_DEVICE_OPENCL_C_FEATURES,
 * CL_DEVICE_EXTENSIONS).
 */
#ifndef TERN_KERNELS_FEATURES_H
#define TERN_KERNELS_FEATURES_H

/* X(name, major, minor, patch): OpenCL C 3.0 features, section 6.2.1 of the language. */
#define TERN_C_FEATURES(X)                                                                         \
	X("__opencl_c_atomic_order_acq_rel", 3, 0, 0)                                              \
	X("__opencl_c_atomic_order_seq_cst", 3, 0, 0)                                              \
	X("__opencl_c_atomic_scope_device", 3, 0, 0)                                               \
	X("__opencl_c_atomic_scope_all_devices", 3, 0, 0)                                          \
	X("__opencl_c_fp64", 3, 0, 0)                                                              \
	X("__opencl_c_generic_address_space", 3, 0, 0)                                             \
	X("__opencl_c_int64", 3, 0, 0)                                                             \
	X("__opencl_c_integer_dot_product_input_4x8bit", 3, 0, 0)                                  \
	X("__opencl_c_integer_dot_product_input_4x8bit_packed", 3, 0, 0)                           \
	X("__opencl_c_program_scope_global_variables", 3, 0, 0)                                    \
	X("__opencl_c_subgroups", 3, 0, 0)                                                         \
	X("__opencl_c_work_group_collective_functions", 3, 0, 0)

/* X(name, major, minor, patch): extensions that kernels can test as macros. */
#define TERN_C_EXTENSIONS(X)                                                                       \
	X("cl_khr_byte_addressable_store", 1, 0, 0)                                                \
	X("cl_khr_extended_bit_ops", 1, 0, 0)                                                      \
	X("cl_khr_fp16", 1, 0, 0)                                                                  \
	X("cl_khr_fp64", 1, 0, 0)                                                                  \
	X("cl_khr_global_int32_base_atomics", 1, 0, 0)                                             \
	X("cl_khr_global_int32_extended_atomics", 1, 0, 0)                                         \
	X("cl_khr_int64_base_atomics", 1, 0, 0)                                                    \
	X("cl_khr_int64_extended_atomics", 1, 0, 0)                                                \
	X("cl_khr_integer_dot_product", 2, 0, 0)                                                   \
	X("cl_khr_local_int32_base_atomics", 1, 0, 0)                                              \
	X("cl_khr_local_int32_extended_atomics", 1, 0, 0)

/* Likewise, from OpenCL C 2.0 on. */
#define TERN_C_EXTENSIONS_20(X)                                                                    \
	X("cl_khr_subgroups", 1, 0, 0)                                                             \
	X("cl_khr_subgroup_ballot", 1, 0, 0)                                                       \
	X("cl_khr_subgroup_clustered_reduce", 1, 0, 0)                                             \
	X("cl_khr_subgroup_extended_types", 1, 0, 0)                                               \
	X("cl_khr_subgroup_non_uniform_arithmetic", 1, 0, 0)                                       \
	X("cl_khr_subgroup_non_uniform_vote", 1, 0, 0)                                             \
	X("cl_khr_subgroup_rotate", 1, 0, 0)                                                       \
	X("cl_khr_subgroup_shuffle", 1, 0, 0)                                                      \
	X("cl_khr_subgroup_shuffle_relative", 1, 0, 0)

#endif
