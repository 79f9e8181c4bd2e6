const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
/** Deeper is not sure, and goes the way of all that is not the same. */
const MAX_DEPTH = 32;
/** Of all objects that are open at a time. */
const MAX_MEMBERS = 512;
/** Start and end of the key, start and end of the value. */
const SLOTS = 4;
const USED = -1;
const DIFFERS = -1;
const SPACE: readonly number[] = [0x20, 0x0a, 0x0d, 0x09];
/** 1 for bytes that belong to no number and no word. */
const ENDS = new Uint8Array(256);
for (const byte of [COMMA, CLOSE_OBJECT, CLOSE_ARRAY, ...SPACE]) ENDS[byte] = 1;

/**
 * Whether a JSON text of a source means what the server holds as jsonb, whose text is `live`. False where that is not sure: strings and
 * numbers are the same byte for byte alone, white space and the order of members do not count. Members of `live` have different keys, so
 * that a source that pairs each of them with one of its own, and has no more, has no key twice. And it is as well-formed as `live` is.
 */
export class JsonComparer {
  #bytes: Uint8Array = new Uint8Array();
  #end = 0;
  #live: Uint8Array = new Uint8Array();
  #liveEnd = 0;
  /** Behind what was compared last. */
  #liveAt = 0;
  readonly #members = new Int32Array(MAX_MEMBERS * SLOTS);
  /** Behind the members of the objects that are open. */
  #top = 0;

  same(bytes: Uint8Array, from: number, to: number, live: Uint8Array, liveFrom: number, liveTo: number): boolean {
    this.#bytes = bytes;
    this.#end = to;
    this.#live = live;
    this.#liveEnd = liveTo;
    this.#top = 0;
    const at = this.#value(skipSpace(bytes, from, to), skipSpace(live, liveFrom, liveTo), 0);
    return at >= 0 && skipSpace(bytes, at, to) === to && skipSpace(live, this.#liveAt, liveTo) === liveTo;
  }

  /** Returns where the value of the source ends; -1: it is not the live one. So do all that follow. */
  #value(at: number, liveAt: number, depth: number): number {
    if (depth > MAX_DEPTH || at >= this.#end || liveAt >= this.#liveEnd) return DIFFERS;
    const first = this.#bytes[at];
    if (first !== this.#live[liveAt]) return DIFFERS;
    if (first === QUOTE) return this.#string(at + 1, liveAt + 1);
    if (first === OPEN_OBJECT) return this.#object(at + 1, liveAt + 1, depth);
    if (first === OPEN_ARRAY) return this.#array(at + 1, liveAt + 1, depth);
    return this.#scalar(at, liveAt);
  }

  /** From behind the opening quote. */
  #string(from: number, liveFrom: number): number {
    const bytes = this.#bytes;
    const live = this.#live;
    const end = this.#end;
    let liveAt = liveFrom;
    for (let at = from; at < end; at++, liveAt++) {
      const byte = bytes[at];
      if (byte !== live[liveAt]) return DIFFERS;
      if (byte === QUOTE) {
        this.#liveAt = liveAt + 1;
        return liveAt < this.#liveEnd ? at + 1 : DIFFERS;
      }
      if (byte !== BACKSLASH) continue;
      at += 1;
      liveAt += 1;
      if (bytes[at] !== live[liveAt]) return DIFFERS;
    }
    return DIFFERS;
  }

  /** A number, true, false or null: up to what cannot belong to it. */
  #scalar(from: number, liveFrom: number): number {
    const bytes = this.#bytes;
    const live = this.#live;
    const end = this.#end;
    let at = from;
    let liveAt = liveFrom;
    for (; at < end && !endsScalar(bytes[at]); at++, liveAt++) if (bytes[at] !== live[liveAt]) return DIFFERS;
    this.#liveAt = liveAt;
    const isWhole = liveAt === this.#liveEnd || (liveAt < this.#liveEnd && endsScalar(live[liveAt]));
    return isWhole && at > from ? at : DIFFERS;
  }

  /** From behind the opening bracket. */
  #array(from: number, liveFrom: number, depth: number): number {
    const bytes = this.#bytes;
    const live = this.#live;
    const end = this.#end;
    const liveEnd = this.#liveEnd;
    let at = skipSpace(bytes, from, end);
    let liveAt = skipSpace(live, liveFrom, liveEnd);
    if (at < end && bytes[at] === CLOSE_ARRAY) {
      this.#liveAt = liveAt + 1;
      return live[liveAt] === CLOSE_ARRAY ? at + 1 : DIFFERS;
    }
    for (;;) {
      at = this.#value(at, liveAt, depth + 1);
      if (at < 0) return DIFFERS;
      at = skipSpace(bytes, at, end);
      liveAt = skipSpace(live, this.#liveAt, liveEnd);
      if (at >= end || liveAt >= liveEnd) return DIFFERS;
      const next = bytes[at];
      if (next !== live[liveAt] || (next !== CLOSE_ARRAY && next !== COMMA)) return DIFFERS;
      if (next === CLOSE_ARRAY) {
        this.#liveAt = liveAt + 1;
        return at + 1;
      }
      at = skipSpace(bytes, at + 1, end);
      liveAt = skipSpace(live, liveAt + 1, liveEnd);
    }
  }

