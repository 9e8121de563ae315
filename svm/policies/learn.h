/* SPDX-License-Identifier: MIT */
/*
 * DOC: policies that learn
 *
 * They remember for each kernel and argument what it touched, for each object (the memory that an
 * argument points into) how it was gone through, and know which commands are to come. Of that are
 * made
 *
 * - guesses of what a command will touch (learn_model.c): so many bytes of the object for each
 *   work-item; or the whole object; or the blocks that it touched the last time;
 * - moves ahead: what the running command and the next one will touch (learn_ahead.c), what
 *   follows in a stream (learn.c), and all of an object that is accessed all over (learn_bring.c);
 * - plans for the host, and what goes home when a command has ended (learn_host.c), or while the
 *   next ones run (learn_early.c);
 * - an eviction by distance to the next use, in pages of traffic (learn_keep.c): first by the
 *   commands that are known, then by the way in which the object is gone through. An object that
 *   is gone through in order, again and again, and is larger than the memory, so keeps a part of
 *   itself there instead of losing each page right before its next use.
 *
 * Which of these a policy does are its features: each is a policy of its own, for comparisons;
 * `learn` does all of them, and `adaptive` is that below the thrash guard.
 */
#ifndef TERN_SVM_POLICIES_LEARN_H
#define TERN_SVM_POLICIES_LEARN_H

#include "svm/policies/policies.h"

enum {
	LEARN_CLASSES = 1 << 0,   /* streams by stream, the rest by density; reads ahead */
	LEARN_LOOKAHEAD = 1 << 1, /* what commands will touch, by work-items */
	LEARN_FOOTPRINT = 1 << 2, /* what they touched the last time, by block */
	LEARN_SLOWLY = 1 << 3,    /* evicts little at first */
	LEARN_ROOM = 1 << 4,      /* makes room for what is accessed all over */
	LEARN_HOST = 1 << 5,      /* the host's faults, too, are of objects */
	LEARN_ORDER = 1 << 6,     /* a new object is gone through as the kernel does others */
	LEARN_EARLY = 1 << 7,     /* what is finished goes home while the rest is at work */
	LEARN_BEGINS = 1 << 8,    /* a page in which one object ends is the next one's */
	LEARN_ON = 1 << 9,        /* a stream goes on behind what was moved ahead as before it */
	LEARN_POINTER = 1 << 10,  /* what lies before a pointer, in a mapping, is something else */
	LEARN_UNUSED = 1 << 11,   /* samples that nobody has used yet count with room, too */
	LEARN_WAYS = 1 << 12,     /* evicts what need not go home first; goes by work-item alone */
};

#define LEARN_ENDS         4u /* the device's threads may be at different places */
#define LEARN_OBJECTS      64u
#define LEARN_MODELS       64u
#define LEARN_COMMANDS     96u
#define LEARN_BLOCKS       2048u /* of a model, at least 64 KiB each */
#define LEARN_SPANS        512u
#define LEARN_PASSED_LEAST 32u /* pages, until they show how many of them are used */
#define LEARN_PROBES       8u  /* of the parts of an object that went home early */
#define LEARN_NONE         UINT16_MAX

/* A range of the address space; start == end: not known. */
struct learn_guess {
	uint64_t start, end;
};

/* What of an object has gone home part by part since it was written; see learn_early.c. */
struct learn_early {
	uint32_t parts;
	uint16_t model; /* of the argument whose parts they were */
	uint8_t probe_count;
	uint8_t taken;                 /* a bit for each probe that the host has asked for */
	uint8_t gone;                  /* or that went home without it: it says nothing */
	uint64_t probes[LEARN_PROBES]; /* pages that were left out */
};

/* Memory that arguments point into. */
struct learn_object {
	uint64_t start, end; /* 0, 0: not in use */
	uint64_t named;      /* traffic when a command began with it last */
	uint64_t position;   /* the address after the last fault's plan */
	uint64_t alone;      /* the last fault's address, if its page came alone */
	/* Likewise, of the last faults, and where what they had moved ahead ends. */
	struct {
		uint64_t plan, ahead, start; /* start: where it began */
	} ends[LEARN_ENDS];
	uint8_t oldest_end; /* the next one to be replaced */
	uint64_t asked;     /* what was asked for ahead goes up to here */
	struct {
		uint64_t start, end;
	} all;                    /* what was asked for since all of it is worth its way */
	struct learn_guess seen;  /* where faults have been */
	uint64_t moved, lost;     /* pages moved ahead and evicted since a command began with it */
	uint32_t in_order, jumps; /* faults that went on where the last one was, and others; halved
				   * now and then */
	uint32_t used;
	uint16_t arrivals, returns; /* chunks that faults brought, and of them those that had been
				     * evicted; halved now and then */
	uint16_t missed;            /* of the returns, those soon after the eviction */
	uint16_t tries, hits;       /* samples (learn.c): pages left out, and of them those used */
	uint32_t left;              /* those left out of which nobody knows yet */
	uint32_t passed, used_of; /* pages between faults whose pages came alone, and those used */
	bool written;             /* by kernels */
	bool again;               /* gone through more than once by one command */
	/* Since the last command with it has ended: */
	uint16_t user;    /* what was the command's model of it, + 1; 0: that is known already */
	uint64_t taken;   /* pages that the host has taken */
	uint64_t run;     /* the address from which it goes through them in order, */
	uint64_t reached; /* how far it got, */
	uint64_t reach;   /* and after the command before */
	struct learn_guess home; /* from where it will go on: the last plan's end, and that of what
				  * was moved behind */
	bool host_writes;        /* to them */
	bool sent;               /* went home, */
	bool left_out;           /* but for a page */
	struct learn_early early;
};

