const HEADER_BYTES = 8;
const NEGATIVE = 0x4000;

/**
 * Whether numeric in binary is what the server holds: it has no groups of zeros at either end, which a source may write, and a column of a
 * fixed scale shows all of its digits.
 * @param scale Of the column, if it has one.
 */
export function sameNumeric(
  view: DataView,
  at: number,
  length: number,
  live: DataView,
  liveAt: number,
  liveLength: number,
  scale: number | undefined,
): boolean {
  const groups = groupsOf(view, at, length);
  const liveGroups = groupsOf(live, liveAt, liveLength);
  if (groups < 0 || liveGroups < 0) return false;
  const [first, end] = [firstOf(view, at, groups), endOf(view, at, groups)];
  const [liveFirst, liveEnd] = [firstOf(live, liveAt, liveGroups), endOf(live, liveAt, liveGroups)];
  if (end - first !== liveEnd - liveFirst) return false;
  const sign = view.getUint16(at + 4);
  const liveSign = live.getUint16(liveAt + 4);
  const isZero = end === first;
  // A zero has no sign; NaN and the infinities are signs without digits.
  if (sign !== liveSign && !(isZero && (sign | liveSign) === NEGATIVE)) return false;
  const weight = view.getInt16(at + 2) - first;
  if (!isZero && weight !== live.getInt16(liveAt + 2) - liveFirst) return false;
  for (let group = first, other = liveFirst; group < end; group++, other++)
    if (groupAt(view, at, group) !== groupAt(live, liveAt, other)) return false;
  const digits = view.getInt16(at + 6);
  if (digits === live.getInt16(liveAt + 6)) return true;
  if (scale === undefined || digits > scale) return false;
  // The server fills it up; it would cut what stands behind the digits that are told.
  const beyond = isZero ? 0 : (end - first - weight - 1) * 4 - digits;
  return beyond <= 0 || (beyond < 4 && groupAt(view, at, end - 1) % 10 ** beyond === 0);
}

/** Number of groups of four digits; -1 for what is no numeric. */
function groupsOf(view: DataView, at: number, length: number): number {
  if (length < HEADER_BYTES) return -1;
  const groups = view.getInt16(at);
  return groups >= 0 && length === HEADER_BYTES + 2 * groups ? groups : -1;
}

function groupAt(view: DataView, at: number, group: number): number {
  return view.getInt16(at + HEADER_BYTES + 2 * group);
}

function firstOf(view: DataView, at: number, groups: number): number {
  let first = 0;
  while (first < groups && groupAt(view, at, first) === 0) first += 1;
  return first;
}

function endOf(view: DataView, at: number, groups: number): number {
  let end = groups;
  while (end > 0 && groupAt(view, at, end - 1) === 0) end -= 1;
  return Math.max(end, firstOf(view, at, groups) === groups ? groups : 0);
}