  /** From behind the opening brace. */
  #object(from: number, liveFrom: number, depth: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const members = this.#members;
    const base = this.#top;
    const count = this.#gather(base, liveFrom);
    if (count < 0) return DIFFERS;
    const liveEnd = this.#liveAt;
    this.#top = base + count;
    let at = skipSpace(bytes, from, end);
    let guess = base;
    for (let found = 0; found < count; found++) {
      if (found > 0) {
        if (at >= end || bytes[at] !== COMMA) return DIFFERS;
        at = skipSpace(bytes, at + 1, end);
      }
      const keyEnd = endOfString(bytes, at, end);
      const member = keyEnd < 0 ? -1 : this.#find(at, keyEnd, base, count, guess);
      if (member < 0) return DIFFERS;
      guess = member + 1;
      at = skipSpace(bytes, keyEnd, end);
      if (at >= end || bytes[at] !== COLON) return DIFFERS;
      at = this.#value(skipSpace(bytes, at + 1, end), members[member * SLOTS + 2] ?? 0, depth + 1);
      if (at < 0 || this.#liveAt !== members[member * SLOTS + 3]) return DIFFERS;
      at = skipSpace(bytes, at, end);
    }
    if (at >= end || bytes[at] !== CLOSE_OBJECT) return DIFFERS;
    this.#liveAt = liveEnd;
    this.#top = base;
    return at + 1;
  }

  /** The member with this key, which no other may have then; the next in order is looked at first. -1: none. */
  #find(from: number, to: number, base: number, count: number, guess: number): number {
    const bytes = this.#bytes;
    const live = this.#live;
    const members = this.#members;
    let member = guess >= base + count ? base : guess;
    for (let tried = 0; tried < count; tried++) {
      const keyFrom = members[member * SLOTS] ?? USED;
      if (keyFrom !== USED && (members[member * SLOTS + 1] ?? 0) - keyFrom === to - from) {
        let at = from + 1;
        let liveAt = keyFrom + 1;
        while (at < to && bytes[at] === live[liveAt]) {
          at += 1;
          liveAt += 1;
        }
        if (at === to) {
          members[member * SLOTS] = USED;
          return member;
        }
      }
      member = member + 1 >= base + count ? base : member + 1;
    }
    return -1;
  }

  /** Finds the members of the live object that begins before this place. Returns how many there are; -1: too many, or no JSON. */
  #gather(base: number, from: number): number {
    const live = this.#live;
    const end = this.#liveEnd;
    const members = this.#members;
    let at = skipSpace(live, from, end);
    if (at < end && live[at] === CLOSE_OBJECT) {
      this.#liveAt = at + 1;
      return 0;
    }
    for (let count = 1; ; count++) {
      const slot = (base + count - 1) * SLOTS;
      const keyEnd = endOfString(live, at, end);
      if (keyEnd < 0 || slot >= members.length) return -1;
      members[slot] = at;
      members[slot + 1] = keyEnd;
      at = skipSpace(live, keyEnd, end);
      if (at >= end || live[at] !== COLON) return -1;
      at = skipSpace(live, at + 1, end);
      members[slot + 2] = at;
      at = endOfValue(live, at, end);
      if (at < 0) return -1;
      members[slot + 3] = at;
      at = skipSpace(live, at, end);
      if (at >= end) return -1;
      if (live[at] === CLOSE_OBJECT) {
        this.#liveAt = at + 1;
        return count;
      }
      if (live[at] !== COMMA) return -1;
      at = skipSpace(live, at + 1, end);
    }
  }
}

/** Behind the closing quote of the string that begins here; -1: there is none. */
function endOfString(bytes: Uint8Array, from: number, limit: number): number {
  if (from >= limit || bytes[from] !== QUOTE) return -1;
  for (let at = from + 1; at < limit; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  return -1;
}

/** Behind a value of well-formed JSON. */
function endOfValue(bytes: Uint8Array, from: number, limit: number): number {
  let at = from;
  const first = bytes[at];
  if (first === QUOTE) return endOfString(bytes, at, limit);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
    while (at < limit && !endsScalar(bytes[at])) at += 1;
    return at;
  }
  let depth = 0;
  while (at < limit) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(bytes, at, limit);
      if (at < 0) return -1;
      continue;
    }
    at += 1;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function endsScalar(byte: number | undefined): boolean {
  return (ENDS[byte ?? COMMA] ?? 1) === 1;
}

/** What JSON takes for white space. */
function skipSpace(bytes: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit && (bytes[at] ?? 0) <= 0x20 && ENDS[bytes[at] ?? 0] === 1) at += 1;
  return at;
}
