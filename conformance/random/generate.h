/* SPDX-License-Identifier: MIT */
/* What the parts of the generator share: see random.h. */
#ifndef CONFORMANCE_RANDOM_GENERATE_H
#define CONFORMANCE_RANDOM_GENERATE_H

#include "conformance/random/random.h"

enum base { CHAR, UCHAR, SHORT, USHORT, INT, UINT, LONG, ULONG, FLOAT, DOUBLE };

struct type {
	enum base base;
	unsigned width; /* 1, or of a vector */
};

/* Each kernel has a few of these; what it has not does not occur in it. */
enum feature {
	HAS_VECTORS,
	HAS_SMALL, /* char, short */
	HAS_LONG,
	HAS_FLOATS,
	HAS_DOUBLES,
	HAS_BUILTINS,
	HAS_LOADS,
	HAS_ARRAYS,
	HAS_STRUCTS,
	HAS_POINTERS,
	HAS_GENERIC,
	HAS_HELPERS,
	HAS_LOOPS,
	HAS_SWITCH,
	HAS_GOTO,
	HAS_RETURNS,
	HAS_EFFECTS, /* in conditions */
	HAS_SHARING, /* local memory and barriers */
	HAS_ATOMICS,
	HAS_COLLECTIVES,
	HAS_OWN,    /* variables in local or global memory that one work-item uses */
	HAS_ROWS,   /* of neighbouring elements, for each work-item */
	HAS_MATRIX, /* alone with simple ones: see matrix.c */
	FEATURES,
};

enum {
	MAX_VARS = 96,
	MAX_HELPERS = 4,
	MAX_STRUCTS = 2,
	MAX_FIELDS = 4,
	MAX_PARAMETERS = 4,
	MAX_MEMBERS = 6
};

/* Something with a value that can be named, and often assigned. */
struct var {
	char name[40];
	struct type type;
	unsigned count;   /* of an array, a power of two; 0: none */
	int structure;    /* number of the structure, whole; -1: none */
	bool uniform;     /* the same for all work-items of a group */
	bool fixed;       /* not to be assigned */
	bool ranged;      /* a fixed int with values low..high */
	bool addressable; /* & gives a pointer to private memory */
	bool generic;     /* & gives a pointer to other memory */
	int low, high;
};

struct field {
	struct type type;
	unsigned count;
};

struct structure {
	struct field fields[MAX_FIELDS];
	unsigned count;
};

struct parameter {
	struct type type;
	int structure; /* -1: none */
	bool input;    /* pointer to the input of uints */
};

struct helper {
	struct type result;
	int structure; /* of the result; -1: none */
	struct parameter parameters[MAX_PARAMETERS];
	unsigned count;
	bool pointer;     /* the first parameter is a pointer, to @type */
	bool generic;     /* to any memory */
	struct type type; /* uint or a vector of them */
	unsigned calls;   /* of helpers that a call of this one means, itself included */
};

struct range {
	int low, high;
};

/* "struct R": of scalars of several sizes. */
struct record {
	struct type members[MAX_MEMBERS];
	unsigned count, bytes;
	bool packed;
	enum base real; /* FLOAT or DOUBLE: some are; CHAR: none */
};

/* Memory of which each work-item has a row of its own. */
struct own {
	bool there, members; /* rows of records, else of elements of @type */
	struct type type;
	unsigned length;   /* records or elements of a row */
	unsigned distance; /* from one row to the next, at most */
};

enum { OWN_GLOBAL, OWN_LOCAL, OWNS };

/* Where elements are read. */
struct source {
	char name[60];     /* an array, or a pointer to it */
	const char *space; /* of what a pointer into it points to */
	bool members;      /* of records, else of elements of @type */
	struct type type;
	unsigned count;
};

struct generate {
	uint64_t state;
	struct random_text text;
	struct random_case *c;
	uint32_t features;
	struct var vars[MAX_VARS];
	unsigned var_count;
	struct structure structures[MAX_STRUCTS];
	unsigned structure_count;
	struct helper helpers[MAX_HELPERS];
	unsigned helper_count;
	struct record record;
	struct own own[OWNS];
	struct type cell;  /* of "tg", elements of a matrix */
	struct type table; /* of the elements of "rt", a table in local memory; width 0: none */
	const struct helper *helper; /* whose body is being made; NULL: the kernel's */
	unsigned names;              /* given so far */
	unsigned calls;              /* of helpers so far, and of those by them */
	int statements;              /* still to be made */
	unsigned depth;              /* of blocks */
	unsigned loops;              /* around */
	unsigned trips;              /* of them all together */
	unsigned together;           /* parts around in which nobody may leave */
	bool uniform;                /* the group comes here together */
	bool left;                   /* some work-items may have returned */
	bool want_uniform;           /* of the expression */
	bool loop_together;          /* nobody may leave the innermost loop alone */
	bool breakable;              /* the innermost loop may be left by some */
	bool slots_together;         /* a work-item's output slots are neighbours */
	bool ids_small;              /* global ids fit in 0..4095 */
	bool local_readable;         /* other work-items' local memory may be read */
};

/* ---- generate.c: choices ---- */
uint32_t gen_below(struct generate *g, uint32_t n);
bool gen_chance(struct generate *g, unsigned percent);
bool gen_has(const struct generate *g, enum feature f);
unsigned gen_between(struct generate *g, unsigned low, unsigned high);
#define gen_add(g, ...) random_text_add(&(g)->text, __VA_ARGS__)
/* Begins a line. */
void gen_line(struct generate *g);
/* A name that nothing has. */
unsigned gen_name(struct generate *g);

