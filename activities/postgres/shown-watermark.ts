import type { JsonValue } from '../../connectors/postgres/port.js';

/** Longest watermark, as JSON, that goes into a history: a source of files has one that grows with their number. */
const MAX_CHARACTERS = 8_000;
const MAX_BEGINNING = 200;

/** A watermark as histories and heartbeats carry it. The whole one is at the target. */
export function shownWatermark(value: JsonValue): JsonValue {
  const text = JSON.stringify(value);
  return text.length <= MAX_CHARACTERS ? value : { cut: text.slice(0, MAX_BEGINNING), characters: text.length };
}
