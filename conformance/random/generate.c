/* SPDX-License-Identifier: MIT */
/* From a seed to a case: choices, the launch, the kernel's frame. */
#include "conformance/random/generate.h"
#include <stdlib.h>
#include <string.h>

uint32_t gen_below(struct generate *g, uint32_t n)
{
	return n ? (uint32_t)((random_next(&g->state) >> 32) % n) : 0;
}

bool gen_chance(struct generate *g, unsigned percent)
{
	return gen_below(g, 100) < percent;
}

unsigned gen_between(struct generate *g, unsigned low, unsigned high)
{
	return low + gen_below(g, high - low + 1);
}

bool gen_has(const struct generate *g, enum feature f)
{
	return g->features >> f & 1;
}

void gen_line(struct generate *g)
{
	for (unsigned i = 0; i < g->depth; i++)
		gen_add(g, "\t");
}

unsigned gen_name(struct generate *g)
{
	return g->names++;
}

/* A small kernel: the more there is in it, the less is done for its matrices. */
static void pick_matrix(struct generate *g)
{
	const uint32_t simple = 1u << HAS_SMALL | 1u << HAS_LONG | 1u << HAS_FLOATS |
				1u << HAS_DOUBLES | 1u << HAS_BUILTINS | 1u << HAS_LOADS;

	g->features = (g->features & simple) | 1u << HAS_MATRIX;
	g->statements = (int)gen_between(g, 1, 5);
}

static void pick_features(struct generate *g)
{
	/* Most kernels have few: they are quick, and differences are easily seen. */
	unsigned percent = gen_between(g, 10, 60);

	for (unsigned f = 0; f < HAS_MATRIX; f++)
		if (gen_chance(g, percent))
			g->features |= 1u << f;
	if (gen_chance(g, 70))
		g->features |= 1u << HAS_LOADS;
	if (gen_chance(g, 50))
		g->features |= 1u << HAS_LOOPS;
	if (gen_chance(g, 20))
		g->features |= 1u << HAS_ROWS;
	if (!gen_has(g, HAS_POINTERS) || gen_chance(g, 50))
		g->features &= ~(1u << HAS_GENERIC);
	if (gen_chance(g, 60))
		g->features &= ~(1u << HAS_COLLECTIVES);
	g->statements = (int)gen_between(g, 3, gen_chance(g, 30) ? 60 : 18);
	if (gen_chance(g, 10))
		pick_matrix(g);
	g->c->needs |= gen_has(g, HAS_DOUBLES) ? RANDOM_DOUBLE : 0;
	g->c->needs |= gen_has(g, HAS_GENERIC) ? RANDOM_GENERIC : 0;
	g->slots_together = gen_chance(g, 60);
}

/* Sizes that a matrix would have. */
static void pick_tiles(struct generate *g)
{
	struct random_case *c = g->c;
	bool matrix = gen_has(g, HAS_MATRIX);

	c->local[0] = gen_chance(g, 50) ? 16 : 8;
	c->local[1] = matrix && gen_chance(g, 60) ? 8 : gen_between(g, 2, 8);
	c->local[2] = 1;
	if (matrix && gen_chance(g, 30))
		c->local[gen_below(g, 2)] *= 2;
	if (gen_chance(g, 30)) { /* longer in y */
		uint64_t x = c->local[0];
		c->local[0] = c->local[1];
		c->local[1] = x;
	}
	for (unsigned d = 0; d < 3; d++)
		c->global[d] = c->local[d] * (d < c->dimensions ? gen_between(g, 1, 3) : 1);
	if (c->global[0] * c->global[1] * c->global[2] > RANDOM_ITEMS)
		c->global[2] = 1;
	if (c->global[0] * c->global[1] > RANDOM_ITEMS)
		c->global[0] = c->local[0];
}

