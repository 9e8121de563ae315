/* SPDX-License-Identifier: MIT */
#include "runtime/base/itree.h"

/* The recursion below is as deep as the tree is high: less than 1.45 log2(n). */

static int height(const struct tern_itree_node *n)
{
	return n ? n->height : 0;
}

/* The order of nodes: by start, then by address, so that equal ranges have one too. */
static bool before(const struct tern_itree_node *a, const struct tern_itree_node *b)
{
	return a->start != b->start ? a->start < b->start : (uintptr_t)a < (uintptr_t)b;
}

static void update(struct tern_itree_node *n)
{
	n->height = 1 + tern_max(height(n->left), height(n->right));
	n->max_last = n->last;
	if (n->left)
		n->max_last = tern_max(n->max_last, n->left->max_last);
	if (n->right)
		n->max_last = tern_max(n->max_last, n->right->max_last);
}

static struct tern_itree_node *rotate_right(struct tern_itree_node *n)
{
	struct tern_itree_node *top = n->left;
	n->left = top->right;
	top->right = n;
	update(n);
	update(top);
	return top;
}

static struct tern_itree_node *rotate_left(struct tern_itree_node *n)
{
	struct tern_itree_node *top = n->right;
	n->right = top->left;
	top->left = n;
	update(n);
	update(top);
	return top;
}

/* Both subtrees of @n are balanced, their heights differ by at most 2. Returns the new top. */
static struct tern_itree_node *balance(struct tern_itree_node *n)
{
	int lean = height(n->left) - height(n->right);
	if (lean > 1) {
		if (height(n->left->left) < height(n->left->right))
			n->left = rotate_left(n->left);
		return rotate_right(n);
	}
	if (lean < -1) {
		if (height(n->right->right) < height(n->right->left))
			n->right = rotate_right(n->right);
		return rotate_left(n);
	}
	update(n);
	return n;
}

static struct tern_itree_node *insert(struct tern_itree_node *top, struct tern_itree_node *node)
{
	if (!top)
		return node;
	if (before(node, top))
		top->left = insert(top->left, node);
	else
		top->right = insert(top->right, node);
	return balance(top);
}

void tern_itree_insert(struct tern_itree *tree, struct tern_itree_node *node)
{
	node->left = node->right = NULL;
	update(node);
	tree->root = insert(tree->root, node);
}

/* Takes the first node of @top out: *@first. */
static struct tern_itree_node *take_first(struct tern_itree_node *top,
					  struct tern_itree_node **first)
{
	if (!top->left) {
		*first = top;
		return top->right;
	}
	top->left = take_first(top->left, first);
	return balance(top);
}

static struct tern_itree_node *take(struct tern_itree_node *top, struct tern_itree_node *node)
{
	if (top == node) {
		struct tern_itree_node *heir, *right;
		if (!node->left || !node->right)
			return node->left ? node->left : node->right;
		right = take_first(node->right, &heir);
		heir->left = node->left;
		heir->right = right;
		return balance(heir);
	}
	if (before(node, top))
		top->left = take(top->left, node);
	else
		top->right = take(top->right, node);
	return balance(top);
}

void tern_itree_remove(struct tern_itree *tree, struct tern_itree_node *node)
{
	tree->root = take(tree->root, node);
}

/* The first node of @n after @after (NULL: from the first on) that shares a point with the range.
 */
static struct tern_itree_node *search(struct tern_itree_node *n,
				      const struct tern_itree_node *after, uintptr_t start,
				      uintptr_t last)
{
	while (n && n->max_last >= start) {
		if (!after || before(after, n)) {
			struct tern_itree_node *hit = search(n->left, after, start, last);
			if (hit)
				return hit;
			if (n->start > last)
				return NULL; /* so are all to the right */
			if (n->last >= start)
				return n;
		}
		n = n->right;
	}
	return NULL;
}

struct tern_itree_node *tern_itree_first(const struct tern_itree *tree, uintptr_t start,
					 uintptr_t last)
{
	return search(tree->root, NULL, start, last);
}

struct tern_itree_node *tern_itree_next(const struct tern_itree *tree,
					const struct tern_itree_node *node, uintptr_t start,
					uintptr_t last)
{
	return search(tree->root, node, start, last);
}
