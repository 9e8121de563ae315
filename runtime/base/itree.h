/* SPDX-License-Identifier: MIT */
/*
 * Interval tree: a balanced (AVL) tree of closed ranges [start, last], ordered by start, each node
 * knowing the greatest last of its subtree. Ranges may overlap and may be equal. The nodes live
 * inside the caller's structures; nothing is allocated. All operations take O(log n), but
 * tern_itree_next(), which may take O(log n) for each range that it passes over. Not thread-safe.
 *
 *	for (n = tern_itree_first(&tree, a, b); n; n = tern_itree_next(&tree, n, a, b))
 *		(each range that shares a point with [a, b], in ascending order of start)
 */
#ifndef TERN_BASE_ITREE_H
#define TERN_BASE_ITREE_H

#include "runtime/base/base.h"

struct tern_itree_node {
	struct tern_itree_node *left, *right;
	uintptr_t start, last; /* set by the caller; constant while the node is in a tree */
	uintptr_t max_last;    /* of the subtree */
	int height;
};

struct tern_itree {
	struct tern_itree_node *root; /* NULL: empty */
};

/* Adds @node, whose start and last are set, start <= last. */
void tern_itree_insert(struct tern_itree *tree, struct tern_itree_node *node);
/* Takes @node out; it must be in @tree. Its start and last stay. */
void tern_itree_remove(struct tern_itree *tree, struct tern_itree_node *node);
/* The first range that shares a point with [@start, @last], or NULL. */
struct tern_itree_node *tern_itree_first(const struct tern_itree *tree, uintptr_t start,
					 uintptr_t last);
/* The next such range after @node, which must be in @tree. */
struct tern_itree_node *tern_itree_next(const struct tern_itree *tree,
					const struct tern_itree_node *node, uintptr_t start,
					uintptr_t last);

#endif
