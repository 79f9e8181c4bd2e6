// Pieces of the current details that the Web UI renders.

const MAX_CELL = 120;

/** Phases that are over when they begin. */
export const ENDS = ['done', 'failed', 'cancelled'];

/**
 * The renderer's tables have no space between columns, and are no wider than half a page: a figure space is one that no parser of markdown
 * strips, and at which no line is broken.
 */
export function row([first = '', ...others]: string[]): string {
  return `|${first}|${others.map((cell) => (cell === '' ? '' : `\u2007${cell}`)).join('|')}|`;
}

/** `2026-11-21 10:39:21`, UTC. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

/** Keeps a short text on one line. */
export const unbroken = (given: string): string => given.replaceAll(' ', '\u00a0');

/** A high watermark as people read it: JSON, and a text that can't be taken for something else without its quotes, which the renderer bends. */
export function valueText(value: unknown, max = MAX_CELL): string {
  return text(typeof value === 'string' && !isJson(value) ? value : JSON.stringify(value ?? null), max);
}

function isJson(given: string): boolean {
  try {
    JSON.parse(given);
    return true;
  } catch {
    return given.trim() === '';
  }
}

/** Text of others as it is: no table's name, and no server's message, becomes markup, a link or a picture that the browser loads. */
export function text(given: string, max = MAX_CELL): string {
  const cut = given.length <= max ? given : `${given.slice(0, max - 1)}…`;
  return cut.replaceAll(/\s+/gu, ' ').replaceAll(/[\\`*[\]<>|~]|\b_|_\b/gu, '\\$&');
}
