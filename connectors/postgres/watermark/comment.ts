import { z } from 'zod';
import type { JsonValue } from '../port.js';
import { badWatermark, jsonText } from './json-text.js';
import { joinObject, type RawMembers, splitObject } from './raw-json.js';

/** pg-bulk-ingest's key in the comment of the first table, and ours beside it. */
const THEIRS = 'pg-bulk-ingest';
const OURS = 'tidemark';
const VALUE = 'high-watermark';
/** Where the text of a comment goes that was no JSON object. */
const TEXT = 'comment';

const markerSchema = z.object({
  /** Whose table it is; null when a program without a pipeline wrote it. */
  pipeline: z.string().nullable(),
  run: z.string(),
  /** Number of the batch within its run, from 1. */
  sequence: z.int().nonnegative(),
  /** Rows that arrived with the run's batches so far, so that a run whose processes died can still tell. */
  rows: z.int().nonnegative().default(0),
  /** Id of the latest override (a watermark that a person has set) that has been applied. */
  override: z.string().nullable(),
});
/** Who has committed last. */
export type Marker = z.infer<typeof markerSchema>;

/** What the first table's comment says of what has arrived. */
export interface Stored {
  /** The watermark as JSON text, as it is written; null when there is none. */
  watermark: string | null;
  marker: Marker | null;
  /** Marker as it is written. */
  markerText: string | null;
}

/** @param comment Null when there is none. */
export function readComment(comment: string | null): Stored {
  const members = membersOf(comment);
  const theirs = members.get(THEIRS);
  const watermark = theirs === undefined ? undefined : splitObject(theirs.value)?.get(VALUE)?.value;
  const markerText = members.get(OURS)?.value ?? null;
  return { watermark: watermark ?? null, markerText, marker: markerOf(markerText) };
}

/** The comment with another watermark and marker: all else in it stays as it is written, in its order. */
export function writeComment(comment: string | null, watermark: string, marker: Marker): string {
  const members = new Map(membersOf(comment));
  const theirs = new Map(splitObject(members.get(THEIRS)?.value ?? '') ?? []);
  put(theirs, VALUE, watermark);
  put(members, THEIRS, joinObject(theirs));
  put(members, OURS, markerText(marker));
  return joinObject(members);
}

export function markerText({ pipeline, run, sequence, rows, override }: Marker): string {
  return jsonText({ pipeline, run, sequence, rows, override });
}

/**
 * The value of a stored watermark.
 * @throws TidemarkError HIGH_WATERMARK_BAD for a number that JavaScript would change.
 */
export function parseWatermark(text: string | null): JsonValue {
  if (text === null) return null;
  // Numbers outside of strings: strings are stepped over.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity/gs)) {
    if (token.startsWith('"')) continue;
    if (/[NI]/u.test(token)) throw badWatermark(`in the comment of the table is ${token}, which JSON has not`);
    if (/^-?\d+$/u.test(token) && !Number.isSafeInteger(Number(token)))
      throw badWatermark('in the comment of the table is an integer beyond 2^53, which would be rounded');
  }
  // JSON by now: the comment was split by its grammar.
  return JSON.parse(text) as JsonValue;
}

function put(members: Map<string, { key: string; value: string }>, name: string, value: string): void {
  members.set(name, { key: members.get(name)?.key ?? jsonText(name), value });
}

function membersOf(comment: string | null): RawMembers {
  if (comment === null) return new Map();
  return splitObject(comment) ?? new Map([[TEXT, { key: jsonText(TEXT), value: jsonText(comment) }]]);
}

/** A marker that is none (someone has edited the comment) counts as nobody's. */
function markerOf(text: string | null): Marker | null {
  if (text === null) return null;
  try {
    return markerSchema.parse(JSON.parse(text));
  } catch {
    // Not ours: no JSON that we would write.
    return null;
  }
}
