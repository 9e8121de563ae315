/* SPDX-License-Identifier: MIT */
/* 5.6.1: structures of the program, made with malloc and changed by host and kernels in turn. */
#include "conformance/shared.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a list ------------------------------------------------------------------------------- */

struct node {
	struct node *next;
	cl_int value;
	char *text;
};

static const char list_source[] =
	"typedef struct node { global struct node *next; int value; global char *text; } node;\n"
	"kernel void change(global node *global *heads, global int *seen) {\n"
	"  size_t i = get_global_id(0);\n"
	"  int n = 0;\n"
	"  for (global node *at = heads[i]; at; at = at->next, n++) {\n"
	"    at->value = at->value * 3 + n;\n"
	"    for (global char *c = at->text; *c; c++) if (*c >= 'a' && *c <= 'z') *c -= 32;\n"
	"  }\n"
	"  seen[i] = n; }\n"
	/* Takes every second node out and puts it on the list of what is to be freed. */
	"kernel void thin(global node *global *heads, global node *global *removed) {\n"
	"  size_t i = get_global_id(0);\n"
	"  global node *out = 0;\n"
	"  for (global node *at = heads[i]; at && at->next; at = at->next) {\n"
	"    global node *gone = at->next;\n"
	"    at->next = gone->next;\n"
	"    gone->next = out;\n"
	"    out = gone;\n"
	"  }\n"
	"  removed[i] = out; }\n";

enum { LISTS = 37, NODES = 150 };

static struct node *make_list(int length, int list)
{
	struct node *head = NULL;

	for (int i = length - 1; i >= 0; i--) {
		struct node *n = malloc(sizeof *n);

		REQUIRE(n != NULL);
		*n = (struct node){head, list * 1000 + i, strdup("an ordinary string")};
		REQUIRE(n->text != NULL);
		head = n;
	}
	return head;
}

/* Returns how many there were. */
static int free_list(struct node *head)
{
	int count = 0;

	for (struct node *next; head; head = next, count++) {
		next = head->next;
		free(head->text);
		free(head);
	}
	return count;
}

static void list_walked_and_changed(void)
{
	NEED_SYSTEM();
	cl_kernel change = shared_kernel_of(list_source, "change");
	struct node **heads = malloc(LISTS * sizeof *heads);
	int seen[LISTS] = {0};

	REQUIRE(heads != NULL);
	for (int l = 0; l < LISTS; l++)
		heads[l] = make_list(NODES + l, l);
	shared_pointer(change, 0, heads);
	shared_pointer(change, 1, seen);
	for (int round = 0; round < 3; round++) {
		conf_run(change, LISTS, 0);
		for (int l = 0; l < LISTS; l++) {
			int i = 0, wrong = 0;

			CHECK_EQ(NODES + l, seen[l]);
			for (struct node *n = heads[l]; n; n = n->next, i++) {
				wrong += n->value != (l * 1000 + i) * 3 + i;
				wrong += strcmp(n->text, "AN ORDINARY STRING") != 0;
				n->value = l * 1000 + i;
				n->text[1] = 'n';
			}
			CHECK_EQ(0, wrong);
		}
	}
	for (int l = 0; l < LISTS; l++)
		CHECK_EQ(NODES + l, free_list(heads[l]));
	free(heads);
}

/* A kernel takes nodes out, the host frees them, and both go on with what is left. */
static void list_nodes_taken_out(void)
{
	NEED_SYSTEM();
	cl_kernel thin = shared_kernel_of(list_source, "thin");
	struct node *heads[LISTS], *removed[LISTS];
	int left = 0, freed = 0, made = 0;

	for (int l = 0; l < LISTS; l++, made += NODES)
		heads[l] = make_list(NODES, l);
	shared_pointer(thin, 0, heads);
	shared_pointer(thin, 1, removed);
	for (int round = 0; round < 4; round++) {
		conf_run(thin, LISTS, 0);
		for (int l = 0; l < LISTS; l++)
			freed += free_list(removed[l]);
		struct node *fresh = make_list(10, 0), *last = fresh;

		while (last->next)
			last = last->next;
		last->next = heads[round];
		heads[round] = fresh;
		made += 10;
	}
	for (int l = 0; l < LISTS; l++)
		left += free_list(heads[l]);
	CHECK_EQ(made, freed + left);
	CHECK(freed > left);
}

/* --- a tree ------------------------------------------------------------------------------- */

struct tree {
	struct tree *left, *right, *parent;
	cl_int key, count;
};

