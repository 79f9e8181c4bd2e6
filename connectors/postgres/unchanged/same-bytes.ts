/** From about this length on a native call costs less than a loop. */
const LOOP_BYTES = 256;

/** Whether the same `length` bytes stand in two places. */
export function sameBytes(
  view: DataView,
  at: number,
  bytes: Buffer,
  otherView: DataView,
  otherAt: number,
  otherBytes: Buffer,
  length: number,
): boolean {
  if (length > LOOP_BYTES) return bytes.compare(otherBytes, otherAt, otherAt + length, at, at + length) === 0;
  const end = at + length;
  let here = at;
  let there = otherAt;
  for (; here + 4 <= end; here += 4, there += 4) if (view.getInt32(here) !== otherView.getInt32(there)) return false;
  for (; here < end; here++, there++) if (view.getUint8(here) !== otherView.getUint8(there)) return false;
  return true;
}
