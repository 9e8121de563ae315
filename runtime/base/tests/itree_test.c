/* SPDX-License-Identifier: MIT */
/* The interval tree against a plain array of the same ranges, with random operations; its balance
 * and its max_last after each. */
#include "runtime/base/itree.h"

#include <stdlib.h>
#include "runtime/base/tests/test.h"

#define NODES 300

static struct tern_itree_node nodes[NODES];
static bool in_tree[NODES];
static uint64_t seed = 88172645463325252u;

static unsigned next_random(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

/* Height of the subtree; checks the invariants. */
static int verify(const struct tern_itree_node *n)
{
	if (!n)
		return 0;
	int left = verify(n->left), right = verify(n->right);
	uintptr_t max = n->last;
	REQUIRE(abs(left - right) <= 1);
	REQUIRE(n->height == 1 + tern_max(left, right));
	if (n->left) {
		REQUIRE(n->left->start <= n->start);
		max = tern_max(max, n->left->max_last);
	}
	if (n->right) {
		REQUIRE(n->right->start >= n->start);
		max = tern_max(max, n->right->max_last);
	}
	REQUIRE(n->max_last == max);
	return n->height;
}

/* The tree must report each range of the array that shares a point, in order, once. */
static void compare(const struct tern_itree *tree, uintptr_t start, uintptr_t last)
{
	bool seen[NODES] = {false};
	uintptr_t previous = 0;
	struct tern_itree_node *n = tern_itree_first(tree, start, last);
	for (; n; n = tern_itree_next(tree, n, start, last)) {
		size_t i = (size_t)(n - nodes);
		REQUIRE(i < NODES && in_tree[i] && !seen[i]);
		REQUIRE(n->start <= last && n->last >= start);
		REQUIRE(n->start >= previous);
		previous = n->start;
		seen[i] = true;
	}
	for (size_t i = 0; i < NODES; i++)
		if (in_tree[i] && nodes[i].start <= last && nodes[i].last >= start)
			REQUIRE(seen[i]);
}

static void random_operations(unsigned space, unsigned length)
{
	struct tern_itree tree = {NULL};
	for (unsigned step = 0; step < 5000; step++) {
		unsigned i = next_random(NODES);
		if (in_tree[i]) {
			tern_itree_remove(&tree, &nodes[i]);
		} else {
			nodes[i].start = next_random(space);
			nodes[i].last = nodes[i].start + next_random(length);
			tern_itree_insert(&tree, &nodes[i]);
		}
		in_tree[i] = !in_tree[i];
		if (step % 4 == 0)
			verify(tree.root);
		if (step % 16 == 0) {
			uintptr_t start = next_random(space);
			compare(&tree, start, start + next_random(length));
		}
	}
	compare(&tree, 0, UINTPTR_MAX);
	for (unsigned i = 0; i < NODES; i++)
		if (in_tree[i]) {
			tern_itree_remove(&tree, &nodes[i]);
			in_tree[i] = false;
		}
	REQUIRE(!tree.root);
}

/* Ascending insertion, the worst case for a tree without balance: a million nodes. */
static void many(void)
{
	const unsigned count = 1000000;
	struct tern_itree tree = {NULL};
	struct tern_itree_node *list = calloc(count, sizeof(*list));
	REQUIRE(list);
	for (unsigned i = 0; i < count; i++) {
		list[i].start = 16u * i;
		list[i].last = 16u * i + 7;
		tern_itree_insert(&tree, &list[i]);
	}
	REQUIRE(tree.root->height <= 21);
	for (unsigned i = 0; i < count; i += 97) {
		REQUIRE(tern_itree_first(&tree, 16u * i + 3, 16u * i + 3) == &list[i]);
		REQUIRE(!tern_itree_first(&tree, 16u * i + 8, 16u * i + 15));
	}
	for (unsigned i = 0; i < count; i++)
		tern_itree_remove(&tree, &list[(i * 7919ul) % count]);
	REQUIRE(!tree.root);
	free(list);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
	return TEST_SKIP; /* one thread */
#endif
	random_operations(10000, 10);
	random_operations(500, 200);
	random_operations(3, 2); /* many equal ranges */
	many();
	return test_result();
}