/* What a kernel does with one of its arguments. */
struct learn_model {
	uint64_t kernel;
	uint16_t argument;
	bool in_use, writes;
	uint8_t runs;      /* commands that the blocks are of and that have ended */
	int8_t line;       /* confidence that it is so many bytes for each work-item */
	int8_t whole;      /* that it is all of the object, whatever the work-items */
	uint8_t shift;     /* log2 of bytes of a block */
	int8_t host_takes; /* confidence that the host takes all of it when the command has ended */
	bool host_writes;  /* and writes to it */
	uint32_t sent;     /* how often it was sent home */
	bool stays;        /* what went home early was not taken by the host */
	uint32_t used;
	uint64_t first, items; /* of the commands that the blocks are of */
	uint64_t q16;          /* bytes for each work-item, * 65536 */
	uint64_t blocks[LEARN_BLOCKS / 64];
};

struct learn_use {
	uint64_t address, start, end;
	uint64_t low, high; /* what faults have shown of it; 0, 0: none */
	uint64_t pages;     /* and how many of them */
	uint64_t faults;    /* were served for it */
	uint64_t reached;   /* the end of the last page of those that were faulted on */
	uint64_t offset;    /* of the first of them, behind @address; at most the object's size */
	uint16_t object, model;
	bool read_only, guessed; /* guessed: where it ends */
};

struct learn_command {
	uint64_t number, order, first, items;
	uint32_t use_count;
	bool running;
	struct learn_use uses[TERN_POLICY_USES];
};

/* Where commands that are known will be; see learn_keep.c. */
struct learn_span {
	uint64_t start, end; /* addresses */
	uint64_t distance;   /* pages of traffic until its start */
	uint16_t object;
	bool running;
	bool line;  /* it is by work-item */
	bool known; /* a guess; else all of the object */
};

struct learn {
	uint32_t features;
	uint32_t clock;
	uint64_t traffic;   /* pages that came to the device */
	uint64_t evictions; /* pages */
	uint64_t limit;     /* pages; 0: not known yet */
	uint64_t order;
	uint64_t horizon; /* pages that all known commands will go through */
	uint32_t span_count;
	bool spans_old;
	_Alignas(16) unsigned char sequential[1536];
	_Alignas(16) unsigned char leaf8[16], leaf16[16]; /* density's */
	_Alignas(16) unsigned char host_sequential[1536];
	struct learn_object objects[LEARN_OBJECTS];
	struct learn_model models[LEARN_MODELS];
	struct learn_command commands[LEARN_COMMANDS];
	struct learn_span spans[LEARN_SPANS];
};

/* For each chunk. */
struct learn_chunk {
	struct tern_policy_reads reads; /* first: shared with blend */
	uint64_t arrived;               /* traffic when it came, since it was empty */
	uint64_t gone;                  /* the number of the last page of its last eviction */
	uint16_t faults;                /* since it was empty */
	uint16_t object;                /* + 1 */
	uint16_t returns;
	uint16_t sample;    /* the page that was left out of a plan, + 1; 0: none */
	uint16_t sample_of; /* the object that counts it, + 1 */
	bool evicted;
};

/* learn_model.c */
struct learn_command *learn_command_find(struct learn *l, uint64_t number);
/* The first that runs, or waits, of those that were enqueued after @order; NULL: none. */
const struct learn_command *learn_command_next(const struct learn *l, bool running, uint64_t order);
struct learn_command *learn_command_note(struct learn *l, const struct tern_policy_command *c,
					 bool running);
/* What faults have shown becomes the models'; the place is free again. */
void learn_command_ended(struct learn *l, struct learn_command *c);
/* @f is a fault of @use's. */
void learn_use_faulted(struct learn *l, const struct learn_command *c, struct learn_use *use,
		       const struct tern_policy_fault *f);
/* @f, a fault of @use's, gets [@start, @end), and what follows is moved up to @ahead. */
void learn_use_touched(struct learn *l, const struct learn_command *c, struct learn_use *use,
		       const struct tern_policy_fault *f, uint64_t start, uint64_t end,
		       uint64_t ahead);
/* The stream of @o's that goes on at @at, where what was moved ahead of it ends: from there on,
 * half as much as it has gone through; start == end: there is none. */
