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

/**
 * Whether a JSON text of a source means what the server holds as jsonb, whose text is `live`. False where that is not sure: strings and
 * numbers are the same byte for byte alone, white space and the order of members do not count. Members of `live` have different keys, so
 * that a source that pairs each of them with one of its own, and has no more, has no key twice. And it is as well-formed as `live` is.
 */
export class JsonComparer {
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;
  #live: Uint8Array = new Uint8Array();
  #liveAt = 0;
  #liveEnd = 0;
  readonly #members = new Int32Array(MAX_MEMBERS * SLOTS);
  /** Behind the members of the objects that are open. */
  #top = 0;

  same(bytes: Uint8Array, from: number, to: number, live: Uint8Array, liveFrom: number, liveTo: number): boolean {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#live = live;
    this.#liveAt = liveFrom;
    this.#liveEnd = liveTo;
    this.#top = 0;
    if (!this.#value(0)) return false;
    this.#skipSpace();
    this.#skipLiveSpace();
    return this.#at === this.#end && this.#liveAt === this.#liveEnd;
  }

  #value(depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    this.#skipSpace();
    this.#skipLiveSpace();
    if (this.#at >= this.#end || this.#liveAt >= this.#liveEnd) return false;
    const first = this.#bytes[this.#at];
    if (first !== this.#live[this.#liveAt]) return false;
    if (first === QUOTE) return this.#string();
    if (first === OPEN_OBJECT) return this.#object(depth);
    if (first === OPEN_ARRAY) return this.#array(depth);
    return this.#scalar();
  }

  #string(): boolean {
    const bytes = this.#bytes;
    const live = this.#live;
    const end = this.#end;
    let at = this.#at + 1;
    let liveAt = this.#liveAt + 1;
    for (; at < end; at++, liveAt++) {
      const byte = bytes[at];
      if (byte !== live[liveAt]) return false;
      if (byte === QUOTE) {
        this.#at = at + 1;
        this.#liveAt = liveAt + 1;
        return this.#liveAt <= this.#liveEnd;
      }
      if (byte !== BACKSLASH) continue;
      at += 1;
      liveAt += 1;
      if (bytes[at] !== live[liveAt]) return false;
    }
    return false;
  }

  /** A number, true, false or null: up to what cannot belong to it. */
  #scalar(): boolean {
    let at = this.#at;
    let liveAt = this.#liveAt;
    for (; at < this.#end && !endsScalar(this.#bytes[at]); at++, liveAt++)
      if (liveAt >= this.#liveEnd || this.#bytes[at] !== this.#live[liveAt]) return false;
    const isWhole = liveAt >= this.#liveEnd || endsScalar(this.#live[liveAt]);
    const isEmpty = at === this.#at;
    this.#at = at;
    this.#liveAt = liveAt;
    return isWhole && !isEmpty;
  }

  #array(depth: number): boolean {
    this.#at += 1;
    this.#liveAt += 1;
    for (let isFirst = true; ; isFirst = false) {
      this.#skipSpace();
      this.#skipLiveSpace();
      const next = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
      if (this.#liveAt >= this.#liveEnd) return false;
      if (next === CLOSE_ARRAY || (next === COMMA && !isFirst)) {
        if (next !== this.#live[this.#liveAt]) return false;
        this.#at += 1;
        this.#liveAt += 1;
        if (next === CLOSE_ARRAY) return true;
      } else if (!isFirst) return false;
      if (!this.#value(depth + 1)) return false;
    }
  }

  #object(depth: number): boolean {
    const base = this.#top;
    const count = this.#gather(base);
    if (count < 0) return false;
    const liveEnd = this.#liveAt;
    this.#top = base + count;
    this.#at += 1;
    let next = base;
    for (let found = 0; ; found++) {
      this.#skipSpace();
      const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
      if (byte === CLOSE_OBJECT && found === count) break;
      if (found === count) return false;
      if (found > 0) {
        if (byte !== COMMA) return false;
        this.#at += 1;
        this.#skipSpace();
      }
      const member = this.#find(base, count, next);
      if (member < 0) return false;
      next = member + 1;
      this.#skipSpace();
      if (this.#at >= this.#end || this.#bytes[this.#at] !== COLON) return false;
      this.#at += 1;
      this.#liveAt = this.#members[member * SLOTS + 2] ?? 0;
      if (!this.#value(depth + 1) || this.#liveAt !== this.#members[member * SLOTS + 3]) return false;
    }
    this.#at += 1;
    this.#liveAt = liveEnd;
    this.#top = base;
    return true;
  }

  /** The member with the key that stands at this place of the source, which is passed; the next in order is looked at first. -1: none. */
  #find(base: number, count: number, guess: number): number {
    const bytes = this.#bytes;
    if (this.#at >= this.#end || bytes[this.#at] !== QUOTE) return -1;
    const from = this.#at;
    const to = endOfString(bytes, from, this.#end);
    if (to < 0) return -1;
    const members = this.#members;
    let member = guess >= base + count ? base : guess;
    for (let tried = 0; tried < count; tried++) {
      const keyFrom = members[member * SLOTS] ?? USED;
      if (keyFrom !== USED && (members[member * SLOTS + 1] ?? 0) - keyFrom === to - from) {
        let at = from + 1;
        let liveAt = keyFrom + 1;
        while (at < to && bytes[at] === this.#live[liveAt]) {
          at += 1;
          liveAt += 1;
        }
        if (at === to) {
          members[member * SLOTS] = USED;
          this.#at = to;
          return member;
        }
      }
      member = member + 1 >= base + count ? base : member + 1;
    }
    return -1;
  }

  /** Finds the members of the object at this place of `live`, and passes it. Returns how many there are; -1: too many, or no JSON. */
  #gather(base: number): number {
    const live = this.#live;
    const members = this.#members;
    let count = 0;
    this.#liveAt += 1;
    this.#skipLiveSpace();
    if (live[this.#liveAt] === CLOSE_OBJECT) {
      this.#liveAt += 1;
      return 0;
    }
    for (;;) {
      if (base + count >= MAX_MEMBERS || this.#liveAt >= this.#liveEnd) return -1;
      const slot = (base + count) * SLOTS;
      const keyEnd = endOfString(live, this.#liveAt, this.#liveEnd);
      if (keyEnd < 0) return -1;
      members[slot] = this.#liveAt;
      members[slot + 1] = keyEnd;
      this.#liveAt = keyEnd;
      this.#skipLiveSpace();
      if (live[this.#liveAt] !== COLON) return -1;
      this.#liveAt += 1;
      this.#skipLiveSpace();
      members[slot + 2] = this.#liveAt;
      const valueEnd = endOfValue(live, this.#liveAt, this.#liveEnd);
      if (valueEnd < 0) return -1;
      members[slot + 3] = valueEnd;
      count += 1;
      this.#liveAt = valueEnd;
      this.#skipLiveSpace();
      const byte = live[this.#liveAt];
      this.#liveAt += 1;
      if (byte === CLOSE_OBJECT) return count;
      if (byte !== COMMA) return -1;
      this.#skipLiveSpace();
    }
  }

  #skipSpace(): void {
    while (this.#at < this.#end && isSpace(this.#bytes[this.#at])) this.#at += 1;
  }

  #skipLiveSpace(): void {
    while (this.#liveAt < this.#liveEnd && isSpace(this.#live[this.#liveAt])) this.#liveAt += 1;
  }
}

/** Behind the closing quote of the string that begins here; -1: it has none. */
function endOfString(bytes: Uint8Array, from: number, limit: number): number {
  if (bytes[from] !== QUOTE) return -1;
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
  if (bytes[at] === QUOTE) return endOfString(bytes, at, limit);
  if (bytes[at] !== OPEN_OBJECT && bytes[at] !== OPEN_ARRAY) {
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
  return byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || isSpace(byte);
}

/** What JSON takes for white space. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
