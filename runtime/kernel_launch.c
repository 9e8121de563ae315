/* SPDX-License-Identifier: MIT */
/* Executing kernels (section 5.10). */
#include "runtime/program.h"

#include <string.h>

#include "runtime/base/status.h"

/* An ND-range with all that the program left out filled in. */
struct shape {
	size_t global[3], offset[3], local[3];
	bool empty; /* no work-items: a no-op */
};

uint64_t tern_kernel_local_bytes(struct tern_kernel *kernel,
				 const struct tern_kernel_target *target)
{
	tern_lock_acquire(&kernel->lock);
	size_t args = kernel->local_arg_bytes;
	tern_lock_release(&kernel->lock);
	return args ? kernel->local_base + args : target->info->local_bytes;
}

size_t tern_kernel_max_group(const struct tern_kernel_target *target,
			     const struct tern_device *device)
{
	size_t most = target->info->max_group_size;
	return tern_min(most, device->caps.max_group_size);
}

static cl_int check_global(const struct tern_launch *launch, struct shape *shape)
{
	size_t total = 1;
	shape->empty = !launch->global;
	for (cl_uint i = 0; i < 3; i++) {
		bool given = i < launch->dim;
		shape->global[i] = given && launch->global ? launch->global[i] : 1;
		shape->offset[i] = given && launch->offset ? launch->offset[i] : 0;
		shape->local[i] = 1;
		if (shape->global[i] > SIZE_MAX - shape->offset[i])
			return CL_INVALID_GLOBAL_OFFSET;
		shape->empty |= !shape->global[i];
	}
	/* Back ends count work-items and work-groups in 64 bits. */
	for (cl_uint i = 0; i < 3 && !shape->empty; i++)
		if (__builtin_mul_overflow(total, shape->global[i], &total) || total > SIZE_MAX / 2)
			return CL_OUT_OF_RESOURCES;
	return CL_SUCCESS;
}

static bool divides(const struct shape *shape)
{
	for (unsigned i = 0; i < 3; i++)
		if (shape->global[i] % shape->local[i])
			return false;
	return true;
}

/* The size that the kernel's source asks for counts in all three dimensions. */
static bool is_required_size(const struct tern_kernel_info *info, const struct shape *shape)
{
	for (unsigned i = 0; i < 3; i++)
		if (shape->local[i] != info->required_size[i])
			return false;
	return true;
}

