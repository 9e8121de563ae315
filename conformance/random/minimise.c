/* SPDX-License-Identifier: MIT */
/*
 * Makes a case smaller by trying: a change is kept when the same configurations still differ from
 * the others. First the launch, then lines, then what is in parentheses, as long as anything helps.
 *
 * A change must not make the results undefined. What is on a line with a barrier goes with the
 * whole block only; macros with upper-case names stay; a smaller case is also run with checked
 * indices, where a wrong one crashes, by the first configuration.
 */
#include "conformance/random/random.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 2000, ARGUMENT = 40 };

struct minimise {
	struct random_configs *configs;
	struct random_case *c;
	struct random_verdict verdict;
	uint32_t odd_status; /* of the first odd configuration */
	unsigned odd;
	double end;
	unsigned tries, kept;
};

static unsigned first_of(uint32_t mask)
{
	return (unsigned)__builtin_ctz(mask);
}

/*
 * Two answer alike (or there are only two), and one of the odd ones differently, in the same way as
 * at first.
 */
static bool still_differs(struct minimise *m)
{
	struct random_verdict now = random_compare(m->configs, m->c, m->verdict.joined);
	const struct random_config *config = m->configs->config;
	uint32_t good = now.joined & ~now.odd;
	bool two = __builtin_popcount(now.joined) == 2;

	return now.joined == m->verdict.joined && good && (two || (good & (good - 1))) &&
	       config[first_of(good)].answer.status == RANDOM_OK && now.odd >> m->odd & 1 &&
	       config[m->odd].answer.status == m->odd_status;
}

static bool defined(struct minimise *m)
{
	uint32_t good = m->verdict.joined & ~m->verdict.odd;
	unsigned checker = first_of(good);

	if (!strstr(m->c->source, "AT("))
		return true;
	m->c->needs |= RANDOM_CHECKED;
	random_configs_run(m->configs, m->c, 1u << checker);
	m->c->needs &= ~(uint32_t)RANDOM_CHECKED;
	return m->configs->config[checker].answer.status == RANDOM_OK;
}

/* Takes @smaller over its predecessor, or frees it. */
static bool try_source(struct minimise *m, char *smaller)
{
	char *before = m->c->source;

	m->c->source = smaller;
	m->tries++;
	if (random_now() < m->end && still_differs(m) && defined(m)) {
		free(before);
		m->kept++;
		return true;
	}
	m->c->source = before;
	free(smaller);
	return false;
}

/* ---- the launch ---- */

static bool try_launch(struct minimise *m, const struct random_case *smaller)
{
	struct random_case before = *m->c;

	*m->c = *smaller;
	m->tries++;
	if (random_now() < m->end && still_differs(m) && defined(m)) {
		m->kept++;
		return true;
	}
	*m->c = before;
	return false;
}

static bool shrink_dimension(struct minimise *m, unsigned d)
{
	struct random_case c = *m->c;
	uint64_t groups = (c.global[d] + c.local[d] - 1) / c.local[d];
	bool any = false;

	if (c.offset[d]) {
		c.offset[d] = 0;
		any |= try_launch(m, &c);
	}
	for (uint64_t n = 1; n < groups; n *= 2) {
		c = *m->c;
		c.global[d] = n * c.local[d];
		if (try_launch(m, &c)) {
			any = true;
			break;
		}
	}
	static const uint64_t sizes[] = {1, 2, 4, 8, 16, 32};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && sizes[i] < m->c->local[d]; i++) {
		c = *m->c;
		groups = (c.global[d] + c.local[d] - 1) / c.local[d];
		c.local[d] = sizes[i];
		c.global[d] = groups * sizes[i];
		if (try_launch(m, &c)) {
			any = true;
			break;
		}
	}
	return any;
}

static bool shrink_launch(struct minimise *m)
{
	bool any = false;

	for (unsigned d = 0; d < m->c->dimensions; d++)
		any |= shrink_dimension(m, d);
	if (m->c->dimensions > 1 && m->c->global[m->c->dimensions - 1] == 1) {
		struct random_case c = *m->c;

		c.dimensions--;
		any |= try_launch(m, &c);
	}
	return any;
}

/* ---- lines ---- */

struct lines {
	const char *start[MOST_LINES + 1];
	unsigned count;
};

static void split(struct lines *l, const char *source)
{
	l->count = 0;
	while (*source && l->count < MOST_LINES) {
		l->start[l->count++] = source;
		source += strcspn(source, "\n");
		source += *source == '\n';
	}
	l->start[l->count] = source;
}

static bool line_has(const struct lines *l, unsigned i, const char *what)
{
	const char *found = strstr(l->start[i], what);

	return found && found < l->start[i + 1];
}

/* Closing braces that have no partner in the line, and opening ones. */
static void braces(const struct lines *l, unsigned i, int *closing, int *opening)
{
	*closing = *opening = 0;
	for (const char *c = l->start[i]; c < l->start[i + 1]; c++) {
		if (*c == '{')
			++*opening;
		else if (*c == '}' && *opening)
			--*opening;
		else if (*c == '}')
			++*closing;
	}
}