/* Odd and even sizes of work-groups, not too many of them. */
static void pick_launch(struct generate *g)
{
	static const unsigned sizes[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 32, 33, 64, 100, 256};
	struct random_case *c = g->c;
	unsigned local = RANDOM_LOCAL, groups = RANDOM_GROUPS, items = RANDOM_ITEMS;

	c->dimensions = gen_chance(g, 60) && !gen_has(g, HAS_MATRIX) ? 1 : gen_between(g, 2, 3);
	for (unsigned d = 0; d < 3; d++) {
		c->local[d] = c->global[d] = 1;
		c->offset[d] = 0;
	}
	for (unsigned d = 0; d < c->dimensions; d++) {
		unsigned i = gen_below(g, 16), size, most;

		while (i && (sizes[i] > local || sizes[i] > items))
			i = gen_below(g, i);
		size = sizes[i];
		local /= size;
		most = items / size < groups ? items / size : groups;
		most = 1 + gen_below(g, most < 7 ? most : 7);
		groups /= most;
		items /= size * most;
		c->local[d] = size;
		c->global[d] = (uint64_t)size * most;
		if (gen_chance(g, 15))
			c->offset[d] = gen_between(g, 1, 1000);
	}
	if (gen_has(g, HAS_MATRIX) || (c->dimensions > 1 && gen_chance(g, 30)))
		pick_tiles(g);
	g->ids_small = true;
	if (gen_chance(g, 5)) {
		/* ids that do not fit in an int, or cross that border */
		c->offset[0] = (gen_chance(g, 50) ? 0x80000000 : 0x100000000) - gen_below(g, 40);
		g->ids_small = false;
	}
}

static void pick_non_uniform(struct generate *g)
{
	struct random_case *c = g->c;

	if (!gen_chance(g, 15))
		return;
	for (unsigned d = 0; d < c->dimensions; d++)
		if (c->local[d] > 1 && gen_chance(g, 60))
			c->global[d] -= gen_below(g, (uint32_t)c->local[d]);
	for (unsigned d = 0; d < c->dimensions; d++)
		if (c->global[d] % c->local[d])
			c->needs |= RANDOM_NON_UNIFORM;
}

struct macro {
	const char *use, *text;
};

/* In this order behind each other; a kernel gets those that it uses. */
static const struct macro macros[] = {
	{"AT(", "#ifndef AT\n#define AT(e, n) (e)\n#endif\n"},
	{"IN(", "#define IN(e, n) ((e) & ((n) - 1))\n"},
	{"UDIVISOR(", "#define UDIVISOR(t, e) ((e) | (t)(1))\n"},
	{" DIVISOR(", "#define DIVISOR(t, e) (((e) & (t)(63)) | (t)(1))\n"},
	{"SMALL(", "#define SMALL(t, e) ((e) & (t)(0x7ff))\n"},
	{"FIT(", "#define FIT(t, e) clamp((e), (t)(-512), (t)(512))\n"},
	{"LIMIT(", "#define LIMIT(i, n) ((i)++ < (n))\n"},
	{"LID", "#define LID (uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * "
		"get_local_size(0) + get_local_id(0))\n"},
	{"SLOT", "#define SLOT (((get_global_id(2) - get_global_offset(2)) * get_global_size(1) + "
		 "get_global_id(1) - get_global_offset(1)) * get_global_size(0) + "
		 "get_global_id(0) - get_global_offset(0))\n"},
	{"PEER(", "#define PEER(e) ((uint)(e) % (uint)(get_local_size(0) * get_local_size(1) * "
		  "get_local_size(2)))\n"},
	{"k", "#define LSIZE (uint)(get_local_size(0) * get_local_size(1) * "
	      "get_local_size(2))\n"},
	{"GROUP", "#define GROUP (uint)((get_group_id(2) * get_num_groups(1) + get_group_id(1)) * "
		  "get_num_groups(0) + get_group_id(0))\n"},
	{"FOLD", "#define FOLD1(v) ((ulong)(long)(v))\n"
		 "#define FOLD2(v) (FOLD1((v).s0) + 3 * FOLD1((v).s1))\n"
		 "#define FOLD3(v) (FOLD2((v).s01) + 5 * FOLD1((v).s2))\n"
		 "#define FOLD4(v) (FOLD2((v).s01) + 5 * FOLD2((v).s23))\n"
		 "#define FOLD8(v) (FOLD4((v).s0123) + 7 * FOLD4((v).s4567))\n"
		 "#define FOLD16(v) (FOLD8((v).s01234567) + 11 * FOLD8((v).s89abcdef))\n"},
	{"atom_", "#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable\n"
		  "#pragma OPENCL EXTENSION cl_khr_int64_extended_atomics : enable\n"},
};

