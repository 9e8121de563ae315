/* SPDX-License-Identifier: MIT */
/* Each work-item runs one of some programs for a small machine. */
enum { LOAD, ADD, MUL, XOR, ROTATE, SWAP, SKIP_EVEN, BACK };

kernel void interpreter(global const uint *in, global uint *out, global const uint *code,
			const int length, const int programs)
{
	const int me = get_global_id(0);
	global const uint *program = code + (me % programs) * length;
	uint a = in[me], b = me, turns = 0;

	for (int at = 0; at < length; at++) {
		const uint value = program[at] >> 3;

		switch (program[at] & 7) {
		case LOAD:
			b = value;
			break;
		case ADD:
			a += b + value;
			break;
		case MUL:
			a *= value | 1;
			break;
		case XOR:
			a ^= b;
			break;
		case ROTATE:
			a = rotate(a, value & 31);
			break;
		case SWAP: {
			const uint old = a;

			a = b;
			b = old;
			break;
		}
		case SKIP_EVEN:
			if (!(a & 1))
				at++;
			break;
		case BACK:
			if (turns++ < 8)
				at = value % (at + 1) - 1;
			break;
		}
	}
	out[me] = a ^ b;
}