static const char tree_source[] =
	"typedef struct tree { global struct tree *left, *right, *parent; int key, count; } tree;\n"
	/* Inserts the host's nodes, one work-item; then all work-items count what is below. */
	"kernel void insert(global tree *global *root, global tree *global *nodes, int n) {\n"
	"  for (int i = 0; i < n; i++) {\n"
	"    global tree *global *at = root; global tree *parent = 0;\n"
	"    while (*at) { parent = *at;\n"
	"      at = nodes[i]->key < parent->key ? &parent->left : &parent->right; }\n"
	"    nodes[i]->parent = parent; *at = nodes[i]; } }\n"
	"kernel void below(global tree *global *nodes) {\n"
	"  for (global tree *t = nodes[get_global_id(0)]; t; t = t->parent)\n"
	"    atomic_inc((volatile global int *)&t->count); }\n";

/* Walks in order without recursion. Returns the number of nodes; -1: not in order. */
static int check_tree(const struct tree *root, int *wrong)
{
	const struct tree *stack[200];
	int depth = 0, count = 0;
	const struct tree *t = root, *last = NULL;

	while ((t || depth) && depth < 199) {
		for (; t && depth < 199; t = t->left)
			stack[depth++] = t;
		t = stack[--depth];
		if (last && last->key > t->key)
			return -1;
		*wrong += t->count !=
			  1 + (t->left ? t->left->count : 0) + (t->right ? t->right->count : 0);
		last = t;
		t = t->right;
		count++;
	}
	return count;
}

static void tree_built_by_kernels(void)
{
	NEED_SYSTEM();
	enum { COUNT = 4000, HALF = COUNT / 2 };
	cl_kernel insert = shared_kernel_of(tree_source, "insert");
	cl_kernel below = shared_kernel_of(tree_source, "below");
	struct tree *root = NULL, **nodes = malloc(COUNT * sizeof *nodes);
	int half = HALF, wrong = 0;
	uint32_t state = 5;

	REQUIRE(nodes != NULL);
	for (int i = 0; i < COUNT; i++) {
		nodes[i] = calloc(1, sizeof **nodes);
		REQUIRE(nodes[i] != NULL);
		nodes[i]->key = (cl_int)(conf_random(&state) % 1000000);
	}
	shared_pointer(insert, 0, &root);
	ARG(insert, 2, half);
	shared_pointer(insert, 1, nodes);
	conf_run(insert, 1, 1);
	/* The first half comes from the kernel, some from the host, the rest from the kernel. */
	for (int i = HALF; i < HALF + 200; i++) {
		struct tree **at = &root, *parent = NULL;

		while (*at) {
			parent = *at;
			at = nodes[i]->key < parent->key ? &parent->left : &parent->right;
		}
		nodes[i]->parent = parent;
		*at = nodes[i];
	}
	half -= 200;
	ARG(insert, 2, half);
	shared_pointer(insert, 1, nodes + HALF + 200);
	conf_run(insert, 1, 1);
	shared_pointer(below, 0, nodes);
	conf_run(below, COUNT, 0);
	CHECK_EQ(COUNT, check_tree(root, &wrong));
	CHECK_EQ(0, wrong);
	CHECK_EQ(COUNT, root->count);
	for (int i = 0; i < COUNT; i++)
		free(nodes[i]);
	free(nodes);
}

/* --- a hash table -------------------------------------------------------------------------- */

struct entry {
	struct entry *next;
	char *key;
	cl_int value;
};

struct table {
	struct entry **slots;
	cl_uint count;
};

static const char hash_source[] =
	"typedef struct entry { global struct entry *next; global char *key; int value; } entry;\n"
	"typedef struct { global entry *global *slots; uint count; } table;\n"
	"kernel void add(global table *t, global char *global *keys, global int *missing) {\n"
	"  global char *key = keys[get_global_id(0)];\n"
	"  uint h = 5381;\n"
	"  for (global char *c = key; *c; c++) h = h * 33 + (uint)*c;\n"
	"  for (global entry *e = t->slots[h % t->count]; e; e = e->next) {\n"
	"    global char *a = e->key, *b = key;\n"
	"    while (*a && *a == *b) { a++; b++; }\n"
	"    if (*a == *b) { atomic_inc((volatile global int *)&e->value); return; } }\n"
	"  atomic_inc((volatile global int *)missing); }\n";

static cl_uint hash(const char *key)
{
	cl_uint h = 5381;

	while (*key)
		h = h * 33 + (cl_uint)*key++;
	return h;
}

static struct entry *put(struct table *table, const char *key)
{
	struct entry **slot = &table->slots[hash(key) % table->count];
	struct entry *e = malloc(sizeof *e);

	REQUIRE(e != NULL);
	*e = (struct entry){*slot, strdup(key), 0};
	REQUIRE(e->key != NULL);
	*slot = e;
	return e;
}