/* True if lines i..j can go: balanced, and no barrier and no result goes without its block. */
static bool removable(const struct lines *l, unsigned i, unsigned j)
{
	int depth = 0, closing, opening;

	for (unsigned k = i; k <= j; k++) {
		braces(l, k, &closing, &opening);
		if (depth < closing)
			return false;
		if (!depth && !closing && (line_has(l, k, "barrier(") || line_has(l, k, "return ")))
			return false;
		depth += opening - closing;
	}
	return !depth;
}

/* The line with the brace that closes what line @i opens; 0: it opens nothing. */
static unsigned closing_line(const struct lines *l, unsigned i)
{
	int depth, closing, opening;

	braces(l, i, &closing, &depth);
	if (!depth)
		return 0;
	for (unsigned k = i + 1; k < l->count; k++) {
		braces(l, k, &closing, &opening);
		if (closing >= depth)
			return k;
		depth += opening - closing;
	}
	return 0;
}

/* The source without lines i..j, with @instead there. */
static char *without(const char *source, const struct lines *l, unsigned i, unsigned j,
		     const char *instead)
{
	struct random_text text = {0};

	random_text_add(&text, "%.*s%s%s", (int)(l->start[i] - source), source, instead,
			l->start[j + 1]);
	return text.data;
}

static bool remove_run(struct minimise *m, unsigned run)
{
	struct lines l;
	bool any = false;

	split(&l, m->c->source);
	for (unsigned i = l.count; i-- > 0;) {
		unsigned j = i + run - 1;

		if (j >= l.count || !removable(&l, i, j))
			continue;
		if (try_source(m, without(m->c->source, &l, i, j, ""))) {
			any = true;
			split(&l, m->c->source);
		}
	}
	return any;
}

/* A whole block with its head, or its head and foot only, or one side of an if. */
static bool shrink_block(struct minimise *m, unsigned i)
{
	struct lines l;

	split(&l, m->c->source);
	if (i >= l.count || line_has(&l, i, "kernel void"))
		return false;
	unsigned j = closing_line(&l, i);

	if (!j)
		return false;
	if (removable(&l, i, j) && try_source(m, without(m->c->source, &l, i, j, "")))
		return true;
	if (line_has(&l, j, "else"))
		return try_source(m, without(m->c->source, &l, i, j, "{\n"));
	if (line_has(&l, i, "else"))
		return try_source(m, without(m->c->source, &l, i, j - 1, ""));
	if (strspn(l.start[i], "\t{\n") >= (size_t)(l.start[i + 1] - l.start[i])) {
		char *inner = without(m->c->source, &l, j, j, "");
		struct lines again;

		split(&again, inner);
		char *both = without(inner, &again, i, i, "");

		free(inner);
		return try_source(m, both);
	}
	if (line_has(&l, i, "switch") || line_has(&l, i, "do {"))
		return false;
	return try_source(m, without(m->c->source, &l, i, i, "{\n"));
}

static bool shrink_lines(struct minimise *m)
{
	struct lines l;
	bool any = false;

	for (unsigned run = 16; run; run /= 2)
		any |= remove_run(m, run);
	split(&l, m->c->source);
	for (unsigned i = l.count; i-- > 0;)
		any |= shrink_block(m, i);
	return any;
}

/* ---- expressions ---- */

/* The parenthesis that closes the one at @open; NULL: none on the line. */
static const char *partner(const char *open)
{
	int depth = 0;

	for (const char *c = open; *c && *c != '\n'; c++) {
		depth += *c == '(';
		depth -= *c == ')';
		if (!depth)
			return c;
	}
	return NULL;
}

static char *replaced(const struct minimise *m, const char *from, const char *to, const char *by,
		      size_t bytes)
{
	struct random_text text = {0};

	random_text_add(&text, "%.*s%.*s%s", (int)(from - m->c->source), m->c->source, (int)bytes,
			by, to);
	return text.data;
}

/* Where the operands between the parentheses begin: behind commas and operators. */
static unsigned operands(const char *open, const char *close, const char **starts,
			 const char **ends)
{
	unsigned count = 0;
	int depth = 0;
	const char *begin = open + 1;

	for (const char *c = open + 1; c <= close && count < ARGUMENT; c++) {
		bool splits = c == close || (!depth && (*c == ',' || *c == '?' || *c == ':')) ||
			      (!depth && *c == ' ' && c[1] && strchr("+-*/%&|^<>=", c[1]));

		depth += *c == '(' || *c == '[' || *c == '{';
		depth -= c < close && (*c == ')' || *c == ']' || *c == '}');
		if (!splits)
			continue;
		starts[count] = begin;
		ends[count++] = c;
		begin = c + 1;
		begin += strspn(begin, "+-*/%&|^<>= ");
	}
	return count;
}

