/* SPDX-License-Identifier: MIT */
/* Interrupting compute units. On the engine's thread, too: pinned memory, no C library. */
#include "svm/raw.h"
#include "vendors/accel/internal.h"

void accel_process_interrupt(struct accel *accel, unsigned unit, unsigned slot, uint64_t generation,
			     enum accel_failure failure, uint32_t why, uint64_t address, bool write)
{
	if (unit >= ACCEL_UNITS || !accel->tids[unit] || accel->helper.pid <= 0)
		return;
	struct accel_unit *u = &accel_status()->units[unit];
	uint64_t target = 0;
	if (slot < ACCEL_SLOTS) {
		if (atomic_load(&u->slot) != slot + 1 || accel_generation(slot) != generation)
			return;
		target = generation << 8 | (slot + 1); /* the process compares once more */
	}
	atomic_store(&u->kill_failure, failure);
	atomic_store(&u->kill_why, why);
	atomic_store(&u->kill_address, address);
	atomic_store(&u->kill_write, write);
	atomic_store(&u->kill_target, target);
	raw_call(SYS_tgkill, accel->helper.pid, accel->tids[unit], SIGUSR1, 0, 0, 0);
}