struct learn_guess learn_goes_on(const struct learn_object *o, uint64_t at);
/* [@start, @end) of @o was moved ahead. */
void learn_moved_ahead(struct learn_object *o, uint64_t start, uint64_t end);
/* The blocks are what an earlier command like @c touched. */
static inline bool learn_same_blocks(const struct learn_model *m, const struct learn_command *c)
{
	return m->runs && m->first == c->first && m->items == c->items;
}
/* The next run of such blocks from @from on, up to @most bytes; start == end: there is none. */
struct learn_guess learn_run(const struct learn_model *m, const struct learn_use *use,
			     uint64_t from, uint64_t most);
/* Cuts @plan, and what it moves ahead, where a pointer that a known command was given, or @only,
 * points into a mapping: what lies before it there is something else. */
void learn_cut_at_pointers(const struct learn *l, const struct learn_command *only,
			   const struct tern_policy_fault *f, struct tern_policy_plan *plan);
/* What @use of @c will touch: one range, as far as that is known. */
struct learn_guess learn_guess(const struct learn *l, const struct learn_command *c,
			       const struct learn_use *use);
/* The object that @address lies in, or LEARN_NONE. Of several, as of a mapping whose pointers
 * became known one after the other: the smallest one where the host's faults are of objects, too.
 */
uint16_t learn_object_at(const struct learn *l, uint64_t address);
/* A command that runs or waits, other than @but, touches @o. */
bool learn_is_wanted(const struct learn *l, const struct learn_object *o,
		     const struct learn_command *but);
/* Accesses are all over it: what has been evicted is missed at once. So whatever comes along pushes
 * out what is worth as much. */
static inline bool learn_anywhere(const struct learn_object *o)
{
	return o->returns >= 4 && o->returns * 4 > o->arrivals && o->missed * 4 > o->returns * 3;
}
/* Mostly gone through in order. */
static inline bool learn_in_order(const struct learn_object *o)
{
	return o->in_order >= 2 && o->in_order > 3 * o->jumps && !learn_anywhere(o);
}

/* Nanoseconds for a page on the link, one way, and for a fault without its pages; where no link is
 * imposed, as measured on one machine. */
static inline uint64_t learn_page_ns(const struct tern_policy_link *link)
{
	const uint64_t tables = 700, page = 1800; /* page: with its tables */
	if (!link->bytes_per_second)
		return page;
	return tables + UINT64_C(4096) * 1000000000u / link->bytes_per_second;
}
static inline uint64_t learn_fault_ns(const struct tern_policy_link *link)
{
	return link->latency_ns + 12000;
}

/* learn_bring.c: @f, of @use's, is in an object whose accesses go all over it, and all of that is
 * worth its way: that is the plan. False: it is not, and the plan is as it was. */
bool learn_bring(struct learn *l, const struct learn_command *c, const struct learn_use *use,
		 const struct tern_policy_fault *f, struct tern_policy_plan *plan);

/* So few accesses to @use's object, which are all over it, are to come that what comes along with a
 * page is not worth its way, if each work-item is good for one of them. */
bool learn_too_few(const struct learn *l, const struct learn_command *c,
		   const struct learn_use *use, const struct tern_policy_fault *f);

/* More confidence, or much less. */
int8_t learn_surer(int8_t confidence, bool right);

/* learn_host.c: the host's fault is in an object that no known command touches. */
bool learn_is_done_with(const struct learn *l, const struct tern_policy_fault *f);
/* Fits @plan, of a host's fault, to the object, or makes it all that the host takes. */
void learn_by_host(struct learn *l, const struct tern_policy_fault *f,
		   struct tern_policy_plan *plan);
/* @c has become known: what the host did with its objects before is. */
void learn_host_named(struct learn *l, const struct learn_command *c);
/* @c, which ran, has ended: what is to go home, at most TERN_POLICY_USES ranges. */
unsigned learn_host_ended(struct learn *l, const struct learn_command *c,
			  struct tern_policy_range *out);

/* learn_early.c: what of @use goes home while others are at work, as @c, which ran, has ended. */
struct learn_guess learn_early_part(struct learn *l, const struct learn_command *c,
				    const struct learn_use *use);
/* The host asks for [@start, @end) of @o. */
void learn_early_taken(struct learn_object *o, uint64_t start, uint64_t end);
/* [@start, @end) went home without a fault; @asked: by the program. */
void learn_early_gone(struct learn *l, uint64_t start, uint64_t end, bool asked);
/* @c begins: what went home too early is known. */
void learn_early_again(struct learn *l, const struct learn_command *c);

/* learn_ahead.c, learn_keep.c: struct tern_policy's ahead(), keep() and part() */
unsigned learn_ahead(void *device_state, const struct tern_policy_moment *moment,
		     struct tern_policy_range *out);
uint64_t learn_keep(void *device_state, const void *chunk_state,
		    const struct tern_policy_candidate *candidate);
unsigned learn_part(void *device_state, const void *chunk_state);

#endif