static void hash_table_of_strings(void)
{
	NEED_SYSTEM();
	enum { COUNT = 3000, TURNS = 4 };
	cl_kernel add = shared_kernel_of(hash_source, "add");
	struct table *table = malloc(sizeof *table);
	char **keys = malloc(COUNT * sizeof *keys), text[40];
	static struct entry *entries[COUNT];
	int missing = 0, wrong = 0;

	REQUIRE(table && keys);
	*table = (struct table){calloc(257, sizeof(struct entry *)), 257};
	REQUIRE(table->slots != NULL);
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof text, "key number %d", i * 7);
		keys[i] = strdup(text);
		REQUIRE(keys[i] != NULL);
	}
	shared_pointer(add, 0, table);
	shared_pointer(add, 1, keys);
	shared_pointer(add, 2, &missing);
	/* Each turn the host puts a quarter of the keys in, and the kernel looks all of them up. */
	for (int turn = 0; turn < TURNS; turn++) {
		for (int i = turn; i < COUNT; i += TURNS)
			entries[i] = put(table, keys[i]);
		conf_run(add, COUNT, 0);
		CHECK_EQ(COUNT / TURNS * (TURNS - 1 - turn), missing);
		missing = 0;
	}
	for (int i = 0; i < COUNT; i++) {
		wrong += entries[i]->value != TURNS - i % TURNS;
		free(entries[i]->key);
		free(entries[i]);
		free(keys[i]);
	}
	CHECK_EQ(0, wrong);
	free(table->slots);
	free(table);
	free(keys);
}

/* --- structures in odd places --------------------------------------------------------------- */

struct __attribute__((packed)) odd {
	char a;
	cl_long b;
	cl_short c;
};

static void unaligned_across_pages(void)
{
	NEED_SYSTEM();
	enum { COUNT = 8000 };
	cl_kernel kernel = shared_kernel_of(
		"typedef struct __attribute__((packed)) { char a; long b; short c; } odd;\n"
		"kernel void change(global odd *p) { size_t i = get_global_id(0);\n"
		"  p[i].b += p[i].a * 1000000007L; p[i].c = p[i].c ^ (short)i; p[i].a++; }\n",
		"change");
	char *block = malloc(COUNT * sizeof(struct odd) + 3);
	int wrong = 0;

	REQUIRE(block != NULL);
	struct odd *p = (struct odd *)(block + 3);

	for (int i = 0; i < COUNT; i++)
		p[i] = (struct odd){(char)(i % 100), i, (cl_short)(i * 3)};
	shared_pointer(kernel, 0, p);
	conf_run(kernel, COUNT, 0);
	for (int i = 0; i < COUNT; i++)
		wrong += p[i].a != (char)(i % 100 + 1) || p[i].b != i + (i % 100) * 1000000007L ||
			 p[i].c != (cl_short)((cl_short)(i * 3) ^ (cl_short)i);
	CHECK_EQ(0, wrong);
	free(block);
}

/* One instruction that touches two pages, of which each may be elsewhere. */
static void vector_across_pages(void)
{
	NEED_SYSTEM();
	enum { PAGES = 64 };
	cl_kernel kernel = shared_kernel_of(
		"kernel void change(global char *block) {\n"
		"  global int *p = (global int *)(block + (get_global_id(0) + 1) * 4096 - 8);\n"
		"  vstore4(vload4(0, p) * 2 + (int4)(1, 2, 3, 4), 0, p); }\n",
		"change");
	char *block = shared_map((PAGES + 1) * SHARED_PAGE);

	for (int turn = 0; turn < 4; turn++) {
		/* Touch only some of the pages on the host, so that pairs differ. */
		for (int i = 1; i <= PAGES; i++) {
			int *p = (int *)(void *)(block + (size_t)i * SHARED_PAGE - 8);

			for (int k = 0; k < 4; k++)
				if (!((k < 2 ? i + turn : i) & 1))
					p[k] = i + k;
				else
					p[k] += turn;
		}
		int before[PAGES][4], wrong = 0;

		for (int i = 0; i < PAGES; i++)
			memcpy(before[i], block + (size_t)(i + 1) * SHARED_PAGE - 8, 16);
		shared_pointer(kernel, 0, block);
		conf_run(kernel, PAGES, 0);
		for (int i = 0; i < PAGES; i++) {
			int *p = (int *)(void *)(block + (size_t)(i + 1) * SHARED_PAGE - 8);

			for (int k = 0; k < 4; k++)
				wrong += p[k] != before[i][k] * 2 + k + 1;
		}
		CHECK_EQ(0, wrong);
	}
}

CONF_CASES(shared_structures) = {
	CASE(list_walked_and_changed),
	CASE(list_nodes_taken_out),
	CASE(tree_built_by_kernels),
	CASE(hash_table_of_strings),
	CASE(unaligned_across_pages),
	CASE(vector_across_pages),
	CASE_END,
};
