const MAX_TEXT = 60;

/** A high watermark as JSON, short enough for a column. */
export function watermarkText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}