/* The program gave a work-group size. */
static cl_int check_local(const struct tern_kernel_target *target, const struct tern_device *device,
			  const struct tern_launch *launch, struct shape *shape)
{
	size_t total = 1;
	memcpy(shape->local, launch->local, launch->dim * sizeof(size_t));
	if (target->info->required_size[0] && !is_required_size(target->info, shape))
		return CL_INVALID_WORK_GROUP_SIZE;
	for (cl_uint i = 0; i < launch->dim; i++) {
		if (!shape->local[i])
			return CL_INVALID_WORK_GROUP_SIZE;
		if (shape->local[i] > device->caps.max_item_sizes[i])
			return CL_INVALID_WORK_ITEM_SIZE;
		if (__builtin_mul_overflow(total, shape->local[i], &total))
			return CL_INVALID_WORK_GROUP_SIZE;
	}
	if (total > tern_kernel_max_group(target, device))
		return CL_INVALID_WORK_GROUP_SIZE;
	if (target->uniform && !divides(shape))
		return CL_INVALID_WORK_GROUP_SIZE;
	return CL_SUCCESS;
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static void exchange(size_t v[3])
{
	size_t first = v[0];
	v[0] = v[1];
	v[1] = first;
}

/* What the program calls dimension 0 is 1 for the kernel's function, and back. */
static void exchange_dimensions(struct shape *shape)
{
	exchange(shape->global);
	exchange(shape->offset);
	exchange(shape->local);
}

/* The form to be taken: lanes are along dimension 1, which must have enough work-items for them. */
static bool is_exchanged(const struct tern_kernel_target *target, const struct shape *shape)
{
	const struct tern_kernel_info *form = target->exchanged;
	return form && form->flags & TERN_KERNEL_ANY_GROUPS && shape->global[1] >= form->lanes;
}

/*
 * Makes shape->local divide shape->global. In x, where the vector's lanes are, the smallest size
 * that fills them is best: work-groups of one item are the last resort.
 */
static void make_uniform(const struct tern_kernel_target *target, const struct tern_device *device,
			 const struct tern_kernel_info *info, struct shape *shape)
{
	for (unsigned i = 0; i < 3; i++) {
		size_t *local = &shape->local[i], global = shape->global[i];
		if (global % *local == 0)
			continue;
		size_t divisor = greatest_common_divisor(global, *local), from = info->lanes;
		size_t others = shape->local[0] * shape->local[1] * shape->local[2] / *local;
		size_t most = tern_kernel_max_group(target, device) / others;
		most = tern_min(most, tern_min(global, device->caps.max_item_sizes[i]));
		for (size_t d = from; !i && divisor < from && d <= most; d++)
			if (global % d == 0)
				divisor = d;
		*local = divisor;
	}
}

static bool recall(const struct tern_kernel_choice *choice, const struct tern_device *device,
		   struct shape *shape)
{
	if (choice->device != device ||
	    memcmp(choice->global, shape->global, sizeof(shape->global)) != 0)
		return false;
	memcpy(shape->local, choice->local, sizeof(shape->local));
	return true;
}

static void remember(struct tern_kernel_choice *choice, const struct tern_device *device,
		     const struct shape *shape)
{
	choice->device = device;
	memcpy(choice->global, shape->global, sizeof(shape->global));
	memcpy(choice->local, shape->local, sizeof(shape->local));
}

/* The program gave none: the kernel's required size, or what the back end likes best. */
static cl_int choose_local(struct tern_kernel *kernel, const struct tern_kernel_target *target,
			   struct tern_device *device, cl_uint dim, struct shape *shape)
{
	const struct tern_kernel_info *info = target->info;
	if (info->required_size[0]) {
		for (unsigned i = 0; i < 3; i++)
			shape->local[i] = info->required_size[i];
		return target->uniform && !divides(shape) ? CL_INVALID_WORK_GROUP_SIZE : CL_SUCCESS;
	}
	tern_lock_acquire(&kernel->lock);
	bool known = recall(&kernel->choice, device, shape);
	tern_lock_release(&kernel->lock);
	if (known)
		return CL_SUCCESS;
	bool exchanged = is_exchanged(target, shape);
	if (exchanged) {
		info = target->exchanged;
		dim = tern_max(dim, 2u);
		exchange_dimensions(shape);
	}
	device->ops->choose_local(device, info, dim, shape->global, shape->local);
	if (target->uniform)
		make_uniform(target, device, info, shape);
	if (exchanged)
		exchange_dimensions(shape);
	tern_lock_acquire(&kernel->lock);
	remember(&kernel->choice, device, shape);
	tern_lock_release(&kernel->lock);
	return CL_SUCCESS;
}

static cl_int make_shape(struct tern_kernel *kernel, const struct tern_kernel_target *target,
			 struct tern_device *device, const struct tern_launch *launch,
			 struct shape *shape)
{
	if (!launch->dim || launch->dim > 3)
		return CL_INVALID_WORK_DIMENSION;
	cl_int error = check_global(launch, shape);
	if (error)
		return error;
	if (launch->local)
		/* An empty range is no multiple of nothing: the size is checked all the same. */
		return check_local(target, device, launch, shape);
	if (shape->empty)
		return CL_SUCCESS;
	return choose_local(kernel, target, device, launch->dim, shape);
}

static cl_int argument_error(const struct tern_memory *memory)
{
	/* The program may have released it since clSetKernelArg: no argument any more. */
	if (!tern_object_is(memory, TERN_KIND_MEMORY))
		return CL_INVALID_KERNEL_ARGS;
	return memory->origin % TERN_MEMORY_BASE_ALIGN ? CL_MISALIGNED_SUB_BUFFER_OFFSET
						       : CL_SUCCESS;
}

/* References for @command, or NULL, on the memory objects that are arguments now. */
static cl_int use_memory_locked(struct tern_kernel *kernel, struct tern_command *command)
{
	for (cl_uint i = 0, left = kernel->memory_count; left; i++) {
		struct tern_memory *memory = kernel->values[i].memory;
		if (!memory)
			continue;
		left--;
		cl_int error = argument_error(memory);
		if (error)
			return error;
		if (command)
			tern_command_use(command, &memory->obj);
	}
	return CL_SUCCESS;
}

static cl_int copy_indirect_locked(const struct tern_kernel *kernel, struct tern_command *command)
{
	size_t bytes = kernel->indirect_count * sizeof(kernel->indirect[0]);
	if (!bytes || !command->event.queue->device->ops->announce)
		return CL_SUCCESS;
	void *copy = tern_command_own(command, bytes);
	if (!copy)
		return CL_OUT_OF_HOST_MEMORY;
	memcpy(copy, kernel->indirect, bytes);
	command->ndrange.indirect = copy;
	command->ndrange.indirect_count = kernel->indirect_count;
	return CL_SUCCESS;
}

/* As the function that is taken has it. Work-groups of a kernel that does not know them may as well
 * be others, where those that the program gave do not fill lanes. */
static void fill_range_locked(struct tern_kernel *kernel, const struct tern_kernel_target *target,
			      struct tern_device *device, struct shape shape,
			      struct tern_ndrange *range)
{
	bool exchanged = is_exchanged(target, &shape);
	range->info = exchanged ? target->exchanged : target->info;
	range->function = exchanged ? target->exchanged_function : target->function;
	if (exchanged) {
		exchange_dimensions(&shape);
		if (shape.local[0] < range->info->lanes &&
		    !recall(&kernel->remade, device, &shape)) {
			device->ops->choose_local(device, range->info, 3, shape.global,
						  shape.local);
			remember(&kernel->remade, device, &shape);
		}
	}
	memcpy(range->global, shape.global, sizeof(range->global));
	memcpy(range->offset, shape.offset, sizeof(range->offset));
	memcpy(range->local, shape.local, sizeof(range->local));
}

static cl_int fill_command_locked(struct tern_kernel *kernel,
				  const struct tern_kernel_target *target, cl_uint dim,
				  const struct shape *shape, struct tern_command *command)
{
	const struct tern_kernel_info *info = target->info;
	cl_int error = use_memory_locked(kernel, command);
	if (!error)
		error = copy_indirect_locked(kernel, command);
	if (error)
		return error;
	void *args = tern_command_args(command, info->args_bytes + !info->args_bytes);
	if (!args)
		return CL_OUT_OF_HOST_MEMORY;
	memcpy(args, kernel->block, info->args_bytes);
	struct tern_ndrange *range = &command->ndrange;
	command->work = TERN_WORK_NDRANGE;
	tern_module_get(target->module);
	range->module = target->module;
	range->dim = dim;
	if (tern_unlikely(!kernel->named)) {
		kernel->status_name = tern_status_name(info->name);
		kernel->named = true;
	}
	range->name = kernel->status_name;
	fill_range_locked(kernel, target, command->event.queue->device, *shape, range);
	range->args = args;
	range->local_bytes = kernel->local_arg_bytes ? kernel->local_base + kernel->local_arg_bytes
						     : info->local_bytes;
	return CL_SUCCESS;
}

/* The command of a checked launch; @shape_error is what its check said. */
static cl_int make_command(struct tern_queue *queue, struct tern_kernel *kernel,
			   const struct tern_kernel_target *target, cl_command_type type,
			   cl_uint dim, const struct shape *shape, cl_int shape_error,
			   struct tern_command **out)
{
	struct tern_command *command = NULL;
	cl_int error = shape_error;
	tern_lock_acquire(&kernel->lock);
	if (kernel->unset)
		error = CL_INVALID_KERNEL_ARGS;
	else if (!error && kernel->local_arg_bytes > queue->device->caps.local_mem_bytes)
		error = CL_OUT_OF_RESOURCES;
	if (!error) {
		command = tern_command_create(queue, type, kernel->memory_count);
		if (!command)
			error = CL_OUT_OF_HOST_MEMORY;
		else if (shape->empty)
			command->work = TERN_WORK_NONE;
		else
			error = fill_command_locked(kernel, target, dim, shape, command);
	}
	tern_lock_release(&kernel->lock);
	if (!error && !shape->empty &&
	    command->ndrange.local_bytes > queue->device->caps.local_mem_bytes)
		error = CL_OUT_OF_RESOURCES;
	if (error) {
		if (command)
			tern_command_cancel(command);
		return error;
	}
	*out = command;
	return CL_SUCCESS;
}

cl_int tern_kernel_suggest_local(struct tern_queue *queue, struct tern_kernel *kernel,
				 const struct tern_launch *launch, size_t *out)
{
	if (queue->context != kernel->program->context)
		return CL_INVALID_CONTEXT;
	const struct tern_kernel_target *target = tern_kernel_target(kernel, queue->device);
	if (!target)
		return CL_INVALID_PROGRAM_EXECUTABLE;
	struct shape shape;
	tern_lock_acquire(&kernel->lock);
	cl_int error = kernel->unset ? CL_INVALID_KERNEL_ARGS : use_memory_locked(kernel, NULL);
	tern_lock_release(&kernel->lock);
	if (!error)
		error = make_shape(kernel, target, queue->device, launch, &shape);
	if (!error && shape.empty)
		error = CL_INVALID_GLOBAL_WORK_SIZE;
	if (!error)
		memcpy(out, shape.local, launch->dim * sizeof(*out));
	return error;
}

cl_int tern_kernel_enqueue(struct tern_queue *queue, struct tern_kernel *kernel,
			   cl_command_type type, const struct tern_launch *launch,
			   cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
	if (queue->context != kernel->program->context)
		return CL_INVALID_CONTEXT;
	const struct tern_kernel_target *target = tern_kernel_target(kernel, queue->device);
	if (!target)
		return CL_INVALID_PROGRAM_EXECUTABLE;
	struct shape shape;
	cl_int error = make_shape(kernel, target, queue->device, launch, &shape);
	struct tern_command *command;
	error = make_command(queue, kernel, target, type, launch->dim, &shape, error, &command);
	if (error)
		return error;
	return tern_command_enqueue(command, wait_count, wait_list, event, false);
}