static const char *name_before(const char *source, const char *open)
{
	while (open > source && (isalnum((unsigned char)open[-1]) || open[-1] == '_'))
		open--;
	return open;
}

/* What may stand for a call of that name or, without a name, for parentheses; NULL: they stay. */
static const char *stand_in(const char *name, const char *open)
{
	static const struct {
		const char *name, *by;
	} macros[] = {{"AT(", "(0)"},       {"IN(", "(0)"},    {"FIT(", "(0)"},
		      {"SMALL(", "(0)"},    {"LIMIT(", "(0)"}, {"DIVISOR(", "(1)"},
		      {"UDIVISOR(", "(1)"}, {"FOLD", "(1)"}};

	for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++)
		if (!strncmp(name, macros[i].name, strlen(macros[i].name)))
			return macros[i].by;
	if ((name < open && isupper((unsigned char)*name)) || !strncmp(name, "barrier", 7))
		return NULL;
	return "(0)";
}

static bool is_keyword(const char *name)
{
	static const char *const words[] = {"if (", "while (", "for (", "switch ("};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strncmp(name, words[i], strlen(words[i])))
			return true;
	return false;
}

/* One of the operands between the parentheses instead of all. */
static bool keep_operand(struct minimise *m, const char *name, const char *open, const char *close)
{
	const char *starts[ARGUMENT], *ends[ARGUMENT];
	unsigned count = operands(open, close, starts, ends);

	if (count < 2 && name == open && (count < 1 || *starts[0] != '('))
		return false;
	for (unsigned i = 0; i < count; i++) {
		size_t bytes = (size_t)(ends[i] - starts[i]);
		struct random_text part = {0};

		random_text_add(&part, "(%.*s)", (int)bytes, starts[i]);
		char *smaller = replaced(m, name, close + 1, part.data, part.length);

		free(part.data);
		if (try_source(m, smaller))
			return true;
	}
	return false;
}

/* Replaces the parentheses at @offset, with the function's name, by something smaller. */
static bool shrink_at(struct minimise *m, size_t offset)
{
	const char *open = m->c->source + offset, *close = partner(open);

	if (!close || close == open + 1)
		return false;
	const char *name = open[-1] == ' ' ? name_before(m->c->source, open - 1)
					   : name_before(m->c->source, open);

	if (is_keyword(name))
		return keep_operand(m, open, open, close) ||
		       try_source(m, replaced(m, open, close + 1, "(0)", 3)) ||
		       try_source(m, replaced(m, open, close + 1, "(1)", 3));
	name = name_before(m->c->source, open);
	const char *by = stand_in(name, open);
	bool atom = close - open == 2 && isdigit((unsigned char)open[1]);

	if (!by || atom)
		return false;
	if (try_source(m, replaced(m, name, close + 1, by, 3)))
		return true;
	if (name < open && isupper((unsigned char)*name))
		return false;
	return try_source(m, replaced(m, name, close + 1, "(1)", 3)) ||
	       keep_operand(m, name, open, close);
}

static bool shrink_expressions(struct minimise *m)
{
	const char *body = strstr(m->c->source, "\n{");
	size_t offset = strlen(m->c->source);
	bool any = false;

	while (body && offset-- > (size_t)(body - m->c->source)) {
		size_t length = strlen(m->c->source);

		if (offset >= length || m->c->source[offset] != '(')
			continue;
		while (shrink_at(m, offset) && m->c->source[offset] == '(')
			any = true;
		body = strstr(m->c->source, "\n{");
	}
	return any;
}

static unsigned line_count(const char *source)
{
	struct lines l;

	split(&l, source);
	return l.count;
}

void random_minimise(struct random_configs *configs, struct random_case *c,
		     struct random_verdict verdict, double seconds)
{
	double limit = configs->limit;
	struct minimise m = {.configs = configs,
			     .c = c,
			     .verdict = verdict,
			     .odd = first_of(verdict.odd),
			     .end = random_now() + seconds};
	bool any = true;
	unsigned before = line_count(c->source);

	/* one that is odd and two that are not say as much as all */
	for (unsigned i = 0, good = 0; i < configs->count; i++)
		if (i != m.odd && (verdict.odd >> i & 1 || (verdict.joined >> i & 1 && ++good > 2)))
			m.verdict.joined &= ~(1u << i);
	m.verdict.odd &= m.verdict.joined;
	m.odd_status = configs->config[m.odd].answer.status;
	/* removed counters make loops without end: no patience for those */
	configs->limit = m.odd_status == RANDOM_HUNG && limit > 10 ? 10 : limit < 5 ? limit : 5;
	while (any && random_now() < m.end) {
		any = shrink_lines(&m);
		any |= shrink_launch(&m);
		any |= shrink_expressions(&m);
	}
	configs->limit = limit;
	printf("  minimised from %u to %u lines: %u of %u changes kept%s\n", before,
	       line_count(c->source), m.kept, m.tries, random_now() < m.end ? "" : ", time over");
}
