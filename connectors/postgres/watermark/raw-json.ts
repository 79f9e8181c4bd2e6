/** Members of a JSON object in their order: the key as it means, and key and value as they are written. */
export type RawMembers = ReadonlyMap<string, { key: string; value: string }>;

/**
 * Splits the text of a JSON object into its members, each value left as it is written: `9007199254740993` and `1.0` in keys that are none
 * of our business must survive. Of a repeated key the last value counts, at the first one's place. NaN and Infinity are let through,
 * since Python writes and reads them. Undefined when the text is no JSON, or JSON but no object.
 */
export function splitObject(text: string): RawMembers | undefined {
  const reader = new Reader(text);
  try {
    const members = reader.object();
    reader.end();
    return members;
  } catch (error) {
    if (error === NOT_JSON) return undefined;
    throw error;
  }
}

/** Whether the text is one JSON value. */
export function isJson(text: string): boolean {
  try {
    const reader = new Reader(text);
    reader.value();
    reader.end();
    return true;
  } catch (error) {
    if (error === NOT_JSON) return false;
    throw error;
  }
}

export function joinObject(members: RawMembers): string {
  return `{${[...members.values()].map(({ key, value }) => `${key}: ${value}`).join(', ')}}`;
}

/** One for all: a comment that is plain text is nothing unusual, and needs no stack. */
const NOT_JSON = new Error('no JSON');

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity/y;
const MAX_DEPTH = 1_000;

class Reader {
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  end(): void {
    this.#space();
    if (this.#at !== this.text.length) throw NOT_JSON;
  }

  object(): RawMembers {
    const members = new Map<string, { key: string; value: string }>();
    this.#list('{', '}', () => {
      const key = this.#token(STRING);
      this.#expect(':');
      const value = this.value();
      // A JSON string, by the pattern.
      members.set(JSON.parse(key) as string, { key, value });
    });
    return members;
  }

  /** The text of the value, without the space around it. */
  value(): string {
    this.#space();
    const start = this.#at;
    const first = this.text[start];
    if (first === '{') this.object();
    else if (first === '[') this.#list('[', ']', () => this.value());
    else if (first === '"') this.#token(STRING);
    else this.#token(SCALAR);
    return this.text.slice(start, this.#at);
  }

  #list(open: string, close: string, item: () => void): void {
    if ((this.#depth += 1) > MAX_DEPTH) throw NOT_JSON;
    this.#expect(open);
    if (!this.#take(close)) {
      do item();
      while (this.#take(','));
      this.#expect(close);
    }
    this.#depth -= 1;
  }

  #token(pattern: RegExp): string {
    this.#space();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found === '') throw NOT_JSON;
    this.#at += found.length;
    return found;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw NOT_JSON;
  }

  #take(character: string): boolean {
    this.#space();
    if (this.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.text)?.[0].length ?? 0;
  }
}
