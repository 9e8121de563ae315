/* SPDX-License-Identifier: MIT */
/* What the kernel and our rights allow; asked once. */
#include <pthread.h>

#include "runtime/base/option.h"
#include "svm/internal.h"
#include "svm/space.h"
#include "svm/uffd.h"
#include "svm/vma.h"

static struct tern_space_features features;

static const char *reason(int error)
{
	switch (error) {
	case EPERM:
		return "no right to userfaultfd: run as root, set vm.unprivileged_userfaultfd=1 or "
		       "give access to /dev/userfaultfd";
	case ENOSYS:
		return "the kernel has no userfaultfd";
	case EOPNOTSUPP:
		return "the kernel's userfaultfd is too old (Linux 5.7 is needed)";
	default:
		return "userfaultfd does not work";
	}
}

static void probe(void)
{
	uint64_t have = 0;
	int fd = -EPERM;
	if (tern_option_number(TERN_OPTION_SVM_SYSTEM, 1)) {
		fd = uffd_open(TERN_UFFD_NEEDED, TERN_UFFD_WANTED, &have);
		features.why = fd < 0 ? reason(-fd) : "";
	} else {
		features.why = "TERN_SVM_SYSTEM=0";
	}
	if (fd < 0) {
		features.error = -fd;
		return;
	}
	raw_close(fd);
	features.system = true;
	features.move = (have & UFFD_FEATURE_MOVE) && tern_option_number(TERN_OPTION_SVM_MOVE, 1);
	features.query = vma_query_works();
	if (!features.move)
		features.why =
			have & UFFD_FEATURE_MOVE ? "TERN_SVM_MOVE=0" : "no UFFDIO_MOVE (Linux 6.8)";
}

void tern_space_probe(struct tern_space_features *out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, probe);
	*out = features;
}