static void add_macros(struct generate *g, struct random_text *whole)
{
	const char *slot = "((get_global_id(2) - get_global_offset(2)) * get_global_size(1) + "
			   "get_global_id(1) - get_global_offset(1)) * get_global_size(0) + "
			   "get_global_id(0) - get_global_offset(0)";

	for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++)
		if (strstr(g->text.data, macros[i].use))
			random_text_add(whole, "%s", macros[i].text);
	if (g->c->dimensions == 1 && !g->c->offset[0])
		slot = "get_global_id(0)";
	else if (gen_chance(g, 30))
		slot = "get_global_linear_id()";
	else if (g->c->dimensions > 1 &&
		 gen_chance(g, gen_has(g, HAS_MATRIX) ? 70 : 40)) /* rows by dimension 0 */
		slot = "((get_global_id(0) - get_global_offset(0)) * get_global_size(1) + "
		       "get_global_id(1) - get_global_offset(1)) * get_global_size(2) + "
		       "get_global_id(2) - get_global_offset(2)";
	if (g->slots_together)
		random_text_add(whole, "#define OUT(j) ((%s) * %u + (j))\n", slot, RANDOM_SLOTS);
	else
		random_text_add(whole, "#define OUT(j) ((%s) + (j) * %u)\n", slot, RANDOM_ITEMS);
}

static void add_parameter(struct generate *g, const char *name, enum base base, int low, int high)
{
	struct var *v = gen_add_var(g, name, gen_of(base, 1));

	v->uniform = true;
	v->fixed = true;
	v->ranged = high > low;
	v->low = low;
	v->high = high;
}

static void kernel_head(struct generate *g)
{
	const struct random_case *c = g->c;

	if (gen_chance(g, 10) && !(c->needs & RANDOM_NON_UNIFORM))
		gen_add(g, "__attribute__((reqd_work_group_size(%u, %u, %u)))\n",
			(unsigned)c->local[0], (unsigned)c->local[1], (unsigned)c->local[2]);
	gen_add(g,
		"kernel void k(global const char *i8, global const uchar *u8, "
		"global const short *i16, global const ushort *u16, global const int *i32, "
		"global const uint *u32, global const long *i64, global const ulong *u64, "
		"global const float *f32, global const %s *f64, global uchar *o8, "
		"global ushort *o16, global uint *o32, global ulong *o64, "
		"volatile global uint *c32, volatile global ulong *c64, global uint *gx, "
		"int n, uint m, long q%s)\n{\n",
		gen_has(g, HAS_DOUBLES) ? "double" : "ulong",
		gen_has(g, HAS_ROWS) || gen_has(g, HAS_MATRIX)
			? ", constant uchar *cu, global uchar *rows, global uchar *same"
			: "");
}

static void add_tables(struct generate *g)
{
	struct type t = gen_pick_integer(g);

	if (!gen_has(g, HAS_LOADS) || !gen_has(g, HAS_ARRAYS))
		return;
	gen_add(g, "constant %s table[8] = {", gen_type(t));
	for (unsigned i = 0; i < 8; i++) {
		gen_add(g, i ? ", " : "");
		gen_literal(g, t);
	}
	gen_add(g, "};\n");
	struct var *v = gen_add_var(g, "table", t);

	v->count = 8;
	v->fixed = true;
	v->uniform = true;
}

static void kernel(struct generate *g)
{
	unsigned from;

	kernel_head(g);
	add_parameter(g, "n", INT, 3, 99);
	add_parameter(g, "m", UINT, 0, 0);
	add_parameter(g, "q", LONG, 0, 0);
	g->depth = 1;
	if (gen_has(g, HAS_SHARING))
		gen_add(g, "\tlocal uint lx[%u], lc[8];\n", RANDOM_LOCAL);
	gen_add(g, "\tulong acc = 0;\n");
	from = g->var_count;
	g->uniform = true;
	if (gen_has(g, HAS_ROWS))
		gen_own_start(g);
	if (gen_has(g, HAS_MATRIX))
		gen_matrix_start(g);
	gen_statements(g, 1000);
	gen_fold(g, from);
	gen_add(g, "\to64[OUT(0)] = acc;\n}\n");
}

void random_generate(struct random_case *c, uint64_t seed)
{
	struct generate g = {.state = seed, .c = c, .trips = 1};
	struct random_text whole = {0};
	unsigned helpers;

	memset(c, 0, sizeof *c);
	c->data = (uint32_t)random_next(&g.state);
	pick_features(&g);
	pick_launch(&g);
	pick_non_uniform(&g);
	gen_structures(&g);
	add_tables(&g);
	helpers = gen_has(&g, HAS_HELPERS) ? gen_between(&g, 1, MAX_HELPERS) : 0;
	for (unsigned i = 0; i < helpers; i++)
		gen_helper(&g);
	if (gen_has(&g, HAS_ROWS))
		gen_own_head(&g);
	if (gen_has(&g, HAS_MATRIX))
		gen_matrix_head(&g);
	kernel(&g);
	add_macros(&g, &whole);
	random_text_add(&whole, "%s", g.text.data);
	free(g.text.data);
	c->source = whole.data;
}
