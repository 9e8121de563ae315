/* SPDX-License-Identifier: MIT */
/*
 * What the cases of chapter "hmm" have in common: counterparts of the kernel's own tests of HMM, by
 * way of Tern's devices over the kernel's HMM test driver. docs/hmm.md says which is which.
 *
 * Each case states data, where the pages are, and how many faults there were. For that nothing may
 * move but by what the case does: TERN_POLICY must be "demand", by which a page that the device
 * reads stays where it is, and one that it writes comes to it.
 */
#ifndef CONFORMANCE_HMM_H
#define CONFORMANCE_HMM_H

#include "conformance/shared.h"
#include "icd/cl_tern.h"

enum { HMM_PAGES = 64, HMM_WORDS = HMM_PAGES * SHARED_PAGE / 4 };
#define HMM_BYTES ((size_t)HMM_WORDS * 4)

/* conf_device(), and for some cases another device of the same kind, in one context. */
struct hmm {
	cl_context context;
	cl_device_id ids[2];
	cl_command_queue queues[2];
	cl_svm_statistics_tern before; /* as hmm_mark() found them */
};

/* Skips the case unless conf_device() is such a device and the policy the right one. */
void hmm_need(void);
/* The same, and unless there are @count such devices. Makes the context and the queues. */
void hmm_open(struct hmm *h, cl_uint count);
/* Nodes of the driver's that this process has open. */
int hmm_nodes_open(void);
/* Waits until the last is closed, a while after the last queue was released. False: it is not. */
bool hmm_closes(void);
/* Device-private memory, which the host does not reach; else it is device-coherent. */
bool hmm_private(void);

/* Device number @i copies, writes @value + j to word j, or runs any of its kernels with pointer
 * arguments. The final status. */
cl_int hmm_copy(const struct hmm *h, unsigned i, const void *from, void *to, size_t bytes);
cl_int hmm_ramp(const struct hmm *h, unsigned i, int *to, int value, size_t words);
cl_int hmm_run(const struct hmm *h, unsigned i, const char *name, size_t items, const void *first,
	       const void *second);
/* How many of the words, which should be @value + j, the device sees otherwise. What it reads is
 * put into memory that never migrates. */
size_t hmm_wrong(const struct hmm *h, unsigned i, const int *p, int value, size_t words);
/* To device number @i, or home. */
void hmm_migrate(const struct hmm *h, unsigned i, const void *p, size_t bytes);
void hmm_home(const struct hmm *h, unsigned i, const void *p, size_t bytes);

/* Pages of the program's in the memory of device number @i. */
int hmm_there(const struct hmm *h, unsigned i);
/* Counters begin anew; what has been added since. */
void hmm_mark(struct hmm *h);
cl_svm_statistics_tern hmm_since(const struct hmm *h);

/* Private anonymous memory between guards, with @value + j in word j. The harness does not free it:
 * hmm_unmap(). */
int *hmm_map(int value, size_t words);
void hmm_unmap(int *p, size_t words);

#endif