/* ---- types.c ---- */
bool gen_is_real(enum base base);
bool gen_is_signed(enum base base);
unsigned gen_bits(enum base base);
/* Of the other or a certain signedness, the same size and width. */
struct type gen_unsigned(struct type t);
struct type gen_signed(struct type t);
struct type gen_of(enum base base, unsigned width);
bool gen_same(struct type a, struct type b);
/* Its name, in one of a few static places. */
const char *gen_type(struct type t);
struct type gen_pick_integer(struct generate *g);
struct type gen_pick_type(struct generate *g);
unsigned gen_pick_width(struct generate *g);
void gen_literal(struct generate *g, struct type t);
struct var *gen_add_var(struct generate *g, const char *name, struct type t);
/* A variable of that type that may be read now; NULL: none. */
struct var *gen_pick_var(struct generate *g, struct type t);
/* One that may be assigned: no array, no structure; NULL: none. */
struct var *gen_pick_target(struct generate *g);
/* One that @wanted accepts; NULL: none. */
struct var *gen_pick_such(struct generate *g,
			  bool (*wanted)(const struct generate *g, const struct var *v));

/* ---- integer.c ---- */
void gen_expression(struct generate *g, struct type t, unsigned depth);
void gen_integer(struct generate *g, struct type t, unsigned depth);
void gen_integer_leaf(struct generate *g, struct type t);
/* An int whose values are in the range returned. */
struct range gen_ranged(struct generate *g, unsigned depth);
/* "[index]" of an array with @count elements, a power of two. */
void gen_index(struct generate *g, unsigned count);
/* The index alone. */
void gen_place(struct generate *g, unsigned count);
/* An int, zero or not. */
void gen_condition(struct generate *g, unsigned depth);

/* ---- builtin.c ---- */
/* False: nothing was made. */
bool gen_builtin(struct generate *g, struct type t, unsigned depth);
/* ---- convert.c ---- */
bool gen_conversion(struct generate *g, struct type t, unsigned depth);
bool gen_vector(struct generate *g, struct type t, unsigned depth);

/* ---- real.c ---- */
/* The bound of the absolute value. */
double gen_real(struct generate *g, struct type t, unsigned depth);
/* The same with a small bound. */
void gen_small_real(struct generate *g, struct type t, unsigned depth);

/* ---- memory.c ---- */
void gen_load(struct generate *g, struct type t);
void gen_store(struct generate *g);
/* The input with elements of that type. */
const char *gen_input(enum base base);
/* vloadn of a private array of that element type; false: there is none. */
bool gen_load_private(struct generate *g, struct type t);
/* vstoren likewise. */
void gen_store_private(struct generate *g);
void gen_declare(struct generate *g);
void gen_declare_array(struct generate *g);
void gen_declare_structure(struct generate *g);
void gen_declare_pointer(struct generate *g);
void gen_declare_own(struct generate *g);
/* "acc" takes in variables from number @from on. */
void gen_fold(struct generate *g, unsigned from);

/* ---- statement.c ---- */
void gen_statement(struct generate *g);
void gen_statements(struct generate *g, unsigned count);
/* "{", statements, "}" in a scope of its own; the caller made the line up to the brace. */
void gen_block(struct generate *g, unsigned count);

/* ---- flow.c ---- */
void gen_if(struct generate *g);
void gen_loop(struct generate *g);
void gen_switch(struct generate *g);
void gen_goto(struct generate *g);
void gen_jump_loop(struct generate *g);
void gen_return(struct generate *g);
void gen_effects(struct generate *g);
void gen_leave_loop(struct generate *g);

/* ---- rows.c ---- */
struct type gen_pick_element(struct generate *g);
/* Some input; @records: also such. */
struct source gen_pick_source(struct generate *g, bool records);
/* The first of @span elements of @count, from row to row @stride, at most @most; NULL: any. */
void gen_row_place(struct generate *g, unsigned count, unsigned span, const char *stride,
		   unsigned most);
/* Loads of neighbouring elements of input. */
void gen_read_row(struct generate *g);
/* A local table to be read. */
void gen_declare_table(struct generate *g);

/* ---- walk.c ---- */
/* The beginning of a conversion of an element of type @from, which ")" ends. */
void gen_as_number(struct generate *g, struct type to, struct type from);
/* A loop along elements. */
void gen_walk(struct generate *g);

/* ---- matrix.c ---- */
/* A macro in front of the kernel; memory, at its beginning. */
void gen_matrix_head(struct generate *g);
void gen_matrix_start(struct generate *g);
/* Loads and stores at places that are beside each other along dimension 1. */
void gen_matrix(struct generate *g);

/* ---- own.c ---- */
/* Types and macros in front of the kernel; memory, at its beginning. */
void gen_own_head(struct generate *g);
void gen_own_start(struct generate *g);
/* Stores, and loads in between. */
void gen_write_row(struct generate *g);
/* A loop of them. */
void gen_copy_row(struct generate *g);

/* ---- share.c ---- */
void gen_share(struct generate *g);
void gen_atomic(struct generate *g);
void gen_collective(struct generate *g);

/* ---- helper.c ---- */
void gen_structures(struct generate *g);
void gen_helper(struct generate *g);
/* A call that gives @t; false: none does. */
bool gen_call(struct generate *g, struct type t, unsigned depth);
void gen_call_statement(struct generate *g);
/* "return e;" of the function being made. */
void gen_return_value(struct generate *g);
void gen_structure_value(struct generate *g, unsigned structure, unsigned depth);

#endif
